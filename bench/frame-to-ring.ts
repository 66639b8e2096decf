// Question   What does the way through Node cost: frames in a Buffer → records in the ring, through N-API, beside Rust alone?
// Includes   the crossing, the receive stamp, validation, JSON, sequence rule, book, ring record, latest slot.
// Excludes   socket and WebSocket framing.
// Workload   all depth frames of the recorded BTCUSDT futures feed after its snapshot (mean 1.6 KB).
// Run        npm run bench -- frame-to-ring      Read  throughput through N-API as a share of Rust's, block by block.
import { mkdtempSync, rmSync } from 'node:fs';
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { build, type Histogram } from 'hdr-histogram-js';
import { VENUES } from '#dist/model/codes.js';
import { type Ingest, Shard } from '#dist/native/index.js';
import type { Bench, BenchResult, Size } from './bench.js';
import { onOneCore } from './pin.js';
import { RustServer } from './rust.js';
import { control, estimate, exact, ratios, turns } from './statistics.js';
import { proveBook, sha256 } from './whole-path.js';
import { depthWorkload, type Workload } from './workload.js';

const INSTRUMENT = 1;
const CONNECTION = 1;
/** Timed ms of a block. */
const BLOCK_MS = 60;
/** Frames over which collections of garbage are counted. */
const GC_FRAMES = 1_000_000;

/** CPU time of this process, ms: what the work took, whoever else had the core meanwhile. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** A shard that takes the recording over and over. */
class Line {
  readonly shard: Shard;
  readonly #ingest: Ingest;
  readonly #workload: Workload;
  #defined = false;

  constructor(root: string, workload: Workload) {
    this.#workload = workload;
    this.shard = new Shard({
      root,
      name: 'bench',
      shard: 0,
      epoch: 1n,
      prevEpoch: 0n,
      ringBytes: 64 * 2 ** 20,
      instrumentsMax: 16,
      depth: 20,
      snapshotIntervalMs: 0,
    });
    this.#ingest = this.shard.ingester();
  }

  /** Forgets the book and brings it to life again. Gives the index of the first frame after that. */
  #begin(): number {
    const { shard } = this;
    const venue = VENUES['binance-usdm'];
    if (this.#defined) shard.unsubscribe(INSTRUMENT, 0n);
    const exponents = { priceExponent: -2, qtyExponent: -3, tickSize: 10n, lotSize: 1n };
    shard.instrument({ id: INSTRUMENT, venue, symbol: 'BTCUSDT', ...exponents, trading: true, changeCount: 0 }, 0n);
    shard.connect(CONNECTION, venue, 0n);
    shard.subscribe(CONNECTION, INSTRUMENT, 1, 0n);
    this.#defined = true;
    let snapshot = false;
    for (const [index, { kind, bytes }] of this.#workload.frames.entries()) {
      if (kind === 'snapshot') shard.depthSnapshot(INSTRUMENT, bytes, bytes.length, 0n);
      else this.#ingest(CONNECTION, bytes);
      shard.requests();
      snapshot ||= kind === 'snapshot';
      if (snapshot && shard.bookText(INSTRUMENT)?.inSync === true) return index + 1;
    }
    throw new Error('the book does not come to life within the corpus');
  }

  /** One pass: ms of CPU time and frames. Each frame's own wall time goes into `each`, where one is given. */
  pass(each: Histogram | null = null): { ms: number; frames: number } {
    const { frames } = this.#workload;
    const first = this.#begin();
    const started = cpuMs();
    if (each === null) {
      for (let index = first; index < frames.length; index++) {
        const bytes = frames[index]?.bytes;
        if (bytes !== undefined) this.#ingest(CONNECTION, bytes);
      }
    } else {
      for (const { bytes } of frames.slice(first)) {
        const before = process.hrtime.bigint();
        this.#ingest(CONNECTION, bytes);
        each.recordValue(Math.max(1, Number(process.hrtime.bigint() - before)));
      }
    }
    return { ms: cpuMs() - started, frames: frames.length - first };
  }

  /** As `pass`; notes when the frames went in, and gives how many. */
  passSpan(spans: { from: number; to: number }[]): number {
    const { frames } = this.#workload;
    const first = this.#begin();
    const from = performance.now();
    for (let index = first; index < frames.length; index++) {
      const bytes = frames[index]?.bytes;
      if (bytes !== undefined) this.#ingest(CONNECTION, bytes);
    }
    spans.push({ from, to: performance.now() });
    return frames.length - first;
  }

  bookSha256(): string {
    const book = this.shard.bookText(INSTRUMENT);
    if (book === null || !book.inSync) throw new Error('the book is not in sync after the corpus');
    return sha256(book.text);
  }
}

function parsePass(workload: Workload): { ms: number; frames: number } {
  const started = cpuMs();
  let levels = 0;
  for (const { bytes } of workload.frames) {
    const message = JSON.parse(bytes.toString('latin1'));
    levels += (message.data ?? message).b?.length ?? 0;
  }
  if (levels < 0) throw new Error('unreachable: keeps the parse alive');
  return { ms: cpuMs() - started, frames: workload.frames.length };
}

/** ns a frame over passes that together take as long as a block should. */
function block(size: Size, pass: () => { ms: number; frames: number }): number {
  let [ms, frames] = [0, 0];
  do {
    const done = pass();
    ms += done.ms;
    frames += done.frames;
  } while (size === 'full' && ms < BLOCK_MS);
  return (ms * 1e6) / frames;
}

/** Collections of garbage while the frames of many passes go in; those that the passes' own beginnings make are not the path's. */
async function collections(line: Line, size: Size): Promise<{ count: number; frames: number }> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const spans: { from: number; to: number }[] = [];
  const starts: number[] = [];
  const observer = new PerformanceObserver((list) => starts.push(...list.getEntries().map(({ startTime }) => startTime)));
  observer.observe({ entryTypes: ['gc'] });
  let frames = 0;
  while (frames < (size === 'smoke' ? 1 : GC_FRAMES)) {
    gc();
    frames += line.passSpan(spans);
    await turn();
  }
  await turn();
  observer.disconnect();
  return { count: starts.filter((at) => spans.some(({ from, to }) => at >= from && at <= to)).length, frames };
}

async function measure(size: Size, line: Line, workload: Workload, server: RustServer, pinned: string): Promise<BenchResult> {
  let rustBook = '';
  const rust = async (): Promise<number> => {
    const { ns, book_sha256 } = await server.block<{ ns: number; book_sha256: string }>('whole');
    rustBook = book_sha256;
    return ns;
  };
  const works = [() => block(size, () => line.pass()), rust, () => block(size, () => parsePass(workload))];
  for (const work of works) await work();
  const [napi = [], alone = [], parse = []] = await turns(size === 'smoke' ? 2 : 30, works);
  const each = build({ lowestDiscernibleValue: 1, highestTrackableValue: 10_000_000_000, numberOfSignificantValueDigits: 3 });
  for (let pass = 0; pass < (size === 'smoke' ? 1 : 10); pass++) line.pass(each);
  const garbage = await collections(line, size);
  const book = line.bookSha256();
  if (book !== rustBook) throw new Error(`the book through N-API is ${book}, in Rust ${rustBook}`);
  const rate = (ns: readonly number[]): number[] => ns.map((of) => 1_000 / of);
  const added = napi.map((ns, index) => ns - (alone[index] ?? Number.NaN));
  return {
    claims: [
      {
        row: '3',
        what: 'throughput of one core, whole path, through N-API',
        unit: 'M frames/s',
        figure: estimate(rate(napi)),
        control: control('Rust alone', 'M frames/s', rate(napi), rate(alone)),
        judged: 'ratio',
        must: { least: 0.87 },
        moonshot: { least: 0.92 },
      },
      {
        row: '1b',
        what: 'JSON.parse of a frame / frame to ring and latest slot, Rust (control)',
        unit: 'ns',
        figure: estimate(parse),
        control: control('frame to ring, Rust', 'ns', parse, alone),
        judged: 'ratio',
        must: { least: 22 },
      },
      {
        row: '3',
        what: 'what N-API and the receive stamp add to a frame',
        unit: 'ns',
        figure: estimate(added),
        // Not beside Rust alone: that ratio gets worse when the engine gets faster.
        control: control('JSON.parse of a frame', 'ns', added, parse),
      },
      {
        row: '16',
        what: `collections of garbage on the hot path, ${garbage.frames.toLocaleString('en-US')} frames through N-API`,
        unit: '',
        figure: exact(garbage.count),
        must: { most: 0 },
      },
    ],
    distributions: [
      { label: 'frame through N-API to ring and latest slot, with two clock reads', unit: 'ns', histogram: each },
    ],
    ratios: [
      { label: 'JSON.parse alone / frame to ring through N-API', ...estimate(ratios({ a: parse, b: napi })), target: '' },
    ],
    figures: [
      { label: 'frames', value: workload.frames.length, unit: `mean ${Math.round(workload.bytes / workload.frames.length)} B` },
      { label: 'book', value: proveBook(size, book), unit: 'and to Rust alone' },
      { label: 'pinned', value: pinned, unit: 'Rust on the same core, in turns' },
    ],
  };
}

async function run(size: Size): Promise<BenchResult> {
  const workload = depthWorkload(size === 'smoke' ? 500 : Number.POSITIVE_INFINITY);
  const root = mkdtempSync('/dev/shm/tickring-bench-');
  const server = new RustServer(size);
  const line = new Line(root, workload);
  try {
    return await onOneCore((pinned) => measure(size, line, workload, server, pinned));
  } finally {
    await server.close();
    line.shard.close();
    rmSync(root, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: 'frame-to-ring',
  question: 'what does the way through N-API cost, beside Rust alone?',
  run,
};
