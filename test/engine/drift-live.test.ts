/** The route split of Binance's futures of April 2026, and other changes, on a whole engine. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Drift, DriftKind } from '#dist/model/drift.js';
import { eventually, Rig } from './rig.js';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

function drift(engine: Rig, kind: DriftKind): Promise<Drift> {
  return eventually(`drift ${kind}`, async () => (await engine.status()).drift.find((one) => one.kind === kind));
}

it('an address that acknowledges a channel and no longer carries it is named, whether the connection lives on or is made anew', async () => {
  rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: ['binance-usdm'] } });
  const engine = rig;
  await eventually('a rhythm', async () => (await engine.counter('trades')) > 300);
  expect((await engine.status()).drift).toEqual([]);
  engine.inject('reroute', { stream: 'aggTrade', ms: 3_600_000 });
  expect(await drift(engine, 'silent_route')).toMatchObject({ venue: 'binance-usdm', what: 'trade of market', count: 1 });
  await engine.inSync();
  const line = engine.lines.find(({ message }) => message === 'the venue changed something');
  expect(line?.fields).toMatchObject({ kind: 'silent_route', what: 'trade of market' });
  // Acknowledged, and as silent as before.
  engine.inject('disconnect');
  await eventually('subscribed again', async () => (await engine.counter('connects')) >= 4);
  await engine.inSync();
  expect((await engine.status()).drift.map(({ kind, count }) => [kind, count])).toEqual([['silent_route', 1]]);
  expect(await engine.control.request('drift')).toEqual((await engine.status()).drift);
});

it('members that nobody knows are found in samples, types in what was refused, and bytes of both are kept', async () => {
  rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: ['bybit-linear'] } });
  const engine = rig;
  engine.inject('malformed', { kind: 'more_members', n: 100_000, stream: 'any' });
  expect((await drift(engine, 'new_member')).what).toMatch(/novel/);
  engine.inject('malformed', { kind: 'unknown_type', n: 1, extra: true });
  expect((await drift(engine, 'unknown_message')).what).toBe('novelty');
  const folder = join(engine.config.stateDir, 'drift');
  const kept = await eventually('samples on disk', () => {
    const text = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
    return text.includes('unknown_message') && text;
  });
  const [sample] = kept
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { code: string; frame_base64: string });
  expect(Buffer.from(sample?.frame_base64 ?? '', 'base64').toString()).toMatch(/novel/);
  expect(await engine.counter('gaps')).toBe(0);
});

it('a topic that is withdrawn is a refused request', async () => {
  // As Bybit withdrew its book of 500 levels: the topic is unknown from then on.
  rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: ['bybit-linear'] } });
  const engine = rig;
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) engine.inject('delist', { symbol, ms: 3_600_000 });
  engine.inject('disconnect');
  await drift(engine, 'refused_request');
});
