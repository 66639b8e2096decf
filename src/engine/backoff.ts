/** A lost connection is back within this, ms, so that a feed lives again within 5 s of its venue's return. */
const LOST_DELAY_MAX_MS = 4_000;

const WINDOW_MS = 5 * 60_000;

export interface BackoffOptions {
  readonly delayMs: number;
  readonly delayMaxMs: number;
  /** Attempts that the venue tolerates in 5 minutes. */
  readonly attemptsPer5Minutes: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * When to try a connection again: full jitter over a doubling ceiling. A lost connection stays below 4 s; only refusals
 * (403, 418, 429, 503) climb to the configured maximum and obey Retry-After. Attempts are counted over 5 minutes for all
 * connections that share this object.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #attempts: number[] = [];

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#random = options.random ?? Math.random;
  }

  /** Counts an attempt that is made now. */
  attempted(): void {
    this.#attempts.push(this.#now());
  }

  /** Delay before the next attempt, ms. `failures` counts those since the connection last worked. */
  delay(failures: number, refusal: { readonly retryAfterMs: number } | null): number {
    const { delayMs, delayMaxMs } = this.#options;
    const ceiling = Math.min(
      delayMs * 2 ** Math.min(failures, 20),
      refusal === null ? Math.min(LOST_DELAY_MAX_MS, delayMaxMs) : delayMaxMs,
    );
    return Math.max(this.#random() * ceiling, refusal?.retryAfterMs ?? 0, this.#budgetDelay());
  }

  #budgetDelay(): number {
    const now = this.#now();
    while ((this.#attempts[0] ?? now) < now - WINDOW_MS) this.#attempts.shift();
    const excess = this.#attempts.length + 1 - Math.floor(this.#options.attemptsPer5Minutes * 0.9);
    if (excess <= 0) return 0;
    return (this.#attempts[excess - 1] ?? now) + WINDOW_MS - now;
  }
}
