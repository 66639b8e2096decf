// Question   What does a frame of each venue cost the parser, and the whole state machine, beside one of Binance futures?
// Includes   full validation, every number converted; in the machine sequence rule, checksum, book, statistics.
//            Excludes  ring, socket.
// Workload   recordings of one recorder: all their frames but whole books; changes of books alone; whole books, fetched or in the
//            stream. A machine of its own each pass. Two rows are respelled, for lack of a recording: their names say of what.
// Run        npm run bench -- venues      Read  the ratio of ns a byte to Binance USDT-M of the same part and run.
import type { Bench, BenchResult, Claim, Size } from './bench.js';
import { rust } from './rust.js';
import { control, estimate } from './statistics.js';

interface Row {
  readonly recording: string;
  readonly part: keyof typeof PARTS;
  readonly frames: number;
  readonly bytes: number;
  readonly levels: number;
  /** Frames that the indexed reading left to the scanner. */
  readonly scanned: number;
  /** ns a byte. */
  readonly parse: number[];
  readonly machine: number[];
}

const REFERENCE = 'Binance USDT-M';

const PARTS = {
  all: 'all frames but whole books',
  changes: 'changes of books',
  whole: 'whole books',
} as const;

function run(size: Size): Promise<BenchResult> {
  const { rows } = rust<{ rows: Row[] }>('venues', size);
  const claims: Claim[] = [];
  const figures = [];
  for (const row of rows) {
    const reference = rows.find(({ recording, part }) => recording === REFERENCE && part === row.part);
    const of = `${row.recording}, ${PARTS[row.part]}`;
    figures.push({
      label: `${of}, left to the scanner`,
      value: `${row.scanned} of ${row.frames}`,
      unit: 'frames',
    });
    for (const stage of ['parse', 'machine'] as const) {
      const spent = estimate(row[stage]).median * row.bytes;
      figures.push({
        label: `${of}, ${stage}`,
        value: Math.round(spent / row.frames),
        unit: 'ns a frame',
      });
      // Of all frames most have none.
      if (row.part !== 'all') {
        figures.push({
          label: `${of}, ${stage}`,
          value: (spent / row.levels).toFixed(1),
          unit: 'ns a level',
        });
      }
      if (reference === undefined || row.recording === REFERENCE) continue;
      claims.push({
        row: 'V1',
        what: `${of}, ${stage}, a byte`,
        unit: 'ns',
        figure: estimate(row[stage]),
        control: control(REFERENCE, 'ns', row[stage], reference[stage]),
        judged: 'ratio',
        must: { most: 1.5 },
      });
    }
  }
  const notMeasured = rows.length === 0 ? ['frames of venues: no recordings (TICKRING_CAPTURES)'] : [];
  return Promise.resolve({
    claims,
    distributions: [],
    ratios: [],
    figures,
    notMeasured,
  });
}

export const bench: Bench = {
  name: 'venues',
  question: 'what does a frame of each venue cost, beside Binance?',
  run,
};
