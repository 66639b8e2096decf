import type { BinaryFormat } from '../dialects/dialect.js';
import type { OrderBook } from './book.js';
import { Channel, Frame } from './channel.js';
import { DepthStream } from './depth-stream.js';
import type { EventTime, QuoteEvent, TradeEvent } from './events.js';
import type { SymbolSpec } from './symbols.js';

/** What stands before the names of binary streams among a market's channels: some are those of JSON streams as well. */
export const BINARY_PREFIX = 'binary:';

/** The binary streams of one symbol: the market's events once more. They make no part of the rate, and draw nothing. */
export class BinaryChannels {
  readonly all: readonly Channel[];
  readonly #spec: SymbolSpec;
  readonly #format: BinaryFormat;
  readonly #publish: (frame: Frame) => void;
  readonly #stream: DepthStream;
  readonly #depth: Channel;
  readonly #trade: Channel;
  readonly #quote: Channel;

  constructor(spec: SymbolSpec, format: BinaryFormat, startId: number, publish: (frame: Frame) => void) {
    this.#spec = spec;
    this.#format = format;
    this.#publish = publish;
    this.#stream = new DepthStream({ suffix: '', clock: 'interval', every: [1] }, startId);
    const open = (kind: 'depth' | 'trade' | 'bookTicker'): Channel =>
      new Channel(BINARY_PREFIX + format.streamName(spec.symbol, kind), spec.symbol, kind);
    this.#depth = open('depth');
    this.#trade = open('trade');
    this.#quote = open('bookTicker');
    this.all = [this.#depth, this.#trade, this.#quote];
  }

  touch(keys: Iterable<number>, firstId: number): void {
    this.#stream.touch(keys, firstId);
  }

  restart(id: number): void {
    this.#stream.restart(id);
  }

  /** At each tick of the symbol. */
  speakDepth(lastId: number, time: EventTime, book: OrderBook): void {
    if (!this.#stream.due()) return;
    const event = this.#stream.flush(lastId, true, time, this.#depth.subscribers.size > 0 ? book : undefined);
    if (event !== undefined) this.#tell(this.#depth, event.firstId, lastId, () => this.#format.depth(this.#spec, event));
  }

  tellTrades(trades: readonly TradeEvent[]): void {
    const [first, last] = [trades[0]?.id ?? 0, trades.at(-1)?.id ?? 0];
    this.#tell(this.#trade, first, last, () => this.#format.trades(this.#spec, trades));
  }

  tellQuote(quote: QuoteEvent): void {
    this.#tell(this.#quote, quote.updateId, quote.updateId, () => this.#format.bookTicker(this.#spec, quote));
  }

  #tell(channel: Channel, firstId: number, lastId: number, words: () => Buffer): void {
    channel.events += 1;
    if (channel.subscribers.size > 0) this.#publish(new Frame(channel, firstId, lastId, words));
  }
}
