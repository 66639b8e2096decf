/** The examples in Rust, beside the simulated venues; those in C and C++, Node and Python have tests of their own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaints, eventually, Place, type Program, ROOT } from '../cli/program.js';

const TARGET = process.env['CARGO_TARGET_DIR'] ?? join(ROOT, 'target');
const BUILD_MS = 600_000;
const isEmulated = process.env['TICKRING_TEST_EMULATED'] === '1';
const hasCargo = !isEmulated && spawnSync('cargo', ['--version']).status === 0;
if (!hasCargo) console.warn('skipped: the examples in Rust need cargo');
test.runIf(!hasCargo && !isEmulated && process.env['CI'] !== undefined)('examples in Rust: cargo is at hand', () =>
  expect(hasCargo).toBe(true),
);

describe.skipIf(!hasCargo)('examples in Rust', () => {
  let place: Place;
  let engine: Program;

  beforeAll(async () => {
    const args = ['build', '--quiet', '--locked', '-p', 'tickring-shm', '--examples'];
    const { status, stderr } = spawnSync('cargo', args, {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, CARGO_TARGET_DIR: TARGET },
    });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    place = new Place();
    engine = place.start();
    await eventually('all books are in sync', () => engine.stdout.includes('books in sync 8/8'));
  }, BUILD_MS);

  afterAll(async () => {
    engine?.kill('SIGTERM');
    await engine?.ended;
    place?.remove();
  });

  function run(example: string, ...args: string[]): string[] {
    const program = join(TARGET, 'debug/examples', example);
    const { status, stdout, stderr } = spawnSync(program, [place.name, ...args, place.shmRoot], { encoding: 'utf8' });
    expect({ status, stderr: complaints(stderr) }).toEqual({ status: 0, stderr: '' });
    return stdout.trimEnd().split('\n');
  }

  test('examples in Rust: the strategy prints a book that is live, each second', () => {
    const rows = run('spread', 'BTCUSDT', '3');
    expect(rows).toHaveLength(3);
    const row = /^BTCUSDT Live spread \d+\.\d{8} flow [+-]\d+\.\d{4} changes \d+ levels [1-9]\d*\/[1-9]\d*$/;
    expect(rows.filter((each) => !row.test(each))).toEqual([]);
  });

  test('examples in Rust: the recorder prints percentiles', () => {
    const rows = run('latency', '2');
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/^socket to this process +p50 +\d+\.\d\d .* of [1-9]\d*$/);
    expect(rows[1]).toMatch(/^ring to this process +p50 +\d+\.\d\d .* of [1-9]\d*$/);
    expect(rows[2]).toMatch(/^lost \d+$/);
  });

  test('examples in Rust: the dumper prints exact decimals of trades and quotes', () => {
    const [head, ...rows] = run('dump', '200');
    expect(rows).toHaveLength(200);
    const row = /^(trade,\w+,\d+,\d{19},\d{19},[\d.]+,[\d.]+,(buy|sell),|quote,\w+,\d+,\d+,\d{19}(,[\d.]+){4})$/;
    expect(rows.filter((each) => each.split(',').length !== head?.split(',').length || !row.test(each))).toEqual([]);
  });
});
