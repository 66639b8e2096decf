/** Venues built like others whose books are fetched: Binance COIN-M (other addresses than USDT-M), Backpack (other words than spot). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VenueName } from '#dist/simulator/index.js';
import { eventually, Rig } from './rig.js';

const CASES: readonly (readonly [VenueName, readonly string[]])[] = [
  ['binance-coinm', ['BTCUSD_PERP', 'ETHUSD_PERP']],
  ['backpack', ['BTC_USDC_PERP', 'SOL_USDC']],
];

describe.each(CASES)('%s', (venue, symbols) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: [venue], symbols } });
  });
  afterAll(() => rig?.stop());

  it('books follow the simulated venue, and trades and quotes arrive', async () => {
    await eventually('trades and quotes', async () => (await rig.counter('trades')) > 20 && (await rig.counter('quotes')) > 20);
    await rig.inSync();
    for (const name of ['gaps', 'resyncs', 'quarantined', 'duplicates']) expect(await rig.counter(name)).toBe(0);
  });

  it('a gap costs a snapshot, and the books recover', async () => {
    rig.inject('drop', { n: 3 });
    await eventually('the loss is noticed', async () => (await rig.counter('gaps')) >= 2);
    await rig.inSync();
  });
});
