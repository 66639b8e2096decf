import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, BenchResult, Distribution, Size } from './bench.js';
import type { Environment } from './environment.js';

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
  return Number.isInteger(value) ? value.toLocaleString('en-US') : value.toPrecision(3);
}

/** Lines for the terminal. */
export function terminal({ bench, result }: Outcome): string {
  const lines = [`${bench.name}: ${bench.question}`];
  for (const distribution of result.distributions) {
    const [p50, p99, p999, max, n] = cells(distribution);
    lines.push(
      `  ${distribution.label.padEnd(52)} p50 ${p50}  p99 ${p99}  p99.9 ${p999}  max ${max} ${distribution.unit}  n ${n}`,
    );
  }
  for (const ratio of result.ratios) {
    const target = ratio.target === '' ? '' : `  (target ${ratio.target})`;
    lines.push(
      `  ${ratio.label.padEnd(52)} ${ratio.median.toFixed(3)}x  [${ratio.low.toFixed(3)}, ${ratio.high.toFixed(3)}]${target}`,
    );
  }
  for (const figure of result.figures) {
    const value = typeof figure.value === 'number' ? number(figure.value) : figure.value;
    lines.push(`  ${figure.label.padEnd(52)} ${value} ${figure.unit}`.trimEnd());
  }
  return lines.join('\n');
}

/** Writes the JSON report and one HDR percentile file a distribution; returns the report's path. */
export function writeFiles(directory: string, env: Environment, size: Size, outcomes: readonly Outcome[]): string {
  mkdirSync(directory, { recursive: true });
  for (const { bench, result } of outcomes) {
    for (const distribution of result.distributions) {
      const name = `${bench.name}.${distribution.label.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}.hgrm`;
      writeFileSync(join(directory, name), distribution.histogram.outputPercentileDistribution());
    }
  }
  const report = {
    environment: env,
    size,
    benches: outcomes.map(({ bench, result }) => ({
      name: bench.name,
      question: bench.question,
      command: `npm run bench -- ${bench.name}`,
      distributions: result.distributions.map((distribution) => {
        const [p50, p99, p999, max, n] = cells(distribution).map(Number);
        return { label: distribution.label, unit: distribution.unit, n, p50, p99, p999, max };
      }),
      ratios: result.ratios,
      figures: result.figures,
    })),
  };
  const path = join(directory, 'report.json');
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  return path;
}

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';

/** The README's table, from a run. */
export function markdown(env: Environment, outcomes: readonly Outcome[]): string {
  const rows: string[] = [];
  for (const { bench, result } of outcomes) {
    for (const distribution of result.distributions) {
      const [p50, p99, p999] = cells(distribution);
      rows.push(`| ${distribution.label} | ${p50} ns | ${p99} ns | ${p999} ns | \`npm run bench -- ${bench.name}\` |`);
    }
    for (const ratio of result.ratios) {
      const text = `${ratio.median.toFixed(2)}× [${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}]`;
      rows.push(
        `| ${ratio.label}${ratio.target === '' ? '' : ` (target ${ratio.target})`} | ${text} | | | \`npm run bench -- ${bench.name}\` |`,
      );
    }
  }
  const machine = `${env.cpu}, ${env.cores} cores${env.hypervisor ? ' (virtual machine)' : ''}, Linux ${env.kernel}, Node ${env.node}, ${env.rustc}`;
  const head = '| what | p50 or ratio [95 %] | p99 | p99.9 | command |\n|---|---|---|---|---|';
  const note = `Measured ${env.date.slice(0, 10)} at ${env.commit} on ${machine}. ARM64: not measured. Compare only figures of one run.`;
  return `${head}\n${rows.join('\n')}\n\n${note}`;
}

/** Puts the table between the README's markers. */
export function updateReadme(path: string, table: string): void {
  const readme = readFileSync(path, 'utf8');
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${path} has no ${BEGIN} … ${END} markers`);
  writeFileSync(path, `${readme.slice(0, begin + BEGIN.length)}\n${table}\n${readme.slice(end)}`);
}
