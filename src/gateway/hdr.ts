/** Latency of a stage as an HdrHistogram log (version 1.3, one interval since the engine's start): what its tools read. */

import { bucketStart } from './histogram.js';
import type { Reply } from './problem.js';
import type { Stage, Stages } from './stages.js';

/** Our buckets keep a value to a 64th. */
const DIGITS = 2;

export async function hdrLog(stages: Stages, stage: Stage, uptimeSeconds: number): Promise<Reply> {
  // Half a second to load, and few ask for it.
  const { build, encodeIntoCompressedBase64 } = await import('hdr-histogram-js');
  const histogram = build({
    bitBucketSize: 64,
    numberOfSignificantValueDigits: DIGITS,
    autoResize: true,
    useWebAssembly: false,
  });
  let max = 0;
  stages.counts(stage).forEach((count, bucket) => {
    if (count === 0) return;
    max = bucketStart(bucket + 1) - 1;
    histogram.recordValueWithCount(Math.max(1, Math.round((bucketStart(bucket) + max) / 2)), count);
  });
  const start = Date.now() / 1000 - uptimeSeconds;
  const lines = [
    `#[Latency of ${stage.name}, ns]`,
    '#[Histogram log format version 1.3]',
    `#[StartTime: ${start.toFixed(3)} (seconds since epoch)]`,
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    `Tag=${stage.name},0.000,${uptimeSeconds.toFixed(3)},${(max / 1e6).toFixed(3)},${encodeIntoCompressedBase64(histogram)}`,
  ];
  return {
    status: 200,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
    body: `${lines.join('\n')}\n`,
  };
}
