/** Says when something took longer than the threshold: in the log, as a counter, and to whoever wants to hear it. */
import { bucketStart } from './histogram.js';
import type { Logger } from './logger.js';
import type { Exposition, Labels } from './prometheus.js';
import type { Stage, Stages } from './stages.js';

/** One stage is told no more often than this; the counter counts all the same. */
const TELL_EVERY_MS = 10_000;

export interface LatencyAlert {
  readonly stage: string;
  readonly thresholdMs: number;
  /** Values over the threshold since the look before. */
  readonly count: number;
  /** The largest of them, rounded up to its bucket. */
  readonly maxMs: number;
}

interface Seen {
  readonly stage: Stage;
  counts: Float64Array | undefined;
  over: number;
  toldAt: number;
}

export class LatencyAlerts {
  readonly #stages: Stages;
  readonly #thresholdMs: number;
  readonly #logger: Logger;
  readonly #tell: (alert: LatencyAlert) => void;
  readonly #seen: readonly Seen[];

  /** `tell` hears every alert, the log only one in ten seconds and stage. */
  constructor(stages: Stages, thresholdMs: number, logger: Logger, tell: (alert: LatencyAlert) => void = () => {}) {
    this.#stages = stages;
    this.#thresholdMs = thresholdMs;
    this.#logger = logger;
    this.#tell = tell;
    // A venue's clock may be off by more than any threshold: that is no latency of ours.
    const watched = stages.all.filter(({ isWatched }) => isWatched);
    this.#seen = watched.map((stage) => ({ stage, counts: undefined, over: 0, toldAt: Number.NEGATIVE_INFINITY }));
  }

  /** Compares all stages with the look before. `now`: monotonic ms. */
  look(now: number): void {
    for (const seen of this.#seen) {
      const counts = this.#stages.counts(seen.stage);
      const before = seen.counts;
      seen.counts = counts.slice();
      // What was counted before the gateway came is nobody's news.
      if (before === undefined) continue;
      const { count, max } = this.#over(counts, before);
      if (count === 0) continue;
      seen.over += count;
      const alert = { stage: seen.stage.name, thresholdMs: this.#thresholdMs, count, maxMs: max / 1e6 };
      this.#tell(alert);
      if (now - seen.toldAt < TELL_EVERY_MS) continue;
      seen.toldAt = now;
      this.#logger.warn(alert, 'latency over the threshold');
    }
  }

  /** New values in buckets of which every value is over the threshold, and the end of the last of them, ns. */
  #over(counts: Float64Array, before: Float64Array): { count: number; max: number } {
    let count = 0;
    let max = 0;
    for (let bucket = counts.length - 1; bucket >= 0 && bucketStart(bucket) > this.#thresholdMs * 1e6; bucket -= 1) {
      // A restarted engine counts from zero.
      const more = Math.max(0, (counts[bucket] ?? 0) - (before[bucket] ?? 0));
      count += more;
      if (more > 0 && max === 0) max = bucketStart(bucket + 1) - 1;
    }
    return { count, max };
  }

  expose(out: Exposition): void {
    const samples = this.#seen.map(({ stage, over }): [Labels, number] => [{ stage: stage.name }, over]);
    out.add('tickring_latency_alerts_total', 'counter', 'Values over the alert threshold, by stage.', samples);
    out.one('tickring_latency_alert_threshold_seconds', 'gauge', 'The threshold.', this.#thresholdMs / 1e3);
  }
}
