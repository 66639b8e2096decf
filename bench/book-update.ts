// Question   How long does one level of a message take to get into the book?
// Includes   finding its cell, far and odd levels, best prices after every message.   Excludes  parsing, ring, latest slot.
// Workload   all levels of the recorded BTCUSDT futures feed after its snapshot, converted beforehand.
// Run        npm run bench -- book-update      Read  the ratios to sorted vector and BTreeMap, which end in the same book.
import type { Bench, BenchResult, Size } from './bench.js';
import { rust } from './rust.js';
import { control, estimate, exact } from './statistics.js';
import { proveBook } from './whole-path.js';

interface Report {
  readonly blocks: Record<'ladder' | 'sorted_vec' | 'btree_map' | 'ladder_top' | 'sparse_top' | 'thousand', number[]>;
  readonly messages: number;
  readonly levels: number;
  readonly heap: number;
  readonly allocations: number;
  readonly book_sha256: string;
}

function run(size: Size): Promise<BenchResult> {
  const report = rust<Report>('book-update', size);
  const { ladder, sorted_vec, btree_map, ladder_top, sparse_top, thousand } = report.blocks;
  const levelsOfMessage = report.levels / report.messages;
  const top = ladder_top.map((ns, block) => (ns - (ladder[block] ?? Number.NaN)) * levelsOfMessage);
  const row = '4';
  return Promise.resolve({
    claims: [
      {
        row,
        what: 'one level into the book, mean of the recording',
        unit: 'ns',
        figure: estimate(ladder),
        must: { most: 3.2 },
        moonshot: { most: 2 },
      },
      {
        row,
        what: 'one level into one of 1,000 books in turns',
        unit: 'ns',
        figure: estimate(thousand),
        must: { most: 8 },
        moonshot: { most: 6 },
      },
      {
        row,
        what: 'one level into a sorted vector / into the book',
        unit: 'ns',
        figure: estimate(sorted_vec),
        control: control('the book', 'ns', sorted_vec, ladder),
        judged: 'ratio',
        must: { least: 16 },
      },
      {
        row,
        what: 'one level into a BTreeMap / into the book',
        unit: 'ns',
        figure: estimate(btree_map),
        control: control('the book', 'ns', btree_map, ladder),
        judged: 'ratio',
        must: { least: 18 },
      },
      { row, what: 'allocations of a second pass', unit: '', figure: exact(report.allocations), must: { most: 0 } },
    ],
    distributions: [],
    ratios: [],
    figures: [
      { label: 'best 20 levels of both sides, after each message', value: estimate(top).median.toFixed(0), unit: 'ns' },
      {
        label: 'message of 2 levels into a side of 5,000 with a window of few, and its best 20',
        value: estimate(sparse_top).median.toFixed(0),
        unit: 'ns',
      },
      { label: 'heap of the book', value: report.heap, unit: 'B' },
      { label: 'levels', value: report.levels, unit: `in ${report.messages} messages` },
      { label: 'book', value: proveBook(size, report.book_sha256), unit: '' },
    ],
  });
}

export const bench: Bench = { name: 'book-update', question: 'how long does one level take to get into the book?', run };
