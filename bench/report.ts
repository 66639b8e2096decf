import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, BenchResult, Claim, Distribution, Estimate, Limit, Size } from './bench.js';
import { type Environment, notMeasured } from './environment.js';
import { type Verdict, verdict } from './statistics.js';
import { percentileCurves, ratioIntervals } from './svg.js';

export interface Outcome {
  readonly bench: Bench;
  readonly result: BenchResult;
}

const PERCENTILES = [50, 99, 99.9] as const;

function cells({ histogram }: Distribution): string[] {
  return [
    ...PERCENTILES.map((p) => String(histogram.getValueAtPercentile(p))),
    String(histogram.maxValue),
    String(histogram.totalCount),
  ];
}

function number(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 10_000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

function interval({ median, low, high, blocks }: Estimate): string {
  return blocks <= 1 ? number(median) : `${number(median)} [${number(low)}, ${number(high)}]`;
}

function limitText(limit: Limit | undefined): string {
  if (limit === undefined) return '';
  return limit.most === undefined ? `≥ ${number(limit.least ?? 0)}` : `≤ ${number(limit.most)}`;
}

/** Cells of one claim: row, what, figure, control, ratio, must, moonshot, verdict. */
function claimCells(claim: Claim): string[] {
  const { control } = claim;
  const unit = claim.judged === 'ratio' ? '×' : claim.unit;
  const limit = (of: Limit | undefined): string => (of === undefined ? '' : `${limitText(of)} ${unit}`.trimEnd());
  return [
    claim.row,
    claim.what,
    `${interval(claim.figure)} ${claim.unit}`.trimEnd(),
    control === undefined ? '' : `${control.label} ${interval(control.figure)} ${control.unit}`.trimEnd(),
    control === undefined ? '' : `${interval(control.ratio)}×`,
    limit(claim.must),
    limit(claim.moonshot),
    verdict(claim),
  ];
}

/** Lines for the terminal. */
export function terminal({ bench, result }: Outcome): string {
  const lines = [`${bench.name}: ${bench.question}`];
  for (const claim of result.claims ?? []) {
    const [row, what, figure, control, ratio, must, moonshot, said] = claimCells(claim);
    const beside = control === '' ? '' : `  |  ${control}  |  ${ratio}`;
    const asked =
      must === '' ? '' : `  (must ${must}${moonshot === '' ? '' : `, moonshot ${moonshot}`}) ${said?.toUpperCase()}`;
    lines.push(`  ${(row ?? '').padEnd(3)} ${(what ?? '').padEnd(60)} ${figure}${beside}${asked}`);
  }
  for (const distribution of result.distributions) {
    const [p50, p99, p999, max, n] = cells(distribution);
    const { label, unit } = distribution;
    lines.push(`  ${label.padEnd(60)} p50 ${p50}  p99 ${p99}  p99.9 ${p999}  max ${max} ${unit}  n ${n}`);
  }
  for (const ratio of result.ratios) {
    const target = ratio.target === '' ? '' : `  (target ${ratio.target})`;
    lines.push(`  ${ratio.label.padEnd(60)} ${interval(ratio)}×${target}`);
  }
  for (const figure of result.figures) {
    const value = typeof figure.value === 'number' ? number(figure.value) : figure.value;
    lines.push(`  ${figure.label.padEnd(60)} ${value} ${figure.unit}`.trimEnd());
  }
  for (const what of result.notMeasured ?? []) lines.push(`  not measured: ${what}`);
  return lines.join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const render = (row: readonly string[]): string => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [render(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(render)].join('\n');
}

const CLAIM_HEAD = ['row', 'what', 'figure [95 %]', 'control', 'ratio [95 %]', 'must', 'moonshot', 'verdict'];

function claimsOf(outcomes: readonly Outcome[]): Claim[] {
  return outcomes.flatMap(({ result }) => result.claims ?? []);
}

function percentileRows(outcomes: readonly Outcome[]): string[][] {
  return outcomes.flatMap(({ bench, result }) =>
    result.distributions.map((of) => [
      of.label,
      ...cells(of).map((cell) => Number(cell).toLocaleString('en-US')),
      command(bench),
    ]),
  );
}

function ratioRows(outcomes: readonly Outcome[]): string[][] {
  return outcomes.flatMap(({ bench, result }) =>
    result.ratios.map((ratio) => [ratio.label, `${interval(ratio)}×`, ratio.target, command(bench)]),
  );
}

function command(bench: Bench): string {
  return `\`npm run bench -- ${bench.name}\``;
}

/** What stands in the report and nowhere else: the machine. */
function machine(env: Environment): string[][] {
  return [
    ['date, commit', `${env.date}, ${env.commit}`],
    [
      'processor',
      `${env.cpu}, ${env.cores} cores, ${env.arch}${env.hypervisor ? ', virtual machine' : ''}, ${env.memoryGiB} GiB`,
    ],
    ['kernel, governor', `${env.kernel}, ${env.governor}`],
    ['load in the minute before, scheduling', `${env.load}, ${env.scheduling}`],
    ['Node, compiler, flags', `${env.node}, ${env.rustc}, ${env.rustFlags}`],
    ['pinning, code path', `${env.pinning}; ${env.codePath}`],
    ['workload', `${env.corpus}, SHA-256 ${env.corpusSha256}`],
  ];
}

function slug(label: string): string {
  return label
    .replaceAll(/[^a-z0-9]+/gi, '-')
    .replaceAll(/^-|-$/g, '')
    .toLowerCase();
}

/** The whole report as Markdown. */
function report(env: Environment, size: Size, outcomes: readonly Outcome[], plots: readonly string[]): string {
  const claims = claimsOf(outcomes);
  const said = (verdictOf: Verdict): string => {
    const lines = claims.filter((claim) => verdict(claim) === verdictOf).map(({ row, what }) => `- row ${row}: ${what}`);
    return lines.length === 0 ? 'Nothing that was measured.' : lines.join('\n');
  };
  const absent = [...notMeasured(env), ...outcomes.flatMap(({ result }) => result.notMeasured ?? [])].map(
    (what) => `- ${what}`,
  );
  const figures = outcomes.flatMap(({ bench, result }) =>
    result.figures.map(({ label, value, unit }) => [
      bench.name,
      label,
      `${typeof value === 'number' ? number(value) : value} ${unit}`.trim(),
    ]),
  );
  const parts = [
    `# Benchmark report${size === 'smoke' ? ' (smoke run: it shows that the benches run, its figures mean nothing)' : ''}`,
    table(['what', 'here'], machine(env)),
    'Medians of blocks that took turns (A B, B A, …), with a bootstrap 95 % interval; a ratio is the median of per-block ratios. Rows 1b, 2b, 2c, 3, 4, 6 (publish), 7, 10, 11 and 12 are CPU time; 1a, 2a, 5, 6 (throughput), 8 and 9 the clock on the wall.',
    `## Claims\n\n${table(CLAIM_HEAD, claims.map(claimCells))}`,
    `## Not reached\n\n${said('not reached')}`,
    `## Undecided: the interval holds the limit\n\n${said('undecided')}`,
    `## Not measured\n\n${absent.join('\n')}`,
    `## Distributions, ns\n\n${table(['what', 'p50', 'p99', 'p99.9', 'max', 'n', 'command'], percentileRows(outcomes))}`,
    `## Other ratios\n\n${table(['what', 'ratio [95 %]', 'target', 'command'], ratioRows(outcomes))}`,
    `## Other figures\n\n${table(['bench', 'what', 'value'], figures)}`,
    `## Plots\n\n${plots.map((file) => `![${file.replace('.svg', '')}](${file})`).join('\n\n')}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Writes report.json, report.md, plots and one HDR percentile file a distribution; returns the report's path. */
export function writeFiles(directory: string, env: Environment, size: Size, outcomes: readonly Outcome[]): string {
  mkdirSync(directory, { recursive: true });
  const plots: string[] = [];
  const plot = (name: string, content: string): void => {
    writeFileSync(join(directory, name), content);
    plots.push(name);
  };
  if (claimsOf(outcomes).some(({ control }) => control !== undefined))
    plot('ratios.svg', ratioIntervals('ratio to the control of the same run, 95 % interval', claimsOf(outcomes)));
  for (const { bench, result } of outcomes) {
    for (const { label, histogram } of result.distributions)
      writeFileSync(join(directory, `${bench.name}.${slug(label)}.hgrm`), histogram.outputPercentileDistribution());
    if (result.distributions.length > 0)
      plot(`${bench.name}.svg`, percentileCurves(`${bench.name}: ${bench.question}`, result.distributions));
  }
  const benches = outcomes.map(({ bench, result }) => ({
    name: bench.name,
    question: bench.question,
    command: `npm run bench -- ${bench.name}`,
    claims: (result.claims ?? []).map((claim) => ({ ...claim, verdict: verdict(claim) })),
    distributions: result.distributions.map((distribution) => {
      const [p50, p99, p999, max, n] = cells(distribution).map(Number);
      return { label: distribution.label, unit: distribution.unit, n, p50, p99, p999, max };
    }),
    ratios: result.ratios,
    figures: result.figures,
    notMeasured: result.notMeasured ?? [],
  }));
  const json = { environment: env, size, notMeasured: notMeasured(env), benches };
  writeFileSync(join(directory, 'report.json'), `${JSON.stringify(json, null, 2)}\n`);
  const path = join(directory, 'report.md');
  writeFileSync(path, report(env, size, outcomes, plots));
  return path;
}

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

function hasTarget({ must }: Claim): boolean {
  return must !== undefined;
}

/** The README's table, from a run: of each row of the targets the first claim, whatever its verdict; the report has all. */
export function markdown(env: Environment, outcomes: readonly Outcome[], reportPath: string): string {
  const judged = outcomes.flatMap(({ bench, result }) =>
    (result.claims ?? []).filter(hasTarget).map((claim) => ({ bench, claim })),
  );
  const first = judged.filter(({ claim: { row } }, at) => judged.findIndex(({ claim }) => claim.row === row) === at);
  const rows = first.map(({ bench, claim }) => {
    const [row = '', what = '', figure = '', control = '', ratio = '', must = '', , said = ''] = claimCells(claim);
    return [row, what, figure, control === '' ? '' : `${ratio} ${claim.control?.label}`, must, said, command(bench)];
  });
  const head = ['row', 'what', 'figure [95 %]', 'ratio to a control of the same run', 'must', 'verdict', 'command'];
  const missed = judged.filter(({ claim }) => verdict(claim) === 'not reached').length;
  const undecided = judged.filter(({ claim }) => verdict(claim) === 'undecided').length;
  const all = `The first claim of each row; of all ${judged.length} with a target ${missed} are not reached and ${undecided} undecided: [report](${reportPath}).`;
  const host = `${env.cpu}, ${env.cores} cores${env.hypervisor ? ' (virtual machine)' : ''}, Linux ${env.kernel}, Node ${env.node}, ${env.rustc}`;
  const note = `Measured ${env.date.slice(0, 10)} at ${env.commit} on ${host}. ARM64: not measured. Compare only figures of one run.`;
  return `${table(head, rows)}\n\n${all}\n${note}`;
}

/** Puts the table between the README's markers. */
export function updateReadme(path: string, content: string): void {
  const readme = readFileSync(path, 'utf8');
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path} has no ${BEGIN} … ${END} markers`);
  writeFileSync(path, `${readme.slice(0, begin + BEGIN.length)}\n${content}\n${readme.slice(end)}`);
}
