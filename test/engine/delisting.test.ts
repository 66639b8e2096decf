/** F16: a venue delists a symbol without a word, on a whole engine. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CODES } from '#dist/model/codes.js';
import type { BookText, InstrumentStatus } from '#dist/model/status.js';
import { eventually, Rig } from './rig.js';

const [GONE, OTHER] = ['BTC-USD', 'ETH-USD'];

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({
    config: { shards: 1 },
    simulator: { venues: ['coinbase'], symbols: [GONE, OTHER] },
    renumbers: true,
  });
});
afterAll(() => rig?.stop());

async function instrument(symbol: string): Promise<InstrumentStatus> {
  const found = (await rig.status()).instruments.find((each) => each.symbol === symbol);
  if (found === undefined) throw new Error(`no instrument ${symbol}`);
  return found;
}

it('its book is cleared and says why, it is asked for no more, the other goes on; listed again, it lives again', async () => {
  await eventually('a rhythm', async () => (await rig.counter('book_deltas')) > 200);
  rig.inject('delist', { symbol: GONE, ms: 3_600_000 });
  await eventually('it is delisted', async () => (await instrument(GONE)).market === 'delisted');
  const { id } = await instrument(GONE);
  expect(await rig.control.request('book', { instrument: id })).toMatchObject({
    inSync: false,
    text: '',
  } satisfies Partial<BookText>);
  await eventually('the ring tells it', () => rig.ring.markets.get(id)?.at(-1) === 'delisted');
  expect(rig.ring.staleCodes.get(id)?.at(-1)).toBe(CODES.SYMBOL_UNLISTED.number);
  expect(await rig.counter('suspended')).toBe(1);
  expect(rig.lines.filter(({ fields }) => fields['code'] === 'SYMBOL_UNLISTED')).toMatchObject([
    { level: 'warn', fields: { feed: 'coinbase', symbol: GONE } },
  ]);
  // An instrument without a market has no book that could be out of sync: the engine is as ready as before.
  expect((await rig.status()).instruments.map(({ inSync }) => inSync)).toEqual([true, true]);

  const lines = rig.lines.length;
  rig.inject('disconnect');
  await eventually('the other one is back', async () => (await rig.counter('connects')) >= 6);
  await eventually('its book is', async () => (await rig.counter('book_snapshots')) >= 3 && (await instrument(OTHER)).inSync);
  const opened = rig.lines.slice(lines).filter(({ message }) => message === 'connected');
  expect(opened.map(({ fields }) => fields['instruments'])).toEqual([1, 1, 1]);
  expect((await instrument(GONE)).market).toBe('delisted');

  rig.inject('delist', { symbol: GONE, ms: 0 });
  await eventually('it trades again', async () => (await instrument(GONE)).market === 'trading');
  await rig.inSync();
  expect(rig.ring.markets.get(id)?.slice(-2)).toEqual(['delisted', 'trading']);
  expect(await rig.counter('quarantined')).toBe(0);
});
