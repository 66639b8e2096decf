// Question   How long from the time when a frame is due until a reader in another process has its records?
// Includes   everything of the whole path, the transfer, the reader's copy; what the machine takes away meanwhile.
// Workload   the recorded frames, one every 20 us on an absolute schedule (open loop): a late frame makes the next ones late. Each
//            has been copied to a reused buffer before it is due, as a socket does.
// Run        npm run bench -- due-to-visible     Read  p50; p99.9 only against the hiccup control of the same run.
import type { Bench, BenchResult, Size } from './bench.js';
import { readFrames } from './node-reader.js';
import { decode, merged, rust } from './rust.js';
import { control, estimate } from './statistics.js';
import { proveBook } from './whole-path.js';

interface Block {
  readonly all_hdr: string;
  readonly reference_hdr: string;
  readonly lapped: number;
  readonly lost: number;
}

interface Report {
  readonly whole: Block[];
  readonly hiccup: Block[];
  readonly frames: number;
  readonly rate: number;
  readonly code_path: string;
  readonly pinned: boolean;
  readonly book_sha256: string;
}

async function run(size: Size): Promise<BenchResult> {
  const report = rust<Report>('due-to-visible', size);
  const at = (blocks: Block[], which: 'all_hdr' | 'reference_hdr', percentile: number): number[] =>
    blocks.map((block) => decode(block[which]).getValueAtPercentile(percentile));
  const node = await readFrames(size);
  const sum = (of: 'lost' | 'lapped'): number => report.whole.reduce((total, block) => total + block[of], 0);
  const hiccupMedians = at(report.hiccup, 'all_hdr', 50);
  const [tail, hiccupTail] = [at(report.whole, 'all_hdr', 99.9), at(report.hiccup, 'all_hdr', 99.9)];
  const medians = at(report.whole, 'reference_hdr', 50);
  return {
    claims: [
      {
        row: '8',
        what: 'frame of 1,130–1,250 B due → visible in another process, Rust reader, p50',
        unit: 'ns',
        figure: estimate(medians),
        control: control('bare line on the same schedule, p50', 'ns', medians, hiccupMedians),
        must: { most: 650 },
        moonshot: { most: 480 },
      },
      {
        row: '8',
        what: 'frame of 1,130–1,250 B due → visible in another process, Node reader, p50',
        unit: 'ns',
        figure: estimate(node.medians),
        must: { most: 700 },
        moonshot: { most: 520 },
      },
      {
        row: '8',
        what: 'any frame due → visible in another process, p99.9',
        unit: 'ns',
        figure: estimate(tail),
        control: control('hiccups: bare line on the same schedule, p99.9', 'ns', tail, hiccupTail),
        judged: 'ratio',
        must: { most: 1.1 },
      },
    ],
    distributions: [
      {
        label: 'frame of 1,130–1,250 B, Rust reader',
        unit: 'ns',
        histogram: merged(report.whole.map((of) => of.reference_hdr)),
      },
      { label: 'any frame, Rust reader', unit: 'ns', histogram: merged(report.whole.map((of) => of.all_hdr)) },
      { label: 'frame of 1,130–1,250 B, Node reader', unit: 'ns', histogram: node.reference },
      { label: 'any frame, Node reader', unit: 'ns', histogram: node.all },
      {
        label: 'hiccups: bare line on the same schedule',
        unit: 'ns',
        histogram: merged(report.hiccup.map((of) => of.all_hdr)),
      },
    ],
    ratios: [],
    figures: [
      { label: 'frames of a block', value: report.frames, unit: `at ${report.rate}/s` },
      { label: 'lost by the Rust reader', value: sum('lost'), unit: `records in ${sum('lapped')} laps` },
      { label: 'lost by the Node reader', value: node.lost, unit: `records in ${node.lapped} laps` },
      { label: 'book', value: proveBook(size, report.book_sha256), unit: '' },
      { label: 'code path', value: report.code_path, unit: `pinned ${report.pinned}, Node reader ${node.pinned}` },
    ],
  };
}

export const bench: Bench = {
  name: 'due-to-visible',
  question: 'how long from the time when a frame is due until another process has it?',
  cores: 2,
  run,
};
