import { expect, test } from 'vitest';
import { FirstData } from '../../src/engine/first-data.js';
import type { InstrumentDefinition } from '../../src/native/index.js';
import { memoryLogger } from './memory-logger.js';

test('a stream that was asked for and stays silent is named once; one that spoke is not', () => {
  let now = 0;
  const counts = new Map([
    ['1 book', 5],
    ['2 book', 5],
  ]);
  const logger = memoryLogger();
  const watch = new FirstData({
    channels: ['book', 'trade'],
    connection: 3,
    logger,
    arrived: (instrument, channel) => counts.get(`${instrument} ${channel}`) ?? 0,
    now: () => now,
  });
  watch.expect([
    { id: 1, symbol: 'BTCUSDT' },
    { id: 2, symbol: 'NOSUCH' },
  ] as InstrumentDefinition[]);
  now = 9_000;
  watch.check();
  expect(logger.lines).toEqual([]);
  counts.set('1 book', 6).set('1 trade', 1).set('2 trade', 1);
  now = 10_000;
  watch.check();
  now = 30_000;
  watch.check();
  expect(logger.lines).toEqual([
    {
      level: 'warn',
      message: 'streams gave no data yet',
      fields: { connection: 3, channel: 'book', count: 1, symbols: ['NOSUCH'] },
    },
  ]);
});

test('what was expected of a connection that is gone is forgotten', () => {
  let now = 0;
  const logger = memoryLogger();
  const watch = new FirstData({ channels: ['book'], connection: 1, logger, arrived: () => 0, now: () => now });
  watch.expect([{ id: 1, symbol: 'BTCUSDT' }] as InstrumentDefinition[]);
  watch.forget();
  now = 60_000;
  watch.check();
  expect(logger.lines).toEqual([]);
});
