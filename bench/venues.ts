// Question   What does a frame of each venue cost the parser, and the whole state machine, beside one of Binance futures?
// Includes   full validation, every number converted; in the machine sequence rule, book, statistics.
//            Excludes  ring, socket, books fetched over REST.
// Workload   recordings of one recorder: all their frames, and those of books alone; a machine of its own each pass.
// Run        npm run bench -- venues      Read  the ratio of ns a byte to Binance USDT-M of the same part and run.
import type { Bench, BenchResult, Claim, Size } from './bench.js';
import { rust } from './rust.js';
import { control, estimate } from './statistics.js';

interface Row {
  readonly recording: string;
  readonly part: 'all' | 'books';
  readonly frames: number;
  readonly bytes: number;
  /** ns a byte. */
  readonly parse: number[];
  readonly machine: number[];
}

const REFERENCE = 'BINANCE_FUTURES';

function run(size: Size): Promise<BenchResult> {
  const { rows } = rust<{ rows: Row[] }>('venues', size);
  const claims: Claim[] = [];
  const figures = [];
  for (const row of rows) {
    const reference = rows.find(({ recording, part }) => recording === REFERENCE && part === row.part);
    for (const stage of ['parse', 'machine'] as const) {
      const what = `${row.recording}, ${row.part === 'all' ? 'all frames' : 'frames of books'}, ${stage}`;
      const aFrame = (estimate(row[stage]).median * row.bytes) / row.frames;
      figures.push({ label: what, value: Math.round(aFrame), unit: 'ns a frame' });
      if (reference === undefined || row.recording === REFERENCE) continue;
      claims.push({
        row: 'V1',
        what: `${what}, a byte`,
        unit: 'ns',
        figure: estimate(row[stage]),
        control: control('Binance USDT-M', 'ns', row[stage], reference[stage]),
        judged: 'ratio',
        must: { most: 1.5 },
      });
    }
  }
  const notMeasured = rows.length === 0 ? ['frames of venues: no recordings (TICKRING_CAPTURES)'] : [];
  return Promise.resolve({ claims, distributions: [], ratios: [], figures, notMeasured });
}

export const bench: Bench = { name: 'venues', question: 'what does a frame of each venue cost, beside Binance?', run };
