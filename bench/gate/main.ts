/**
 * `npm run bench:gate [-- --update]`: fails when the engine got slower: instructions a frame, allocations, system calls,
 * collections of garbage, memory a symbol, and ratios of one run. With `--update` the instruction counts of this compiler become
 * the limits.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { Bench, Claim } from '../bench.js';
import { BENCHES } from '../benches.js';
import { rust } from '../rust.js';
import { plainly, readArguments } from '../usage.js';
import { codePaths, hasProgram, hostKey, instructions, nameOf, profileOf, type Work, works } from './callgrind.js';
import { allocations, collections, memoryOfSymbol, syscalls } from './exact.js';
import {
  type Finding,
  isAsked,
  isFailing,
  isKnownFamily,
  judgeCount,
  judgeExact,
  judgeRatio,
  type Limits,
  type RatioLimit,
  ratioOf,
  readLimits,
  updated,
  writeLimits,
} from './limits.js';

const PROGRAM = 'bench:gate';
const PATH = 'bench/gate/limits.json';
const RECORDING = 'binance/hftbacktest/usdm/btcusdt_20240808.gz';
/** Runs of a bench before a ratio fails. */
const RUNS_MAX = 3;
const UPDATE = 'npm run bench:gate -- --update';

const findings: Finding[] = [];

function say(finding: Finding): void {
  findings.push(finding);
  console.log(`${finding.ok ? 'ok  ' : 'FAIL'} ${finding.what}: ${finding.text}`);
}

/** Without the tool nothing was checked: that fails in CI, and is said aloud elsewhere. */
function lacks(program: string, what: string): boolean {
  if (hasProgram(program)) return false;
  const text = `SKIPPED: ${program} was not found: e.g. \`apt-get install ${program}\``;
  say({ what, ok: !process.env['CI'], text });
  return true;
}

/** The gate sees a fault that is put in on purpose; a gate that does not is broken. */
function proves(what: string, seen: Finding): void {
  say({
    what: `control, ${what} put in on purpose`,
    ok: !seen.ok,
    text: seen.ok ? `not seen: ${seen.text}` : `seen: ${seen.text}`,
  });
}

function countAll(list: readonly Work[], limits: Limits, update: boolean): void {
  const key = hostKey();
  const known = limits.instructions[key];
  const counts: Record<string, number> = {};
  const slower: Work[] = [];
  for (const work of list) {
    const name = nameOf(work);
    const count = instructions(work);
    counts[name] = count;
    if (update) {
      console.log(`     ${name}: ${count.toFixed(1)} instructions, limit was ${known?.[name] ?? 'none'}`);
      continue;
    }
    if (known === undefined) {
      console.log(`     ${name}: ${count.toFixed(1)} instructions`);
      continue;
    }
    const finding = judgeCount(name, count, known[name]);
    say(finding);
    if (!finding.ok) slower.push(work);
  }
  const [first] = list;
  if (first !== undefined) {
    const count = counts[nameOf(first)];
    proves('some more instructions a frame', judgeCount(nameOf(first), instructions(first, 'slow'), count));
    const again = instructions(first);
    say({ what: 'counted twice', ok: again === count, text: `${count} and ${again} instructions` });
  }
  if (update) {
    writeLimits(PATH, updated(limits, key, counts));
    console.log(`written: ${PATH}, for ${key}; say in the commit why`);
  } else if (known === undefined) {
    const text = `no limits are recorded for ${key}: record them with \`${UPDATE}\` and commit ${PATH}`;
    // Another compiler is a change to be looked at; a processor family on which nobody has counted yet is none.
    say({ what: 'instructions', ok: !(isKnownFamily(limits, key) && process.env['CI']), text });
  } else if (slower.length > 0) {
    console.log('     where the instructions go (line by line with --auto=yes):');
    for (const work of slower) console.log(`       callgrind_annotate ${profileOf(work)} | head -60`);
    console.log(`     to change the limits on purpose: \`${UPDATE}\`, and commit ${PATH} with the reason`);
  }
}

function countExact(limits: Limits, best: string): void {
  const judge = (name: string, value: number) => judgeExact(name, value, limits.exact[name]);
  for (const corpus of ['reference', 'mix'] as const) {
    const { allocations: count, units, code_path } = allocations(corpus, best);
    say({ ...judge('allocations', count), what: `allocations, ${units} frames of ${corpus}, ${code_path}` });
  }
  proves('an allocation a frame', judge('allocations', allocations('mix', best, 'allocate').allocations));
  if (!lacks('strace', 'system calls')) {
    const { more, frames } = syscalls(best);
    say({ ...judge('system calls', more), what: `system calls, ${frames} frames more` });
    proves('a system call a frame', judge('system calls', syscalls(best, 'syscall').more));
  }
  const { more, frames } = collections();
  say({ ...judge('collections of garbage', more), what: `collections of garbage, ${frames} frames more through the addon` });
  proves('an object a frame', judge('collections of garbage', collections('garbage').more));
  say(judge('bytes of a symbol', memoryOfSymbol()));
}

/** Claims of a bench; of another run, twice at most, where one lies outside: what fails has failed in three runs in a row. */
async function claimsOf(bench: Bench, own: readonly RatioLimit[]): Promise<readonly Claim[]> {
  for (let run = 1; ; run++) {
    const claims = (await bench.run('full')).claims ?? [];
    const failing = own.filter((limit) => isFailing(limit, claims));
    if (failing.length === 0 || run === RUNS_MAX) return claims;
    for (const limit of failing) {
      const { what, text } = judgeRatio(limit, ratioOf(limit, claims));
      console.log(`     ${what}: ${text}; run ${run} of ${RUNS_MAX}, once more`);
    }
  }
}

async function judgeRatios(limits: Limits): Promise<void> {
  if (!isKnownFamily(limits, hostKey())) {
    console.log('     ratios: SKIPPED: nobody has measured them on this processor family, so the limits say nothing here');
    return;
  }
  for (const name of new Set(limits.ratios.map(({ bench }) => bench))) {
    const bench = BENCHES.find((candidate) => candidate.name === name);
    const { cores = 1 } = bench ?? {};
    if (availableParallelism() < cores) {
      console.log(`     ${name}: SKIPPED: it needs ${cores} cores, here is ${availableParallelism()}`);
      continue;
    }
    const own = limits.ratios.filter((limit) => limit.bench === name);
    const claims = bench === undefined ? [] : await claimsOf(bench, own);
    for (const limit of own) if (isAsked(limit, claims)) say(judgeRatio(limit, ratioOf(limit, claims)));
  }
}

function help(): string {
  return `npm run bench:gate [-- --counts | --update]
  (no flag)  instructions, allocations, system calls, collections of garbage, memory of a symbol, ratios of one run
  --counts   instructions alone
  --update   the instruction counts of this compiler become the limits
bench/gate/README.md says what is counted, and what to do when it fails.`;
}

async function main(): Promise<void> {
  const limits = readLimits(PATH);
  const { code_paths: available } = rust<{ code_paths: string[] }>('code-paths', 'full');
  const recording = resolve(process.env['TICKRING_CAPTURES'] ?? '../shared/captures', RECORDING);
  const best = process.env['TICKRING_CODE_PATH'] ?? '';
  const started = performance.now();
  if (!lacks('valgrind', 'instructions')) countAll(works(codePaths(available), recording), limits, values.update);
  if (!values.update && !values.counts) {
    countExact(limits, best);
    await judgeRatios(limits);
  }
  const failed = findings.filter(({ ok }) => !ok);
  const seconds = ((performance.now() - started) / 1_000).toFixed(0);
  console.log(`gate: ${findings.length - failed.length} ok, ${failed.length} failed, ${seconds} s`);
  if (failed.length > 0) process.exitCode = 1;
}

const OPTIONS = { update: { type: 'boolean', default: false }, counts: { type: 'boolean', default: false } } as const;
const { values } = readArguments(PROGRAM, { options: OPTIONS }, help);
await plainly(PROGRAM, main);
