/** A shard in this very process, so that its descriptors, timers and listeners can be counted. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Rpc } from '../../src/engine/rpc.js';
import { runShard } from '../../src/engine/run-shard.js';
import type { MainCalls, ShardStatus, ShardTask, WorkerCalls } from '../../src/engine/shard-contract.js';
import type { EngineConfig, TransportName } from '../../src/model/config.js';
import { native, parseListings } from '../../src/native/index.js';
import { type Simulator, startSimulator } from '../../src/simulator/index.js';
import { venues } from '../../src/venues/index.js';

const SYMBOLS = ['BTCUSDT'];
const DISCONNECTS = 1_000;
const NO_LIMIT = 1_000_000_000;
const SERVER_LIMITS = { restWeightPerMinute: NO_LIMIT, connectionsPer5Minutes: NO_LIMIT };

/** The product's venues; only their tolerance is greater, or a thousand reconnects would take a quarter of an hour. */
const tolerant = venues.map((venue) => ({
  ...venue,
  limits: { ...venue.limits, connectionAttemptsPer5Minutes: NO_LIMIT },
}));

let folder: string;
let shmRoot: string;
let simulator: Simulator;
const warnings: string[] = [];
const onWarning = (warning: Error): number => warnings.push(`${warning.name}: ${warning.message}`);

beforeAll(async () => {
  process.on('warning', onWarning);
  folder = mkdtempSync(join(tmpdir(), 'tickring-disconnects-'));
  shmRoot = mkdtempSync('/dev/shm/tickring-disconnects-');
  simulator = await startSimulator({
    symbols: SYMBOLS,
    rate: 100,
    limits: { 'binance-spot': SERVER_LIMITS, 'binance-usdm': SERVER_LIMITS },
  });
});

afterAll(async () => {
  process.off('warning', onWarning);
  await simulator.close();
  for (const directory of [folder, shmRoot]) rmSync(directory, { recursive: true, force: true });
});

async function taskOf(port: ShardTask['port'], transport: TransportName): Promise<ShardTask> {
  const config: EngineConfig = {
    name: `disconnects-${transport}-${process.pid}`,
    shmRoot,
    stateDir: folder,
    shards: 1,
    ringBytes: 1 << 20,
    wakeIntervalUs: 0,
    instrumentsMax: 8,
    orderBookDepth: 20,
    snapshotIntervalMs: 0,
    reconnectDelayMs: 1,
    maxReconnectDelayMs: 1,
    quarantineBytesMax: 1 << 20,
    feeds: [],
  };
  const feeds = await Promise.all(
    simulator.venues.map(async ({ name, wsUrl, restUrl }, index) => {
      const venue = tolerant.find((one) => one.name === name);
      if (venue === undefined) throw new Error(`${name} is not in the registry`);
      const body = await (await fetch(restUrl + venue.listingRequest().path)).arrayBuffer();
      const listing = native(() => parseListings(venue.id, new Uint8Array(body))).find(({ symbol }) => symbol === SYMBOLS[0]);
      if (listing === undefined) throw new Error(`${name} lists no ${SYMBOLS[0]}`);
      return {
        feed: {
          id: name,
          venue: name,
          wsUrl,
          restUrl,
          symbols: SYMBOLS,
          channels: ['book', 'trade', 'quote'] as const,
          transport,
        },
        instruments: [{ ...listing, id: index + 1, venue: venue.id, changeCount: 0 }],
      };
    }),
  );
  return { epoch: 1n, prevEpoch: 0n, shard: 0, config, feeds, port, heartbeat: new SharedArrayBuffer(4) };
}

/** What the process holds: descriptors by kind, and resources of the event loop by kind. */
function held(): { readonly sockets: number; readonly others: number; readonly resources: Record<string, number> } {
  let sockets = 0;
  let others = 0;
  for (const name of readdirSync('/proc/self/fd')) {
    let target = '';
    try {
      target = readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      continue;
    }
    if (target.startsWith('socket:')) sockets += 1;
    else others += 1;
  }
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return { sockets, others, resources };
}

test.each(['native', 'ws'] as const)(
  `over %s ${DISCONNECTS} lost connections leave no descriptor, timer or listener behind`,
  async (transport) => {
    await settled();
    const before = held();
    const { port1, port2 } = new MessageChannel();
    const calls: MainCalls = {
      lease: ({ weight }) => ({ weight, granted: 0 }),
      settle: () => null,
      refund: () => null,
      used: () => null,
      banned: () => null,
      doubt: () => null,
      epoch: () => ({ epoch: 2n, prevEpoch: 1n }),
      log: () => null,
    };
    const rpc = new Rpc<WorkerCalls>(port1, calls as unknown as Record<string, (argument: never) => unknown>);
    const ended = runShard(await taskOf(port2, transport), tolerant);

    const state = (): Promise<ShardStatus> => rpc.call('status', null);
    const whole = async (): Promise<ShardStatus> => {
      for (;;) {
        const status = await state();
        const open = status.connections.every((connection) => connection.state === 'open');
        if (open && status.instruments.every(({ inSync }) => inSync)) return status;
        await sleep(5);
      }
    };
    await whole();
    await settled();
    const running = held();
    // Without acknowledgements every connection ends while it waits for one.
    simulator.inject({ fault: 'ack_lost', args: { n: NO_LIMIT } });
    let hard = false;
    let lost = 0;
    while (lost < DISCONNECTS) {
      hard = !hard;
      simulator.inject({ fault: 'disconnect', args: { hard } });
      const target = lost + 3;
      while (lost < target) {
        lost = (await state()).counters['disconnects'] ?? 0;
        await sleep(1);
      }
      while (!(await state()).connections.every((connection) => connection.state === 'open')) await sleep(1);
    }
    const end = await whole();
    expect(end.counters['disconnects']).toBeGreaterThanOrEqual(DISCONNECTS);
    await settled();
    const after = held();
    expect(after.sockets).toBeLessThanOrEqual(running.sockets + 2);
    expect(after.others).toBe(running.others);
    // One wait for an acknowledgement a connection, and one for a retry.
    expect(after.resources['Timeout'] ?? 0).toBeLessThanOrEqual((running.resources['Timeout'] ?? 0) + 4);

    await rpc.call('stop', null);
    await ended;
    rpc.close();
    await settled();
    expect(held()).toEqual(before);
    expect(warnings.filter((text) => /MaxListeners/.test(text))).toEqual([]);
  },
);

/** Waits until keep-alive connections of HTTP and late closes are through: the same answer for a while. */
async function settled(): Promise<void> {
  let last = '';
  let same = 0;
  while (same < 5) {
    await sleep(200);
    const now = JSON.stringify(held());
    same = now === last ? same + 1 : 0;
    last = now;
  }
}
