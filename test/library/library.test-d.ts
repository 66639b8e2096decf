/** Types of the public door, checked with those of all tests (`tsc -p test/tsconfig.json`): this file is compiled, not run. */
import { expectTypeOf } from 'vitest';
import {
  type BookAt,
  type BookMessage,
  bookAt,
  createEngine,
  type Engine,
  type ListenerFailure,
  type PerformanceStats,
  type TradeMessage,
} from '../../src/index.js';

const engine = createEngine({ settings: { name: 'x' }, bufferSize: 10 });
expectTypeOf(engine).toEqualTypeOf<Engine>();
expectTypeOf(engine.initialize).returns.toEqualTypeOf<Promise<void>>();
expectTypeOf(engine.close).returns.toEqualTypeOf<Promise<void>>();

// A listener's message follows from the event's name; what it returns is its own business.
engine.on('trade', (trade) => {
  expectTypeOf(trade).toEqualTypeOf<TradeMessage>();
  expectTypeOf(trade.side).toEqualTypeOf<'buy' | 'sell'>();
});
engine.on('book', async ({ bids }) => expectTypeOf(bids[0]).toEqualTypeOf<readonly [number, number] | undefined>());
engine.on('error', (failure) => expectTypeOf(failure).toEqualTypeOf<ListenerFailure>());
expectTypeOf(engine.on('lost', ({ count }) => count)).toEqualTypeOf<Engine>();
// @ts-expect-error there is no such event
engine.on('ticker', () => {});
// @ts-expect-error a quote has no price
engine.on('quote', ({ price }) => price);
// @ts-expect-error a listener is a function
engine.on('trade', 'log');

expectTypeOf(engine.getLatestData('binance', 'BTCUSDT', 'book', 5)).toEqualTypeOf<BookMessage[]>();
// @ts-expect-error gaps are not kept
engine.getLatestData('binance', 'BTCUSDT', 'gap', 5);
expectTypeOf(engine.getPerformanceStats()['binance:BTCUSDT']).toEqualTypeOf<PerformanceStats | undefined>();
engine.on('trade', (trade) => {
  // @ts-expect-error messages are not to be changed
  trade.price = 1;
});

expectTypeOf(bookAt('BTCUSDT', 1n, { journal: '/j' })).toEqualTypeOf<Promise<BookAt | undefined>>();
// @ts-expect-error instants are whole nanoseconds
bookAt('BTCUSDT', 1.5);
