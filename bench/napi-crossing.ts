// Question   What does one call into the addon cost, with the arguments of a frame and an int back?
// Includes   argument conversion (connection, Buffer), the call, the result.   Excludes  any work on the frame.
// Workload   the ingest function with a 1,188-byte Buffer on a closed shard, which answers at once.
// Run        npm run bench -- napi-crossing      Read  ns of CPU time a call, mean of blocks of a million calls.
import { build } from 'hdr-histogram-js';
import { type Ingest, Shard } from '#dist/native/index.js';
import type { Bench, BenchResult, Size } from './bench.js';
import { onOneCore } from './pin.js';
import { abba, control, estimate } from './statistics.js';

/** CPU time of this process, ms: what the calls took, whoever else had the core meanwhile. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** The control: a JavaScript function of the same shape, that the optimiser cannot remove. */
function scripted(): Ingest {
  let calls = 0;
  return (connection, frame) => {
    calls += connection + frame.length + (frame[0] ?? 0);
    return -1 - (calls & 1);
  };
}

async function run(size: Size): Promise<BenchResult> {
  const calls = size === 'smoke' ? 1_000 : 1_000_000;
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
  const answers = scripted();
  // Two loops, not one that is given its target: V8 then calls both directly, as the engine's call site does.
  const native = (): number => {
    let sum = 0;
    const started = cpuMs();
    for (let call = 0; call < calls; call++) sum += ingest(1, frame);
    return cost(started, sum);
  };
  const script = (): number => {
    let sum = 0;
    const started = cpuMs();
    for (let call = 0; call < calls; call++) sum += answers(1, frame);
    return cost(started, sum);
  };
  const cost = (started: number, sum: number): number => {
    const ns = ((cpuMs() - started) * 1e6) / calls;
    if (sum >= 0) throw new Error('both answer with negative numbers');
    return ns;
  };
  const { series, pinned } = await onOneCore((core) => {
    for (let warm = 0; warm < 3; warm++) native() + script();
    return { series: abba(size === 'smoke' ? 3 : 60, native, script), pinned: core };
  });
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 1_000_000_000,
    numberOfSignificantValueDigits: 3,
  });
  for (const ns of series.a) histogram.recordValue(Math.round(ns));
  return {
    claims: [
      {
        row: '10',
        what: 'N-API crossing with a Buffer, an int back',
        unit: 'ns',
        figure: estimate(series.a),
        control: control('JavaScript call', 'ns', series.a, series.b),
        must: { most: 60 },
        moonshot: { most: 35 },
      },
    ],
    distributions: [{ label: 'N-API crossing with a Buffer, mean of a block', unit: 'ns', histogram }],
    ratios: [],
    figures: [{ label: 'pinned', value: pinned, unit: '' }],
  };
}

export const bench: Bench = { name: 'napi-crossing', question: 'what does one call into the addon cost?', run };
