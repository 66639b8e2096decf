/** Runs cargo's tests and vitest, and counts what they say. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { SetUpError, say } from './setup/console.mjs';
import { ROOT, run } from './setup/run.mjs';
import { CargoCounts, failure, failures, format, nothing, sum } from './test-counts.mjs';

export async function cargoTests(name, args, env) {
  const counts = new CargoCounts();
  const status = await run('cargo', ['test', '--locked', '--no-fail-fast', ...args], {
    allowFailure: true,
    onText: (text) => counts.push(text),
    env,
  });
  return counts.result(name, status);
}

/** Name and first line of the message of each test that failed, and of each file that could not be run. */
function failedTests({ testResults }) {
  const told = (name, message) => `${name}: ${stripVTControlCharacters(message ?? '').split('\n')[0]}`;
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length > 0) return failed.map((test) => told(test.fullName, test.failureMessages[0]));
    return status === 'failed' ? [told(relative(ROOT, name), message)] : [];
  });
}

/** `node` runs it, in a folder that is laid out as the repository; `onText` gets what it prints. */
export async function vitest(name, args, { node = process.execPath, cwd = ROOT, env = {}, onText } = {}) {
  const folder = join(ROOT, 'node_modules/.cache/tickring');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `vitest-${process.pid}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  const command = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', ...reporters, ...args];
  const status = await run(node, command, { allowFailure: true, cwd, env, onText });
  const result = nothing(name);
  try {
    const report = JSON.parse(readFileSync(path, 'utf8'));
    result.passed = report.numPassedTests;
    result.failed = report.numFailedTests;
    result.skipped = report.numPendingTests + report.numTodoTests;
    result.names = failedTests(report);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  rmSync(path, { force: true });
  // A file that cannot be loaded has no tests of its own, and still is a failure.
  if (status !== 0) result.failed = Math.max(1, result.failed);
  return result;
}

/** One part must not keep the others from being run and counted. What each takes is told: the whole has a limit in CI. */
async function attempt(name, work) {
  const started = performance.now();
  try {
    const result = await work();
    say(`test: ${name} ... ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return result;
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    say(`test: ${name}: ${error.message}`);
    return failure(name);
  }
}

/**
 * Runs parts by name one after the other and prints what failed and the counts, in the end one line with their sum; `earlier` are
 * results to be counted as well.
 */
export async function runParts(parts, earlier = []) {
  const results = [...earlier];
  for (const [name, part] of Object.entries(parts)) results.push(await attempt(name, part));
  // Once more at the end: of a long output often only that is kept.
  for (const line of failures(results)) process.stdout.write(`FAILED ${line}\n`);
  for (const result of results) process.stdout.write(`${result.name}: ${format(result)}\n`);
  const total = sum(results);
  process.stdout.write(`${format(total)}\n`);
  if (total.failed > 0 || total.passed === 0) process.exitCode = 1;
}
