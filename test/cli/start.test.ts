import { afterEach, beforeEach, expect, test } from 'vitest';
import { childrenOf, eventually, isRunning, Place, type Program, run } from './program.js';

let place: Place;
let programs: Program[];

beforeEach(() => {
  place = new Place();
  programs = [];
});

afterEach(async () => {
  for (const program of programs) {
    program.kill('SIGTERM');
    await program.ended;
  }
  place.remove();
});

function start(...args: string[]): Program {
  const program = place.start(...args);
  programs.push(program);
  return program;
}

async function live(program: Program): Promise<string> {
  await eventually('all books are in sync', () => program.stdout.includes('books in sync 8/8'));
  return /live books\s+(\S+)/.exec(program.stdout)?.[1] ?? '';
}

test('start: a timed run ends with every book equal to the simulated venue, and one JSON line', async () => {
  const { code, stdout, stderr } = await start('--for', '2s', '--json', '--seed', '7').ended;
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  const summary = JSON.parse(stdout);
  expect(summary).toMatchObject({ books: 8, books_in_sync: 8, books_equal: 8, gaps: 0, quarantined: 0 });
  expect(summary.frames).toBeGreaterThan(100);
  expect(Object.keys(summary.latency_ns).sort()).toEqual(['p50', 'p99', 'p999']);
  expect(stderr).toContain('live books');
});

test('start: SIGTERM stops all processes in order and ends with 0', async () => {
  const program = start();
  await live(program);
  const children = [...(await childrenOf(program.process.pid)).values()];
  expect(children).toHaveLength(3);
  program.kill('SIGTERM');
  const { code } = await program.ended;
  expect(code).toBe(0);
  expect(children.filter(isRunning)).toEqual([]);
});

test('start: SIGTERM stops all processes also while one hangs before it works', async () => {
  const program = start();
  const engine = await eventually('the engine is there', async () => (await childrenOf(program.process.pid)).get('engine'));
  process.kill(engine, 'SIGSTOP');
  const children = [...(await childrenOf(program.process.pid)).values()];
  program.kill('SIGTERM');
  await eventually('all processes are gone', () => children.filter(isRunning).length === 0);
  const { code, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('start: a second signal ends everything at once with 130', async () => {
  const program = start();
  await live(program);
  const engine = (await childrenOf(program.process.pid)).get('engine') ?? 0;
  // The engine cannot stop in order while it is frozen, so the first signal alone would not do.
  process.kill(engine, 'SIGSTOP');
  program.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 200));
  program.kill('SIGINT');
  const { code } = await program.ended;
  expect(code).toBe(130);
  await eventually('the engine is gone', () => !isRunning(engine));
});

test('start: a killed gateway comes back at its address while the engine goes on', async () => {
  const program = start();
  const url = await live(program);
  const before = await childrenOf(program.process.pid);
  process.kill(before.get('gateway') ?? 0, 'SIGKILL');
  const answer = await eventually('the gateway answers again', async () => {
    const pid = (await childrenOf(program.process.pid)).get('gateway');
    if (pid === undefined || pid === before.get('gateway')) return undefined;
    return await fetch(`${url}health`).catch(() => undefined);
  });
  expect(answer.status).toBe(200);
  const after = await childrenOf(program.process.pid);
  expect(after.get('engine')).toBe(before.get('engine'));
  expect(after.get('simulator')).toBe(before.get('simulator'));
});

test('start: a killed engine comes back, books sync again, and a reader follows it', async () => {
  const program = start();
  await live(program);
  const reader = place.run('read', '--kinds', 'epoch_start', '--count', '2', '--json');
  const before = await childrenOf(program.process.pid);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  process.kill(before.get('engine') ?? 0, 'SIGKILL');
  const { code, stdout } = await reader;
  expect(code).toBe(0);
  const kinds = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).kind);
  expect(kinds).toEqual(['generation', 'epoch_start']);
  program.stdout = '';
  await live(program);
  const after = await childrenOf(program.process.pid);
  expect(after.get('gateway')).toBe(before.get('gateway'));
});

test('start: children end by themselves when the supervisor is killed', async () => {
  const program = start();
  await live(program);
  const children = [...(await childrenOf(program.process.pid)).values()];
  program.kill('SIGKILL');
  await program.ended;
  await eventually('all children are gone', () => children.every((pid) => !isRunning(pid)));
});

test('start: a second engine of the same name ends with 75 and names the holder', async () => {
  const program = start();
  await live(program);
  const holder = (await childrenOf(program.process.pid)).get('engine');
  const { code, stdout, stderr } = await place.start().ended;
  expect(code).toBe(75);
  expect(stdout + stderr).toContain(String(holder));
  expect(stdout + stderr).toContain('(SHM_HELD)');
});

test('start: a port that is taken ends with 78 and one line', async () => {
  const program = start();
  const port = new URL(await live(program)).port;
  const other = new Place();
  const { code, stdout, stderr } = await other.start('--port', port).ended;
  other.remove();
  expect(code).toBe(78);
  expect(stdout + stderr).toContain('(CONFIG_INVALID)');
});

test('start: state that cannot be kept ends with 78 and one line', async () => {
  for (const below of ['', '/below']) {
    const { code, stderr } = await run(['start'], { ...place.env, TICKRING_STATE_DIR: `/dev/null${below}` });
    expect([code, stderr.trimEnd().split('\n')]).toEqual([78, [expect.stringContaining(`state_dir /dev/null${below} cannot`)]]);
  }
});
