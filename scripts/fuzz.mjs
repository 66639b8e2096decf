/**
 * `npm run check:fuzz [-- TARGET… --seconds N --seed N --jobs N]`: builds the fuzz targets and runs each for a while. Fails on a
 * finding, and on a target that ran nothing. Where it cannot run at all it says so; under CI that is a failure.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, declared, missing } from './fuzz/build.mjs';
import { makeSeeds } from './fuzz/corpus.mjs';
import { runTarget } from './fuzz/run-target.mjs';
import { main, SetUpError, say, step } from './setup/console.mjs';
import { ROOT } from './setup/run.mjs';
import { checkCompilers } from './setup/tools.mjs';

const SECONDS = 5;
/** Targets with a longer turn: whoever may write a file at a segment's path reaches this one. */
const LONGER = { ring_header: 60 };
/** The same on every run, so that CI repeats what it did. */
const SEED = 20_261_121;

/** A whole number in range, or a message that names it. */
export function wholeNumber(name, text, least, most) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new SetUpError(`--${name} ${text} is not a whole number from ${least} to ${most}`);
}

/** Every third target: each commit has another third, the same one however often it is checked. */
export function thirdOf(names) {
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', cwd: ROOT });
  const which = Number.parseInt(stdout?.slice(0, 8) || '0', 16) % 3;
  return names.filter((_, index) => index % 3 === which);
}

/** Builds targets and seeds; undefined, with a word why, where this host cannot. */
export async function prepare(names = declared()) {
  checkCompilers();
  const reason = missing();
  if (reason !== undefined) {
    if (process.env.CI) throw new SetUpError(reason);
    say(`fuzz: SKIPPED: ${reason}`);
    return undefined;
  }
  await step('fuzz targets (Rust with sanitizer, some minutes when cold)', () => build(names));
  return { names, seeds: makeSeeds() };
}

function line({ target, executions, seconds, coverage, rssMb, finding }) {
  const state = finding === null ? 'ok' : 'FOUND';
  return `${target.padEnd(20)} ${state.padEnd(6)} ${String(executions).padStart(9)} runs ${seconds} s  cov ${coverage}  ${rssMb} MB`;
}

/** Prints what a run did, and how to see a finding again. */
export function tell(result) {
  say(`fuzz: ${line(result)}`);
  if (result.finding === null) return;
  say(`fuzz:   ${result.finding.complaint}`);
  say(`fuzz:   see it again: ${result.finding.reproduce ?? 'the process ended without leaving an input'}`);
}

/** Runs targets side by side; the results in their order. */
export async function runAll(names, { seconds, longer = {}, seed, jobs, seeds }) {
  const results = [];
  const queue = names.toSorted((one, other) => (longer[other] ?? seconds) - (longer[one] ?? seconds));
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const result = await runTarget(name, longer[name] ?? seconds, seed, seeds);
      // A target that never ran has checked nothing.
      if (result.finding === null && result.executions === 0)
        result.finding = { status: 0, complaint: 'it executed nothing', input: null, reproduce: null };
      tell(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return names.map((name) => results.find((result) => result.target === name));
}

/** The whole check; throws on a finding. Returns false where it was skipped. */
export async function fuzz(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { seconds: { type: 'string' }, seed: { type: 'string' }, jobs: { type: 'string' } },
  });
  const seconds = wholeNumber('seconds', values.seconds ?? SECONDS, 1, 86_400);
  const seed = wholeNumber('seed', values.seed ?? SEED, 1, 2 ** 31 - 1);
  const jobs = wholeNumber('jobs', values.jobs ?? availableParallelism(), 1, 64);
  const all = declared();
  const unknown = positionals.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new SetUpError(`no target ${unknown.join(', ')}; there are ${all.join(', ')}`);
  const names = positionals.length > 0 ? positionals : all;
  const prepared = await prepare(names);
  if (prepared === undefined) return false;
  const longer = values.seconds === undefined ? LONGER : {};
  const results = await runAll(names, { seconds, longer, seed, jobs, seeds: prepared.seeds });
  const found = results.filter(({ finding }) => finding !== null).map(({ target }) => target);
  const runs = results.reduce((sum, { executions }) => sum + executions, 0);
  say(`fuzz: ${results.length} targets, ${runs} runs, seed ${seed}, ${found.length} findings`);
  if (found.length > 0) throw new SetUpError(`found something in ${found.join(', ')}`);
  return true;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('fuzz', () => fuzz(argv.slice(2)));
}
