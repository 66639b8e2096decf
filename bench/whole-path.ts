// Question   How long from a frame in memory to its records in the ring and its slot in the latest table, in Rust?
// Includes   validation, JSON, sequence rule, book, best prices, ring record, latest slot.   Excludes  socket, N-API.
// Workload   all depth frames of the recorded BTCUSDT futures feed after its snapshot; (a) those of 1,130 to 1,250 bytes.
// Run        npm run bench -- whole-path      Read  (b) and its ratio to byte-touch; the strongest peers: npm run bench:peers.
import { createHash } from 'node:crypto';
import type { Bench, BenchResult, Claim, Size } from './bench.js';
import { decode, rust } from './rust.js';
import { control, estimate, exact } from './statistics.js';
import { depthWorkload } from './workload.js';

interface Report {
  readonly corpus: { readonly frames: number; readonly bytes: number; readonly sha256: string };
  readonly code_path: string;
  readonly pinned: number | null;
  readonly blocks: { readonly whole: number[]; readonly touch: number[]; readonly copy: number[] };
  readonly all_hdr: string;
  readonly reference_hdr: string;
  readonly reference_p50: number[];
  readonly reference_p99: number[];
  readonly reference_touch: number[];
  readonly reference_frames: number;
  readonly clock_overhead_ns: number;
  readonly allocations: number;
  readonly book_sha256: string;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Throws where the same bytes did not end in the same book. */
export function proveBook(size: Size, got: string): string {
  const workload = depthWorkload(Number.POSITIVE_INFINITY);
  if (size === 'smoke') return `${got.slice(0, 16)} (a part of the corpus)`;
  if (got !== workload.bookSha256) throw new Error(`the book's hash is ${got}, the oracle's ${workload.bookSha256}`);
  return `${got.slice(0, 16)}, equal to the oracle's`;
}

/** The same on the code paths that are not the fastest here; each must end in the same book. */
function otherPaths(size: Size, best: Report): Claim[] {
  if (process.env['TICKRING_CODE_PATH'] !== undefined) return [];
  const { code_paths } = rust<{ code_paths: string[] }>('code-paths', size);
  return code_paths
    .filter((path) => path !== best.code_path)
    .map((path) => {
      const { blocks, book_sha256 } = rust<Report>('whole-path', size, ['--code-path', path]);
      if (book_sha256 !== best.book_sha256) throw new Error(`the book on ${path} is ${book_sha256}, else ${best.book_sha256}`);
      return {
        row: '1b',
        what: `frame of the whole recording to ring and latest slot, mean, on ${path}`,
        unit: 'ns',
        figure: estimate(blocks.whole),
        control: control('byte-touch', 'ns', blocks.whole, blocks.touch),
      };
    });
}

function run(size: Size): Promise<BenchResult> {
  const report = rust<Report>('whole-path', size);
  const { whole, touch, copy } = report.blocks;
  return Promise.resolve({
    claims: [
      {
        row: '1a',
        what: 'frame of 1,130–1,250 B to ring and latest slot, p50',
        unit: 'ns',
        figure: estimate(report.reference_p50),
        control: control('byte-touch', 'ns', report.reference_p50, report.reference_touch),
        must: { most: 500 },
        moonshot: { most: 330 },
      },
      {
        row: '1a',
        what: 'frame of 1,130–1,250 B to ring and latest slot, p99',
        unit: 'ns',
        figure: estimate(report.reference_p99),
        control: control('byte-touch', 'ns', report.reference_p99, report.reference_touch),
        must: { most: 1_000 },
      },
      {
        row: '1b',
        what: 'frame of the whole recording to ring and latest slot, mean',
        unit: 'ns',
        figure: estimate(whole),
        control: control('byte-touch', 'ns', whole, touch),
        must: { most: 630 },
        moonshot: { most: 420 },
      },
      {
        row: '1b',
        what: 'frame of the whole recording to ring and latest slot / copy of its bytes',
        unit: 'ns',
        figure: estimate(whole),
        control: control('memcpy of the frame', 'ns', whole, copy),
      },
      ...otherPaths(size, report),
      {
        row: '3',
        what: 'throughput of one core, whole path, Rust',
        unit: 'M frames/s',
        figure: estimate(whole.map((ns) => 1_000 / ns)),
        must: { least: 1.55 },
        moonshot: { least: 2.3 },
      },
      {
        row: '16',
        what: 'allocations on the hot path, one whole recording',
        unit: '',
        figure: exact(report.allocations),
        must: { most: 0 },
      },
    ],
    distributions: [
      { label: 'frame of 1,130–1,250 B to ring and latest slot', unit: 'ns', histogram: decode(report.reference_hdr) },
      { label: 'any frame of the recording to ring and latest slot', unit: 'ns', histogram: decode(report.all_hdr) },
    ],
    ratios: [],
    figures: [
      {
        label: 'frames',
        value: report.corpus.frames,
        unit: `mean ${Math.round(report.corpus.bytes / report.corpus.frames)} B; ${report.reference_frames} of reference size`,
      },
      { label: 'clock around a frame (taken off)', value: Math.round(report.clock_overhead_ns), unit: 'ns' },
      { label: 'book', value: proveBook(size, report.book_sha256), unit: '' },
      { label: 'code path', value: report.code_path, unit: report.pinned === null ? 'not pinned' : `on core ${report.pinned}` },
    ],
    notMeasured: report.reference_frames > 0 ? [] : ['frames of 1,130–1,250 B: the workload has none'],
  });
}

export const bench: Bench = {
  name: 'whole-path',
  question: 'how long from a frame in memory to the ring, in Rust?',
  run,
};
