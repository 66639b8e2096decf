/** Longest a turn may keep the event loop, ms. */
const TURN_MS = 4;
/** How far the schedule may fall behind before the rest is given up, ms. */
const BEHIND_MAX_MS = 1_000;

export interface Paced {
  /** Virtual time of the next step since the start, ms. */
  readonly elapsedMs: number;
  step(): void;
  /** The turn is over: what it made goes out. */
  flush(): void;
}

/**
 * Runs steps when they are due on the wall clock.
 *
 * The schedule is absolute: a late turn makes up for what it missed, and no error adds up. After a stall of over a
 * second (a suspended machine) the schedule moves instead of firing everything at once; `slippedMs` tells how far.
 */
export class Pacer {
  readonly #paced: Paced;
  #startMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  slippedMs = 0;

  constructor(paced: Paced) {
    this.#paced = paced;
  }

  start(): void {
    this.#startMs = performance.now() - this.#paced.elapsedMs;
    this.#turn();
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  #turn(): void {
    const beganMs = performance.now();
    const behind = beganMs - this.#startMs - this.#paced.elapsedMs;
    if (behind > BEHIND_MAX_MS) {
      this.#startMs += behind - BEHIND_MAX_MS;
      this.slippedMs += behind - BEHIND_MAX_MS;
    }
    let nowMs = beganMs;
    while (this.#paced.elapsedMs <= nowMs - this.#startMs && nowMs - beganMs < TURN_MS) {
      this.#paced.step();
      nowMs = performance.now();
    }
    this.#paced.flush();
    const waitMs = this.#paced.elapsedMs - (nowMs - this.#startMs);
    if (waitMs > 0) this.#timer = setTimeout(() => this.#turn(), Math.ceil(waitMs));
    else this.#immediate = setImmediate(() => this.#turn());
  }
}
