/** Latency histograms of the engine, read as Prometheus and people want them. Buckets as in `src/native/layout.ts`. */
import { HISTOGRAM_BUCKETS, HISTOGRAM_SUB_BITS } from '../native/layout.js';

const SUB_BUCKETS = 2 ** HISTOGRAM_SUB_BITS;

/** Least value of a bucket in ns; the next bucket's is its exclusive end. */
export function bucketStart(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  return ((bucket % SUB_BUCKETS) + SUB_BUCKETS) * 2 ** (Math.floor(bucket / SUB_BUCKETS) - 1);
}

/** The bucket of a value in ns; what exceeds the last one's is counted there. */
export function bucketOf(ns: number): number {
  const value = Math.floor(ns);
  if (value < 2 * SUB_BUCKETS) return Math.max(0, value);
  // Doublings above the range in which each value has a bucket of its own.
  const octave = Math.floor(Math.log2(value)) - HISTOGRAM_SUB_BITS;
  const bucket = octave * SUB_BUCKETS + Math.floor(value / 2 ** octave);
  return Math.min(bucket, HISTOGRAM_BUCKETS - 1);
}

/** Several histograms as one. */
export function histogramSum(all: readonly (Float64Array | undefined)[]): Float64Array {
  const sum = new Float64Array(HISTOGRAM_BUCKETS);
  for (const counts of all) {
    counts?.forEach((count, bucket) => {
      sum[bucket] = (sum[bucket] ?? 0) + count;
    });
  }
  return sum;
}

export interface LatencySummary {
  readonly count: number;
  readonly sum: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly avg: number | null;
  /** The value that this share of all values does not exceed, to 1/64; null where there are none. */
  quantile(share: number): number | null;
}

/** Figures of a histogram in ns, each bucket counted with its middle. */
export function summarize(counts: Float64Array): LatencySummary {
  let count = 0;
  let sum = 0;
  let first = -1;
  let last = -1;
  counts.forEach((number, bucket) => {
    if (number === 0) return;
    count += number;
    sum += number * ((bucketStart(bucket) + bucketStart(bucket + 1) - 1) / 2);
    if (first < 0) first = bucket;
    last = bucket;
  });
  const quantile = (share: number): number | null => {
    const rank = Math.min(Math.max(Math.ceil(count * share), 1), count);
    let seen = 0;
    for (let bucket = first; count > 0 && bucket <= last; bucket += 1) {
      seen += counts[bucket] ?? 0;
      if (seen >= rank) return bucketStart(bucket + 1) - 1;
    }
    return null;
  };
  const none = count === 0;
  const max = none ? null : bucketStart(last + 1) - 1;
  return { count, sum, min: none ? null : bucketStart(first), max, avg: none ? null : sum / count, quantile };
}

/** How many values do not exceed each bound (ns, ascending). A bucket counts where all of its values do not exceed it. */
export function cumulative(counts: Float64Array, bounds: readonly number[]): number[] {
  let bucket = 0;
  let seen = 0;
  return bounds.map((bound) => {
    for (; bucket < counts.length && bucketStart(bucket + 1) - 1 <= bound; bucket += 1) seen += counts[bucket] ?? 0;
    return seen;
  });
}
