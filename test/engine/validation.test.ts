import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ValidationRules } from '#dist/model/config.js';
import { eventually, Rig } from './rig.js';

const RULES: ValidationRules = {
  priceMin: '0.000001',
  outlierMads: 12,
  outlierBps: 100,
  volumeFactor: 50,
  timeBackMs: 1_000,
  timeAheadMs: 5_000,
  spreadBps: 500,
  completenessPpm: 990_000,
};
/** Trades of all instruments a fourth of which are each instrument's first whole block, and more. */
const LEARNED = 300;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ config: { validation: { rules: RULES, symbols: {} } } });
  await eventually('sizes are known', async () => (await rig.counter('trades')) > 4 * LEARNED);
});
afterAll(() => rig?.stop());

/** Trades are plain ones on one venue and aggregated ones on the other. */
function spikeTrades(of: 'price' | 'quantity', factor: number): void {
  for (const [venue, stream] of [
    ['binance-spot', 'trade'],
    ['binance-usdm', 'aggTrade'],
  ]) {
    rig.inject('spike', { venue, stream, of, factor, symbol: 'BTCUSDT' });
  }
}

it('a simulated market is plausible', async () => {
  expect(await rig.counter('checked')).toBeGreaterThan(4 * LEARNED);
  for (const rule of ['outlier', 'time', 'spread', 'price_range']) expect(await rig.counter(`suspect_${rule}`)).toBe(0);
});

it.each([
  ['outlier', 'a price of twice the others', 2, () => spikeTrades('price', 2)],
  ['volume', 'a trade 100,000 times as large', 2, () => spikeTrades('quantity', 100_000)],
  [
    'time',
    'trades of an hour ago',
    1,
    () => rig.inject('bad_time', { venue: 'binance-spot', stream: 'trade', symbol: 'BTCUSDT' }),
  ],
  [
    'time',
    'a book of in an hour',
    1,
    () => rig.inject('bad_time', { venue: 'binance-usdm', symbol: 'BTCUSDT', offset_ms: 3_600_000 }),
  ],
  ['spread', 'an ask of twice its price', 2, () => rig.inject('spike', { stream: 'bookTicker', of: 'ask', symbol: 'BTCUSDT' })],
])('%s: %s is found, flagged and told, and nothing is dropped', async (rule, _, least, inject) => {
  const [found, gaps, suspects] = [
    await rig.counter(`suspect_${rule}`),
    await rig.counter('gaps'),
    await rig.counter('suspects'),
  ];
  inject();
  await eventually('it is found', async () => (await rig.counter(`suspect_${rule}`)) >= found + least);
  expect(await rig.counter('suspects')).toBeGreaterThanOrEqual(suspects + least);
  expect(await rig.counter('gaps')).toBe(gaps);
  expect(await rig.counter('quarantined')).toBe(0);
  await rig.inSync();
});
