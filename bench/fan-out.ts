// Question   What does it cost the gateway to send one message to one of 100 subscribers?
// Includes   reading the ring, building the FlatBuffers message once (Rust), publishing it, the system calls of all sockets: CPU
//            time, user and system, of the gateway's process.   Excludes  the clients' own time.
// Workload   book deltas of one instrument, 720 bytes each, in bursts of 16; at most 4 bursts on the way; every client gets all.
// Run        npm run bench -- fan-out      Read  deliveries a second of server CPU, and the ratio to `ws` in the same run.
//            The clients share the two cores with the server, so that deliveries a second of wall time say less.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { CHANNELS, VENUES } from '#dist/model/codes.js';
import { type Ingest, REJECTED_BIT, Shard, STAMP_HERE } from '#dist/native/index.js';
import type { Bench, BenchResult, Size } from './bench.js';
import type { ClientsRequest } from './fan-out-clients.js';
import { control, estimate, turns } from './statistics.js';

const CLIENTS = 100;
const BURST = 16;
/** Bursts on the way: enough that the server never waits for the clients, far below what a slow client may leave unread. */
const AHEAD = 4;
/** Price levels of a delta, chosen so that the message has 728 bytes: the next size above 720. */
const LEVELS = 29;
const CONNECTION = 1;
const NAME = 'bench';
const TICK_MS = 100;
/** Each book's known depth is counted on one tick of so many. */
const SURVEY_TICKS = 32;
/** Head of a WebSocket frame of 126 to 65,535 bytes from a server. */
const FRAME_HEAD_BYTES = 4;
/** A guard against hangs alone. */
const WATCHDOG_MS = 60_000;

/** One server under test, the instrument whose messages it sends, and how much it does in a block. */
interface Side {
  readonly kind: 'gateway' | 'ws';
  readonly instrument: number;
  readonly symbol: string;
  readonly bursts: number;
  server?: ChildProcess;
  updateId: number;
}

/** What one block cost. */
interface Block {
  readonly cpuNs: number;
  readonly wallNs: number;
}

const topicOf = (side: Side): string => `book.binance-usdm.${side.symbol}`;

/** Publishes deltas into the ring, as an engine does. */
class Feed {
  readonly #shard: Shard;
  readonly #ingest: Ingest;
  #tickAt = 0;

  constructor(root: string, sides: readonly Side[]) {
    const sizes = { ringBytes: 16 * 2 ** 20, instrumentsMax: 16, depth: 20, snapshotIntervalMs: 0 };
    this.#shard = new Shard({ root, name: NAME, shard: 0, epoch: 1n, prevEpoch: 0n, ...sizes });
    this.#ingest = this.#shard.ingester();
    const venue = VENUES['binance-usdm'];
    this.#shard.connect(CONNECTION, venue, STAMP_HERE);
    for (const side of sides) {
      const exponents = { priceExponent: -2, qtyExponent: -3, tickSize: 1n, lotSize: 1n };
      const definition = { id: side.instrument, venue, symbol: side.symbol, ...exponents, trading: true, changeCount: 0 };
      this.#shard.instrument(definition, STAMP_HERE);
      this.#shard.subscribe(CONNECTION, side.instrument, CHANNELS.book, STAMP_HERE);
      this.#shard.ack(CONNECTION, side.instrument, true, STAMP_HERE);
      const body = Buffer.from(JSON.stringify({ lastUpdateId: side.updateId, E: 1, T: 1, bids: [], asks: [] }));
      this.#shard.depthSnapshot(side.instrument, body, body.length, STAMP_HERE);
      this.delta(side);
    }
    // Known depth stands in the first message after its count, and would make one of those measured longer.
    for (let turn = 0; turn < SURVEY_TICKS; turn++) this.#shard.tick(STAMP_HERE);
  }

  /** One delta that changes every level, so that all messages have the same size. */
  delta(side: Side): void {
    const id = side.updateId++;
    const qty = ((id % 1_000) + 1) / 1_000;
    const level = (index: number): [string, string] => [(60_000 + index).toFixed(2), (qty + index).toFixed(3)];
    const levels = Array.from({ length: LEVELS }, (_, index) => level(index));
    const time = Date.now();
    const ids = { U: id + 1, u: id + 1, pu: id };
    const data = {
      e: 'depthUpdate',
      E: time,
      T: time,
      s: side.symbol,
      ...ids,
      b: levels.slice(0, LEVELS >> 1),
      a: [] as unknown,
    };
    data.a = levels.slice(LEVELS >> 1);
    const frame = Buffer.from(JSON.stringify({ stream: `${side.symbol.toLowerCase()}@depth@0ms`, data }));
    const bits = this.#ingest(CONNECTION, frame, frame.length);
    if (bits < 0 || (bits & REJECTED_BIT) !== 0) throw new Error(`refused: ${this.#shard.rejection()?.message}`);
    this.tick();
  }

  tick(): void {
    if (performance.now() < this.#tickAt) return;
    this.#tickAt = performance.now() + TICK_MS;
    this.#shard.tick(STAMP_HERE);
  }

  close(): void {
    this.#shard.close();
  }
}

/** The clients' thread, seen from here. */
class Clients {
  readonly bytes = new Float64Array(new SharedArrayBuffer(16));
  readonly #changes = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker = new Worker(fileURLToPath(new URL('./fan-out-clients.js', import.meta.url)), {
    workerData: { bytes: this.bytes, changes: this.#changes },
  });

  async ask<T>(request: ClientsRequest): Promise<T> {
    this.#worker.postMessage(request);
    return (await once(this.#worker, 'message'))[0] as T;
  }

  /** Resolves when nothing has arrived for a while: snapshots are through. */
  async quiet(): Promise<void> {
    for (let seen = -1; seen !== this.bytes[0]; ) {
      seen = this.bytes[0] ?? 0;
      await sleep(300);
    }
  }

  /** Blocks this thread until all clients together have `total` bytes. */
  await(total: number): void {
    const deadline = performance.now() + WATCHDOG_MS;
    for (;;) {
      const change = Atomics.load(this.#changes, 0);
      if ((this.bytes[0] ?? 0) >= total) return;
      if (performance.now() > deadline) throw new Error(`${this.bytes[0]} of ${total} bytes after ${WATCHDOG_MS} ms`);
      Atomics.wait(this.#changes, 0, change, 100);
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

async function answer<T>(server: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const exit = once(server, 'exit', { signal: ended.signal }).then(() => Promise.reject(new Error('the server ended')));
  try {
    return (await Promise.race([once(server, 'message', { signal: ended.signal }), exit]))[0] as T;
  } finally {
    ended.abort();
    exit.catch(() => {});
  }
}

async function cpuNs(server: ChildProcess): Promise<number> {
  server.send({});
  return (await answer<{ cpuNs: number }>(server)).cpuNs;
}

async function start(side: Side, root: string, clients: Clients): Promise<void> {
  const program = fileURLToPath(new URL('./fan-out-server.js', import.meta.url));
  side.server = fork(program, [side.kind, root, NAME, topicOf(side)]);
  const { port } = await answer<{ port: number }>(side.server);
  // The gateway learns of topics by itself; a client that is too early would be refused.
  await sleep(500);
  const topic = side.kind === 'gateway' ? topicOf(side) : '';
  await clients.ask({ do: 'open', group: side.kind, port, count: CLIENTS, topic });
  await clients.quiet();
}

/** Bytes of one message as the clients see it. */
async function messageBytes(side: Side, feed: Feed, clients: Clients): Promise<number> {
  await clients.ask({ do: 'reset' });
  for (let index = 0; index < BURST; index++) feed.delta(side);
  await clients.quiet();
  const bytes = (clients.bytes[0] ?? 0) / CLIENTS / BURST;
  if (!Number.isInteger(bytes) || bytes < 700)
    throw new Error(`${bytes} bytes a message: not all arrived, or their sizes differ`);
  return bytes;
}

async function block(side: Side, feed: Feed, clients: Clients, size: number): Promise<Block> {
  const { server } = side;
  if (server === undefined) throw new Error('invariant: the server runs');
  await clients.ask({ do: 'reset' });
  const before = await cpuNs(server);
  const started = performance.now();
  for (let burst = 1; burst <= side.bursts; burst++) {
    for (let index = 0; index < BURST; index++) feed.delta(side);
    clients.await((burst - AHEAD) * BURST * CLIENTS * size);
  }
  clients.await(side.bursts * BURST * CLIENTS * size);
  const wallNs = (performance.now() - started) * 1e6;
  const cpu = (await cpuNs(server)) - before;
  const { counts } = await clients.ask<{ counts: number[] }>({ do: 'counts', group: side.kind });
  if (counts.some((bytes) => bytes !== side.bursts * BURST * size))
    throw new Error('a client did not get exactly what was published');
  const deliveries = side.bursts * BURST * CLIENTS;
  return { cpuNs: cpu / deliveries, wallNs: wallNs / deliveries };
}

async function measure(size: Size, root: string, clients: Clients, sides: readonly [Side, Side]): Promise<BenchResult> {
  const feed = new Feed(root, sides);
  const ticks = setInterval(() => feed.tick(), TICK_MS);
  try {
    for (const side of sides) await start(side, root, clients);
    for (const side of sides) feed.delta(side);
    await clients.quiet();
    const bytes: number[] = [];
    for (const side of sides) bytes.push(await messageBytes(side, feed, clients));
    const wall: number[] = [];
    const one = (side: Side) => async (): Promise<number> => {
      const cost = await block(side, feed, clients, bytes[side.kind === 'gateway' ? 0 : 1] ?? 0);
      if (side.kind === 'gateway') wall.push(cost.wallNs);
      return cost.cpuNs;
    };
    const [gateway = [], ws = []] = await turns(size === 'smoke' ? 2 : 30, [one(sides[0]), one(sides[1])]);
    const perSecond = (ns: readonly number[]): number[] => ns.map((each) => 1_000 / each);
    return {
      claims: [
        {
          row: '12',
          what: 'fan-out to 100 subscribers, deliveries a second of server CPU',
          unit: 'M/s',
          figure: estimate(perSecond(gateway)),
          control: control('npm ws', 'M/s', perSecond(gateway), perSecond(ws)),
          must: { least: 3 },
          moonshot: { least: 4.2 },
        },
        {
          row: '12',
          what: 'fan-out to 100 subscribers, server CPU of a delivery by npm ws / by the gateway',
          unit: 'ns',
          figure: estimate(ws),
          control: control('the gateway', 'ns', ws, gateway),
          judged: 'ratio',
          must: { least: 10 },
        },
      ],
      distributions: [],
      ratios: [],
      figures: [
        { label: 'message', value: (bytes[0] ?? 0) - FRAME_HEAD_BYTES, unit: 'bytes' },
        {
          label: 'deliveries a second of wall time, clients on the same cores',
          value: Math.round(1e9 / Math.min(...wall)),
          unit: '1/s, best block',
        },
        { label: 'lost', value: 0, unit: 'deliveries (one would end the bench)' },
      ],
    };
  } finally {
    clearInterval(ticks);
    feed.close();
  }
}

async function run(size: Size): Promise<BenchResult> {
  const smoke = size === 'smoke';
  const root = mkdtempSync('/dev/shm/tickring-bench-');
  const clients = new Clients();
  const sides: [Side, Side] = [
    { kind: 'gateway', instrument: 1, symbol: 'BTCUSDT', bursts: smoke ? 8 : 256, updateId: 1_000 },
    { kind: 'ws', instrument: 2, symbol: 'ETHUSDT', bursts: smoke ? 8 : 24, updateId: 1_000 },
  ];
  try {
    return await measure(size, root, clients, sides);
  } finally {
    for (const { server } of sides) server?.disconnect();
    await clients.close();
    rmSync(root, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: 'fan-out',
  question: 'what does it cost to send a message to one of 100 subscribers?',
  run,
};
