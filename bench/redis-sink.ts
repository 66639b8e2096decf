// Question   How soon has Redis confirmed what the ring told, and what does an update cost the sink?
// Includes   reading the ring, the book, the JSON of 20 levels a side, both names, ioredis, the server's answer.
// Excludes   the server's own time from the CPU figure. Latency counts from the sink's reading a record.
// Workload   deltas of four levels of one futures instrument, each with a book of 20×2 levels: alone every 5 ms for the latency,
//            1,000 in one go for the CPU time. A redis-server of its own on a Unix socket.
// Run        npm run bench -- redis-sink      Read  the share confirmed within 1 ms, and CPU time beside the same commands alone.
import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CHANNELS, VENUES } from '#dist/model/codes.js';
import { SINK_BOUNDS_SECONDS, type SinkStatus } from '#dist/model/sink.js';
import { type Ingest, REJECTED_BIT, Shard, STAMP_HERE } from '#dist/native/index.js';
import type { Bench, BenchResult, Size } from './bench.js';
import type { BareOrder } from './redis-sink-server.js';
import { control, estimate, exact, turns } from './statistics.js';

const NAME = 'bench';
const CONNECTION = 1;
const INSTRUMENT = 1;
const DEPTH = 20;
const NAMES = ['orderbook:BTCUSDT', 'orderbook:binance-usdm:BTCUSDT'];
const PACE_MS = 5;
/** A guard against hangs alone. */
const WATCHDOG_MS = 60_000;

/** Publishes deltas into a ring, as an engine does. */
class Market {
  readonly #shard: Shard;
  readonly #ingest: Ingest;
  readonly #ticks: NodeJS.Timeout;
  #updateId = 1_000;

  constructor(root: string) {
    const sizes = { ringBytes: 16 * 2 ** 20, instrumentsMax: 4, depth: DEPTH, snapshotIntervalMs: 0 };
    this.#shard = new Shard({ root, name: NAME, shard: 0, epoch: 1n, prevEpoch: 0n, ...sizes });
    this.#ingest = this.#shard.ingester();
    const venue = VENUES['binance-usdm'];
    this.#shard.connect(CONNECTION, venue, STAMP_HERE);
    const exponents = { priceExponent: -2, qtyExponent: -3, tickSize: 1n, lotSize: 1n };
    const definition = { id: INSTRUMENT, venue, symbol: 'BTCUSDT', ...exponents, trading: true, changeCount: 0 };
    this.#shard.instrument(definition, STAMP_HERE);
    this.#shard.subscribe(CONNECTION, INSTRUMENT, CHANNELS.book, STAMP_HERE);
    this.#shard.ack(CONNECTION, INSTRUMENT, true, STAMP_HERE);
    const side = (step: number) =>
      Array.from({ length: 100 }, (_, index) => [(60_000 + step * (index + 1)).toFixed(2), '1.234']);
    const body = Buffer.from(JSON.stringify({ lastUpdateId: this.#updateId, E: 1, T: 1, bids: side(-0.1), asks: side(0.1) }));
    this.#shard.depthSnapshot(INSTRUMENT, body, body.length, STAMP_HERE);
    this.update();
    this.#ticks = setInterval(() => this.#shard.tick(STAMP_HERE), 100);
  }

  /** Four levels near the top change their quantity. */
  update(): void {
    const id = this.#updateId++;
    const level = (step: number) => [(60_000 + step * (1 + (id % 7))).toFixed(2), (1 + (id % 997) / 1_000).toFixed(3)];
    const data = { e: 'depthUpdate', E: 1, T: 1, s: 'BTCUSDT', U: id + 1, u: id + 1, pu: id };
    const levels = { b: [level(-0.1), level(-0.2)], a: [level(0.1), level(0.2)] };
    const frame = Buffer.from(JSON.stringify({ stream: 'btcusdt@depth@0ms', data: { ...data, ...levels } }));
    const bits = this.#ingest(CONNECTION, frame, frame.length);
    if (bits < 0 || (bits & REJECTED_BIT) !== 0) throw new Error(`refused: ${this.#shard.rejection()?.message}`);
  }

  close(): void {
    clearInterval(this.#ticks);
    this.#shard.close();
  }
}

/** A process that answers each message with one. */
class Child {
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#process = child;
  }

  static async start(...args: string[]): Promise<Child> {
    const child = fork(fileURLToPath(new URL('./redis-sink-server.js', import.meta.url)), args);
    await answerOf(child);
    return new Child(child);
  }

  async ask<T>(message: object): Promise<T> {
    const answer = answerOf(this.#process);
    this.#process.send(message);
    return (await answer) as T;
  }

  close(): void {
    this.#process.disconnect();
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(WATCHDOG_MS)]);
  const exit = once(child, 'exit', { signal }).then(() => Promise.reject(new Error('the child ended')));
  exit.catch(() => {});
  try {
    return (await Promise.race([once(child, 'message', { signal }), exit]))[0];
  } finally {
    over.abort();
  }
}

interface Look {
  readonly status: SinkStatus;
  readonly cpuNs: number;
}

/** Waits until so many messages are confirmed. */
async function confirmed(sink: Child, published: number): Promise<Look> {
  for (const deadline = performance.now() + WATCHDOG_MS; performance.now() < deadline; await sleep(5)) {
    const look = await sink.ask<Look>({});
    if (look.status.published >= published) {
      const { dropped, unconfirmed, lostRecords } = look.status;
      if (dropped + unconfirmed + lostRecords > 0) throw new Error('the sink lost something');
      return look;
    }
  }
  throw new Error(`not confirmed after ${WATCHDOG_MS} ms`);
}

/** Least bound below which this share of all lies, ms. */
function quantileMs(counts: readonly number[], count: number, share: number): number {
  const bucket = counts.findIndex((each) => each >= count * share);
  return (SINK_BOUNDS_SECONDS[bucket] ?? Number.NaN) * 1_000;
}

async function paced(sink: Child, market: Market, updates: number): Promise<readonly number[]> {
  const { status } = await sink.ask<Look>({});
  for (let update = 0; update < updates; update += 1) {
    market.update();
    await sleep(PACE_MS);
  }
  const after = (await confirmed(sink, status.published + updates * NAMES.length)).status.latency;
  return after.counts.map((count, bucket) => count - (status.latency.counts[bucket] ?? 0));
}

async function cost(sink: Child, market: Market, updates: number): Promise<number> {
  const before = await sink.ask<Look>({});
  for (let update = 0; update < updates; update += 1) market.update();
  const after = await confirmed(sink, before.status.published + updates * NAMES.length);
  return (after.cpuNs - before.cpuNs) / updates;
}

async function measure(size: Size, root: string, url: string): Promise<BenchResult> {
  const updates = size === 'smoke' ? 50 : 1_000;
  const market = new Market(root);
  const sink = await Child.start('sink', root, NAME, url);
  const bare = await Child.start('bare', root, NAME, url);
  try {
    for (let look = 0; look < 1_000 && !(await sink.ask<Look>({})).status.connected; look += 1) await sleep(10);
    await sleep(300);
    const levels = Array.from({ length: DEPTH }, (_, index) => `[${60_000 + index / 10},1.234]`).join(',');
    const time = '2025-10-06T05:16:45.212172749+00:00';
    const body = `{"symbol":"BTCUSDT","last_update_id":1002,"bids":[${levels}],"asks":[${levels}],"timestamp":"${time}"}`;
    const order: BareOrder = { names: NAMES, body, updates };
    const [ours = [], theirs = []] = await turns(size === 'smoke' ? 2 : 20, [
      () => cost(sink, market, updates),
      async () => (await bare.ask<{ cpuNs: number }>(order)).cpuNs / updates,
    ]);
    const counts = await paced(sink, market, size === 'smoke' ? 20 : 1_000);
    const count = (size === 'smoke' ? 20 : 1_000) * NAMES.length;
    const within = (counts[SINK_BOUNDS_SECONDS.indexOf(0.001)] ?? 0) / count;
    const perSecond = (ns: readonly number[]): number[] => ns.map((each) => 1e9 / each);
    return {
      claims: [
        {
          row: 'C2',
          what: 'book of 20×2 levels read from the ring → confirmed by Redis under both names, share within 1 ms',
          unit: '%',
          figure: exact(within * 100),
          must: { least: 99 },
        },
        {
          row: 'C2',
          what: 'update (a book of 20×2 levels under two names) to Redis, CPU time of the sink',
          unit: 'ns',
          figure: estimate(ours),
          control: control('the same commands, bodies ready, ioredis alone', 'ns', ours, theirs),
        },
      ],
      distributions: [],
      ratios: [],
      figures: [
        { label: 'confirmed, p50 at most', value: quantileMs(counts, count, 0.5), unit: 'ms' },
        { label: 'confirmed, p99 at most', value: quantileMs(counts, count, 0.99), unit: 'ms' },
        { label: 'updates a second of CPU time', value: Math.round(estimate(perSecond(ours)).median), unit: '1/s' },
        { label: 'body', value: body.length, unit: 'bytes' },
      ],
    };
  } finally {
    sink.close();
    bare.close();
    market.close();
  }
}

async function run(size: Size): Promise<BenchResult> {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    if (process.env['CI'] !== undefined) throw new Error('redis-server is not installed');
    return { distributions: [], ratios: [], figures: [], notMeasured: ['redis-sink: redis-server is not installed'] };
  }
  const root = mkdtempSync('/dev/shm/tickring-bench-');
  const socket = join(root, 'redis.sock');
  const options = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', root];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  try {
    for (let look = 0; look < 1_000 && !existsSync(socket); look += 1) await sleep(10);
    return await measure(size, root, `unix://${socket}`);
  } finally {
    server.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  }
}

export const bench: Bench = { name: 'redis-sink', question: 'how soon, and at which cost, is an update in Redis?', run };
