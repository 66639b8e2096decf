import { setMaxListeners } from 'node:events';
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
  readonly rest: RestClient;
  readonly logger: Logger;
  /** The body of a snapshot arrived. */
  deliver(instrument: number, body: Buffer): void;
  /** The venue refused it again: it may no longer list the instrument. */
  doubt(instruments: readonly number[]): void;
}

/** Fetches depth snapshots that the core asks for: one at a time an instrument, again until one arrives. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #running = new Set<number>();
  readonly #stop = new AbortController();

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    // Each book that waits listens for the stop.
    setMaxListeners(0, this.#stop.signal);
  }

  request(instrument: InstrumentDefinition): void {
    const { venue } = this.#options;
    if (venue.snapshotRequest === undefined || this.#running.has(instrument.id) || this.#stop.signal.aborted) return;
    this.#running.add(instrument.id);
    void this.#fetch(instrument, venue.snapshotRequest(instrument.symbol));
  }

  /** Whether any is being fetched. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  close(): void {
    this.#stop.abort();
  }

  async #fetch({ id, symbol }: InstrumentDefinition, request: RestRequest): Promise<void> {
    const { venue, feed, rest, logger } = this.#options;
    for (let attempt = 0; !this.#stop.signal.aborted; attempt++) {
      try {
        const body = await rest.get(venue, feed.restUrl, request, this.#stop.signal);
        // No longer running before it is delivered: the core may find it too old and ask again at once.
        this.#running.delete(id);
        if (!this.#stop.signal.aborted) this.#options.deliver(id, body);
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const delayMs = restRetryDelay(error, attempt, RETRY_FIRST_MS, RETRY_MAX_MS);
        logger.warn({ symbol, attempt, delayMs, reason: (error as Error).message }, 'no depth snapshot');
        if (attempt > 0 && isUnknown(error)) this.#options.doubt([id]);
        await sleep(delayMs, undefined, { signal: this.#stop.signal }).catch(() => {});
      }
    }
  }
}
