// Question   What does one more symbol cost in memory?
// Includes   the machine's heap (counted by the allocator), the symbol's slots in shared memory.   Excludes  ring, process.
// Workload   1,000 symbols, each with the recorded BTCUSDT snapshot and 200 frames after it.
// Run        npm run bench -- memory      Read  the sum; resident is less where reserved memory was never touched.
import type { Bench, BenchResult, Size } from './bench.js';
import { rust } from './rust.js';
import { exact } from './statistics.js';

interface Report {
  readonly symbols: number;
  readonly heap: number;
  readonly resident: number;
  readonly slots: number;
  readonly levels: number;
}

function run(size: Size): Promise<BenchResult> {
  const report = rust<Report>('memory', size);
  return Promise.resolve({
    claims: [
      {
        row: '15',
        what: 'memory of one more symbol with its latest slot',
        unit: 'KB',
        figure: exact((report.heap + report.slots) / 1_000),
        must: { most: 160 },
        moonshot: { most: 64 },
      },
    ],
    distributions: [],
    ratios: [],
    figures: [
      { label: 'heap of one more symbol', value: report.heap, unit: 'B' },
      { label: 'shared memory of one more symbol', value: report.slots, unit: 'B' },
      { label: 'resident set grew, of one more symbol', value: report.resident, unit: 'B' },
      { label: 'symbols', value: report.symbols, unit: `of ${report.levels} levels` },
    ],
  });
}

export const bench: Bench = { name: 'memory', question: 'what does one more symbol cost in memory?', run };
