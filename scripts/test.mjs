/**
 * `npm test`: sets up what is missing, then cargo's tests, the exhaustive models of the ring (Python and loom), vitest, and
 * the benches at smoke size. The last line counts tests. With arguments (`npm test -- test/cli`) vitest alone runs, and gets them.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { main, SetUpError, say } from './setup/console.mjs';
import { CARGO_TARGET_DIR, ROOT, run, runNode } from './setup/run.mjs';
import { hasProgram } from './setup/tools.mjs';
import { setUpBenches, setup } from './setup.mjs';
import { CargoCounts, failure, format, nothing, sum } from './test-counts.mjs';

const RING_MODEL = 'native/shm/model/ring_model.py';

/** A program whose end is the whole result counts as one test. */
function single(name, status) {
  return status === 0 ? { ...nothing(name), passed: 1 } : failure(name);
}

async function cargo(name, args, env) {
  const counts = new CargoCounts();
  const status = await run('cargo', ['test', '--locked', '--no-fail-fast', ...args], {
    allowFailure: true,
    onText: (text) => counts.push(text),
    env,
  });
  return counts.result(name, status);
}

/** The ring's protocol in every order of its steps. */
async function ringModel() {
  if (hasProgram('python3')) return single('ring model', await run('python3', [RING_MODEL], { allowFailure: true }));
  say(`test: python3 was not found, so ${RING_MODEL} does not run`);
  return process.env.CI ? failure('ring model') : { ...nothing('ring model'), skipped: 1 };
}

/** The ring's Rust code in every order that the memory model allows. Its own flags would rebuild all, so its own folder. */
function loom() {
  const RUSTFLAGS = `${process.env.RUSTFLAGS ?? ''} --cfg loom`.trim();
  const target = join(CARGO_TARGET_DIR, 'loom');
  return cargo('loom', ['-p', 'tickring-shm', '--test', 'loom', '--target-dir', target], { RUSTFLAGS });
}

async function vitest(args) {
  const folder = join(ROOT, 'node_modules/.cache/tickring');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `vitest-${process.pid}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  const status = await runNode(
    'node_modules/vitest/vitest.mjs',
    ['run', '--config', 'test/vitest.config.ts', ...reporters, ...args],
    { allowFailure: true },
  );
  const result = nothing('vitest');
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'));
    result.passed = report.numPassedTests;
    result.failed = report.numFailedTests;
    result.skipped = report.numPendingTests + report.numTodoTests;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  rmSync(path, { force: true });
  // A file that cannot be loaded has no tests of its own, and still is a failure.
  if (status !== 0) result.failed = Math.max(1, result.failed);
  return result;
}

/** Every bench for a moment, so that none of them rots. */
async function benches() {
  await setUpBenches();
  const folder = mkdtempSync(join(tmpdir(), 'tickring-bench-'));
  try {
    return single('benches', await runNode('dist/bench/main.js', ['--smoke', '--out', folder], { allowFailure: true }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One part must not keep the others from being run and counted. */
async function attempt(name, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    say(`test: ${name}: ${error.message}`);
    return failure(name);
  }
}

/** Runs the tests and prints the counts, in the end one line with their sum; `earlier` are results to be counted as well. */
export async function test(args, earlier = []) {
  const parts =
    args.length > 0
      ? { vitest: () => vitest(args) }
      : { cargo: () => cargo('cargo', ['--workspace']), 'ring model': ringModel, loom, vitest: () => vitest([]), benches };
  const results = [...earlier];
  for (const [name, part] of Object.entries(parts)) results.push(await attempt(name, part));
  for (const result of results) process.stdout.write(`${result.name}: ${format(result)}\n`);
  const total = sum(results);
  process.stdout.write(`${format(total)}\n`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('test', async () => {
    await setup();
    await test(argv.slice(2));
  });
}
