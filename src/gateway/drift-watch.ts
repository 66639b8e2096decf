/** What venues changed, as the engine tells it: asked for now and then, for a scrape waits for nobody. */
import type { Drift } from '../model/drift.js';
import { DRIFT_KINDS } from '../model/drift.js';
import type { ControlClient } from './engine-calls.js';
import type { Exposition, Labels } from './prometheus.js';

const EVERY_MS = 5_000;

export class DriftWatch {
  readonly #control: ControlClient;
  #known: readonly Drift[] = [];
  #askedAt = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor(control: ControlClient) {
    this.#control = control;
  }

  /** Called every so often; asks when it is time. While the engine is away, what it said last stands. */
  look(now = performance.now()): void {
    if (this.#isAsking || now - this.#askedAt < EVERY_MS) return;
    this.#isAsking = true;
    this.#askedAt = now;
    void this.#control
      .request('drift')
      .then((known) => {
        this.#known = known;
      })
      .catch(() => {})
      .finally(() => {
        this.#isAsking = false;
      });
  }

  /** A counter by venue and kind: what changed is in the engine's status, not in a label that a venue can choose. */
  expose(out: Exposition): void {
    const counts = new Map<string, number>();
    for (const { venue, kind, count } of this.#known)
      counts.set(`${venue} ${kind}`, (counts.get(`${venue} ${kind}`) ?? 0) + count);
    const samples = [...counts].map(([key, count]): [Labels, number] => {
      const [venue = '', kind = ''] = key.split(' ');
      return [{ venue, kind }, count];
    });
    const kinds = Object.keys(DRIFT_KINDS).join(', ');
    out.add('tickring_drift_total', 'counter', `Times that a venue was seen to have changed something: ${kinds}.`, samples);
  }
}
