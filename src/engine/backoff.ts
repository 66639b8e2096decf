import { TickringError } from '../model/errors.js';

/** What was merely lost is tried again within this, ms, so that a feed lives again within 5 s of its venue's return. */
const LOST_DELAY_MAX_MS = 4_000;

const WINDOW_MS = 5 * 60_000;

/** Share of the venue's attempts that we use: connections that share a budget may decide at the same moment. */
const SHARE = 0.9;

/** HTTP answers that mean "come back later"; only these climb to the longest delays. */
export const REFUSALS: ReadonlySet<number> = new Set([403, 418, 429, 503]);

export interface BackoffOptions {
  readonly delayMs: number;
  readonly delayMaxMs: number;
  /** Attempts that the venue tolerates in 5 minutes. */
  readonly attemptsPer5Minutes: number;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Ceiling that doubles with every failure; of a lost connection it stays below 4 s. */
function ceiling(firstMs: number, failures: number, maxMs: number, refused: boolean): number {
  return Math.min(firstMs * 2 ** Math.min(failures, 20), refused ? maxMs : Math.min(LOST_DELAY_MAX_MS, maxMs));
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
    const jitter = this.#random() * ceiling(delayMs, failures, delayMaxMs, refusal !== null);
    return Math.max(jitter, refusal?.retryAfterMs ?? 0, this.#budgetDelay());
  }

  #budgetDelay(): number {
    const now = this.#now();
    while ((this.#attempts[0] ?? now) < now - WINDOW_MS) this.#attempts.shift();
    const excess = this.#attempts.length + 1 - Math.floor(this.#options.attemptsPer5Minutes * SHARE);
    if (excess <= 0) return 0;
    return (this.#attempts[excess - 1] ?? now) + WINDOW_MS - now;
  }
}

/**
 * Delay before a failed REST request is repeated, ms: full jitter as above, at least what the venue's Retry-After said.
 * Whether the venue's weight budget allows it is decided apart from this.
 */
export function restRetryDelay(error: unknown, attempt: number, firstMs: number, maxMs: number, random = Math.random): number {
  const context = error instanceof TickringError ? error.context : {};
  const refused = REFUSALS.has(Number(context['status']));
  return Math.round(Math.max(random() * ceiling(firstMs, attempt, maxMs, refused), Number(context['retryAfterMs'] ?? 0)));
}
