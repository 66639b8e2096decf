import { TickringError } from '../model/errors.js';

/** Requests that may wait for the budget at once; each book asks for one snapshot at a time. */
const WAITING_MAX = 10_000;

/** Venues count by the minute of their own clock; a second more covers requests that travel at different speeds. */
const WINDOW_MS = 61_000;

/** Share of the venue's weight that we use; the rest is for others on the same address. */
const SHARE = 0.9;

/**
 * Weight budget of one venue's REST interface, shared by every shard of the engine (they lease from the main thread).
 *
 * In no span of a minute is more leased than the budget, so no minute of the venue's clock can hold more, wherever it begins.
 * A token bucket would not do: it allows a full bucket and its refill within one minute. What the venue says was used counts
 * as well, for others may share our address. After a 429 or 418 nobody gets anything until its Retry-After.
 */
export class WeightBudget {
  readonly #capacity: number;
  readonly #now: () => number;
  #spent: { readonly at: number; readonly weight: number }[] = [];
  #sum = 0;
  #bannedUntil = 0;
  readonly #waiting: { readonly weight: number; grant(): void; refuse(error: Error): void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(perMinute: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#capacity = Math.floor(perMinute * SHARE);
  }

  /** Resolves in order of asking, when the budget allows this weight. Rejects when too many wait, or it is closed. */
  lease(weight: number): Promise<void> {
    return new Promise((grant, refuse) => {
      if (this.#closed) refuse(closedError());
      else if (this.#waiting.length >= WAITING_MAX)
        refuse(new TickringError('VENUE_REST', `${WAITING_MAX} requests wait for the venue's budget already`));
      else {
        this.#waiting.push({ weight: Math.min(weight, this.#capacity), grant, refuse });
        this.#serve();
      }
    });
  }

  /** A lease of this weight was not used: its request never reached the venue. */
  refund(weight: number): void {
    const leased = Math.min(weight, this.#capacity);
    const index = this.#spent.findLastIndex((entry) => entry.weight === leased);
    if (index < 0) return;
    this.#spent.splice(index, 1);
    this.#sum -= leased;
    this.#serve();
  }

  /** The venue counts this much in its present minute. */
  used(weight: number): void {
    this.#forget();
    if (weight > this.#sum) this.#spend(weight - this.#sum);
  }

  /** Nobody may ask for so long, ms. */
  ban(ms: number): void {
    this.#bannedUntil = Math.max(this.#bannedUntil, this.#now() + ms);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { refuse } of this.#waiting.splice(0)) refuse(closedError());
  }

  #spend(weight: number): void {
    this.#spent.push({ at: this.#now(), weight });
    this.#sum += weight;
  }

  #forget(): void {
    const since = this.#now() - WINDOW_MS;
    let old = 0;
    for (let entry = this.#spent[old]; entry !== undefined && entry.at <= since; entry = this.#spent[++old])
      this.#sum -= entry.weight;
    if (old > 0) this.#spent = this.#spent.slice(old);
  }

  /** How long until this weight fits into the window, ms. */
  #missing(weight: number): number {
    let excess = this.#sum + weight - this.#capacity;
    if (excess <= 0) return 0;
    for (const entry of this.#spent) {
      excess -= entry.weight;
      if (excess <= 0) return entry.at + WINDOW_MS - this.#now();
    }
    return 0;
  }

  #serve(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      this.#forget();
      const wait = Math.max(this.#bannedUntil - this.#now(), this.#missing(first.weight));
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#serve(), Math.min(Math.ceil(wait) + 1, WINDOW_MS));
        this.#timer.unref();
        return;
      }
      this.#spend(first.weight);
      this.#waiting.shift();
      first.grant();
    }
  }
}

function closedError(): TickringError {
  return new TickringError('CLOSED', "the venue's budget is closed: the engine stops");
}
