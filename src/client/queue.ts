/** What a `for await` loop has not taken yet. Bounded: a loop that falls behind is ended with an error, never fed with holes. */
export class Queue<T> implements AsyncIterableIterator<T> {
  readonly #max: number;
  readonly #onEnd: () => void;
  #items: T[] = [];
  #first = 0;
  #waiting: ((result: IteratorResult<T>) => void)[] = [];
  #ended = false;
  #error: Error | undefined;

  constructor(max: number, onEnd: () => void) {
    this.#max = max;
    this.#onEnd = onEnd;
  }

  push(item: T): void {
    if (this.#ended) return;
    const taker = this.#waiting.shift();
    if (taker !== undefined) taker({ value: item, done: false });
    else if (this.#items.length - this.#first < this.#max) this.#items.push(item);
    else {
      this.#error = new Error(`${this.#max} messages wait for this loop, which is too slow`);
      this.end();
    }
  }

  /** What was queued can still be taken. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const taker of this.#waiting.splice(0)) taker({ value: undefined, done: true });
    this.#onEnd();
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#first < this.#items.length) {
      const value = this.#items[this.#first] as T;
      this.#first += 1;
      if (this.#first * 2 > this.#items.length) {
        this.#items = this.#items.slice(this.#first);
        this.#first = 0;
      }
      return Promise.resolve({ value, done: false });
    }
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      return Promise.reject(error);
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<T>> {
    this.#items = [];
    this.#first = 0;
    this.#error = undefined;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
