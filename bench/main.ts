/**
 * `npm run bench [-- NAME…] [--smoke] [--out DIR] [--readme]`: runs the benches, prints a table, writes `report.md`,
 * `report.json`, plots and HDR percentile files to DIR (default `bench/results/local`), and with `--readme` puts the table into
 * README.md.
 */
import { statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import type { Bench, BenchResult, Size } from './bench.js';
import { BENCHES } from './benches.js';
import { environment, isBusy } from './environment.js';
import { notingPlacement } from './placement.js';
import { markdown, type Outcome, terminal, updateReadme, writeFiles } from './report.js';
import { plainly, readArguments, refuse } from './usage.js';

const PROGRAM = 'bench';
const OPTIONS = {
  smoke: { type: 'boolean', default: false },
  out: { type: 'string' },
  readme: { type: 'boolean', default: false },
} as const;

function help(): string {
  const names = BENCHES.map(({ name, question }) => `  ${name.padEnd(17)} ${question}`);
  const usage = 'npm run bench [-- NAME…] [--smoke] [--out DIR] [--readme]';
  return `${usage}\n${names.join('\n')}\nbench/README.md says how to read what they print.`;
}

const { values, positionals } = readArguments(PROGRAM, { allowPositionals: true, options: OPTIONS }, help);
const unknown = positionals.filter((name) => !BENCHES.some((bench) => bench.name === name));
if (unknown.length > 0) refuse(PROGRAM, `no bench is named ${unknown.join(', ')}; \`npm run bench -- --help\` names all`);
// A part of the table, or figures that mean nothing, would take the place of a whole run.
if (values.readme && (values.smoke || positionals.length > 0))
  refuse(PROGRAM, '--readme needs a whole run, without --smoke and names');

/** What the machine lacks for the bench: one between two processes says nothing on one core, one of files fills a small disk. */
function lacking({ cores = 1, diskGiB = 0 }: Bench): string | undefined {
  const here = availableParallelism();
  if (here < cores) return `it needs ${cores} cores, here is ${here}`;
  const { bavail, bsize } = statfsSync('.');
  const free = (bavail * bsize) / 2 ** 30;
  return free < diskGiB ? `it needs ${diskGiB} GiB of disk, ${free.toFixed(1)} are free` : undefined;
}

/** What cannot be measured here is named so in the report. */
async function runOrSayWhyNot(bench: Bench, size: Size): Promise<BenchResult> {
  const why = lacking(bench);
  if (why !== undefined) return { distributions: [], ratios: [], figures: [], notMeasured: [`${bench.name}: ${why}`] };
  if (size === 'smoke') return await bench.run(size);
  const { result, figures } = await notingPlacement(() => bench.run(size));
  return { ...result, figures: [...result.figures, ...figures] };
}

async function main(): Promise<void> {
  const size = values.smoke ? 'smoke' : 'full';
  const env = environment();
  console.log(
    `${env.cpu}, ${env.cores} cores, Linux ${env.kernel}, Node ${env.node}, ${env.rustc}, commit ${env.commit}, ${size}\n${env.corpus}`,
  );
  console.log(
    `load ${env.load} in the minute before, ${env.scheduling}${isBusy(env) ? ': others use this machine; see bench/README.md' : ''}`,
  );
  const outcomes: Outcome[] = [];
  for (const bench of BENCHES) {
    if (positionals.length > 0 && !positionals.includes(bench.name)) continue;
    const outcome = { bench, result: await runOrSayWhyNot(bench, size) };
    outcomes.push(outcome);
    console.log(terminal(outcome));
  }
  const report = writeFiles(resolve(values.out ?? 'bench/results/local'), env, size, outcomes);
  console.log(`written: ${report}`);
  if (values.readme) updateReadme(resolve('README.md'), markdown(env, outcomes, relative('.', report)));
}

await plainly(PROGRAM, main);
