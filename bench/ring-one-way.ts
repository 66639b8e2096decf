// Question   How long from publishing a one-slot record to having it in another process?
// Includes   encoding, ring protocol, transfer, validated copy, decoding.   Excludes  parsing, book.
// Workload   quotes; closed loop: next after the acknowledgement; open loop: every 5 us on an absolute schedule, visible − due.
// Run        npm run bench -- ring-one-way       Read  the ratios to a bare cache line in the same run (half a round trip is one way).
import { execFileSync } from 'node:child_process';
import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { Bench, BenchResult, Size } from './bench.js';
import { ratioOfBlocks, ratios } from './statistics.js';

interface Report {
  readonly closed: { readonly ring: number[]; readonly bare: number[]; readonly ring_hdr: string; readonly bare_hdr: string };
  readonly open: { readonly ring_hdr: string[]; readonly bare_hdr: string[] };
}

function decode(text: string): Histogram {
  return decodeFromCompressedBase64(text) as Histogram;
}

function merged(texts: readonly string[]): Histogram {
  const [first, ...rest] = texts.map(decode);
  if (first === undefined) throw new Error('no block was measured');
  for (const histogram of rest) first.add(histogram);
  return first;
}

function run(size: Size): Promise<BenchResult> {
  const args = [
    'run',
    '--quiet',
    '--release',
    '-p',
    'tickring-bench',
    '--',
    'ring-one-way',
    ...(size === 'smoke' ? ['--smoke'] : []),
  ];
  const output = execFileSync('cargo', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const report = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Report;
  const medians = (texts: readonly string[]): number[] => texts.map((text) => decode(text).getValueAtPercentile(50));
  const open = { a: medians(report.open.ring_hdr), b: medians(report.open.bare_hdr) };
  return Promise.resolve({
    distributions: [
      { label: 'ring round trip, closed loop', unit: 'ns', histogram: decode(report.closed.ring_hdr) },
      { label: 'bare line round trip, closed loop (control)', unit: 'ns', histogram: decode(report.closed.bare_hdr) },
      { label: 'ring one way, open loop, visible − due', unit: 'ns', histogram: merged(report.open.ring_hdr) },
      { label: 'bare stamped line one way, open loop (control)', unit: 'ns', histogram: merged(report.open.bare_hdr) },
    ],
    ratios: [
      {
        label: 'ring / ping-pong, closed loop',
        ...ratioOfBlocks(ratios({ a: report.closed.ring, b: report.closed.bare })),
        target: '≤ 1.1',
      },
      { label: 'ring / bare stamped line, open loop p50', ...ratioOfBlocks(ratios(open)), target: '≤ 1.3' },
    ],
    figures: [{ label: 'records lost', value: 0, unit: 'records (a lap ends the bench)' }],
  });
}

export const bench: Bench = {
  name: 'ring-one-way',
  question: 'how long from publishing a record to having it in another process?',
  run,
};
