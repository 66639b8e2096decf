/**
 * `npm test`: sets up what is missing, then cargo's tests, the exhaustive model of the ring, and vitest. The last line counts
 * the tests of cargo and vitest. With arguments (`npm test -- test/cli`) vitest alone runs, and gets them.
 */
import { readFileSync, rmSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { main } from './setup/console.mjs';
import { ROOT, run, runNode } from './setup/run.mjs';
import { setUp } from './setup.mjs';

const VITEST_REPORT = `dist/.set-up/vitest-${process.pid}.json`;

/** Adds up lines such as `test result: ok. 10 passed; 0 failed; …` of a text that comes in pieces. */
export class CargoCounts {
  passed = 0;
  failed = 0;
  #rest = '';

  push(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const found = /^test result: .* (\d+) passed; (\d+) failed;/.exec(line);
      this.passed += Number(found?.[1] ?? 0);
      this.failed += Number(found?.[2] ?? 0);
    }
  }
}

async function cargoTests() {
  const counts = new CargoCounts();
  const code = await run('cargo', ['test', '--workspace', '--locked', '--no-fail-fast'], {
    allowFailure: true,
    onText: (text) => counts.push(text),
  });
  // A crate that does not compile, or a test process that dies, has no line of its own.
  return { name: 'cargo', passed: counts.passed, failed: code === 0 ? counts.failed : Math.max(1, counts.failed) };
}

async function vitest(args) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${VITEST_REPORT}`];
  const code = await runNode(
    'node_modules/vitest/vitest.mjs',
    ['run', '--config', 'test/vitest.config.ts', ...reporters, ...args],
    {
      allowFailure: true,
    },
  );
  let passed = 0;
  let failed = 0;
  try {
    const report = JSON.parse(readFileSync(ROOT + VITEST_REPORT, 'utf8'));
    passed = report.numPassedTests;
    failed = report.numFailedTests;
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  rmSync(ROOT + VITEST_REPORT, { force: true });
  return { name: 'vitest', passed, failed: code === 0 ? failed : Math.max(1, failed) };
}

/** Runs the tests, prints the counts, and throws if one of them failed. */
export async function test(args) {
  const results = [];
  let modelFailed = false;
  if (args.length === 0) {
    results.push(await cargoTests());
    modelFailed = (await run('python3', ['native/shm/model/ring_model.py'], { allowFailure: true })) !== 0;
  }
  results.push(await vitest(args));
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, modelFailed ? 1 : 0);
  for (const result of results) process.stdout.write(`${result.name}: ${result.passed} passed, ${result.failed} failed\n`);
  if (modelFailed) process.stdout.write('ring model: failed\n');
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('test', async () => {
    await setUp();
    await test(argv.slice(2));
  });
}
