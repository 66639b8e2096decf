// Question   What do images of whole books cost the writer, and how long does a reader take to have a book?
// Includes   frames of all instruments to ring, latest slot and images; opening, mapping, image, records since.   Excludes  N-API.
// Workload   the recorded BTCUSDT futures feed for 1, 100 and 1,000 instruments in turns; a shard without room for images beside it.
// Run        npm run bench -- book-images      Read  the ratios, p99 and p99.9 with and without, p99 and max of joins.
import type { Bench, BenchResult, Size } from './bench.js';
import { decode, rust } from './rust.js';
import { estimate, ratios } from './statistics.js';

interface Row {
  readonly instruments: number;
  readonly with: number[];
  readonly without: number[];
  readonly images: number;
  readonly levels: number;
  readonly refused: number;
  readonly with_hdr: string;
  readonly without_hdr: string;
  readonly join_hdr: string;
  readonly again_hdr: string;
}

function run(size: Size): Promise<BenchResult> {
  const { rows } = rust<{ rows: Row[] }>('book-images', size);
  return Promise.resolve({
    claims: [],
    distributions: rows.flatMap((row) => [
      { label: `frame, ${row.instruments} instruments, with images`, unit: 'ns' as const, histogram: decode(row.with_hdr) },
      { label: `frame, ${row.instruments} instruments, without`, unit: 'ns' as const, histogram: decode(row.without_hdr) },
      {
        label: `join, ${row.instruments} instruments, CPU time`,
        unit: 'ns' as const,
        histogram: decode(row.join_hdr),
      },
      {
        label: `join again, ${row.instruments} instruments, CPU time`,
        unit: 'ns' as const,
        histogram: decode(row.again_hdr),
      },
    ]),
    ratios: rows.map((row) => ({
      label: `frame with images / without, ${row.instruments} instruments`,
      target: row.instruments === 1 ? '≤ 1.05' : '',
      ...estimate(ratios({ a: row.with, b: row.without })),
    })),
    figures: rows.map((row) => ({
      label: `images, ${row.instruments} instruments`,
      value: row.images,
      unit: `of ${Math.round(row.levels / Math.max(row.images, 1))} levels; ${row.refused} refused`,
    })),
  });
}

export const bench: Bench = {
  name: 'book-images',
  question: 'what do images of books cost the writer, and a join the reader?',
  run,
};
