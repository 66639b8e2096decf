/** The Python examples, and a book of the Python package, beside the simulated venues. The package's own tests are in native/python. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../cli/program.js';
import { expectDump, expectEnded, expectPages, runningEngine, SYMBOLS } from '../reader/running-engine.js';

const EXAMPLES = join(ROOT, 'native/shm/examples/python');
const TARGET = process.env['CARGO_TARGET_DIR'] ?? join(ROOT, 'target');
const READERS_MS = 60_000;

function run(command: string, args: readonly string[]) {
  const env = {
    ...process.env,
    PYTHONPATH: join(ROOT, 'native/python/src'),
    PYTHONDONTWRITEBYTECODE: '1',
    TICKRING_LIBRARY: join(TARGET, 'debug/libtickring.so'),
  };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', env });
  return { status, stdout, stderr };
}

const modern = 'import sys; sys.exit(sys.version_info < (3, 10))';
const missing = ['cargo', 'python3'].filter((program) => spawnSync(program, ['--version']).status !== 0);
if (missing.length === 0 && run('python3', ['-c', modern]).status !== 0) missing.push('python3 of 3.10 or newer');
if (missing.length > 0) console.warn(`skipped: Python readers need ${missing.join(', ')}`);
test.runIf(missing.length > 0 && process.env['CI'] !== undefined)('python: what it needs is at hand', () => {
  expect(missing).toEqual([]);
});

describe.skipIf(missing.length > 0)('python', () => {
  const place = runningEngine(() => {
    expect(run('cargo', ['build', '--quiet', '--locked', '-p', 'tickring-capi'])).toMatchObject({ status: 0 });
  });

  function python(example: string, count: string, name = place().name) {
    return run('python3', [join(EXAMPLES, example), name, count, place().shmRoot]);
  }

  test('python: an example is a page', () => {
    expectPages(EXAMPLES);
  });

  test('python: the dumper prints exact decimals of trades and quotes', { timeout: READERS_MS }, () => {
    expectDump(expectEnded(python('dump.py', '200')), 200);
  });

  test('python: the latency recorder counts every record or says what it lost', { timeout: READERS_MS }, () => {
    const stdout = expectEnded(python('latency.py', '300'));
    expect(stdout).toMatch(/^300 records, \d+ lost, p50 \d+ ns, p90 \d+ ns, p99 \d+ ns, p99\.9 \d+ ns, max \d+ ns\n$/);
  });

  test('python: the strategy sees the spread of every symbol', { timeout: READERS_MS }, () => {
    const stdout = expectEnded(python('spread.py', '2'));
    const line = /^binance-\w+:(\w+) +spread +(\d+\.\d+) +flow +[+-]\d+\.\d+ +quotes \d+$/;
    const seen = stdout
      .trimEnd()
      .split('\n')
      .map((row) => line.exec(row) ?? [row]);
    expect(new Set(seen.map((match) => match[1]))).toEqual(new Set(SYMBOLS));
    expect(seen.filter((match) => !(Number(match[2]) > 0))).toEqual([]);
  });

  test('python: a book that joins is the book that was kept', { timeout: READERS_MS }, () => {
    const script = join(ROOT, 'test/python/books.py');
    const stdout = expectEnded(run('python3', [script, place().name, place().shmRoot]));
    expect(stdout).toMatch(/^\d+ comparisons, \d+ hash checks, 0 failures\n$/);
  });

  test('python: without an engine an example ends with a code and a sentence', { timeout: READERS_MS }, () => {
    for (const example of ['dump.py', 'latency.py', 'spread.py']) {
      const { status, stderr } = python(example, '1', 'nobody');
      expect(status).toBe(1);
      expect(stderr).toBe(`${example.slice(0, -3)}: SHM_NOT_FOUND: nothing is published at ${place().shmRoot}/nobody\n`);
    }
  });
});
