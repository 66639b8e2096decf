/** Clocks of the venues against the engine's, as the engine tells them. */
import type { ClockStatus } from '../model/status.js';
import type { ControlClient } from './engine-calls.js';
import type { Exposition, Labels } from './prometheus.js';

/** The engine is not asked more often, ms. */
const ASK_EVERY_MS = 5_000;

interface FeedClock {
  readonly labels: Labels;
  readonly clock: ClockStatus;
}

/** Asked for when somebody looks; what is shown is the answer before. */
export class Clocks {
  readonly #control: Pick<ControlClient, 'request'>;
  readonly #now: () => number;
  #askedAt = Number.NEGATIVE_INFINITY;
  #feeds: readonly FeedClock[] = [];

  constructor(control: Pick<ControlClient, 'request'>, now: () => number = () => performance.now()) {
    this.#control = control;
    this.#now = now;
  }

  expose(out: Exposition): void {
    void this.#ask();
    const each = (value: (clock: ClockStatus) => number | null): [Labels, number][] =>
      this.#feeds.flatMap(({ labels, clock }) => {
        const number = value(clock);
        return number === null ? [] : [[labels, number] as [Labels, number]];
      });
    const add = (name: string, help: string, value: (clock: ClockStatus) => number | null): void =>
      out.add(`tickring_venue_clock_${name}`, 'gauge', help, each(value));
    const offset = "The venue's time less ours; without an error beside it a lower bound.";
    add('offset_seconds', offset, ({ offsetNs }) => offsetNs / 1e9);
    add('error_seconds', 'The true offset is within this of the one told.', ({ errorNs }) =>
      errorNs === null ? null : errorNs / 1e9,
    );
    add('drift_ratio', "How much faster the venue's clock is.", ({ driftPpb }) => (driftPpb === null ? null : driftPpb / 1e9));
    add('jumps', 'Times that one of the clocks was set, since the shard began.', ({ jumps }) => jumps);
  }

  async #ask(): Promise<void> {
    const now = this.#now();
    if (now - this.#askedAt < ASK_EVERY_MS) return;
    this.#askedAt = now;
    // While no engine answers nothing is known of its clocks.
    const status = await this.#control.request('status').catch(() => undefined);
    const feeds = new Map<string, FeedClock>();
    for (const { feed, shard, clock } of status?.connections ?? []) {
      if (clock !== null) feeds.set(`${feed} ${shard}`, { labels: { feed, shard }, clock });
    }
    this.#feeds = [...feeds.values()];
  }
}
