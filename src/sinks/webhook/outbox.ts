/** What waits for one callback: trades in order, of quotes the newest of each instrument; bounded, and losses are told. */

/** Bytes of one body; Standard Webhooks asks for no more than 20 kB. */
const BODY_BYTES_MAX = 20_000;
/** What the body's other members take at most. */
const HEAD_BYTES = 256;
/** Rows that wait for one callback, and bytes that wait for all. */
const ROWS_MAX = 1_000;
const TOTAL_BYTES_MAX = 64 << 20;

/** What all outboxes hold together. */
export interface Held {
  rows: number;
  bytes: number;
}

interface Row {
  text: string;
  /** Of a quote: only its newest one waits. */
  readonly instrument: number | undefined;
}

export class Outbox {
  readonly #held: Held;
  #rows: Row[] = [];
  readonly #quotes = new Map<number, Row>();
  /** Rows given up since the last body that was taken, and ever. */
  missed = 0;
  dropped = 0;

  constructor(held: Held) {
    this.#held = held;
  }

  get size(): number {
    return this.#rows.length;
  }

  trade(text: string): void {
    this.#push({ text, instrument: undefined });
  }

  quote(instrument: number, text: string): void {
    const waiting = this.#quotes.get(instrument);
    if (waiting === undefined) {
      this.#push({ text, instrument });
      return;
    }
    this.#held.bytes += text.length - waiting.text.length;
    waiting.text = text;
  }

  #push(row: Row): void {
    const isFull = this.#rows.length >= ROWS_MAX || this.#held.bytes >= TOTAL_BYTES_MAX;
    if (isFull) {
      this.lose(1);
      // The oldest makes room; one that has none to give gets none.
      if (this.#rows.length === 0) return;
      this.#take();
    }
    this.#rows.push(row);
    if (row.instrument !== undefined) this.#quotes.set(row.instrument, row);
    this.#held.rows += 1;
    this.#held.bytes += row.text.length;
  }

  #take(): string {
    const row = this.#rows.shift();
    if (row === undefined) return '';
    if (row.instrument !== undefined) this.#quotes.delete(row.instrument);
    this.#held.rows -= 1;
    this.#held.bytes -= row.text.length;
    return row.text;
  }

  /** Rows that nobody will get. */
  lose(rows: number): void {
    this.missed += rows;
    this.dropped += rows;
  }

  /** The rows of the next body; one at least, where any waits. */
  batch(): string[] {
    const texts: string[] = [];
    let bytes = HEAD_BYTES;
    for (let next = this.#rows[0]; next !== undefined; next = this.#rows[0]) {
      bytes += Buffer.byteLength(next.text) + 1;
      if (bytes > BODY_BYTES_MAX && texts.length > 0) break;
      texts.push(this.#take());
    }
    return texts;
  }

  /** Lets go of everything. */
  clear(): void {
    while (this.#rows.length > 0) this.#take();
  }
}
