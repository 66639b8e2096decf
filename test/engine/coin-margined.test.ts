/** Binance COIN-M: the machinery of USDT-M at other addresses, with other symbols. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => {
  const symbols = ['BTCUSD_PERP', 'ETHUSD_PERP'];
  rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: ['binance-coinm'], symbols } });
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
