/** How far long work is, on a terminal: nothing for what takes a moment, and nothing in a log. */
import { StatusLine } from './status-line.js';

/** Work that ends sooner says nothing. */
const QUIET_MS = 1_000;
const EVERY_MS = 100;
const WIDTH = 24;

export class Progress {
  readonly #line = new StatusLine(process.stderr);
  readonly #what: string;
  readonly #all: number;
  readonly #beganAt = performance.now();
  #shownAt = 0;

  /** `all`: what there is to do, as far as that is known; 0 where it is not. */
  constructor(what: string, all: number) {
    this.#what = what;
    this.#all = all;
  }

  show(done: number, text: string): void {
    const now = performance.now();
    if (!process.stderr.isTTY) return;
    if (now - this.#beganAt < QUIET_MS || now - this.#shownAt < EVERY_MS) return;
    this.#shownAt = now;
    const share = this.#all > 0 ? Math.min(1, done / this.#all) : 0;
    const filled = Math.round(share * WIDTH);
    const bar = this.#all > 0 ? `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${Math.floor(share * 100)} %  ` : '';
    this.#line.show(`${this.#what}  ${bar}${text}`, this.#what);
  }

  end(): void {
    this.#line.end();
  }
}
