/** Callers that are told apart at once; beyond it the one that was quiet longest is forgotten. */
const CALLERS_MAX = 10_000;

/** Limits how often something happens: `burst` at once, `perSecond` in the long run. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  /** `now` in ms of any monotonic clock. */
  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes one token, if there is one. */
  take(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

/** A bucket for each caller. */
export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  /** The one that was quiet longest first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  take(who: string, now: number): boolean {
    const bucket = this.#buckets.get(who) ?? new TokenBucket(this.#perSecond, this.#burst, now);
    this.#buckets.delete(who);
    this.#buckets.set(who, bucket);
    const [quietest] = this.#buckets.keys();
    if (this.#buckets.size > CALLERS_MAX && quietest !== undefined) this.#buckets.delete(quietest);
    return bucket.take(now);
  }
}
