/** Records of the ring as messages for a program, instrument by instrument. */
import { FLAGS } from '../../model/codes.js';
import { toNumber } from '../../model/decimal.js';
import type { RecordCursor } from '../../native/cursor.js';
import type { RingBook } from '../../native/index.js';
import type { Instrument, QuoteRecord, RecordHead, TradeRecord } from '../../native/records.js';
import type { BookMessage, MessageHead, PerformanceStats, PriceLevel, QuoteMessage, TradeMessage } from './types.js';

const NS_PER_MS = 1e6;

/** One instrument of an engine. */
export class Followed {
  readonly instrument: Instrument;
  readonly #tops: Float64Array;
  readonly #depth: number;
  book: RingBook | null = null;
  #messages = 0;
  #latencyMs = 0;
  #errors = 0;

  constructor(instrument: Instrument, depth: number, before: Followed | undefined) {
    this.instrument = instrument;
    this.#depth = depth;
    this.#tops = new Float64Array(4 * depth);
    // Figures outlive a new definition, and an engine that begins anew.
    if (before !== undefined)
      [this.#messages, this.#latencyMs, this.#errors] = [before.#messages, before.#latencyMs, before.#errors];
  }

  get exchange(): string {
    return this.instrument.venue;
  }

  get symbol(): string {
    return this.instrument.symbol;
  }

  get key(): string {
    return `${this.exchange}:${this.symbol}`;
  }

  /** A message of it was handed over. */
  handedOver({ receivedAt }: MessageHead): void {
    this.#messages += 1;
    this.#latencyMs += performance.timeOrigin + performance.now() - receivedAt;
  }

  failed(): void {
    this.#errors += 1;
  }

  get stats(): PerformanceStats {
    const average = this.#messages === 0 ? 0 : this.#latencyMs / this.#messages;
    return { avg_latency_ms: average, message_count: this.#messages, error_count: this.#errors };
  }

  head({ tsEvent, tsRecv }: Pick<RecordHead, 'tsEvent' | 'tsRecv'>): MessageHead {
    const receivedAt = Number(tsRecv) / NS_PER_MS;
    const timestamp = tsEvent === 0n ? receivedAt : Number(tsEvent) / NS_PER_MS;
    return { exchange: this.exchange, symbol: this.symbol, timestamp, receivedAt };
  }

  trade(record: TradeRecord): TradeMessage {
    const { priceExponent, qtyExponent } = this.instrument;
    return {
      type: 'trade',
      ...this.head(record),
      price: toNumber(record.price, priceExponent),
      quantity: toNumber(record.qty, qtyExponent),
      side: (record.flags & FLAGS.aggressor_sell) === 0 ? 'buy' : 'sell',
      tradeId: String(record.tradeId),
    };
  }

  quote(record: QuoteRecord): QuoteMessage {
    const { priceExponent, qtyExponent } = this.instrument;
    return {
      type: 'quote',
      ...this.head(record),
      bid: toNumber(record.bidPrice, priceExponent),
      bidQuantity: toNumber(record.bidQty, qtyExponent),
      ask: toNumber(record.askPrice, priceExponent),
      askQuantity: toNumber(record.askQty, qtyExponent),
    };
  }

  /** The book at the record in hand; undefined while it is not proven. */
  bookMessage(cursor: RecordCursor): BookMessage | undefined {
    const { book } = this;
    const status = book?.status();
    if (book === null || status === undefined || status.state !== 'live') return undefined;
    const { priceExponent, qtyExponent, bidLevels, askLevels, lastUpdateId } = status;
    const depth = this.#depth;
    book.copyTop(this.#tops, depth);
    const side = (from: number, count: number, exact: () => BigInt64Array): PriceLevel[] => {
      const shown = Math.min(count, depth);
      const own = this.#tops.subarray(from, from + 2 * shown);
      const mantissas = own.some(Number.isNaN) ? exact() : own;
      return Array.from({ length: shown }, (_, level) => [
        toNumber(mantissas[2 * level] ?? 0, priceExponent),
        toNumber(mantissas[2 * level + 1] ?? 0, qtyExponent),
      ]);
    };
    return {
      type: 'book',
      ...this.head(cursor),
      lastUpdateId: String(lastUpdateId),
      bids: side(0, bidLevels, () => book.bids(depth)),
      asks: side(2 * depth, askLevels, () => book.asks(depth)),
    };
  }
}
