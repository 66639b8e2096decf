/** Requests that may wait for the budget at once; each book asks for one snapshot at a time. */
const WAITING_MAX = 10_000;

/**
 * Weight budget of one venue's REST interface, shared by every shard of the engine (they lease from the main thread).
 *
 * A token bucket of the venue's weight a minute, of which a tenth is kept back for others on the same address; corrected
 * downwards by what the venue says was used; stopped whole after a 429 or 418.
 */
export class WeightBudget {
  readonly #capacity: number;
  #tokens: number;
  #filledAt: number;
  #bannedUntil = 0;
  readonly #waiting: { weight: number; grant(): void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #now: () => number;

  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#capacity = perMinute * 0.9;
    this.#tokens = this.#capacity;
    this.#filledAt = now();
  }

  /** Resolves in order of asking, when the budget allows this weight. */
  lease(weight: number): Promise<void> {
    return new Promise((grant, refuse) => {
      if (this.#waiting.length >= WAITING_MAX) {
        refuse(new Error(`${WAITING_MAX} requests wait for the venue's budget already`));
        return;
      }
      this.#waiting.push({ weight: Math.min(weight, this.#capacity), grant });
      this.#serve();
    });
  }

  /** The venue counts this much in the present minute. */
  used(weight: number): void {
    this.#fill();
    this.#tokens = Math.min(this.#tokens, this.#capacity - weight);
  }

  /** Nobody may ask for so long. */
  ban(ms: number): void {
    this.#bannedUntil = Math.max(this.#bannedUntil, this.#now() + ms);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #fill(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#filledAt) * this.#capacity) / 60_000);
    this.#filledAt = now;
  }

  #serve(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (;;) {
      const first = this.#waiting[0];
      if (first === undefined) return;
      this.#fill();
      const banned = this.#bannedUntil - this.#now();
      const missing = ((first.weight - this.#tokens) * 60_000) / this.#capacity;
      const wait = Math.max(banned, missing);
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#serve(), Math.min(Math.ceil(wait) + 1, 60_000));
        this.#timer.unref();
        return;
      }
      this.#tokens -= first.weight;
      this.#waiting.shift();
      first.grant();
    }
  }
}
