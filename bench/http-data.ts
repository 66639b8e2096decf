// Question   How long does a client on this host wait for the newest points of a symbol, `GET /data/{symbol}`?
// Includes   the request on an open connection, the JSON of points that are new since the last request, the body's last byte.
//            Excludes   reading the JSON in the client.
// Workload   1,000 trades of one symbol in memory; ten new ones between two requests, so that each answer is another one.
// Run        npm run bench -- http-data      Read  p50; the control is a request of the same connection that answers 13 bytes.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'hdr-histogram-js';
import { CHANNELS, VENUES } from '#dist/model/codes.js';
import { type Ingest, REJECTED_BIT, Shard, STAMP_HERE } from '#dist/native/index.js';
import type { Bench, BenchResult, Size } from './bench.js';
import { control, estimate, median, turns } from './statistics.js';

const NAME = 'bench';
const SYMBOL = 'BTCUSDT';
const CONNECTION = 1;
const INSTRUMENT = 1;
const POINTS = 1_000;
/** Trades between two requests. */
const FRESH = 10;
/** A guard against hangs alone. */
const WATCHDOG_MS = 60_000;

/** Trades of one symbol, as an engine publishes them. */
class Feed {
  readonly #shard: Shard;
  readonly #ingest: Ingest;
  #trade = 0;

  constructor(root: string) {
    const sizes = { ringBytes: 4 * 2 ** 20, instrumentsMax: 4, depth: 20, snapshotIntervalMs: 0 };
    this.#shard = new Shard({ root, name: NAME, shard: 0, epoch: 1n, prevEpoch: 0n, ...sizes });
    this.#ingest = this.#shard.ingester();
    const venue = VENUES['binance-usdm'];
    this.#shard.connect(CONNECTION, venue, STAMP_HERE);
    const exponents = { priceExponent: -2, qtyExponent: -3, tickSize: 1n, lotSize: 1n };
    this.#shard.instrument({ id: INSTRUMENT, venue, symbol: SYMBOL, ...exponents, trading: true, changeCount: 0 }, STAMP_HERE);
    this.#shard.subscribe(CONNECTION, INSTRUMENT, CHANNELS.trade, STAMP_HERE);
    this.#shard.ack(CONNECTION, INSTRUMENT, true, STAMP_HERE);
    this.trade(POINTS);
  }

  trade(count: number): void {
    for (let index = 0; index < count; index++) {
      this.#trade += 1;
      const [id, time] = [this.#trade, Date.now()];
      const price = (60_000 + (id % 977) / 100).toFixed(2);
      const data = { e: 'aggTrade', E: time, s: SYMBOL, a: id, p: price, q: '0.125', f: id, l: id, T: time, m: id % 2 === 0 };
      const bits = this.#ingest(CONNECTION, Buffer.from(JSON.stringify({ stream: 'btcusdt@aggTrade', data })));
      if (bits < 0 || (bits & REJECTED_BIT) !== 0) throw new Error(`refused: ${this.#shard.rejection()?.message}`);
    }
    this.#shard.tick(STAMP_HERE);
  }

  close(): void {
    this.#shard.close();
  }
}

interface Timed {
  readonly ns: number;
  readonly body: Buffer;
}

/** One request; from its first byte to the answer's last. */
function timed(agent: Agent, port: number, path: string): Promise<Timed> {
  return new Promise((resolve, reject) => {
    const started = process.hrtime.bigint();
    const request = get({ agent, port, path, host: '127.0.0.1' }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const ns = Number(process.hrtime.bigint() - started);
        if (answer.statusCode === 200) resolve({ ns, body: Buffer.concat(chunks) });
        else reject(new Error(`${path} answered ${answer.statusCode}`));
      });
    });
    request.on('error', reject);
  });
}

async function startGateway(root: string): Promise<{ server: ChildProcess; port: number }> {
  const server = fork(fileURLToPath(new URL('./fan-out-server.js', import.meta.url)), ['gateway', root, NAME]);
  const [{ port }] = (await once(server, 'message')) as [{ port: number }];
  return { server, port };
}

/** The newest trade that an answer holds must be one that was published after the answer before. */
async function whole(agent: Agent, port: number): Promise<void> {
  for (const deadline = performance.now() + WATCHDOG_MS; performance.now() < deadline; await sleep(20)) {
    const { body } = await timed(agent, port, `/data/${SYMBOL}?limit=${POINTS}`).catch(() => ({ body: Buffer.from('{}') }));
    if ((JSON.parse(body.toString('utf8')) as { count?: number }).count === POINTS) return;
  }
  throw new Error(`the gateway did not hold ${POINTS} points`);
}

async function measure(size: Size, feed: Feed, agent: Agent, port: number): Promise<BenchResult> {
  const requests = size === 'smoke' ? 5 : 40;
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 10_000_000_000,
    numberOfSignificantValueDigits: 3,
  });
  let bytes = 0;
  const p50 = async (path: string, keep: boolean): Promise<number> => {
    const all: number[] = [];
    for (let request = 0; request < requests; request++) {
      feed.trade(FRESH);
      const { ns, body } = await timed(agent, port, path);
      all.push(ns);
      if (!keep) continue;
      histogram.recordValue(ns);
      bytes = body.length;
    }
    return median(all);
  };
  const [thousand = [], hundred = [], bare = []] = await turns(size === 'smoke' ? 2 : 30, [
    () => p50(`/data/${SYMBOL}?limit=${POINTS}`, true),
    () => p50(`/data/${SYMBOL}`, false),
    () => p50('/livez', false),
  ]);
  const claim = (what: string, blocks: readonly number[]) => ({
    row: 'C6',
    what,
    unit: 'ns',
    figure: estimate(blocks),
    control: control('a request that answers 13 bytes', 'ns', blocks, bare),
    must: { most: 500_000 },
  });
  return {
    claims: [claim('GET /data/{symbol}, 1,000 points, p50', thousand), claim('GET /data/{symbol}, 100 points, p50', hundred)],
    distributions: [{ label: 'GET /data/{symbol}, 1,000 points', unit: 'ns', histogram }],
    ratios: [],
    figures: [{ label: 'body of 1,000 points', value: bytes, unit: 'bytes' }],
  };
}

async function run(size: Size): Promise<BenchResult> {
  const root = mkdtempSync('/dev/shm/tickring-bench-');
  const feed = new Feed(root);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { server, port } = await startGateway(root);
  try {
    await whole(agent, port);
    return await measure(size, feed, agent, port);
  } finally {
    agent.destroy();
    server.disconnect();
    feed.close();
    rmSync(root, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: 'http-data',
  question: 'how long does a client wait for the newest points of a symbol?',
  run,
};
