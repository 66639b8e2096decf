import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedConfig } from '../model/config.js';
import type { Venue } from '../model/venue.js';
import type { InstrumentDefinition } from '../native/index.js';
import { restRetryDelay } from './backoff.js';
import type { Logger } from './log.js';
import type { RestClient } from './rest.js';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;
/** Failed requests for one page, after which the venue counts as having none of it. */
const ATTEMPTS_MAX = 8;
/** A venue's REST may be behind its stream: what it did not have is asked for again after this, ms. */
const AGAIN_MS = 1_000;

const NOTHING = Buffer.alloc(0);

export interface MissedTradesOptions {
  readonly venue: Venue;
  readonly feed: FeedConfig;
  readonly rest: RestClient;
  readonly logger: Logger;
  /** A page of trades arrived; an empty body where the venue gives none. */
  deliver(instrument: number, body: Buffer): void;
}

/** Fetches trades that the core misses, by number and page by page, under the venue's budget. */
export class MissedTrades {
  readonly #options: MissedTradesOptions;
  /** First number asked for last, by instrument. */
  readonly #asked = new Map<number, bigint>();
  readonly #stop = new AbortController();

  constructor(options: MissedTradesOptions) {
    this.#options = options;
    // Each instrument that waits listens for the stop.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Numbers `first` to `last` are missing; the core asks again for what a page left of them. */
  request(instrument: InstrumentDefinition, first: bigint, last: bigint): void {
    const again = this.#asked.get(instrument.id) === first;
    this.#asked.set(instrument.id, first);
    void this.#fetch(instrument, first, last, again ? AGAIN_MS : 0);
  }

  close(): void {
    this.#stop.abort();
  }

  async #fetch({ id, symbol }: InstrumentDefinition, first: bigint, last: bigint, delayMs: number): Promise<void> {
    const { venue, deliver } = this.#options;
    const { signal } = this.#stop;
    if (delayMs > 0) await sleep(delayMs, undefined, { signal }).catch(() => {});
    let body: Buffer = NOTHING;
    for (let attempt = 0; attempt < ATTEMPTS_MAX && venue.tradesRequest !== undefined; attempt++) {
      const fetched = await this.#page(symbol, first, last, attempt);
      if (fetched === undefined) continue;
      body = fetched;
      break;
    }
    if (!signal.aborted) deliver(id, body);
  }

  /** A page, or undefined when it failed, after the pause that the failure asks for. */
  async #page(symbol: string, first: bigint, last: bigint, attempt: number): Promise<Buffer | undefined> {
    const { venue, feed, rest, logger } = this.#options;
    const { signal } = this.#stop;
    if (signal.aborted || venue.tradesRequest === undefined) return undefined;
    try {
      return await rest.get(venue, feed.restUrl, venue.tradesRequest(symbol, first, last), signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      const delayMs = restRetryDelay(error, attempt, RETRY_FIRST_MS, RETRY_MAX_MS);
      const reason = (error as Error).message;
      logger.warn({ symbol, first: `${first}`, last: `${last}`, attempt, delayMs, reason }, 'missed trades did not come');
      await sleep(delayMs, undefined, { signal }).catch(() => {});
      return undefined;
    }
  }
}
