import { existsSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { childrenOf, Product } from './product.js';

let product: Product;
beforeEach(() => {
  product = new Product();
});
afterEach(() => product.remove());

test('lifecycle: SIGTERM under load ends with 0, closed rings and no process left', async () => {
  const program = product.start('--rate', '4000');
  const { epochs } = await product.inSync();
  const followers = epochs.map((_, shard) => product.follow(shard));
  const children = [...childrenOf(program.process.pid ?? 0).values()];
  expect(children).toHaveLength(3);
  program.kill('SIGTERM');
  const { code, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(followers.map((follower) => follower.look().state)).toEqual(followers.map(() => 'closed'));
  expect(children.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
});

test('lifecycle: a second engine of the same name ends with 75 and one line naming the holder, the first goes on', async () => {
  const program = product.start();
  const url = await product.url(program);
  const before = await product.inSync();
  const { code, stdout, stderr } = await product.start('--json').ended;
  expect({ code, stdout }).toEqual({ code: 75, stdout: '' });
  expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(/^tickring: .*\(SHM_HELD\)$/)]);
  expect(stderr).toMatch(new RegExp(`\\b${before.pid}\\b`));
  const after = await product.inSync();
  expect(after).toMatchObject({ pid: before.pid, epochs: before.epochs, counters: { gaps: 0, resyncs: 0 } });
  expect((await fetch(`${url}livez`)).status).toBe(200);
});
