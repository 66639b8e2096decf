// Question   How late does a waiting reader see a lone record, and what does waiting cost?
// Includes   the ring, the reader's wait, the kernel's wake-up, the waker's interval.   Excludes  parsing, book.
// Workload   a quote every 1.013 ms on an absolute schedule: the reader waits as long as its strategy lets it, visible − due.
// Run        npm run bench -- waiting     Read  p50 beside the share of a core.
import type { Bench, BenchResult, Size } from './bench.js';
import { decode, rust } from './rust.js';
import { estimate } from './statistics.js';

interface Report {
  readonly ways: readonly { name: string; hdr: string; medians: number[]; shares: number[] }[];
  readonly wakers: readonly { us: number; share: number }[];
  readonly pinned: boolean;
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function run(size: Size): Promise<BenchResult> {
  const { ways, wakers, pinned } = rust<Report>('waiting', size);
  return Promise.resolve({
    claims: ways.map(({ name, medians }) => ({
      row: '5',
      what: `a lone record to a reader that waits: ${name}, p50`,
      unit: 'ns',
      figure: estimate(medians),
    })),
    distributions: ways.map(({ name, hdr }) => ({ label: `lone record, ${name}`, unit: 'ns', histogram: decode(hdr) })),
    ratios: [],
    figures: [
      ...ways.map(({ name, shares }) => ({
        label: `the waiting reader, ${name}`,
        value: percent(estimate(shares).median),
        unit: '% of a core',
      })),
      ...wakers.map(({ us, share }) => ({
        label: `the engine's waker, every ${us} us, nobody waiting`,
        value: percent(share),
        unit: '% of a core',
      })),
      { label: 'pinned', value: String(pinned), unit: 'reader on the last core, waker anywhere' },
    ],
  });
}

export const bench: Bench = {
  name: 'waiting',
  question: 'how late does a waiting reader see a lone record, and what does waiting cost?',
  cores: 2,
  run,
};
