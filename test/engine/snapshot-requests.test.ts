/** Requests for books, without an engine: what becomes of them when nobody waits any more. */
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Snapshots } from '../../src/engine/snapshots.js';
import type { FeedConfig } from '../../src/model/config.js';
import type { InstrumentDefinition } from '../../src/native/index.js';
import { venues } from '../../src/venues/index.js';
import { memoryLogger } from './memory-logger.js';
import { eventually } from './rig.js';

const BTC = { id: 7, symbol: 'BTCUSDT' } as InstrumentDefinition;
const ETH = { id: 8, symbol: 'ETHUSDT' } as InstrumentDefinition;
const SPOT = venues.find(({ name }) => name === 'binance-spot');
if (SPOT === undefined) throw new Error('the registry has binance-spot');

function scene() {
  const state = { asked: [] as string[], delivered: [] as number[], refuses: (_path: string) => true };
  const snapshots = new Snapshots({
    venue: SPOT as NonNullable<typeof SPOT>,
    feed: { restUrl: 'http://127.0.0.1:9' } as FeedConfig,
    rest: {
      get: async (_venue, _url, { path }) => {
        state.asked.push(path);
        await setImmediate();
        if (state.refuses(path)) throw new Error('no such symbol');
        return Buffer.from('{}');
      },
    },
    logger: memoryLogger(),
    deliver: (instrument) => state.delivered.push(instrument),
    doubt: () => {},
  });
  return { state, snapshots };
}

test('a book that the venue refuses is asked for until its symbol leaves, and then no more', async () => {
  const { state, snapshots } = scene();
  snapshots.request(BTC);
  snapshots.request(ETH);
  await eventually('both are asked for again', () => state.asked.length >= 4);
  snapshots.withdraw(new Set([BTC.id]));
  expect(snapshots.isBusy).toBe(true);
  state.refuses = () => false;
  await eventually('the other one came', () => state.delivered.length === 1);
  expect(state.delivered).toEqual([ETH.id]);
  expect(snapshots.isBusy).toBe(false);
});

test('a symbol that comes back is asked for anew, and gets one book', async () => {
  const { state, snapshots } = scene();
  snapshots.request(BTC);
  await eventually('it was refused', () => state.asked.length === 1);
  snapshots.withdraw(new Set([BTC.id]));
  state.refuses = () => false;
  snapshots.request(BTC);
  snapshots.request(BTC);
  await eventually('it came', () => state.delivered.length === 1);
  expect(state.asked.length).toBe(2);
  expect(snapshots.isBusy).toBe(false);
});

test('nothing is delivered after the end, nor asked for', async () => {
  const { state, snapshots } = scene();
  state.refuses = () => false;
  snapshots.request(BTC);
  snapshots.close();
  snapshots.request(ETH);
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  expect([state.asked.length, state.delivered]).toEqual([1, []]);
});
