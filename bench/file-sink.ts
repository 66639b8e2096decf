// Question   How many events a second does a core give to a sink of the journal, and how soon is a durable one a line?
// Includes   reading, checks, parsing, books, canonical records; with `lines` also decoding, JSON and the write, without a sync.
// Excludes   what makes an input durable; the tick (100 ms) at which the ring tells of it.
// Workload   all depth frames of the recorded BTCUSDT futures feed after its snapshot, over and over, in a journal that is not compressed;
//            for the lag one frame at a time, until its line stands in the file.
// Run        npm run bench -- file-sink       Read  events/s of CPU time, lines beside the feed alone.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { VENUES } from '#dist/model/codes.js';
import { FILE_SINK } from '#dist/model/sink.js';
import {
  EVENTS_MASK,
  type Ingest,
  type InstrumentDefinition,
  JOURNAL_COUNTERS,
  JournalFeed,
  Shard,
  STAMP_HERE,
} from '#dist/native/index.js';
import { LineDestination, startFileSink } from '#dist/sinks/file/sink.js';
import type { Bench, BenchResult, Size } from './bench.js';
import { control, estimate, turns } from './statistics.js';
import { depthWorkload, type Workload } from './workload.js';

const NAME = 'bench';
const INSTRUMENT = 1;
const CONNECTION = 1;
const ALL = 2n ** 64n - 1n;
const BATCH_BYTES = 256 * 1_024;
const ROTATE_BYTES = 2 ** 40;
const DURABLE = JOURNAL_COUNTERS.findIndex(({ name }) => name === 'journal_durable');
const APPENDED = JOURNAL_COUNTERS.findIndex(({ name }) => name === 'journal_appended');
/** A guard against hangs alone. */
const WATCHDOG_MS = 60_000;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** An engine's shard with a journal below `folder`, which takes the recording. */
class Line {
  readonly shard: Shard;
  readonly #ingest: Ingest;
  readonly #workload: Workload;
  readonly #definition: InstrumentDefinition;
  #next = 0;

  constructor(root: string, folder: string, workload: Workload) {
    this.#workload = workload;
    const journal = {
      folder: join(folder, 'journal', 'shard-0'),
      durability: 'batch',
      segmentBytes: 64 * 2 ** 20,
      bufferBytes: 64 * 2 ** 20,
      retainBytes: 0,
      retainMs: 0,
      diskFloorBytes: 0,
      compress: false,
      recovery: 'strict',
      sinks: [FILE_SINK],
    };
    const sizes = { ringBytes: 16 * 2 ** 20, instrumentsMax: 4, depth: 20, snapshotIntervalMs: 0 };
    this.shard = new Shard({ root, name: NAME, shard: 0, epoch: 1n, prevEpoch: 0n, ...sizes, journal });
    this.#ingest = this.shard.ingester();
    const venue = VENUES['binance-usdm'];
    const exponents = { priceExponent: -2, qtyExponent: -3, tickSize: 10n, lotSize: 1n };
    this.#definition = { id: INSTRUMENT, venue, symbol: 'BTCUSDT', ...exponents, trading: true, changeCount: 0 };
    this.#again();
  }

  /** The recording from its beginning. */
  #again(): void {
    if (this.#next > 0) this.shard.unsubscribe(INSTRUMENT, STAMP_HERE);
    this.shard.instrument(this.#definition, STAMP_HERE);
    this.shard.connect(CONNECTION, this.#definition.venue, STAMP_HERE);
    this.shard.subscribe(CONNECTION, INSTRUMENT, 1, STAMP_HERE);
    this.#next = 0;
  }

  /** The next frame of the recording; the number of its events. */
  frame(): number {
    const frame = this.#workload.frames[this.#next];
    if (frame === undefined) {
      this.#again();
      return 0;
    }
    this.#next += 1;
    const { kind, bytes } = frame;
    const bits =
      kind === 'snapshot'
        ? this.shard.depthSnapshot(INSTRUMENT, bytes, bytes.length, STAMP_HERE)
        : this.#ingest(CONNECTION, bytes, bytes.length);
    this.shard.requests();
    if (bits < 0) throw new Error(`the shard ended with code ${-bits}`);
    return bits & EVENTS_MASK;
  }

  /** Waits until all is durable, and lets the ring tell it. */
  async settle(): Promise<void> {
    for (const deadline = performance.now() + WATCHDOG_MS; performance.now() < deadline; await turn()) {
      const counters = this.shard.journalStatus()?.counters ?? [];
      if (counters[DURABLE] === counters[APPENDED]) break;
    }
    this.shard.tick(STAMP_HERE);
  }
}

/** Events of the journal, and the CPU time that they took, ms. */
async function pass(folder: string, lines: boolean): Promise<{ events: number; ms: number; bytes: number }> {
  const out = mkdtempSync(join(folder, 'lines-'));
  const destination = new LineDestination(0, out, ROTATE_BYTES);
  await destination.begin('');
  const feed = new JournalFeed(join(folder, 'journal', 'shard-0'), 0);
  const began = cpuMs();
  let events = 0;
  for (let isEnd = false; !isEnd; ) {
    const { batch, failure } = await feed.next(ALL, BATCH_BYTES);
    if (batch === undefined) throw new Error(failure?.message);
    if (lines) await destination.write(batch);
    events += batch.records;
    isEnd = batch.isEnd;
  }
  const ms = cpuMs() - began;
  feed.close();
  await destination.close();
  const bytes = statSync(join(out, '00000001.jsonl')).size;
  rmSync(out, { recursive: true, force: true });
  return { events, ms, bytes };
}

/** From the ring's saying that an input is durable to its line, ms. */
async function lags(line: Line, root: string, folder: string, samples: number): Promise<number[]> {
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const dir = join(folder, 'events');
  const config = { dir, rotateBytes: ROTATE_BYTES, from: 'now', journalDir: join(folder, 'journal'), shards: 1 } as const;
  await line.settle();
  const sink = startFileSink({ config, shmRoot: root, engine: NAME, logger });
  const file = join(dir, 'shard-0', '00000001.jsonl');
  const size = (): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const grown = async (from: number): Promise<void> => {
    for (const deadline = performance.now() + WATCHDOG_MS; size() <= from; await turn())
      if (performance.now() > deadline) throw new Error(`no line after ${WATCHDOG_MS} ms`);
  };
  const found: number[] = [];
  try {
    for (let sample = -1; sample < samples; sample += 1) {
      const before = size();
      while (line.frame() === 0);
      await line.settle();
      const toldAt = performance.now();
      await grown(before);
      // The first one waits for the sink's start.
      if (sample >= 0) found.push(performance.now() - toldAt);
    }
  } finally {
    await sink.stop(WATCHDOG_MS);
  }
  return found;
}

async function measure(size: Size, root: string, folder: string): Promise<BenchResult> {
  const line = new Line(root, folder, depthWorkload(size === 'smoke' ? 400 : Number.POSITIVE_INFINITY));
  try {
    for (let frame = 0; frame < (size === 'smoke' ? 500 : 13_000); frame += 1) {
      line.frame();
      if (frame % 1_000 === 0) await line.settle();
    }
    await line.settle();
    let events = 0;
    let bytes = 0;
    const rate = async (lines: boolean): Promise<number> => {
      const done = await pass(folder, lines);
      events = done.events;
      if (lines) bytes = done.bytes;
      return done.events / done.ms;
    };
    const [lines = [], feed = []] = await turns(size === 'smoke' ? 2 : 15, [() => rate(true), () => rate(false)]);
    const waited = await lags(line, root, folder, size === 'smoke' ? 5 : 200);
    const sorted = [...waited].sort((a, b) => a - b);
    return {
      claims: [
        {
          row: 'N21',
          what: 'events of the journal as JSON lines',
          unit: 'k events/s of CPU',
          figure: estimate(lines),
          control: control('the feed alone, as canonical records', 'k events/s of CPU', lines, feed),
        },
      ],
      distributions: [],
      ratios: [],
      figures: [
        { label: 'feed alone', value: Math.round(estimate(feed).median), unit: 'k events/s of CPU' },
        { label: 'told to be durable → line in the file, p50', value: Number(estimate(waited).median.toFixed(1)), unit: 'ms' },
        { label: 'the same, most', value: Number((sorted.at(-1) ?? Number.NaN).toFixed(1)), unit: 'ms' },
        { label: 'a line, mean', value: Math.round(bytes / events), unit: 'bytes' },
        { label: 'events of a pass', value: events, unit: '' },
      ],
    };
  } finally {
    line.shard.close();
  }
}

async function run(size: Size): Promise<BenchResult> {
  const root = mkdtempSync('/dev/shm/tickring-bench-');
  const folder = mkdtempSync(join(tmpdir(), 'tickring-bench-'));
  try {
    return await measure(size, root, folder);
  } finally {
    for (const made of [root, folder]) rmSync(made, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: 'file-sink',
  question: 'how fast does a sink of the journal go, and how late is it?',
  diskGiB: 1,
  run,
};
