import type { LatencyNs } from '../model/status.js';
import { HISTOGRAM_SUB_BITS, native, RingReader, STAGES } from '../native/index.js';

const STAGE = STAGES.findIndex(({ name }) => name === 'receive_to_ring');

/** Greatest value of a bucket; buckets are linear below 2^SUB_BITS and then SUB_BITS fine in every octave. */
function bucketEnd(bucket: number): number {
  const sub = 2 ** HISTOGRAM_SUB_BITS;
  const next = bucket + 1;
  if (next < 2 * sub) return next - 1;
  const octave = Math.floor(next / sub) - 1;
  return ((next % sub) + sub) * 2 ** octave - 1;
}

/** Percentiles of receive → ring over all shards, from the histograms in shared memory. Zeros where nothing was measured. */
export function latencyOf(shmRoot: string, name: string, shards: number): LatencyNs {
  const sums: number[] = [];
  for (let shard = 0; shard < shards; shard++) {
    const counts = shardCounts(shmRoot, name, shard);
    counts?.forEach((count, bucket) => {
      sums[bucket] = (sums[bucket] ?? 0) + count;
    });
  }
  const total = sums.reduce((sum, count) => sum + count, 0);
  const at = (share: number): number => {
    let seen = 0;
    for (const [bucket, count] of sums.entries()) {
      seen += count;
      if (total > 0 && seen >= Math.ceil(total * share)) return bucketEnd(bucket);
    }
    return 0;
  };
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}

function shardCounts(shmRoot: string, name: string, shard: number): Float64Array | undefined {
  try {
    const reader = native(() => new RingReader(shmRoot, name, shard));
    try {
      return reader.histogram(STAGE)?.counts;
    } finally {
      reader.close();
    }
  } catch {
    // The shard is being made or replaced; its figures come with the next look.
    return undefined;
  }
}
