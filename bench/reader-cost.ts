// Question   What does one record cost a reader in Node, in each form that `tickring/reader` offers?
// Includes   the call into the addon, the copy out of the ring, its check, what the form adds; best bid and ask are read each time.
// Excludes   waiting, and the writer: it fills the ring before each block.
// Workload   quotes of one slot; deltas of the recorded BTCUSDT futures feed (mean 68 levels), with and without a book that follows.
// Run        npm run bench -- reader-cost        Read  ns of CPU time a record; collections of garbage while cursors read.
import { mkdtempSync, rmSync } from 'node:fs';
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { KINDS, VENUES } from '#dist/model/codes.js';
import { RingReader as Addon, type Ingest, RECORD_SIZE_MAX, Shard } from '#dist/native/index.js';
import { RingReader, type WaitOptions } from '#dist/reader/index.js';
import type { Bench, BenchResult, Claim, Size } from './bench.js';
import { onOneCore } from './pin.js';
import { control, estimate, exact, turns } from './statistics.js';
import { depthWorkload, type Workload } from './workload.js';

const INSTRUMENT = 1;
const CONNECTION = 1;
const NAME = 'bench';
const RING_BYTES = 32 * 2 ** 20;
const BATCH = 256;
const DIGITS = 12;

/** What README.md of the reader says the cost of. */
const WAITS: Readonly<Record<string, WaitOptions>> = {
  default: {},
  'timers of 1 ms alone': { spinMs: 0, yieldMs: 0 },
  'timers of 10 ms alone': { spinMs: 0, yieldMs: 0, sleepMs: 10 },
  'turns of the event loop for ever': { yieldMs: Number.POSITIVE_INFINITY },
};

/** CPU time of this process, ms. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Fills a ring with records of one kind. */
class Source {
  readonly shard: Shard;
  readonly #ingest: Ingest;
  readonly #workload: Workload;
  readonly #quote: Buffer;
  readonly #idAt: number;
  #id = 100_000_000_000;

  constructor(root: string, workload: Workload) {
    this.#workload = workload;
    this.shard = new Shard({
      root,
      name: NAME,
      shard: 0,
      epoch: 1n,
      prevEpoch: 0n,
      ringBytes: RING_BYTES,
      instrumentsMax: 4,
      depth: 20,
      snapshotIntervalMs: 0,
    });
    this.#ingest = this.shard.ingester();
    const prices = '"b":"61659.70","B":"31.211","a":"61659.80","A":"40.662"';
    const text = `{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":${this.#id},"s":"BTCUSDT",${prices},"T":${Date.now()},"E":${Date.now()}}}`;
    this.#quote = Buffer.from(text);
    this.#idAt = text.indexOf(String(this.#id));
    this.#begin(7);
  }

  #begin(channels: number): void {
    const { shard } = this;
    const venue = VENUES['binance-usdm'];
    const exponents = { priceExponent: -2, qtyExponent: -3, tickSize: 10n, lotSize: 1n };
    shard.connect(CONNECTION, venue, 0n);
    shard.instrument({ id: INSTRUMENT, venue, symbol: 'BTCUSDT', ...exponents, trading: true, changeCount: 0 }, 0n);
    shard.subscribe(CONNECTION, INSTRUMENT, channels, 0n);
    shard.ack(CONNECTION, INSTRUMENT, true, 0n);
  }

  /** The same quote again and again, under a new id each. */
  quotes(count: number): void {
    for (let quote = 0; quote < count; quote += 1) {
      this.#id += 1;
      for (let digit = DIGITS - 1, rest = this.#id; digit >= 0; digit -= 1) {
        this.#quote[this.#idAt + digit] = 48 + (rest % 10);
        rest = Math.floor(rest / 10);
      }
      this.#ingest(CONNECTION, this.#quote);
    }
  }

  /** The book comes to life; frames behind that are for `deltas`. */
  live(): number {
    const { shard } = this;
    shard.unsubscribe(INSTRUMENT, 0n);
    this.#begin(1);
    for (const [index, { kind, bytes }] of this.#workload.frames.entries()) {
      if (kind === 'snapshot') shard.depthSnapshot(INSTRUMENT, bytes, bytes.length, 0n);
      else this.#ingest(CONNECTION, bytes);
      shard.requests();
      if (shard.bookText(INSTRUMENT)?.inSync === true) return index + 1;
    }
    throw new Error('the book does not come to life within the recording');
  }

  deltas(from: number, count: number): void {
    for (const { bytes } of this.#workload.frames.slice(from, from + count)) this.#ingest(CONNECTION, bytes);
  }
}

/** A way to read everything that is there: how many records of `kind`, and a sum that no optimiser can leave out. */
type Way = (reader: RingReader) => number | Promise<number>;

let sum = 0;

function cursor(reader: RingReader): number {
  let count = 0;
  for (let batch = reader.poll(BATCH); batch.left > 0; batch = reader.poll(BATCH)) {
    while (batch.next()) {
      if (batch.kind === KINDS.quote) sum += batch.quote.askPrice - batch.quote.bidPrice;
      else if (batch.kind === KINDS.book_delta) sum += batch.book.bidCount;
      count += 1;
    }
  }
  return count;
}

function objects(reader: RingReader): number {
  let count = 0;
  for (let batch = reader.poll(BATCH); batch.left > 0; batch = reader.poll(BATCH)) {
    while (batch.next()) {
      const record = batch.object();
      if (record.kind === 'quote') sum += Number(record.askPrice - record.bidPrice);
      else if (record.kind === 'book_delta') sum += record.bids.length;
      count += 1;
    }
  }
  return count;
}

function loop(records: number): Way {
  return async (reader) => {
    let count = 0;
    for await (const record of reader) {
      if (record.kind === 'quote') sum += Number(record.askPrice - record.bidPrice);
      count += 1;
      if (count === records) break;
    }
    return count;
  };
}

async function block(root: string, fill: () => void, way: Way, withBook = false): Promise<number> {
  const reader = RingReader.open({ root, name: NAME, shard: 0 });
  if (withBook) reader.book('BTCUSDT');
  fill();
  const started = cpuMs();
  const count = await way(reader);
  const ns = ((cpuMs() - started) * 1e6) / count;
  const [{ lag } = { lag: Number.NaN }] = reader.liveness();
  if (lag !== 0 || count === 0) throw new Error(`${count} records were read, ${lag} slots were not`);
  reader.close();
  return ns;
}

/** The addon's poll alone: what every form stands on. */
function copies(root: string, fill: () => void): number {
  const addon = new Addon(root, NAME, 0);
  const poll = addon.poller();
  const out = new Uint8Array(64 * RECORD_SIZE_MAX);
  fill();
  const started = cpuMs();
  let count = 0;
  for (let got = poll(out, BATCH); got > 0; got = poll(out, BATCH)) count += got;
  const ns = ((cpuMs() - started) * 1e6) / count;
  addon.close();
  return ns;
}

/** Collections of garbage while a cursor reads. */
async function collections(root: string, source: Source, records: number, rounds: number): Promise<number> {
  const starts: number[] = [];
  const spans: { from: number; to: number }[] = [];
  const observer = new PerformanceObserver((list) => starts.push(...list.getEntries().map(({ startTime }) => startTime)));
  observer.observe({ entryTypes: ['gc'] });
  const reader = RingReader.open({ root, name: NAME, shard: 0 });
  for (let round = 0; round < rounds; round += 1) {
    source.quotes(records);
    const from = performance.now();
    if (cursor(reader) < records) throw new Error('records were lost');
    spans.push({ from, to: performance.now() });
    await turn();
  }
  await turn();
  observer.disconnect();
  reader.close();
  return starts.filter((at) => spans.some(({ from, to }) => at >= from && at <= to)).length;
}

/** CPU time of a loop that finds nothing, in percent of the time that passes. */
async function idle(root: string, ms: number, wait: WaitOptions): Promise<number> {
  const reader = RingReader.open({ root, name: NAME, shard: 0 });
  const [cpu, wall] = [cpuMs(), performance.now()];
  for await (const record of reader.records({ wait, signal: AbortSignal.timeout(ms) })) sum += record.shard;
  reader.close();
  return (100 * (cpuMs() - cpu)) / (performance.now() - wall);
}

async function measure(size: Size, root: string, source: Source, workload: Workload, pinned: string): Promise<BenchResult> {
  const [records, blocks] = size === 'smoke' ? [2_000, 2] : [100_000, 30];
  const rounds = size === 'smoke' ? 2 : 50;
  const fill = (): void => source.quotes(records);
  const ways: (() => number | Promise<number>)[] = [
    () => copies(root, fill),
    () => block(root, fill, cursor),
    () => block(root, fill, objects),
    () => block(root, fill, loop(records)),
  ];
  // The first pass compiles the loops.
  for (const way of ways) await way();
  const [copied = [], ...forms] = await turns(blocks, ways);
  const collected = await collections(root, source, records, rounds);

  let from = 0;
  const deltas = Math.min(workload.frames.length, size === 'smoke' ? 200 : 5_000);
  const refill = (): void => source.deltas(from, deltas);
  const begin = (): void => {
    from = source.live();
  };
  const bookWays = [false, true].map((withBook) => () => {
    begin();
    return block(root, refill, cursor, withBook);
  });
  for (const way of bookWays) await way();
  const [alone = [], followed = []] = await turns(blocks, bookWays);
  const idleMs = size === 'smoke' ? 50 : 1_000;
  const waits = [];
  for (const [label, wait] of Object.entries(WAITS))
    waits.push({ label: `CPU of a loop that finds nothing, ${label}`, value: await idle(root, idleMs, wait), unit: '%' });
  const names = ['by cursor, four fields', 'as an object', 'in a for-await loop'];
  const claim = (what: string, values: number[], label: string, beside: number[]): Claim => ({
    row: '5',
    what,
    unit: 'ns',
    figure: estimate(values),
    control: control(label, 'ns', values, beside),
  });
  return {
    claims: [
      ...forms.map((values, form) => claim(`Node reader, a quote ${names[form]}`, values, "the addon's copy alone", copied)),
      claim(
        'Node reader, a delta of 68 levels by cursor, with a book that follows',
        followed,
        'the same without a book',
        alone,
      ),
      {
        row: '16',
        what: `collections of garbage while ${(records * rounds).toLocaleString('en')} quotes are read by cursor`,
        unit: '',
        figure: exact(collected),
        must: { most: 0 },
      },
    ],
    distributions: [],
    ratios: [],
    figures: [
      ...waits,
      { label: 'workload of deltas', value: workload.source, unit: '' },
      { label: 'pinned', value: pinned, unit: '' },
      { label: 'checksum', value: sum, unit: '' },
    ],
  };
}

function run(size: Size): Promise<BenchResult> {
  const root = mkdtempSync('/dev/shm/tickring-reader-cost-');
  const workload = depthWorkload(size === 'smoke' ? 400 : Number.POSITIVE_INFINITY);
  const source = new Source(root, workload);
  return onOneCore((pinned) => measure(size, root, source, workload, pinned)).finally(() => {
    source.shard.close();
    rmSync(root, { recursive: true, force: true });
  });
}

export const bench: Bench = { name: 'reader-cost', question: 'what does a record cost a reader in Node?', run };
