// Question   What does a frame of each venue cost the parser, and the whole state machine, beside one of Binance futures?
// Includes   full validation, every number converted; in the machine sequence rule, checksum, book, statistics.
//            Excludes  ring, socket.
// Workload   recordings of one recorder: all their frames but whole books; changes of books alone; whole books, fetched or in the
//            stream. A machine of its own each pass; short recordings are held against as many frames of the reference. Three rows are respelled, for lack of a recording: their names say of what.
// Run        npm run bench -- venues      Read  the ratio of ns a byte to Binance USDT-M of the same part and run.
import type { Bench, BenchResult, Claim, Figure, Ratio, Size } from './bench.js';
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
  /** The same of the reference's first frames, as many as the row has, where it has more. */
  readonly reference: { readonly parse: number[]; readonly machine: number[] } | null;
}

const REFERENCE = 'Binance USDT-M';

/** Rows of another format than JSON, whose bytes say something else: held a frame against the JSON of the same events. */
const SAME_EVENTS: Readonly<Record<string, string>> = { 'Binance spot, as SBE': 'Binance spot' };

const PARTS = {
  all: 'all frames but whole books',
  changes: 'changes of books',
  whole: 'whole books',
} as const;

/** ns a frame, of each block. */
function aFrame(row: Row, stage: 'parse' | 'machine'): number[] {
  return row[stage].map((ns) => (ns * row.bytes) / row.frames);
}

function run(size: Size): Promise<BenchResult> {
  const { rows } = rust<{ rows: Row[] }>('venues', size);
  const claims: Claim[] = [];
  const figures: Figure[] = [];
  const ratios: Ratio[] = [];
  for (const row of rows) {
    const reference = row.reference ?? rows.find(({ recording, part }) => recording === REFERENCE && part === row.part);
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
      const json = rows.find(({ recording, part }) => recording === SAME_EVENTS[row.recording] && part === row.part);
      if (row.recording in SAME_EVENTS) {
        if (json === undefined || row.part === 'whole') continue;
        figures.push({ label: `${of}, ${stage}`, value: estimate(row[stage]).median.toFixed(2), unit: 'ns a byte' });
        figures.push({
          label: `${SAME_EVENTS[row.recording]} there`,
          value: estimate(json[stage]).median.toFixed(2),
          unit: 'ns a byte',
        });
        const { ratio } = control(json.recording, 'ns', aFrame(row, stage), aFrame(json, stage));
        ratios.push({ ...ratio, label: `${of}, ${stage}, a frame, of its JSON`, target: '' });
        continue;
      }
      if (reference === undefined || row.recording === REFERENCE) continue;
      claims.push({
        row: 'V1',
        what: `${of}, ${stage}, a byte`,
        unit: 'ns',
        figure: estimate(row[stage]),
        control: control(
          row.reference === null ? REFERENCE : `${REFERENCE}, its first ${row.frames}`,
          'ns',
          row[stage],
          reference[stage],
        ),
        judged: 'ratio',
        must: { most: 1.5 },
      });
    }
  }
  const notMeasured = rows.length === 0 ? ['frames of venues: no recordings (TICKRING_CAPTURES)'] : [];
  return Promise.resolve({
    claims,
    distributions: [],
    ratios,
    figures,
    notMeasured,
  });
}

export const bench: Bench = {
  name: 'venues',
  question: 'what does a frame of each venue cost, beside Binance?',
  run,
};
