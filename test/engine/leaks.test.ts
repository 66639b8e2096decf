import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { Rpc } from '#dist/engine/rpc.js';
import { runShard } from '#dist/engine/run-shard.js';
import type { ShardTask, WorkerCalls } from '#dist/engine/shard-contract.js';
import type { TransportName } from '#dist/model/config.js';
import { parseListings } from '#dist/native/index.js';
import { startSimulator } from '#dist/simulator/index.js';
import { binanceSpot } from '#dist/venues/binance-spot/index.js';
import { eventually } from './rig.js';

const DISCONNECTS = 1_000;
/** What is made once and kept (HTTP connections, caches) is there after this many. */
const WARM_UP = 100;
const MANY = 10_000_000;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

/** Open files, and what keeps the event loop alive, by type. */
function resources(): Record<string, number> {
  const counts: Record<string, number> = { files: readdirSync('/proc/self/fd').length };
  for (const type of process.getActiveResourcesInfo()) counts[type] = (counts[type] ?? 0) + 1;
  for (const event of process.eventNames()) counts[`on ${String(event)}`] = process.listenerCount(event);
  return counts;
}

it.each(['native', 'ws'] as const)(
  'over %s a thousand lost connections leave no file, timer or listener behind',
  async (transport) => {
    const warnings: Error[] = [];
    const warn = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warn);
    const limits = { connectionsPer5Minutes: MANY, restWeightPerMinute: MANY };
    const simulator = await startSimulator({
      venues: ['binance-spot'],
      symbols: SYMBOLS,
      rate: 200,
      limits: { 'binance-spot': limits },
    });
    const stateDir = mkdtempSync(join(tmpdir(), 'tickring-leaks-'));
    const shmRoot = mkdtempSync('/dev/shm/tickring-leaks-');
    const [venue] = simulator.venues;
    if (venue === undefined) throw new Error('the venue is not simulated');
    const task = await shardTask({ stateDir, shmRoot, transport, ...venue });
    const { port1, port2 } = new MessageChannel();
    const calls = { lease: () => null, refund: () => {}, used: () => {}, banned: () => {}, log: () => {} };
    const rpc = new Rpc<WorkerCalls>(port1, calls);
    const fast = { connectionAttemptsPer5Minutes: MANY, restWeightPerMinute: MANY };
    // The shard as a worker runs it, in this thread, where everything can be counted.
    const ended = runShard({ ...task, port: port2 }, [{ ...binanceSpot, limits: { ...binanceSpot.limits, ...fast } }]);
    const disconnect = async (times: number): Promise<void> => {
      for (let done = 0; done < times; done += 1) {
        await open();
        simulator.inject({ fault: 'disconnect', args: { hard: done % 2 === 0 } });
      }
      await inSync();
    };
    let newest = 0;
    const open = (): Promise<void> =>
      soon(() => {
        const id = Math.max(0, ...(simulator.stats().venues[0]?.connections.map((one) => one.id) ?? []));
        if (id <= newest) return false;
        newest = id;
        return true;
      });
    const inSync = (): Promise<unknown> =>
      eventually('books in sync', async () => (await rpc.call('status', null)).instruments.every((one) => one.inSync));
    await disconnect(WARM_UP);
    const before = await settled();
    await disconnect(DISCONNECTS);
    const after = await settled();
    const { counters } = await rpc.call('status', null);
    expect(counters['disconnects']).toBeGreaterThanOrEqual(DISCONNECTS);
    for (const [name, count] of Object.entries(after)) expect(count, name).toBeLessThanOrEqual((before[name] ?? 0) + SLACK);
    expect(warnings).toEqual([]);
    await rpc.call('stop', null);
    await ended;
    await simulator.close();
    process.off('warning', warn);
    for (const directory of [stateDir, shmRoot]) rmSync(directory, { recursive: true, force: true });
  },
);

/** Requests and closing sockets come and go. */
const SLACK = 6;

async function settled(): Promise<Record<string, number>> {
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  return resources();
}

async function soon(check: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!check()) {
    if (performance.now() > deadline) throw new Error('watchdog: no connection');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function shardTask(where: {
  stateDir: string;
  shmRoot: string;
  wsUrl: string;
  restUrl: string;
  transport: TransportName;
}): Promise<Omit<ShardTask, 'port'>> {
  const { stateDir, shmRoot, wsUrl, restUrl, transport } = where;
  const body = await (await fetch(restUrl + binanceSpot.listingRequest().path)).arrayBuffer();
  const instruments = parseListings(binanceSpot.id, new Uint8Array(body)).map((listing, index) => ({
    ...listing,
    id: index + 1,
    venue: binanceSpot.id,
    changeCount: 0,
  }));
  const feed = {
    id: 'f',
    venue: 'binance-spot',
    wsUrl,
    restUrl,
    symbols: SYMBOLS,
    channels: ['book', 'trade', 'quote'] as const,
    transport,
  };
  return {
    epoch: 1n,
    prevEpoch: 0n,
    shard: 0,
    feeds: [{ feed, instruments }],
    heartbeat: new SharedArrayBuffer(4),
    config: {
      name: `leaks-${process.pid}`,
      shmRoot,
      stateDir,
      shards: 1,
      ringBytes: 1 << 22,
      wakeIntervalUs: 0,
      hardened: false,
      instrumentsMax: 8,
      orderBookDepth: 20,
      snapshotIntervalMs: 0,
      reconnectDelayMs: 1,
      maxReconnectDelayMs: 1,
      quarantineBytesMax: 1 << 24,
      feeds: [feed],
    },
  };
}
