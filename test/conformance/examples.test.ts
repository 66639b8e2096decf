/** The examples in Rust, beside the simulated venues; those in C and C++, Node and Python have tests of their own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../cli/program.js';
import { expectDump, expectEnded, runningEngine } from '../reader/running-engine.js';

const TARGET = process.env['CARGO_TARGET_DIR'] ?? join(ROOT, 'target');
const isEmulated = process.env['TICKRING_TEST_EMULATED'] === '1';
const hasCargo = !isEmulated && spawnSync('cargo', ['--version']).status === 0;
if (!hasCargo) console.warn('skipped: the examples in Rust need cargo');
test.runIf(!hasCargo && !isEmulated && process.env['CI'] !== undefined)('examples in Rust: cargo is at hand', () =>
  expect(hasCargo).toBe(true),
);

describe.skipIf(!hasCargo)('examples in Rust', () => {
  const place = runningEngine(() => {
    const args = ['build', '--quiet', '--locked', '-p', 'tickring-shm', '--examples'];
    const env = { ...process.env, CARGO_TARGET_DIR: TARGET };
    expect(spawnSync('cargo', args, { cwd: ROOT, encoding: 'utf8', env })).toMatchObject({ status: 0 });
  });

  function run(example: string, ...args: string[]): string {
    const program = join(TARGET, 'debug/examples', example);
    const { name, shmRoot } = place();
    return expectEnded(spawnSync(program, [name, ...args, shmRoot], { encoding: 'utf8' }));
  }

  test('examples in Rust: the strategy prints a book that is live, each second', () => {
    const rows = run('spread', 'BTCUSDT', '3').trimEnd().split('\n');
    expect(rows).toHaveLength(3);
    const row = /^BTCUSDT Live spread \d+\.\d{8} flow [+-]\d+\.\d{4} changes \d+ levels [1-9]\d*\/[1-9]\d*$/;
    expect(rows.filter((each) => !row.test(each))).toEqual([]);
  });

  test('examples in Rust: the recorder prints percentiles', () => {
    const rows = run('latency', '2').trimEnd().split('\n');
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(/^socket to this process +p50 +\d+\.\d\d .* of [1-9]\d*$/);
    expect(rows[1]).toMatch(/^ring to this process +p50 +\d+\.\d\d .* of [1-9]\d*$/);
    expect(rows[2]).toMatch(/^lost \d+$/);
  });

  test('examples in Rust: the dumper prints exact decimals of trades and quotes', () => {
    expectDump(run('dump', '200'), 200, '\\w+');
  });
});
