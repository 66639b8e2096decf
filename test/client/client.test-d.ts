/** Types of `tickring/client`, checked with those of all tests (`tsc -p test/tsconfig.json`): this file is compiled, not run. */
import { expectTypeOf } from 'vitest';
import {
  type BarMessage,
  type Book,
  type BusPayload,
  type ConnectionState,
  type Level,
  type Loss,
  type Message,
  TickringClient,
  type TradeMessage,
} from '../../src/client/index.js';

const client = new TickringClient('ws://127.0.0.1:8080/ws', { encoding: 'msgpack', authorize: async () => ['tickring.key.x'] });
// @ts-expect-error there is no such encoding
new TickringClient('ws://127.0.0.1', { encoding: 'xml' });

// What a listener gets follows from the event's name, and what a message holds from its type.
expectTypeOf(client.on('trade', (trade) => expectTypeOf(trade).toEqualTypeOf<TradeMessage>())).toEqualTypeOf<() => void>();
client.on('book', (book) => expectTypeOf(book.bids(1)[0]).toEqualTypeOf<Level | undefined>());
client.on('bar', (bar) => {
  expectTypeOf(bar).toEqualTypeOf<BarMessage>();
  expectTypeOf(bar.timeframe).toEqualTypeOf<'1s' | '1m' | '5m' | '15m' | '1h' | '4h' | '1d'>();
});
client.on('event', ({ payload }) => expectTypeOf(payload).toEqualTypeOf<BusPayload>());
client.on('loss', (loss) => expectTypeOf(loss).toEqualTypeOf<Loss>());
client.on('connection', (state) => expectTypeOf(state).toEqualTypeOf<ConnectionState>());
client.on('message', (message) => {
  if (message.type === 'quote') expectTypeOf(message.bidPrice).toEqualTypeOf<bigint>();
  // @ts-expect-error only some messages have a price
  message.price;
});
// @ts-expect-error there is no such event
client.on('candle', () => {});

client.subscribe('book.sim.BTCUSDT', { conflation: 'top' });
// @ts-expect-error there is no such rung
client.subscribe('book.sim.BTCUSDT', { conflation: 'fast' });
expectTypeOf(client.book('book.sim.BTCUSDT')).toEqualTypeOf<Book | undefined>();
expectTypeOf(client.list()).toEqualTypeOf<Promise<string[]>>();
expectTypeOf(client.messages()).toEqualTypeOf<AsyncIterableIterator<Message>>();
client.on('trade', (trade) => {
  // @ts-expect-error messages are not to be changed
  trade.price = 1n;
});
