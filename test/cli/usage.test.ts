import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exitCodeOf, lineOf } from '../../src/cli/exit.js';
import { durationMs, integer } from '../../src/cli/options.js';
import { TickringError } from '../../src/model/errors.js';
import { eventually, Place, Program, ROOT, run } from './program.js';

test('tickring --version prints the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test.each([
  [['strat'], "unknown command 'strat' (Did you mean start?)"],
  [['start', '--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
  [['start', '--port', 'x'], '--port x is no whole number of 0 ..= 65535'],
  [['start', '--for', 'soon'], 'duration soon is none of 1ms ..= 168h, such as 15s'],
  [['read', '--count', '0'], `--count 0 is no whole number of 1 ..= ${Number.MAX_SAFE_INTEGER}`],
])('tickring %j ends with 64 and one line', async (args, message) => {
  expect(await run(args)).toMatchObject({ code: 64, stdout: '', stderr: `tickring: ${message} (USAGE_INVALID)\n` });
});

test('tickring config check says every problem, and ends with 78', async () => {
  const { code, stdout, stderr } = await run(['config', 'check'], { TICKRING_SHARDS: '0', TICKRING_LOG_LEVEL: 'loud' });
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toHaveLength(2);
  expect(await run(['config', 'check'])).toMatchObject({ code: 0, stderr: '' });
});

test('tickring config print prints YAML on stdout and warnings on stderr', async () => {
  const { code, stdout, stderr } = await run(['config', 'print'], { LOW_LATENCY_MODE: '1', TICKRING_NAME: 'printed' });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^name: printed$/m);
  expect(stderr).toMatch(/^tickring: warning: environment LOW_LATENCY_MODE/);
});

test('tickring doctor judges every line, and says what to do about those that are not ok', async () => {
  const { code, stdout } = await run(['doctor', '--json']);
  const findings = JSON.parse(stdout) as { name: string; verdict: string; value: string; advice: string }[];
  expect(findings.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'kernel',
      'cpu',
      'cpu governor',
      'shared memory room',
      'limit nofile',
      'limit memlock',
      'clock source',
      'huge pages',
      'node',
      'addon',
      'glibc',
    ]),
  );
  for (const { verdict, value, advice } of findings) {
    expect(['ok', 'warn', 'fail']).toContain(verdict);
    expect(value).not.toBe('');
    expect(advice === '').toBe(verdict === 'ok');
  }
  expect(code).toBe(findings.some(({ verdict }) => verdict === 'fail') ? 1 : 0);
});

test('an error of ours is one line with its code; a defect keeps its stack', () => {
  expect(lineOf(new TickringError('SHM_HELD', 'held by 1'))).toBe('tickring: held by 1 (SHM_HELD)');
  expect(exitCodeOf(new TickringError('SHM_HELD', ''))).toBe(75);
  expect(lineOf(new TypeError('x'))).toMatch(/^tickring: internal error: TypeError: x\n {4}at /);
  expect(exitCodeOf(new TypeError('x'))).toBe(70);
});

test('TICKRING_DEBUG=1 adds the stack to an error of ours', async () => {
  const { code, stderr } = await run(['read', '--count', '0'], { TICKRING_DEBUG: '1' });
  expect(code).toBe(64);
  expect(stderr).toMatch(/^tickring: --count 0 .* \(USAGE_INVALID\)\nTickringError: .*\n {4}at /);
});

test.each([['doctor'], ['config', 'print'], ['--help']])(
  'tickring %s ends without a word when nobody reads its output',
  async (...args) => {
    const program = new Program(args);
    program.process.stdout.destroy();
    const { stderr } = await program.ended;
    expect(stderr).toBe('');
  },
);

test('tickring ends with 70 and one line when its output cannot be written', () => {
  const full = openSync('/dev/full', 'w');
  const program = [join(ROOT, 'dist/cli/main.js'), 'config', 'print'];
  const { status, stderr } = spawnSync(process.execPath, program, { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
  closeSync(full);
  expect({ status, stderr }).toEqual({
    status: 70,
    stderr: expect.stringMatching(/^tickring: could not write the output: ENOSPC.*\n$/),
  });
});

test('tickring start stops in order when nobody reads its output', async () => {
  const place = new Place();
  try {
    const program = place.start();
    await eventually('something is printed', () => program.stdout.length > 0);
    program.process.stdout.destroy();
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  } finally {
    place.remove();
  }
});

test('durations and numbers of flags', () => {
  expect([durationMs('15s'), durationMs('500ms'), durationMs('1.5m')]).toEqual([15_000, 500, 90_000]);
  expect(integer('n', undefined, 0, 1)).toBeUndefined();
  expect(() => integer('n', '1.0', 0, 9)).toThrow(TickringError);
});
