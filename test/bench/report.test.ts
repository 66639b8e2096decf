import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'hdr-histogram-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Bench, BenchResult, Claim } from '../../bench/bench.js';
import type { Environment } from '../../bench/environment.js';
import { markdown, type Outcome, terminal, updateReadme, writeFiles } from '../../bench/report.js';
import { control, estimate } from '../../bench/statistics.js';
import { duration, ratioIntervals } from '../../bench/svg.js';

const ENVIRONMENT: Environment = {
  date: '2026-11-21T00:00:00.000Z',
  commit: 'abc1234',
  cpu: 'a processor',
  cores: 2,
  arch: 'x64',
  memoryGiB: 8,
  kernel: '6.1',
  governor: 'unknown',
  hypervisor: true,
  load: '0.1',
  scheduling: 'SCHED_OTHER, niceness 0',
  node: 'v20.20.2',
  rustc: 'rustc 1.95.0',
  rustFlags: 'release: lto = "fat"',
  pinning: 'both',
  codePath: 'scalar',
  corpus: 'simulated venue, seed 1: 10 items, 1000 bytes',
  corpusSha256: '00ff',
};

function outcome(claims: readonly Claim[]): Outcome {
  const histogram = build();
  for (let value = 1; value <= 1_000; value++) histogram.recordValue(value);
  const result: BenchResult = {
    claims,
    distributions: [{ label: 'a frame, <50 %', unit: 'ns', histogram }],
    ratios: [],
    figures: [{ label: 'book', value: 'equal', unit: '' }],
    notMeasured: ['the moon'],
  };
  const bench: Bench = { name: 'example', question: 'is a < b & c?', run: () => Promise.resolve(result) };
  return { bench, result };
}

const SLOW: Claim = { row: '1', what: 'slow thing', unit: 'ns', figure: estimate([9, 9, 9]), must: { most: 3 } };
const FAST: Claim = {
  row: '2',
  what: 'fast thing',
  unit: 'ns',
  figure: estimate([2, 2, 2]),
  control: control('other', 'ns', [2, 2, 2], [4, 4, 4]),
  judged: 'ratio',
  must: { most: 0.6 },
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-report-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('report: what was not reached is said as plainly as what was', () => {
  const text = readFileSync(writeFiles(folder, ENVIRONMENT, 'full', [outcome([SLOW, FAST])]), 'utf8');
  expect(text).toMatch(/\| 1 \| slow thing \| 9 \[9, 9\] ns \| {2}\| {2}\| ≤ 3 ns \| {2}\| not reached \|/);
  expect(text).toMatch(
    /\| 2 \| fast thing \| 2 \[2, 2\] ns \| other 4 \[4, 4\] ns \| 0\.5 \[0\.5, 0\.5\]× \| ≤ 0\.6 × \| {2}\| reached \|/,
  );
  expect(text).toContain('## Not reached\n\n- row 1: slow thing\n');
  expect(terminal(outcome([SLOW]))).toContain('NOT REACHED');
});

test('report: it names machine, compiler, workload, and what was not measured', () => {
  const text = readFileSync(writeFiles(folder, ENVIRONMENT, 'full', [outcome([])]), 'utf8');
  for (const what of [
    'a processor',
    'virtual machine',
    'rustc 1.95.0',
    'lto = "fat"',
    '00ff',
    'abc1234',
    '- the moon',
    '- ARM64',
  ])
    expect(text).toContain(what);
  expect(text).toContain('- recorded feeds: no captures here');
});

test('report: a smoke run says that its figures mean nothing', () => {
  expect(readFileSync(writeFiles(folder, ENVIRONMENT, 'smoke', [outcome([])]), 'utf8')).toContain('figures mean nothing');
});

test('report: JSON, plots and the whole percentile file of each distribution are written', () => {
  writeFiles(folder, ENVIRONMENT, 'full', [outcome([FAST])]);
  expect(readdirSync(folder).sort()).toEqual(
    ['example.a-frame-50.hgrm', 'example.svg', 'ratios.svg', 'report.json', 'report.md'].sort(),
  );
  const json = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  expect(json.benches[0].claims[0].verdict).toBe('reached');
  expect(json.benches[0].distributions[0]).toMatchObject({ n: 1_000, p50: 500, max: 1_000 });
  expect(readFileSync(join(folder, 'example.a-frame-50.hgrm'), 'utf8')).toContain('#[Max     =     1000.000');
});

test('plots: text is escaped, and a dark page has its own colours', () => {
  writeFiles(folder, ENVIRONMENT, 'full', [outcome([FAST])]);
  const svg = readFileSync(join(folder, 'example.svg'), 'utf8');
  expect(svg).toContain('is a &lt; b &amp; c?');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  expect(svg.match(/<(?:text|title|style|svg)\b/g)).toHaveLength(svg.match(/<\/(?:text|title|style|svg)>/g)?.length ?? 0);
});

test('plots: claims without a control are left out, and none at all still make a plot', () => {
  expect(ratioIntervals('ratios', [SLOW, FAST])).toContain('fast thing');
  expect(ratioIntervals('ratios', [SLOW, FAST])).not.toContain('slow thing');
  expect(ratioIntervals('ratios', [])).not.toMatch(/NaN|Infinity/);
  expect([duration(999), duration(1_500), duration(2_000_000)]).toEqual(['999 ns', '1.5 us', '2 ms']);
});

test('README: the first claim of each row is put between the markers, the rest is counted, and nowhere without them', () => {
  const path = join(folder, 'README.md');
  writeFileSync(path, 'before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n');
  const claims = [SLOW, FAST, { ...SLOW, what: 'slower thing' }];
  updateReadme(path, markdown(ENVIRONMENT, [outcome(claims)], 'results/report.md'));
  const text = readFileSync(path, 'utf8');
  expect(text).toContain('before\n<!-- bench:begin -->\n| row |');
  expect(text).toContain('| 1 | slow thing | 9 [9, 9] ns |  | ≤ 3 ns | not reached | `npm run bench -- example` |');
  expect(text).not.toContain('slower thing');
  expect(text).toContain('of all 3 with a target 2 are not reached and 0 undecided: [report](results/report.md).');
  expect(text).toContain('\n<!-- bench:end -->\nafter\n');
  expect(text).not.toContain('old');
  writeFileSync(path, 'no markers');
  expect(() => updateReadme(path, 'table')).toThrow('has no <!-- bench:begin -->');
});
