/**
 * `npm run check:long [-- --minutes N --seed N --jobs N --only STEP,… --out FOLDER]`: what CI has no time for. Sanitizer, recordings on
 * every code path, models in depth, writers killed, the ring tortured, a thousand million book updates, properties with new cases, crowds of
 * clients, and every fuzz target in rotation until the time is over. Keeps counts in a report, and their sums over all reports of the folder,
 * so that it can be done in pieces; ends with 1 on any finding.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { parseArgs } from 'node:util';
import { FOLDER } from './fuzz/build.mjs';
import { prepare, runAll, wholeNumber } from './fuzz.mjs';
import { aborts, crowd, damage, operations, resume } from './long/clients.mjs';
import { engines, sinks } from './long/journal.mjs';
import { findings, write } from './long/report.mjs';
import { book, instants, journal, kills, loom, model, properties, recordings, sanitizer, torture } from './long/steps.mjs';
import { main, SetUpError, say } from './setup/console.mjs';

const MINUTES = 240;

/** Shares of the whole time; fuzzing has what is left. */
const TORTURE_SHARE = 0.4;
const BOOK_SHARE = 0.2;
const PROPERTIES_SHARE = 0.15;
/** A run of so many minutes has the whole ten of the crowd. */
const CROWD_MINUTES = 120;

/** A target's turn: long enough to get somewhere, short enough that each gets many. */
const TURN_SECONDS_MIN = 10;
const TURN_SECONDS_MAX = 300;

function output(program, args) {
  return spawnSync(program, args, { encoding: 'utf8' }).stdout?.trim() ?? '';
}

/** Which instructions the parsers of this host were tested with, by what the kernel says of the processor. */
function codePaths() {
  if (process.arch === 'arm64') return 'scalar, neon';
  const flags = output('grep', ['-m1', '^flags', '/proc/cpuinfo']);
  const names = [
    ['avx2', /\bavx2\b/],
    ['avx512', /\bavx512_vbmi2\b/],
  ];
  return ['scalar', ...names.filter(([, flag]) => flag.test(flags)).map(([name]) => name)].join(', ');
}

/** Runs one step, notes what it did, writes the report. */
async function step(run, folder, name, work) {
  say(`long: ${name}`);
  const started = performance.now();
  let result;
  try {
    result = await work();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    result = { did: 'did not end', finding: error.message };
  }
  run.steps.push({ name, seconds: (performance.now() - started) / 1_000, ...result });
  save(run, folder);
  say(`long: ${name}: ${result.did}${result.finding === null ? '' : `: FOUND ${result.finding}`}`);
}

function save(run, folder) {
  run.seconds = (performance.now() - run.started) / 1_000;
  return write({ ...run, started: undefined }, folder);
}

/** Every target in turn, with a new seed a round, until the time is over; at least one round. */
async function rotate(run, folder, { until, seed, jobs }) {
  const prepared = await prepare();
  if (prepared === undefined) return;
  const { names, seeds } = prepared;
  let round = 0;
  do {
    const left = (until - performance.now()) / 1_000;
    const share = Math.floor((left * jobs) / names.length);
    // As many equal rounds as keep a turn within its limits.
    const rounds = Math.max(1, Math.ceil(share / TURN_SECONDS_MAX));
    const seconds = Math.max(TURN_SECONDS_MIN, Math.floor(share / rounds));
    say(`long: round ${round + 1} of fuzzing, ${seconds} s a target`);
    run.turns.push(...(await runAll(names, { seconds, seed: seed + round, jobs, seeds })));
    save(run, folder);
    round += 1;
  } while (until - performance.now() > (TURN_SECONDS_MIN * 1_000 * names.length) / jobs);
}

await main('long', async () => {
  const string = { type: 'string' };
  const options = { minutes: string, seed: string, jobs: string, only: string, out: string };
  const { values } = parseArgs({ args: argv.slice(2), options });
  const minutes = wholeNumber('minutes', values.minutes ?? MINUTES, 1, 100_000);
  const seed = wholeNumber('seed', values.seed ?? (Date.now() % 1_000_000_000) + 1, 1, 2 ** 30);
  const jobs = wholeNumber('jobs', values.jobs ?? availableParallelism(), 1, 64);
  const folder = values.out ?? join(FOLDER, 'report');
  const started = performance.now();
  const after = (share) => performance.now() + share * minutes * 60_000;
  const steps = [
    ['recordings', recordings],
    ['instants', () => instants(seed)],
    ['sanitizer', sanitizer],
    ['model', model],
    ['loom', loom],
    ['kills', () => kills(minutes)],
    ['journal', () => journal(minutes, seed)],
    ['engines', () => engines(seed)],
    ['sinks', () => sinks(seed)],
    ['torture', () => torture(minutes, after(TORTURE_SHARE), seed)],
    ['book', () => book(after(BOOK_SHARE), seed)],
    ['crowd', () => crowd(Math.min(1, minutes / CROWD_MINUTES))],
    ['resume', resume],
    ['aborts', aborts],
    ['operations', operations],
    ['damage', damage],
    ['properties', () => properties(after(PROPERTIES_SHARE))],
  ];
  const only = values.only?.split(',');
  const isWanted = (name) => only?.includes(name) ?? true;
  const unknown = only?.find((name) => name !== 'fuzz' && !steps.some(([known]) => known === name));
  if (unknown !== undefined)
    throw new SetUpError(`--only ${unknown} is none of ${steps.map(([name]) => name).join(', ')}, fuzz`);
  const run = {
    begun: new Date().toISOString(),
    started,
    minutes,
    seconds: 0,
    seed,
    commit: output('git', ['rev-parse', '--short', 'HEAD']),
    rustc: output('rustc', ['--version']),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    codePaths: codePaths(),
    steps: [],
    turns: [],
  };
  say(`long: ${minutes} minutes, seed ${seed}`);
  for (const [name, work] of steps) {
    if (isWanted(name)) await step(run, folder, name, work);
  }
  if (isWanted('fuzz')) await rotate(run, folder, { until: started + minutes * 60_000, seed, jobs });
  say(`long: report ${save(run, folder)}`);
  const found = findings(run);
  if (found.length > 0) throw new SetUpError(`${found.length} findings:\n${found.join('\n')}`);
  say('long: no findings');
});
