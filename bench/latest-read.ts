// Question   How long does it take to read an instrument's newest state, 20 levels a side, from shared memory?
// Includes   the seqlock, the copy of the slot, its decoding.   Excludes  finding the slot.
// Workload   idle: nobody writes; contended: the writer applies the recording at full speed on another core.
// Run        npm run bench -- latest-read        Read  the mean when idle, p99 when contended.
import type { Bench, BenchResult, Size } from './bench.js';
import { decode, rust } from './rust.js';
import { control, estimate } from './statistics.js';

interface Report {
  readonly idle: number[];
  readonly copied: number[];
  readonly idle_p99: number[];
  readonly contended_p99: number[];
  readonly idle_hdr: string;
  readonly contended_hdr: string;
  readonly levels: number;
  readonly not_read_whole: number;
  readonly frames_written: number;
  readonly pinned: boolean;
}

function run(size: Size): Promise<BenchResult> {
  const report = rust<Report>('latest-read', size);
  return Promise.resolve({
    claims: [
      {
        row: '9',
        what: 'read of the latest slot, 20×2 levels, idle, mean',
        unit: 'ns',
        figure: estimate(report.idle),
        control: control('memcpy of as many bytes', 'ns', report.idle, report.copied),
        must: { most: 40 },
        moonshot: { most: 20 },
      },
      {
        row: '9',
        what: 'read of the latest slot, 20×2 levels, contended, p99',
        unit: 'ns',
        figure: estimate(report.contended_p99),
        control: control('the same, idle', 'ns', report.contended_p99, report.idle_p99),
        must: { most: 200 },
        moonshot: { most: 130 },
      },
    ],
    distributions: [
      { label: 'read of the latest slot, idle', unit: 'ns', histogram: decode(report.idle_hdr) },
      { label: 'read of the latest slot, contended', unit: 'ns', histogram: decode(report.contended_hdr) },
    ],
    ratios: [],
    figures: [
      { label: 'levels read', value: report.levels, unit: '' },
      { label: 'reads that found no whole slot in time', value: report.not_read_whole, unit: '' },
      { label: 'frames written meanwhile', value: report.frames_written, unit: `pinned ${report.pinned}` },
    ],
  });
}

export const bench: Bench = { name: 'latest-read', question: 'how long does reading the newest state take?', cores: 2, run };
