import type { FeedConfig } from '../model/config.js';
import type { ClockStatus } from '../model/status.js';
import type { Venue } from '../model/venue.js';
import type { Logger } from './log.js';
import type { RestClient } from './rest.js';
import { type Exchange, VenueClock } from './venue-clock.js';

/** The venue is asked for its time so often, several times in a row: the first answer waits for a connection to be made. */
const ASK_EVERY_MS = 60_000;
const ASK_TIMES = 3;
/** After messages from the future, or a failure, it is asked again after so long. */
const ASK_AGAIN_MS = 5_000;
const DEADLINE_MS = 5_000;
/** Steps of a venue's clock are ms. */
const STEP_MS = 1;

export interface FeedClockOptions {
  readonly venue: Venue;
  readonly feed: FeedConfig;
  readonly rest: Pick<RestClient, 'get'>;
  readonly logger: Logger;
  /** Ours: one that only goes forward, and the wall's, whole ms. */
  readonly now?: () => number;
  readonly wall?: () => number;
}

/** The clock of a feed's venue: told of its messages' delays, and asked for over REST where the venue answers that. */
export class FeedClock {
  readonly #options: FeedClockOptions;
  readonly #now: () => number;
  readonly #wall: () => number;
  readonly #clock = new VenueClock();
  readonly #stop = new AbortController();
  #askAt = Number.NEGATIVE_INFINITY;
  #jumps = 0;
  #running = false;

  constructor(options: FeedClockOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#wall = options.wall ?? Date.now;
  }

  get reading(): ClockStatus | null {
    return this.#clock.read(this.#now()) ?? null;
  }

  /** The fastest of the messages since the last call had this delay, ms. */
  note(delayMs: number): void {
    this.#clock.note(this.#now(), delayMs);
  }

  /** Called about once a second. */
  look(): void {
    const { venue } = this.#options;
    const now = this.#now();
    if (venue.time === undefined || this.#running || this.#stop.signal.aborted) return;
    const due = this.#clock.isContradicted(now) ? Math.min(this.#askAt, now) : this.#askAt;
    if (now < due) return;
    this.#askAt = now + ASK_AGAIN_MS;
    this.#running = true;
    void this.#ask(venue.time).finally(() => {
      this.#running = false;
    });
  }

  close(): void {
    this.#stop.abort();
  }

  async #ask(time: NonNullable<Venue['time']>): Promise<void> {
    const { venue, feed, rest, logger } = this.#options;
    const exchanges: Exchange[] = [];
    try {
      for (let count = 0; count < ASK_TIMES; count += 1) {
        const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(DEADLINE_MS)]);
        const sentMs = this.#wall();
        const body = await rest.get(venue, feed.restUrl, time.request(), signal);
        const receivedMs = this.#wall();
        exchanges.push({ sentMs, receivedMs, venueMs: time.read(body.toString('utf8')), stepMs: STEP_MS });
      }
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      logger.debug({ feed: feed.id, reason: (error as Error).message }, 'the venue did not tell its time');
    }
    // Our own clock was set back in between: nothing can be said.
    const usable = exchanges.filter(({ sentMs, receivedMs }) => receivedMs >= sentMs);
    if (usable.length === 0) return;
    this.#clock.exchanged(this.#now(), usable);
    this.#askAt = this.#now() + ASK_EVERY_MS;
    const { jumps = 0, offsetNs, errorNs } = this.reading ?? {};
    if (jumps > this.#jumps) logger.warn({ feed: feed.id, offsetNs, errorNs }, "the venue's clock, or ours, was set");
    this.#jumps = jumps;
  }
}
