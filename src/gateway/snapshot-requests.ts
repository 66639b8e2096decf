/** Asks the engine for full books that the fan-out lacks. */
import type { Logger } from './logger.js';
import type { ControlClient } from './routes.js';
import { TokenBucket } from './token-bucket.js';

const REQUESTS_PER_SECOND = 10;
const REQUEST_BURST = 20;
/** Books that may wait to be asked for; the fan-out names the rest again. */
const WAITING_MAX = 10_000;

export class SnapshotRequests {
  readonly #control: ControlClient;
  readonly #logger: Logger;
  readonly #bucket = new TokenBucket(REQUESTS_PER_SECOND, REQUEST_BURST, performance.now());
  readonly #waiting = new Set<number>();

  constructor(control: ControlClient, logger: Logger) {
    this.#control = control;
    this.#logger = logger;
  }

  /** Adds instruments and asks for as many as the rate allows. The books come through the ring. */
  ask(instruments: readonly number[], now: number): void {
    for (const instrument of instruments) if (this.#waiting.size < WAITING_MAX) this.#waiting.add(instrument);
    for (const instrument of this.#waiting) {
      if (!this.#bucket.take(now)) return;
      this.#waiting.delete(instrument);
      this.#control.request('snapshot', { instrument }).catch((error: unknown) => {
        // The fan-out asks again by itself.
        this.#logger.debug({ err: error, instrument }, 'engine did not take a snapshot request');
      });
    }
  }
}
