/** A full-depth book that follows its reader. */

import type { Level } from '../model/payloads.js';
import { native, type RingBook, type RingBookStatus } from '../native/index.js';
import type { Instrument } from '../native/records.js';

/** Best levels of both sides, best first, as mantissas. */
export interface Sides {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** As new as the reader's last poll, which may be ahead of the record in hand: `status().sequence` says which record was the last. */
export class Book {
  readonly instrument: Instrument;
  readonly #book: RingBook;

  constructor(book: RingBook, instrument: Instrument) {
    this.#book = book;
    this.instrument = instrument;
  }

  /** Whether it is known and proven, what it contains, and how often it was built and checked. */
  status(): RingBookStatus {
    return native(() => this.#book.status());
  }

  /** The best `count` levels of both sides. */
  top(count: number): Sides {
    return native(() => ({ bids: levels(this.#book.bids(count)), asks: levels(this.#book.asks(count)) }));
  }

  /** Every level of both sides. */
  levels(): Sides {
    return native(() => ({ bids: levels(this.#book.bids()), asks: levels(this.#book.asks()) }));
  }

  /**
   * Fills `out` without an allocation: price and quantity (mantissas) of the best `depth` bids, best first, then of the asks, 4 ×
   * `depth` numbers. NaN where there is no level, and where a mantissa is beyond ±(2^53 − 1).
   */
  copyTop(out: Float64Array, depth: number): void {
    native(() => this.#book.copyTop(out, depth));
  }
}

/** Levels of price, quantity pairs. */
export function levels(pairs: BigInt64Array): Level[] {
  const out: Level[] = [];
  for (let index = 0; index < pairs.length; index += 2) out.push({ price: pairs[index] ?? 0n, qty: pairs[index + 1] ?? 0n });
  return out;
}
