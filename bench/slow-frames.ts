// Question   What do legal frames cost that no venue spells that way today: do they cost more than twice serde_json?
// Includes   full validation, every number converted; serde_json reads into a struct and converts the same numbers.
//            Excludes  sequence rule, book, ring.
// Workload   200 depth frames of the recorded BTCUSDT futures feed: as they came, members reordered, white space, escapes, nesting.
// Run        npm run bench -- slow-frames      Read  the ratio; "scanned" says how many frames left the fast path.
import type { Bench, BenchResult, Claim, Size } from './bench.js';
import { rust } from './rust.js';
import { control, estimate } from './statistics.js';

interface Report {
  readonly code_path: string;
  readonly spellings: readonly {
    readonly name: string;
    readonly frames: number;
    readonly scanned: number;
    readonly blocks: { readonly tickring: number[]; readonly typed: number[]; readonly tree: number[] };
  }[];
}

function run(size: Size): Promise<BenchResult> {
  const report = rust<Report>('slow-frames', size);
  const claims = report.spellings.map(({ name, frames, scanned, blocks }): Claim => {
    const what = `frame spelled "${name}", ${scanned} of ${frames} by the scanner, to serde_json (struct and numbers)`;
    const { tickring, typed } = blocks;
    return {
      row: '2c',
      what,
      unit: 'ns',
      figure: estimate(tickring),
      control: control('serde_json', 'ns', tickring, typed),
      judged: 'ratio',
      must: { most: 2 },
    };
  });
  const figures = report.spellings.map(({ name, blocks }) => ({
    label: `serde_json tree, no numbers, "${name}"`,
    value: Math.round(estimate(blocks.tree).median),
    unit: 'ns',
  }));
  figures.push({ label: 'spellings', value: report.spellings.length, unit: `on ${report.code_path}` });
  return Promise.resolve({ claims, distributions: [], ratios: [], figures });
}

export const bench: Bench = {
  name: 'slow-frames',
  question: 'what do legal frames in odd spellings cost, beside serde_json?',
  run,
};
