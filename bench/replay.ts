// Question   How fast is a journal replayed on one core, and how long does the book of an instant take?
// Includes   reading, unpacking, checks, parsing, books, digests.   Excludes  a ring.
// Workload   1 GiB of records: all frames of the recording (or of the simulated venue), again and again; packed segments, checkpoints 8 MiB apart.
// Run        npm run bench -- replay           Read  beside the same machine fed from memory; the book of an instant by its median.
import type { Bench, BenchResult, Size } from './bench.js';
import { decode, rust } from './rust.js';
import { control, estimate } from './statistics.js';

type Series = 'replay' | 'undigested' | 'unpacked' | 'memory' | 'book_at';

interface Report {
  readonly blocks: Record<Series, number[]>;
  readonly book_at_hdr: string;
  readonly frames: number;
  readonly bytes: number;
  readonly checkpoints: number;
}

function run(size: Size): Promise<BenchResult> {
  const { blocks, book_at_hdr, frames, bytes, checkpoints } = rust<Report>('replay', size, ['.']);
  const { replay, undigested, unpacked, memory, book_at } = blocks;
  return Promise.resolve({
    claims: [
      {
        row: '13',
        what: 'replay of compressed segments, with digests',
        unit: 'M frames/s of CPU',
        figure: estimate(replay),
        control: control('the same machine and digests, frames in memory', 'M frames/s', replay, memory),
        judged: 'figure',
        must: { least: 1.5 },
      },
      {
        row: '13',
        what: 'replay of segments that are not compressed, with digests',
        unit: 'M frames/s of CPU',
        figure: estimate(unpacked),
        control: control('the same machine and digests, frames in memory', 'M frames/s', unpacked, memory),
        judged: 'figure',
        must: { least: 1.5 },
      },
      {
        row: '13',
        what: 'book of a random instant of the journal, p50',
        unit: 'ms',
        figure: estimate(book_at),
        judged: 'figure',
        must: { most: 50 },
      },
    ],
    distributions: [{ label: 'book of a random instant', unit: 'ns', histogram: decode(book_at_hdr) }],
    ratios: [],
    figures: [
      { label: 'replay without digests', value: estimate(undigested).median, unit: 'M frames/s of CPU' },
      { label: 'frames in the journal', value: frames, unit: '' },
      { label: 'bytes of records in it', value: bytes, unit: 'B' },
      { label: 'checkpoints beside it', value: checkpoints, unit: '' },
    ],
    notMeasured: [],
  });
}

export const bench: Bench = {
  name: 'replay',
  question: 'how fast is a journal replayed, and how long does the book of an instant take?',
  cores: 2,
  diskGiB: 3,
  run,
};
