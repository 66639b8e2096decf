/** How long confirmations took. */
import { SINK_BOUNDS_SECONDS, type SinkLatency } from '../model/sink.js';

const BOUNDS_MS = SINK_BOUNDS_SECONDS.map((bound) => bound * 1_000);

export class LatencyHistogram {
  readonly #counts = new Array<number>(BOUNDS_MS.length).fill(0);
  #count = 0;
  #sumMs = 0;

  record(ms: number): void {
    this.#count += 1;
    this.#sumMs += ms;
    const bucket = BOUNDS_MS.findIndex((bound) => ms <= bound);
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  /** Counts as Prometheus has them: of all that do not exceed each bound. */
  get figures(): SinkLatency {
    let seen = 0;
    const counts = this.#counts.map((count) => {
      seen += count;
      return seen;
    });
    return { counts, count: this.#count, sumSeconds: this.#sumMs / 1_000 };
  }
}
