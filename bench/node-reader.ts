import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { build, type Histogram } from 'hdr-histogram-js';
import { KIND_GENERATION, KIND_LAPPED, RingReader } from '#dist/native/index.js';
import type { Size } from './bench.js';
import { LanguageReader } from './language-readers.js';
import { onOneCore } from './pin.js';
import { argumentsOf, rustProgram } from './rust.js';

/** What this process saw of a ring that another one writes. */
export interface NodeReadings {
  readonly all: Histogram;
  /** Those of the reference size. */
  readonly reference: Histogram;
  /** p50 of each block, of the reference size where that is told apart. */
  readonly medians: number[];
  readonly lost: number;
  readonly lapped: number;
  readonly rate: number;
  readonly pinned: string;
  /** The same ring read in other languages, in turns with Node. */
  readonly others: readonly LanguageReader[];
  /** Languages that this machine cannot run. */
  readonly missing: readonly string[];
}

/** Offsets in the canonical form of a record, in 32-bit words; kinds and flags share the second. */
const SIZE = 0;
const KIND_AND_FLAGS = 1;
const TS_RECV = 10;
const BID_QTY = 16;
const PAYLOAD = 14;
const FLAG_LAST = 1;
/** Records that bring a book to life were received before the block. */
const BLOCK_NS_MAX = 60e9;

interface Block {
  /** When the first input is due: `CLOCK_MONOTONIC`, ns. */
  readonly start: string;
  /** The time from which records count theirs: that moment by the wall clock for frames, 0 for quotes. */
  readonly wall: string;
  readonly count: number;
  readonly rate: number;
}

function newHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: 10_000_000_000, numberOfSignificantValueDigits: 3 });
}

/** `CLOCK_MONOTONIC` is what `performance.now` counts on Linux, from another zero. */
function monotonicOrigin(): number {
  let best = Number.POSITIVE_INFINITY;
  let origin = 0;
  for (let look = 0; look < 1_000; look++) {
    const before = performance.now();
    const now = Number(process.hrtime.bigint());
    const after = performance.now();
    if (after - before >= best) continue;
    best = after - before;
    origin = now - ((before + after) / 2) * 1e6;
  }
  return origin;
}

class Follower {
  readonly all = newHistogram();
  readonly reference = newHistogram();
  readonly medians: number[] = [];
  lost = 0;
  lapped = 0;
  readonly #reader: RingReader;
  readonly #poll: ReturnType<RingReader['poller']>;
  readonly #out = Buffer.alloc(1 << 20);
  readonly #words = new Uint32Array(this.#out.buffer, this.#out.byteOffset, this.#out.length / 4);
  readonly #quotes: boolean;

  constructor(root: string, quotes: boolean) {
    this.#reader = new RingReader(root, 'bench', 0);
    this.#poll = this.#reader.poller();
    this.#quotes = quotes;
  }

  /** Reads and forgets what others read in between. */
  seek(): void {
    while (this.#poll(this.#out, 64) > 0);
  }

  /** Polls without a pause until the last of the block's inputs has been seen. */
  block({ start, wall, count, rate }: Block): void {
    // ns since the epoch do not fit a number, those since the block's start do.
    const [high, low] = [Number(BigInt(wall) >> 32n), Number(BigInt(wall) & 0xffff_ffffn)];
    const origin = monotonicOrigin() - Number(start);
    const own = newHistogram();
    let ended = 0;
    const deadline = performance.now() + 5_000 + (count / rate) * 1_000;
    while (ended < count) {
      const records = this.#poll(this.#out, 64);
      if (records === 0) {
        if (performance.now() > deadline) throw new Error(`${ended} of ${count} inputs were seen, then nothing`);
        continue;
      }
      const now = performance.now() * 1e6 + origin;
      ended += this.#note(records, now, [high, low], own);
    }
    this.medians.push(own.getValueAtPercentile(50));
  }

  /** `now` is counted from the block's start. */
  #note(records: number, now: number, [high, low]: readonly [number, number], own: Histogram): number {
    let ended = 0;
    let at = 0;
    for (let record = 0; record < records; record++) {
      const word = (index: number): number => this.#words[at / 4 + index] ?? 0;
      const kind = word(KIND_AND_FLAGS) & 0xff;
      const offset = this.#quotes ? BID_QTY : TS_RECV;
      const due = (word(offset + 1) - high) * 2 ** 32 + word(offset) - low;
      if (kind === KIND_LAPPED) {
        const lost = word(PAYLOAD);
        this.lapped += 1;
        this.lost += lost;
        ended += lost;
      } else if (kind === KIND_GENERATION) throw new Error('the writer made a new segment during a block');
      else if (((word(KIND_AND_FLAGS) >>> 16) & FLAG_LAST) !== 0 && due >= 0 && due < BLOCK_NS_MAX) {
        const latency = Math.max(1, Math.round(now - due));
        this.all.recordValue(latency);
        const isReference = this.#quotes || due % 2 === 1;
        if (isReference) {
          this.reference.recordValue(latency);
          own.recordValue(latency);
        }
        ended += 1;
      }
      at += word(SIZE);
    }
    return ended;
  }

  forget(): void {
    this.all.reset();
    this.reference.reset();
    this.medians.length = 0;
  }

  close(): void {
    this.#reader.close();
  }
}

async function follow(size: Size, what: 'quotes' | 'frames'): Promise<NodeReadings> {
  const child: ChildProcessWithoutNullStreams = spawn(rustProgram(), argumentsOf('serve-ring', size, [what]));
  child.stderr.on('data', (text) => process.stderr.write(text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async <T>(): Promise<T> => {
    const line = await lines.next();
    if (line.done === true) throw new Error('the writing process ended');
    return JSON.parse(line.value) as T;
  };
  try {
    const { root } = await next<{ root: string }>();
    const follower = new Follower(root, what === 'quotes');
    return await onOneCore(async (pinned) => {
      let rate = 0;
      const blocks = size === 'smoke' ? 2 : 30;
      // Started here: they inherit the core.
      const languages = what === 'quotes' ? await LanguageReader.startAll(root) : { readers: [], missing: [] };
      for (let block = 0; block <= blocks; block++) {
        const order = [follower, ...languages.readers];
        for (const reader of block % 2 === 0 ? order : order.toReversed()) {
          await reader.seek();
          child.stdin.write('block\n');
          const told = await next<Block>();
          rate = told.rate;
          if (reader instanceof LanguageReader) await reader.block(told.start, told.count);
          else reader.block(told);
        }
        if (block > 0) continue;
        // The first block compiles the loops.
        follower.forget();
        for (const reader of languages.readers) reader.medians.length = 0;
      }
      follower.close();
      for (const reader of languages.readers) await reader.stop();
      const { all, reference, medians, lost, lapped } = follower;
      const { readers: others, missing } = languages;
      return { all, reference, medians, lost, lapped, rate, pinned, others, missing };
    });
  } finally {
    // It takes its shared memory with it.
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  }
}

/** Quotes on an absolute schedule. */
export function readQuotes(size: Size): Promise<NodeReadings> {
  return follow(size, 'quotes');
}

/** Frames on an absolute schedule through the whole path. */
export function readFrames(size: Size): Promise<NodeReadings> {
  return follow(size, 'frames');
}
