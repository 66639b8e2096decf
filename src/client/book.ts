/** A book built from messages, checked with every one of them. */
import { HashSum } from './hash.js';
import type { BookDeltaMessage, BookSnapshotMessage, Level, ValidDepth } from './messages.js';

/** One side, best level first. */
class Side {
  readonly #isAsk: boolean;
  readonly prices: bigint[] = [];
  readonly qtys: bigint[] = [];

  constructor(isAsk: boolean) {
    this.#isAsk = isAsk;
  }

  clear(): void {
    this.prices.length = 0;
    this.qtys.length = 0;
  }

  /** Sets a quantity, 0 removes the level; the hash follows. */
  set({ price, qty }: Level, hash: HashSum): void {
    const at = this.#find(price);
    const isHeld = this.prices[at] === price;
    if (isHeld) hash.subtract(this.#isAsk, price, this.qtys[at] ?? 0n);
    if (qty !== 0n) hash.add(this.#isAsk, price, qty);
    if (qty !== 0n && isHeld) this.qtys[at] = qty;
    else if (qty !== 0n) {
      this.prices.splice(at, 0, price);
      this.qtys.splice(at, 0, qty);
    } else if (isHeld) {
      this.prices.splice(at, 1);
      this.qtys.splice(at, 1);
    }
  }

  /** Index of a price, or where it belongs. */
  #find(price: bigint): number {
    let low = 0;
    let high = this.prices.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const held = this.prices[middle] ?? 0n;
      if (this.#isAsk ? held < price : held > price) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  top(count: number): Level[] {
    const levels: Level[] = [];
    for (let index = 0; index < Math.min(count, this.prices.length); index += 1) {
      levels.push({ price: this.prices[index] ?? 0n, qty: this.qtys[index] ?? 0n });
    }
    return levels;
  }
}

/** The book of one topic. Mantissas; the exponents are those of the book's last message. */
export class Book {
  readonly topic: string;
  readonly #bids = new Side(false);
  readonly #asks = new Side(true);
  readonly #hash = new HashSum();
  venue = '';
  symbol = '';
  priceExponent = 0;
  qtyExponent = 0;
  /** Venue's update id. */
  lastUpdateId = 0n;
  /** Number of the topic's message that it is as of. */
  seq = 0;
  /** Whether it is the gateway's book: false before the first snapshot, and from a loss to the next one. */
  isKnown = false;
  /** Whether the engine says that the venue has been silent for too long, or is away. */
  isStale = false;
  /** Levels a side that it can hold at most; 0: it is whole. */
  depth = 0;
  /**
   * Levels a side, from the best on, that are certain, as the engine counted within the last seconds; of worse prices the book has those
   * alone that have changed since it was fetched. Absent where all are certain, or nothing was counted yet.
   */
  validDepth: ValidDepth | undefined;
  /** Venue's time of the last change, ns since the UNIX epoch; 0 where unknown. */
  tsEvent = 0n;

  constructor(topic: string) {
    this.topic = topic;
  }

  /** The best `count` bids, best first. */
  bids(count = Number.POSITIVE_INFINITY): Level[] {
    return this.#bids.top(count);
  }

  /** The best `count` asks, best first. */
  asks(count = Number.POSITIVE_INFINITY): Level[] {
    return this.#asks.top(count);
  }

  get levels(): { readonly bids: number; readonly asks: number } {
    return { bids: this.#bids.prices.length, asks: this.#asks.prices.length };
  }

  get hash(): bigint {
    return this.#hash.value;
  }

  /** It is void until the next snapshot. */
  lose(): void {
    this.isKnown = false;
  }

  /** Replaces the book. Returns what contradicts the message, if anything; then the book is void. */
  load(message: BookSnapshotMessage): string | undefined {
    this.#bids.clear();
    this.#asks.clear();
    this.#hash.clear();
    this.venue = message.venue;
    this.symbol = message.symbol;
    this.priceExponent = message.priceExponent;
    this.qtyExponent = message.qtyExponent;
    this.depth = message.depth;
    this.validDepth = undefined;
    return this.#take(message);
  }

  /** Applies a change. Returns what contradicts the book, if anything; then it is void. A conflated one may overlap the book. */
  apply(message: BookDeltaMessage, isConflated = false): string | undefined {
    const exponents = message.priceExponent === this.priceExponent && message.qtyExponent === this.qtyExponent;
    if ((message.prevUpdateId !== this.lastUpdateId && !isConflated) || !exponents) {
      this.lose();
      return exponents ? `update id ${message.prevUpdateId} does not follow ${this.lastUpdateId}` : 'exponents changed';
    }
    return this.#take(message);
  }

  #take(message: BookSnapshotMessage | BookDeltaMessage): string | undefined {
    for (const level of message.bids) this.#bids.set(level, this.#hash);
    for (const level of message.asks) this.#asks.set(level, this.#hash);
    this.lastUpdateId = message.lastUpdateId;
    this.seq = message.seq;
    this.validDepth = message.validDepth ?? this.validDepth;
    this.tsEvent = message.tsEvent;
    this.isStale = message.flags.includes('stale');
    this.isKnown = this.hash === message.hash;
    return this.isKnown ? undefined : `hash is ${this.hash}, the message says ${message.hash}`;
  }
}
