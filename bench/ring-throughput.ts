// Question   How many records a second reach another process without loss, and what does publishing cost the writer?
// Includes   encoding, ring protocol; for throughput also the reader's validated copy and decoding.   Excludes  parsing, book.
// Workload   quotes (one slot) and deltas of ten levels (256 B); paced: about 600 ns of computing between two publishes.
// Run        npm run bench -- ring-throughput    Read  readers share the last core: the writer pays for invalidation only.
import type { Bench, BenchResult, Size } from './bench.js';
import { rust } from './rust.js';
import { control, estimate } from './statistics.js';

interface Report {
  readonly blocks: Record<
    | 'lossless64'
    | 'lossless256'
    | 'alone64'
    | 'alone256'
    | 'compute'
    | 'paced'
    | 'paced_1_reader'
    | 'paced_8_readers'
    | 'paced_8_stopped',
    number[]
  >;
  readonly pinned: boolean;
  readonly lost_by_followers: number;
}

function run(size: Size): Promise<BenchResult> {
  const { blocks, pinned, lost_by_followers } = rust<Report>('ring-throughput', size);
  const rate = (ns: readonly number[]): number[] => ns.map((each) => 1_000 / each);
  const net = (ns: readonly number[]): number[] => ns.map((each, block) => each - (blocks.compute[block] ?? Number.NaN));
  const perTurn = (a: readonly number[], b: readonly number[]): number[] =>
    a.map((each, block) => 100 * (each / (b[block] ?? Number.NaN) - 1));
  return Promise.resolve({
    claims: [
      {
        row: '6',
        what: 'ring throughput to another process, lossless, 64 B',
        unit: 'M records/s',
        figure: estimate(rate(blocks.lossless64)),
        control: control('publishing, nobody reading', 'M records/s', rate(blocks.lossless64), rate(blocks.alone64)),
        must: { least: 75 },
        moonshot: { least: 180 },
      },
      {
        row: '6',
        what: 'ring throughput to another process, lossless, 256 B',
        unit: 'M records/s',
        figure: estimate(rate(blocks.lossless256)),
        control: control('publishing, nobody reading', 'M records/s', rate(blocks.lossless256), rate(blocks.alone256)),
        must: { least: 56 },
      },
      {
        row: '6',
        what: 'publish, paced, with one reader in another process',
        unit: 'ns',
        figure: estimate(net(blocks.paced_1_reader)),
        control: control('nobody reading', 'ns', net(blocks.paced_1_reader), net(blocks.paced)),
        must: { most: 6 },
      },
      {
        row: '6',
        what: 'publish, paced, nobody reading',
        unit: 'ns',
        figure: estimate(net(blocks.paced)),
      },
      {
        row: '6',
        what: 'publish one after the other, nobody reading, 64 B',
        unit: 'ns',
        figure: estimate(blocks.alone64),
      },
      {
        row: '7',
        what: 'a turn of the writer (600 ns of computing and a publish) with 8 readers more than with 1',
        unit: '%',
        figure: estimate(perTurn(blocks.paced_8_readers, blocks.paced_1_reader)),
        must: { most: 15 },
        moonshot: { most: 5 },
      },
      {
        row: '7',
        what: 'the same turn with 1 reader more than with none that reads',
        unit: '%',
        figure: estimate(perTurn(blocks.paced_1_reader, blocks.paced)),
      },
      {
        row: '7',
        what: 'the same turn with 8 readers stopped (SIGSTOP) more than with none that reads',
        unit: '%',
        figure: estimate(perTurn(blocks.paced_8_stopped, blocks.paced)),
        must: { least: -2, most: 2 },
      },
    ],
    distributions: [],
    ratios: [],
    figures: [
      { label: 'lost, lapped in the lossless blocks', value: 0, unit: 'records: a lap ends the bench' },
      { label: 'lost by readers that only follow', value: lost_by_followers, unit: 'records' },
      { label: 'publish one after the other, nobody reading, 256 B', value: estimate(blocks.alone256).median, unit: 'ns' },
      { label: 'pinned', value: String(pinned), unit: 'writer on the first core, all readers on the last' },
    ],
  });
}

export const bench: Bench = {
  name: 'ring-throughput',
  question: 'how many records a second reach another process, and what does publishing cost?',
  cores: 2,
  run,
};
