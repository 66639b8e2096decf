import type { Frame } from '../market/channel.js';

/** Newest numbers of which the book is known. */
const NUMBERS_KEPT = 65_536;

/** Where the venue numbers the messages of a connection: the next number, those of frames, and what they say of books. */
export class MessageNumbers {
  #next = 0;
  readonly #frames = new WeakMap<Frame, number>();
  readonly #books = new Map<string, Map<number, number>>();

  /** Gives a frame the next number, unless it has one. */
  expect(frame: Frame): void {
    if (!this.#frames.has(frame)) this.#frames.set(frame, this.#take(frame));
  }

  of(frame: Frame): number | undefined {
    return this.#frames.get(frame);
  }

  /** The next number, for a message that is about no stream. */
  take(): number {
    return this.#next++;
  }

  /** Update id of a symbol's book at a number. */
  bookAt(symbol: string, number: number): number | undefined {
    return this.#books.get(symbol)?.get(number);
  }

  /** The newest number that was about a symbol's book. */
  newestBook(symbol: string): number | undefined {
    return [...(this.#books.get(symbol)?.keys() ?? [])].at(-1);
  }

  #take(frame: Frame): number {
    const number = this.take();
    if (frame.channel.kind !== 'depth') return number;
    const books = this.#books.get(frame.channel.symbol) ?? new Map<number, number>();
    this.#books.set(frame.channel.symbol, books.set(number, frame.lastId));
    for (const oldest of books.keys()) {
      if (books.size <= NUMBERS_KEPT) break;
      books.delete(oldest);
    }
    return number;
  }
}
