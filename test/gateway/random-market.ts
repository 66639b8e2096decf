/** Seeded random trading on a `Feed`: enough life for a page, a slow reader or a soak. */
import type { Feed, Level } from './feed.js';

/** Uniform in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One instrument around a moving price. */
export class RandomMarket {
  readonly #feed: Feed;
  readonly #symbol: string;
  readonly #random: () => number;
  /** In ticks of 0.10. */
  #middle: number;

  constructor(feed: Feed, symbol: string, price: number, seed: number) {
    this.#feed = feed;
    this.#symbol = symbol;
    this.#random = randomFrom(seed);
    this.#middle = Math.round(price * 10);
  }

  #price(ticks: number): string {
    return (ticks / 10).toFixed(2);
  }

  #qty(): string {
    return (0.001 + this.#random() ** 3 * 12).toFixed(3);
  }

  #levels(sign: number, count: number): Level[] {
    return Array.from({ length: count }, (_, index) => [this.#price(this.#middle + sign * (1 + index)), this.#qty()]);
  }

  /** First book: `depth` levels a side. */
  sync(depth: number): void {
    this.#feed.sync(this.#symbol, this.#levels(-1, depth), this.#levels(1, depth));
  }

  /** One delta, now and then a trade. */
  step(): void {
    const move = this.#random() < 0.2 ? Math.sign(this.#random() - 0.5) : 0;
    const cleared: Level = [this.#price(this.#middle + move), '0'];
    this.#middle += move;
    const near = (sign: number): Level => [
      this.#price(this.#middle + sign * (1 + Math.floor(this.#random() ** 2 * 14))),
      this.#qty(),
    ];
    const touch = (sign: number): Level => [this.#price(this.#middle + sign), this.#qty()];
    this.#feed.depth(this.#symbol, [touch(-1), near(-1), cleared], [touch(1), near(1), cleared]);
    if (this.#random() < 0.25) {
      const sell = this.#random() < 0.5;
      this.#feed.trade(this.#symbol, this.#price(this.#middle + (sell ? -1 : 1)), this.#qty(), sell);
    }
  }
}
