import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../cli/program.js';
import { childrenOf, Product, summaryOf } from './product.js';

/** How long a process may take to show that it is back, or to be declared dead. */
const WATCHDOG_MS = 5_000;

let product: Product;
beforeEach(() => {
  product = new Product();
});
afterEach(() => product.remove());

/** As `eventually`, and fails when that comes later than the watchdog. */
async function soon<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  const startedAt = performance.now();
  return await eventually(what, () => {
    if (performance.now() - startedAt > WATCHDOG_MS) throw new Error(`watchdog: ${what} did not happen`);
    return check();
  });
}

function running(program: { process: { pid?: number | undefined } }) {
  const children = childrenOf(program.process.pid ?? 0);
  const pid = (role: 'engine' | 'gateway' | 'simulator'): number => {
    const found = children.get(role);
    if (found === undefined) throw new Error(`no ${role} runs`);
    return found;
  };
  return { engine: pid('engine'), gateway: pid('gateway'), simulator: pid('simulator') };
}

test('lifecycle: a killed gateway answers again at its address, and the engine does not notice', async () => {
  const program = product.start();
  const url = await product.url(program);
  const before = await product.inSync();
  const pids = running(program);
  expect(pids.engine).toBe(before.pid);
  process.kill(pids.gateway, 'SIGKILL');
  await soon('the killed gateway is gone', () => !existsSync(`/proc/${pids.gateway}`));
  const answer = await soon('the gateway answers', () => fetch(`${url}livez`).catch(() => undefined));
  expect(answer.status).toBe(200);
  const after = await product.inSync();
  expect(after).toMatchObject({ pid: before.pid, epochs: before.epochs, workerRestarts: 0, counters: { gaps: 0, resyncs: 0 } });
  const now = running(program);
  expect(now).toMatchObject({ engine: pids.engine, simulator: pids.simulator });
  expect(now.gateway).not.toBe(pids.gateway);
});

test('lifecycle: readers notice a killed engine, and follow its successor with a new epoch and all books in sync', async () => {
  const program = product.start('--for', '8s', '--json');
  const before = await product.inSync();
  const pids = running(program);
  const followers = before.epochs.map((_, shard) => product.follow(shard));
  for (const follower of followers) expect(follower.look().state).toBe('live');
  process.kill(pids.engine, 'SIGKILL');
  for (const follower of followers) {
    const state = await soon('a reader notices', () => {
      const { state } = follower.look();
      return (state !== 'live' || follower.generations > 0) && state;
    });
    expect(state).not.toBe('closed');
  }
  const after = await product.inSync(({ pid }) => pid !== pids.engine);
  for (const [shard, follower] of followers.entries()) {
    const { epoch } = await soon('a reader follows', () => {
      const status = follower.look();
      return follower.generations === 1 && status.state === 'live' && status;
    });
    expect(String(epoch)).toBe(after.epochs[shard]);
    expect(epoch).toBeGreaterThan(BigInt(before.epochs[shard] ?? 0));
  }
  expect(running(program)).toMatchObject({ gateway: pids.gateway, simulator: pids.simulator });
  const ended = await program.ended;
  expect(ended.code).toBe(0);
  expect(summaryOf(ended)).toMatchObject({ books: 8, books_in_sync: 8, books_equal: 8 });
});

test('lifecycle: no process outlives a killed supervisor', async () => {
  const program = product.start();
  await product.inSync();
  const children = Object.values(running(program));
  const follower = product.follow(0);
  program.kill('SIGKILL');
  await program.ended;
  await eventually('all children are gone', () => children.every((pid) => !existsSync(`/proc/${pid}`)));
  expect(follower.look().state).toBe('closed');
});
