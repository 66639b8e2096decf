// Question   How long from a frame in the addon to its records in the ring and its slot in the latest table?
// Includes   validation, JSON, sequence rule, book, ring record, latest slot; through N-API also the crossing.
// Excludes   socket and WebSocket framing.
// Workload   all depth frames of the recorded BTCUSDT futures feed (mean 1.6 KB), or made ones where no recordings are.
// Run        npm run bench -- frame-to-ring      Read  the ratio to JSON.parse of the same bytes in the same run.
import { mkdtempSync, rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { build, type Histogram } from 'hdr-histogram-js';
import { VENUES } from '#dist/model/codes.js';
import { Shard } from '#dist/native/index.js';
import type { Bench, BenchResult, Size } from './bench.js';
import { abba, ratioOfBlocks, ratios } from './statistics.js';
import { depthWorkload, type Workload } from './workload.js';

const INSTRUMENT = 1;
const CONNECTION = 1;

/** A shard that has seen nothing but the subscription. */
function freshShard(root: string, epoch: bigint): Shard {
  const shard = new Shard({
    root,
    name: 'bench',
    shard: 0,
    epoch,
    prevEpoch: epoch - 1n,
    ringBytes: 64 * 2 ** 20,
    instrumentsMax: 16,
    depth: 20,
    snapshotIntervalMs: 0,
  });
  const venue = VENUES['binance-usdm'];
  shard.instrument(
    {
      id: INSTRUMENT,
      venue,
      symbol: 'BTCUSDT',
      priceExponent: -2,
      qtyExponent: -3,
      tickSize: 10n,
      lotSize: 1n,
      trading: true,
      changeCount: 0,
    },
    0n,
  );
  shard.connect(CONNECTION, venue, 0n);
  shard.subscribe(CONNECTION, INSTRUMENT, 1, 0n);
  return shard;
}

/** One pass over the recording; ns per frame. Each frame's own time goes into `each`, where one is given. */
function pass(shard: Shard, workload: Workload, each: Histogram | null): number {
  const ingest = shard.ingester();
  const started = performance.now();
  for (const { kind, bytes } of workload.frames) {
    if (kind === 'snapshot') {
      shard.depthSnapshot(INSTRUMENT, bytes, bytes.length, 0n);
      continue;
    }
    if (each === null) {
      ingest(CONNECTION, bytes, bytes.length);
      continue;
    }
    const before = process.hrtime.bigint();
    ingest(CONNECTION, bytes, bytes.length);
    each.recordValue(Number(process.hrtime.bigint() - before));
  }
  return ((performance.now() - started) * 1e6) / workload.frames.length;
}

function parsePass(workload: Workload): number {
  const started = performance.now();
  let levels = 0;
  for (const { bytes } of workload.frames) {
    const message = JSON.parse(bytes.toString('latin1'));
    levels += (message.data ?? message).b?.length ?? 0;
  }
  if (levels < 0) throw new Error('unreachable: keeps the parse alive');
  return ((performance.now() - started) * 1e6) / workload.frames.length;
}

function run(size: Size): Promise<BenchResult> {
  const workload = depthWorkload(size === 'smoke' ? 500 : Number.POSITIVE_INFINITY);
  const root = mkdtempSync('/dev/shm/tickring-bench-');
  let epoch = 1n;
  try {
    const books = new Set<string>();
    const withFresh = (use: (shard: Shard) => number): number => {
      const shard = freshShard(root, epoch++);
      try {
        const cost = use(shard);
        const book = shard.bookText(INSTRUMENT);
        if (book === null || !book.inSync)
          throw new Error(`the book is not in sync after the recording: ${book?.lastUpdateId}`);
        books.add(book.text);
        return cost;
      } finally {
        shard.close();
      }
    };
    for (let warm = 0; warm < (size === 'smoke' ? 1 : 3); warm++)
      withFresh((shard) => pass(shard, workload, null)) && parsePass(workload);
    const series = abba(
      size === 'smoke' ? 3 : 30,
      () => parsePass(workload),
      () => withFresh((shard) => pass(shard, workload, null)),
    );
    const each = build({ lowestDiscernibleValue: 1, highestTrackableValue: 10_000_000_000, numberOfSignificantValueDigits: 3 });
    const inside = { p50: 0, p99: 0, p999: 0 };
    withFresh((shard) => {
      const cost = pass(shard, workload, each);
      Object.assign(inside, shard.latencyPercentiles());
      return cost;
    });
    if (books.size !== 1) throw new Error(`${books.size} different books from the same frames`);
    const best = Math.min(...series.b);
    return Promise.resolve({
      distributions: [{ label: 'depth frame through N-API to ring and latest slot', unit: 'ns', histogram: each }],
      ratios: [
        {
          label: 'JSON.parse alone / frame to ring through N-API',
          ...ratioOfBlocks(ratios(series)),
          target: '≥ 22 with the SIMD parser',
        },
      ],
      figures: [
        { label: 'frames/s through N-API, best block', value: Math.round(1e9 / best), unit: 'frames/s' },
        { label: 'receive → ring inside the addon, p50', value: inside.p50, unit: 'ns' },
        { label: 'receive → ring inside the addon, p99', value: inside.p99, unit: 'ns' },
        {
          label: 'frames',
          value: workload.frames.length,
          unit: `mean ${Math.round(workload.bytes / workload.frames.length)} B`,
        },
        { label: 'workload', value: `${workload.source} sha256 ${workload.sha256.slice(0, 16)}`, unit: '' },
      ],
    });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: 'frame-to-ring',
  question: 'how long from a frame in the addon to its records in the ring?',
  run,
};
