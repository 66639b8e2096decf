/** N10: a snapshot that is cut short is extended before the market walks past it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { INSTRUMENT_COUNTERS, RingReader } from '#dist/native/index.js';
import { eventually, Rig } from './rig.js';

const SYMBOL = 'BTCUSDT';
const LEVELS = 20;
const KNOWN = ['known_bids', 'known_asks'].map((wanted) => INSTRUMENT_COUNTERS.findIndex(({ name }) => name === wanted));

let rig: Rig;
let reader: RingReader;
beforeAll(async () => {
  rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: ['binance-spot'], symbols: [SYMBOL] } });
  reader = new RingReader(rig.config.shmRoot, rig.config.name, 0);
});
afterAll(async () => {
  reader?.close();
  await rig?.stop();
});

it('is known to twenty levels, then to the end, and is the true book again', async () => {
  const known = async (): Promise<number[]> => {
    const id = (await rig.status()).instruments[0]?.id ?? 0;
    return KNOWN.map((at) => Number(reader.instrumentCounters(id)?.[at] ?? 0n));
  };
  const before = await eventually('a survey', async () => {
    const counts = await known();
    return counts.every((count) => count > LEVELS) && counts;
  });
  rig.inject('snapshot_short', { levels: LEVELS });
  rig.inject('drop');
  await eventually('little is known', async () => (await known()).some((count) => count > 0 && count <= LEVELS));
  await eventually('the book is extended', async () => (await rig.counter('top_ups')) > 0);
  await rig.inSync();
  const after = await known();
  expect(after.every((count, side) => count > (before[side] ?? 0) / 2)).toBe(true);
  // Nothing that was not known was taken for wrong.
  expect(await rig.counter('audit_different')).toBe(0);
});
