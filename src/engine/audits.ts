import type { FeedConfig } from '../model/config.js';
import type { Venue } from '../model/venue.js';
import type { InstrumentDefinition } from '../native/index.js';
import type { Logger } from './log.js';
import { isUnknown, type RestClient } from './rest.js';

/** Share of a venue's weight that audits of all shards may use: they are the first to go without. */
const SHARE = 0.05;
/** A copy that does not arrive in this time, the wait for the budget included, is not waited for: the core gives up later than that. */
const DEADLINE_MS = 10_000;

export interface AuditsOptions {
  readonly venue: Venue;
  readonly feed: FeedConfig;
  /** Shards that share the venue's weight. */
  readonly shards: number;
  readonly rest: Pick<RestClient, 'get'>;
  readonly logger: Logger;
  /** Whether books are being fetched that somebody waits for. */
  isBusy(): boolean;
  /** The body of a copy arrived. */
  deliver(instrument: number, body: Buffer): void;
  /** The venue refused it: it may no longer list the instrument. */
  doubt(instruments: readonly number[]): void;
  readonly now?: () => number;
}

/** Fetches copies of live books that the core compares with its own: one at a time, within a small share of the weight. */
export class Audits {
  readonly #options: AuditsOptions;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  #nextAt = 0;
  #running = false;

  constructor(options: AuditsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Fetches a copy, or does not: an audit that is left out is made up for by the next one. */
  request(instrument: InstrumentDefinition): void {
    const { venue, shards, isBusy } = this.#options;
    const now = this.#now();
    if (venue.auditRequest === undefined || this.#running || this.#stop.signal.aborted || now < this.#nextAt || isBusy())
      return;
    const request = venue.auditRequest(instrument.symbol);
    this.#nextAt = now + (request.weight * shards * 60_000) / (venue.limits.restWeightPerMinute * SHARE);
    this.#running = true;
    void this.#fetch(instrument, request).finally(() => {
      this.#running = false;
    });
  }

  close(): void {
    this.#stop.abort();
  }

  async #fetch({ id, symbol }: InstrumentDefinition, request: ReturnType<NonNullable<Venue['auditRequest']>>): Promise<void> {
    const { venue, feed, rest, logger, isBusy, deliver } = this.#options;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(DEADLINE_MS)]);
    try {
      const body = await rest.get(venue, feed.restUrl, request, signal);
      // Books may have been lost meanwhile: to the core a copy of few levels would be the snapshot that it waits for.
      if (!signal.aborted && !isBusy()) deliver(id, body);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      logger.debug({ symbol, reason: (error as Error).message }, 'no copy of a book for an audit');
      if (isUnknown(error)) this.#options.doubt([id]);
    }
  }
}
