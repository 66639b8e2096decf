/** Rows can be asked for once they are answered: of a symbol that is new, the look at shared memory is awaited that finds it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IngestRow } from '../model/feeds.js';
import type { Monitor } from './monitor.js';

const LOOK_EVERY_MS = 10;
/** Longest wait; what is not seen then is answered all the same. */
const WAIT_MS_MAX = 1_000;

export class FreshSymbols {
  readonly #monitor: Monitor;
  /** Names that were awaited; as many as there are instruments, for the engine took rows of each. */
  readonly #known = new Set<string>();

  constructor(monitor: Monitor) {
    this.#monitor = monitor;
  }

  /** Resolves once all symbols of these rows, which the engine took, are known here. */
  async seen(rows: readonly IngestRow[]): Promise<void> {
    const names = new Set(rows.map(({ source, symbol }) => `${source}:${symbol}`));
    const fresh = [...names].filter((name) => !this.#known.has(name));
    for (const until = performance.now() + WAIT_MS_MAX; fresh.length > 0; await sleep(LOOK_EVERY_MS)) {
      const seen = new Set(this.#monitor.instruments.map(({ venue, symbol }) => `${venue}:${symbol}`));
      if (fresh.every((name) => seen.has(name)) || performance.now() >= until) break;
    }
    for (const name of fresh) this.#known.add(name);
  }
}
