import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Audits } from '../../src/engine/audits.js';
import type { FeedConfig } from '../../src/model/config.js';
import type { InstrumentDefinition } from '../../src/native/index.js';
import { venues } from '../../src/venues/index.js';
import { memoryLogger } from './memory-logger.js';

const BTC = { id: 7, symbol: 'BTCUSDT' } as InstrumentDefinition;
const SPOT = venues.find(({ name }) => name === 'binance-spot');
if (SPOT === undefined) throw new Error('the registry has binance-spot');

function scene(shards = 1) {
  const state = { now: 0, busy: false, asked: [] as string[], delivered: [] as number[], fails: false };
  const audits = new Audits({
    venue: SPOT as NonNullable<typeof SPOT>,
    feed: { restUrl: 'http://127.0.0.1:9' } as FeedConfig,
    shards,
    rest: {
      get: async (_venue, _url, { path }) => {
        state.asked.push(path);
        if (state.fails) throw new Error('away');
        return Buffer.from('{}');
      },
    },
    logger: memoryLogger(),
    isBusy: () => state.busy,
    deliver: (instrument) => state.delivered.push(instrument),
    doubt: () => {},
    now: () => state.now,
  });
  return { state, audits };
}

test('copies use a twentieth of the weight, whatever the core asks for', async () => {
  const { state, audits } = scene();
  for (; state.now < 60_000; state.now += 100) {
    audits.request(BTC);
    await setImmediate();
  }
  // 5 % of 6,000 a minute, 5 each.
  expect(state.asked.length).toBe(60);
  expect(state.asked[0]).toBe('/api/v3/depth?symbol=BTCUSDT&limit=100');
  expect(state.delivered.length).toBe(60);
});

test('shards share the twentieth', async () => {
  const { state, audits } = scene(4);
  for (; state.now < 60_000; state.now += 100) {
    audits.request(BTC);
    await setImmediate();
  }
  expect(state.asked.length).toBe(15);
});

test('books that somebody waits for go first, and a copy that does not come is left out', async () => {
  const { state, audits } = scene();
  state.busy = true;
  audits.request(BTC);
  expect(state.asked).toEqual([]);
  state.busy = false;
  state.fails = true;
  audits.request(BTC);
  await setImmediate();
  state.fails = false;
  state.now = 1_000;
  audits.request(BTC);
  await setImmediate();
  expect([state.asked.length, state.delivered]).toEqual([2, [7]]);
  audits.close();
  state.now = 2_000;
  audits.request(BTC);
  expect(state.asked.length).toBe(2);
});

test('a copy that comes while a book is lost is not taken for the snapshot that the book waits for', async () => {
  const { state, audits } = scene();
  audits.request(BTC);
  state.busy = true;
  await setImmediate();
  expect([state.asked.length, state.delivered]).toEqual([1, []]);
});
