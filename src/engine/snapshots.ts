import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedConfig } from '../model/config.js';
import type { RestRequest, Venue } from '../model/venue.js';
import type { InstrumentDefinition } from '../native/index.js';
import { restRetryDelay } from './backoff.js';
import type { Logger } from './log.js';
import { isUnknown, type RestClient } from './rest.js';

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 15_000;

export interface SnapshotsOptions {
  readonly venue: Venue;
  readonly feed: FeedConfig;
  readonly rest: Pick<RestClient, 'get'>;
  readonly logger: Logger;
  /** The body of a snapshot arrived. */
  deliver(instrument: number, body: Buffer): void;
  /** The venue refused it again: it may no longer list the instrument. */
  doubt(instruments: readonly number[]): void;
}

/** Fetches depth snapshots that the core asks for: one at a time an instrument, again until one arrives. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  /** By instrument: what ends its request. */
  readonly #running = new Map<number, AbortController>();
  #closed = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  request(instrument: InstrumentDefinition): void {
    const { venue } = this.#options;
    if (venue.snapshotRequest === undefined || this.#running.has(instrument.id) || this.#closed) return;
    const stop = new AbortController();
    this.#running.set(instrument.id, stop);
    void this.#fetch(instrument, venue.snapshotRequest(instrument.symbol), stop);
  }

  /** Whether any is being fetched. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Nobody waits for the books of these any more; a venue may refuse them for good. */
  withdraw(instruments: ReadonlySet<number>): void {
    for (const id of instruments) {
      this.#running.get(id)?.abort();
      this.#running.delete(id);
    }
  }

  close(): void {
    this.#closed = true;
    this.withdraw(new Set(this.#running.keys()));
  }

  async #fetch({ id, symbol }: InstrumentDefinition, request: RestRequest, { signal }: AbortController): Promise<void> {
    const { venue, feed, rest, logger } = this.#options;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const body = await rest.get(venue, feed.restUrl, request, signal);
        if (signal.aborted) return;
        // No longer running before it is delivered: the core may find it too old and ask again at once.
        this.#running.delete(id);
        this.#options.deliver(id, body);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const delayMs = restRetryDelay(error, attempt, RETRY_FIRST_MS, RETRY_MAX_MS);
        logger.warn({ symbol, attempt, delayMs, reason: (error as Error).message }, 'no depth snapshot');
        if (attempt > 0 && isUnknown(error)) this.#options.doubt([id]);
        await sleep(delayMs, undefined, { signal }).catch(() => {});
      }
    }
  }
}
