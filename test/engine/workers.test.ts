import { afterEach, expect, it } from 'vitest';
import { shardOf } from '#dist/engine/engine.js';
import { exactLosses } from './oracle.js';
import { eventually, Rig } from './rig.js';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

it('the two default feeds live in two shards', () => {
  expect(new Set(['binance-usdm', 'binance-spot'].map((feed) => shardOf(feed, 2)))).toEqual(new Set([0, 1]));
});

it('a worker that dies costs the other shard no message, and instruments keep their ids', async () => {
  const engine = await Rig.start();
  rig = engine;
  await exactLosses(engine);
  const { instruments } = await engine.status();
  const victim = instruments.find(({ venue }) => venue === 'binance-spot')?.shard ?? Number.NaN;
  const other = instruments.find(({ venue }) => venue === 'binance-usdm')?.shard ?? Number.NaN;
  expect([victim, other].sort()).toEqual([0, 1]);
  const before = engine.ring.epochs.map((epochs) => epochs.at(-1));
  const ids = new Map(instruments.map(({ id, venue, symbol }) => [`${venue}:${symbol}`, id]));
  const orders = new BroadcastChannel(`${engine.config.name}/${victim}`);
  orders.postMessage('exit');
  orders.close();
  await eventually('a new epoch', () => engine.ring.epochs[victim]?.at(-1) !== before[victim]);
  await engine.inSync();
  expect((await engine.status()).workerRestarts).toBe(1);
  expect(engine.ring.epochs[victim]?.at(-1)).toBeGreaterThan(before[victim] ?? 0n);
  expect(engine.ring.epochs[other]).toEqual([before[other]]);
  for (const { id, venue, symbol } of (await engine.status()).instruments) expect(id).toBe(ids.get(`${venue}:${symbol}`));
  await exactLosses(engine, ['binance-usdm']);
  const untouched = instruments.filter(({ shard }) => shard === other).flatMap(({ id }) => engine.ring.gaps.get(id) ?? []);
  expect(untouched).toEqual([]);
});
