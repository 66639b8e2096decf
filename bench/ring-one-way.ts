// Question   How long from publishing a record to having it in another process?
// Includes   encoding, ring protocol, transfer, validated copy, decoding.   Excludes  parsing, book.
// Workload   quotes (one slot, 64 B) and deltas of ten levels (256 B); closed loop: next after the acknowledgement; open loop:
//            every 5 us on an absolute schedule, visible − due. Beside each a bare message of the same size.
// Run        npm run bench -- ring-one-way       Read  the ratios to the bare line of the same run.
import type { Bench, BenchResult, Claim, Size } from './bench.js';
import { readQuotes } from './node-reader.js';
import { placement } from './placement.js';
import { decode, merged, rust } from './rust.js';
import { control, estimate } from './statistics.js';

interface Series {
  readonly closed: number[];
  readonly closed_hdr: string;
  readonly open_hdr: string[];
}

interface Report {
  readonly series: Record<'ring64' | 'bare64' | 'ring256' | 'bare256', Series>;
  readonly pinned: boolean;
  readonly rate: number;
  readonly lost: number;
}

/** Ends the name of what was measured so: the gate has limits of its own for it. */
export const ONE_CORE = ', on two threads of one core';

type Targets = Pick<Claim, 'must' | 'moonshot'>;

function openMedians({ open_hdr }: Series): number[] {
  return open_hdr.map((text) => decode(text).getValueAtPercentile(50));
}

async function run(size: Size): Promise<BenchResult> {
  const report = rust<Report>('ring-one-way', size);
  const { ring64, bare64, ring256, bare256 } = report.series;
  const node = await readQuotes(size);
  const { isOneCore, blocks } = placement(bare64.closed);
  const claim = (what: string, of: number[], label: string, beside: number[], targets: Targets = {}): Claim => {
    const counted = (series: number[]): number[] => blocks.map((block) => series[block] ?? Number.NaN);
    const [a, b] = [counted(of), counted(beside)];
    const base = { row: '5', unit: 'ns', figure: estimate(a), control: control(label, 'ns', a, b), judged: 'ratio' } as const;
    return isOneCore ? { ...base, what: what + ONE_CORE } : { ...base, what, ...targets };
  };
  const byRust = node.others.find(({ language }) => language === 'Rust')?.medians ?? [];
  const reader = (language: string, medians: number[], targets: Targets = {}): Claim => ({
    row: '5',
    what: `ring one way, 64 B, open loop, ${language} reader${isOneCore ? ONE_CORE : ''}`,
    unit: 'ns',
    figure: estimate(medians),
    control: control('Rust reader in turns with it', 'ns', medians, byRust),
    judged: 'ratio',
    ...targets,
  });
  const readers = [
    reader('Node', node.medians, { must: { most: 1.6 } }),
    ...node.others.filter(({ language }) => language !== 'Rust').map(({ language, medians }) => reader(language, medians)),
  ];
  return {
    claims: [
      claim('ring round trip, 64 B, closed loop', ring64.closed, 'bare line, there and back', bare64.closed, {
        must: { most: 1.1 },
        moonshot: { most: 0.93 },
      }),
      claim('ring one way, 64 B, open loop', openMedians(ring64), 'bare stamped line', openMedians(bare64), {
        must: { most: 1.3 },
        moonshot: { most: 1.15 },
      }),
      claim('ring one way, 256 B, open loop', openMedians(ring256), 'bare stamped 256 B', openMedians(bare256), {
        must: { most: 1.41 },
        moonshot: { most: 1.3 },
      }),
      ...readers,
      claim('ring round trip, 256 B, closed loop', ring256.closed, 'bare 256 B, there and back', bare256.closed),
    ],
    distributions: [
      { label: 'ring round trip, 64 B, closed loop', unit: 'ns', histogram: decode(ring64.closed_hdr) },
      { label: 'bare line, there and back (control)', unit: 'ns', histogram: decode(bare64.closed_hdr) },
      { label: 'ring one way, 64 B, open loop, visible − due', unit: 'ns', histogram: merged(ring64.open_hdr) },
      { label: 'bare stamped line, open loop (control)', unit: 'ns', histogram: merged(bare64.open_hdr) },
      { label: 'ring one way, 256 B, open loop, visible − due', unit: 'ns', histogram: merged(ring256.open_hdr) },
      { label: 'ring one way, 64 B, open loop, Node reader', unit: 'ns', histogram: node.all },
    ],
    ratios: [],
    figures: [
      {
        label: 'blocks that count',
        value: blocks.length,
        unit: `of ${bare64.closed.length}: the processors were ${isOneCore ? 'two threads of one core' : 'two cores'}`,
      },
      { label: 'open loop', value: report.rate, unit: 'messages/s; the bare line goes first in every other block' },
      { label: 'lost, lapped (Rust reader)', value: report.lost, unit: 'records: a lap ends the bench' },
      { label: 'lost by the Node reader', value: node.lost, unit: `records in ${node.lapped} laps` },
      ...node.others.map(({ language, lost }) => ({ label: `lost by the ${language} reader`, value: lost, unit: 'records' })),
      {
        label: 'pinned',
        value: String(report.pinned),
        unit: `Node reader ${node.pinned}; and the other languages in turns with it, after the others`,
      },
    ],
    notMeasured: [
      ...node.missing,
      ...(isOneCore ? ['row 5 between two cores: the processors were two threads of one core'] : []),
    ],
  };
}

export const bench: Bench = {
  name: 'ring-one-way',
  question: 'how long from publishing a record to having it in another process?',
  cores: 2,
  run,
};
