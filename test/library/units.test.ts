import { expect, test } from 'vitest';
import { Buffers } from '../../src/cli/library/buffers.js';
import { Listeners, type Origin } from '../../src/cli/library/listeners.js';
import type { BookMessage, ListenerFailure, TradeMessage } from '../../src/cli/library/types.js';

function trade(tradeId: number, symbol = 'BTCUSDT'): TradeMessage {
  const head = { exchange: 'x', symbol, timestamp: tradeId, receivedAt: tradeId };
  return { type: 'trade', ...head, price: 1, quantity: 1, side: 'buy', tradeId: String(tradeId) };
}

function origin(): Origin & { errors: number } {
  const counted = {
    exchange: 'x',
    symbol: 'BTCUSDT',
    errors: 0,
    failed: () => {
      counted.errors += 1;
    },
  };
  return counted;
}

test('library: a listener that throws or rejects is counted and told, and keeps nobody from being told', async () => {
  const listeners = new Listeners();
  const from = origin();
  const seen: string[] = [];
  const failures: ListenerFailure[] = [];
  listeners.add('trade', () => {
    throw new Error('thrown');
  });
  listeners.add('trade', async () => {
    await Promise.resolve();
    throw new Error('rejected');
  });
  // No promise, but awaited like one.
  // biome-ignore lint/suspicious/noThenProperty: it is one on purpose.
  listeners.add('trade', () => ({ then: (_: unknown, reject: (error: Error) => void) => reject(new Error('thenable')) }));
  listeners.add('trade', ({ tradeId }) => seen.push(tradeId));
  listeners.add('error', (failure) => failures.push(failure));
  listeners.add('error', () => {
    throw new Error('this one, too');
  });
  listeners.tell('trade', trade(7), from);
  expect(seen).toEqual(['7']);
  await new Promise((resolve) => setImmediate(resolve));
  expect(failures.map(({ error }) => (error as Error).message).sort()).toEqual(['rejected', 'thenable', 'thrown']);
  expect(failures[0]).toMatchObject({ type: 'error', event: 'trade', exchange: 'x', symbol: 'BTCUSDT' });
  // Three of trades, and each time the second listener of errors.
  expect(from.errors).toBe(6);
});

test('library: who is added or taken away while others are told changes nothing for this message', () => {
  const listeners = new Listeners();
  const from = origin();
  const seen: string[] = [];
  const late = (): void => void seen.push('late');
  const second = (): void => void seen.push('second');
  const first = (): void => {
    seen.push('first');
    listeners.add('trade', late);
    listeners.remove('trade', first);
    listeners.remove('trade', second);
  };
  listeners.add('trade', first);
  listeners.add('trade', second);
  listeners.tell('trade', trade(1), from);
  expect(seen).toEqual(['first', 'second']);
  listeners.tell('trade', trade(2), from);
  expect(seen.slice(2)).toEqual(['late']);
});

test('library: what is no event or no function is refused by its name', () => {
  const listeners = new Listeners();
  expect(() => listeners.add('ticker' as 'trade', () => {})).toThrow('event ticker is none of trade, quote, book');
  expect(() => listeners.add('trade', 5 as never)).toThrow('listener of trade is no function');
});

test('library: a buffer keeps the newest, oldest of them first, of each instrument and type apart', () => {
  const buffers = new Buffers(100, 1e6);
  for (let id = 1; id <= 1_234; id += 1) buffers.push('x:BTCUSDT', trade(id));
  buffers.push('x:ETHUSDT', trade(5, 'ETHUSDT'));
  const ids = (count: number): string[] => buffers.newest('x:BTCUSDT', 'trade', count).map(({ tradeId }) => tradeId);
  expect(ids(3)).toEqual(['1232', '1233', '1234']);
  expect(ids(500)).toEqual(Array.from({ length: 100 }, (_, index) => String(1_135 + index)));
  expect(buffers.newest('x:BTCUSDT', 'quote', 5)).toEqual([]);
  expect(buffers.newest('x:ETHUSDT', 'trade', 5)).toHaveLength(1);
  expect(new Buffers(0, 1e6).newest('x:BTCUSDT', 'trade', 5)).toEqual([]);
});

test('library: all buffers together stay below their bound, and whoever holds most gives up', () => {
  const buffers = new Buffers(10_000, 100_000);
  buffers.push('x:QUIET', trade(1, 'QUIET'));
  for (let id = 1; id <= 5_000; id += 1) {
    buffers.push('x:BTCUSDT', trade(id));
    expect(buffers.bytes).toBeLessThanOrEqual(100_000);
  }
  expect(buffers.newest('x:QUIET', 'trade', 1)).toHaveLength(1);
  expect(buffers.newest('x:BTCUSDT', 'trade', 1)[0]?.tradeId).toBe('5000');
  expect(buffers.newest('x:BTCUSDT', 'trade', 9_999).length).toBeGreaterThan(100);
});

test('library: a message is not larger than it is taken for: 10,000 books of 20 levels a side in less than 100 MB', () => {
  const levels = (): [number, number][] =>
    Array.from({ length: 20 }, (_, index) => [60_000 + index + Math.random(), Math.random()]);
  const book = (id: number): BookMessage => {
    const head = { exchange: 'x', symbol: 'BTCUSDT', timestamp: id + 0.5, receivedAt: id + 0.25 };
    return { type: 'book', ...head, lastUpdateId: String(id), bids: levels(), asks: levels() };
  };
  const buffers = new Buffers(10_000, 1e9);
  const before = process.memoryUsage().heapUsed;
  for (let id = 0; id < 10_000; id += 1) buffers.push('x:BTCUSDT', book(id));
  // Garbage of the work itself is in it as well: what is really held is less.
  const held = process.memoryUsage().heapUsed - before;
  expect(buffers.newest('x:BTCUSDT', 'book', 10_000)).toHaveLength(10_000);
  expect(held).toBeLessThan(100e6);
  expect(buffers.bytes).toBeGreaterThan(held / 2);
});
