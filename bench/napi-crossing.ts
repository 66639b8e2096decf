// Question   What does one call into the addon cost, with the arguments of a frame and an int back?
// Includes   argument conversion (connection, Buffer, length), the call, the result.   Excludes  any work on the frame.
// Workload   the ingest function with a 1,188-byte Buffer on a closed shard, which answers at once.
// Run        npm run bench -- napi-crossing      Read  p50 of the per-call cost over blocks of 100,000 calls.
import { performance } from 'node:perf_hooks';
import { build } from 'hdr-histogram-js';
import { type Ingest, Shard } from '#dist/native/index.js';
import type { Bench, BenchResult, Size } from './bench.js';
import { abba, median, ratioOfBlocks, ratios } from './statistics.js';

/** The control: a JavaScript function of the same shape, that the optimiser cannot remove. */
function control(): Ingest {
  let calls = 0;
  return (connection, frame, length) => {
    calls += connection + length + (frame[0] ?? 0);
    return -1 - (calls & 1);
  };
}

function run(size: Size): Promise<BenchResult> {
  const calls = size === 'smoke' ? 1_000 : 100_000;
  const frame = Buffer.alloc(1_188, 0x20);
  const shard = new Shard({
    name: 'bench',
    shard: 0,
    epoch: 1n,
    prevEpoch: 0n,
    ringBytes: 65_536,
    instrumentsMax: 1,
    depth: 1,
    snapshotIntervalMs: 0,
  });
  const ingest = shard.ingester();
  shard.close();
  const answers = control();
  // Two loops, not one that is given its target: V8 then calls both directly, as the engine's call site does.
  const native = (): number => {
    let sum = 0;
    const started = performance.now();
    for (let call = 0; call < calls; call++) sum += ingest(1, frame, 1_188);
    return cost(started, sum);
  };
  const script = (): number => {
    let sum = 0;
    const started = performance.now();
    for (let call = 0; call < calls; call++) sum += answers(1, frame, 1_188);
    return cost(started, sum);
  };
  const cost = (started: number, sum: number): number => {
    const ns = ((performance.now() - started) * 1e6) / calls;
    if (sum >= 0) throw new Error('both answer with negative numbers');
    return ns;
  };
  for (let warm = 0; warm < 3; warm++) native() + script();
  const series = abba(size === 'smoke' ? 3 : 60, native, script);
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 1_000_000_000,
    numberOfSignificantValueDigits: 3,
  });
  for (const ns of series.a) histogram.recordValue(Math.round(ns));
  return Promise.resolve({
    distributions: [{ label: 'N-API crossing with a Buffer, mean of a block', unit: 'ns', histogram }],
    ratios: [{ label: 'N-API crossing / JavaScript call', ...ratioOfBlocks(ratios(series)), target: '' }],
    figures: [{ label: 'N-API crossing, median block', value: median(series.a), unit: 'ns (target ≤ 60)' }],
  });
}

export const bench: Bench = { name: 'napi-crossing', question: 'what does one call into the addon cost?', run };
