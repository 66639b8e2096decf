import { TickringError } from '../model/errors.js';
import type { HostBudget } from '../native/index.js';

/** What was merely lost is tried again within this, ms, so that a feed lives again within 5 s of its venue's return. */
const LOST_DELAY_MAX_MS = 4_000;

/** Span in which attempts to connect are counted, ms. */
export const ATTEMPTS_WINDOW_MS = 5 * 60_000;

/** Share of the venue's attempts that we use; the rest is for others on the same address. */
const SHARE = 0.9;

/** Most that the host's budget counts. */
const ATTEMPTS_MAX = 0xff_ffff;

/** HTTP answers that mean "come back later", or with another key; only these climb to the longest delays. */
export const REFUSALS: ReadonlySet<number> = new Set([401, 403, 418, 429, 503]);

export interface BackoffOptions {
  readonly delayMs: number;
  readonly delayMaxMs: number;
  /** Attempts that the venue tolerates in 5 minutes. */
  readonly attemptsPer5Minutes: number;
  /** Attempts of all processes of the host, over `ATTEMPTS_WINDOW_MS`. */
  readonly attempts: HostBudget;
  /** Monotonic time, ms; default the host's. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Ceiling that doubles with every failure; of a lost connection it stays below 4 s. */
function ceiling(firstMs: number, failures: number, maxMs: number, refused: boolean): number {
  return Math.min(firstMs * 2 ** Math.min(failures, 20), refused ? maxMs : Math.min(LOST_DELAY_MAX_MS, maxMs));
}

/**
 * When to try a connection again: full jitter over a doubling ceiling. A lost connection stays below 4 s; only refusals
 * (401, 403, 418, 429, 503) climb to the configured maximum and obey Retry-After. Attempts are counted over 5 minutes for everybody on
 * the host who connects to the same address.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #now: () => number | undefined;
  readonly #random: () => number;
  readonly #attemptsMax: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => undefined);
    this.#random = options.random ?? Math.random;
    this.#attemptsMax = Math.max(1, Math.min(Math.floor(options.attemptsPer5Minutes * SHARE), ATTEMPTS_MAX));
  }

  /** Counts an attempt that may be made now; else how long to wait before asking again, ms, and nothing is counted. */
  attempt(): number {
    const { granted, waitMs } = this.#options.attempts.take(1, this.#attemptsMax, this.#now());
    return granted === undefined ? Math.ceil(waitMs) : 0;
  }

  /** Lets the host's budget go: no attempt follows. */
  close(): void {
    this.#options.attempts.close();
  }

  /** Whether the host's budget leaves no room for an attempt that can wait. */
  get isExhausted(): boolean {
    // Nothing is taken; it is granted where one more would be.
    return this.#options.attempts.take(0, this.#attemptsMax - 1, this.#now()).granted === undefined;
  }

  /** Delay before the next attempt, ms. `failures` counts those since the connection last worked. */
  delay(failures: number, refusal: { readonly retryAfterMs: number } | null): number {
    const { delayMs, delayMaxMs } = this.#options;
    const jitter = this.#random() * ceiling(delayMs, failures, delayMaxMs, refusal !== null);
    return Math.max(jitter, refusal?.retryAfterMs ?? 0);
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
