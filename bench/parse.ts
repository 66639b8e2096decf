// Question   How long does parsing alone take, frame bytes in, levels as integers out?
// Includes   full validation (UTF-8, JSON, roles of members), every number converted.   Excludes  sequence rule, book, ring.
// Workload   all depth frames of the recorded BTCUSDT futures feed, on every code path that this processor has.
// Run        npm run bench -- parse      Read  the ratio to byte-touch; peers that only parse: npm run bench:peers.
import type { Bench, BenchResult, Claim, Distribution, Size } from './bench.js';
import { decode, rust } from './rust.js';
import { control, estimate } from './statistics.js';

interface Report {
  readonly code_path: string;
  readonly levels: number;
  readonly blocks: { readonly parse: number[]; readonly touch: number[] };
  readonly reference_hdr: string;
  readonly reference_p50: number[];
  readonly reference_touch: number[];
}

const LIMITS: Record<string, Pick<Claim, 'must' | 'moonshot'>> = {
  avx512: { must: { most: 260 }, moonshot: { most: 180 } },
  avx2: { must: { most: 450 }, moonshot: { most: 300 } },
  neon: { must: { most: 450 }, moonshot: { most: 300 } },
};

function run(size: Size): Promise<BenchResult> {
  const forced = process.env['TICKRING_CODE_PATH'];
  const paths = forced === undefined ? rust<{ code_paths: string[] }>('code-paths', size).code_paths : [forced];
  const claims: Claim[] = [];
  const distributions: Distribution[] = [];
  const levels = new Set<number>();
  for (const path of paths) {
    const report = rust<Report>('parse', size, ['--code-path', path]);
    if (report.code_path !== path) throw new Error(`the code path ${path} was asked for, ${report.code_path} was measured`);
    levels.add(report.levels);
    const { parse, touch } = report.blocks;
    claims.push(
      {
        row: '2a',
        what: `parse of a frame of 1,130–1,250 B, ${path}, p50`,
        unit: 'ns',
        figure: estimate(report.reference_p50),
        control: control('byte-touch', 'ns', report.reference_p50, report.reference_touch),
        ...LIMITS[path],
      },
      {
        row: '2b',
        what: `parse of the whole recording, ${path}, mean of a frame`,
        unit: 'ns',
        figure: estimate(parse),
        control: control('byte-touch', 'ns', parse, touch),
      },
    );
    const histogram = decode(report.reference_hdr);
    distributions.push({ label: `parse of a frame of 1,130–1,250 B, ${path}`, unit: 'ns', histogram });
  }
  if (levels.size !== 1) throw new Error(`the code paths read different numbers of levels: ${[...levels].join(', ')}`);
  const missing = Object.keys(LIMITS).filter((path) => !paths.includes(path));
  return Promise.resolve({
    claims,
    distributions,
    ratios: [],
    figures: [{ label: 'levels of one pass', value: [...levels][0] ?? 0, unit: 'on every code path' }],
    notMeasured: missing.map((path) => `code path ${path} of the parser`),
  });
}

export const bench: Bench = { name: 'parse', question: 'how long does parsing alone take?', run };
