import { ASK, BID, type OrderBook } from './book.js';
import type { DepthEvent, EventTime, LevelUpdate } from './events.js';

/** How often a depth stream speaks. */
export interface DepthCadence {
  /** Suffix of the stream name after `<symbol>@depth`, e.g. `@100ms`. */
  readonly suffix: string;
  /** Speaks on every n-th tick of `clock`; alternating counts make cadences like 250 ms out of 100 ms. */
  readonly every: readonly number[];
  /** `step`: every step that changed the symbol; `interval`: the symbol's 100 ms tick. */
  readonly clock: 'step' | 'interval';
}

/** Gathers the levels that changed since a stream's last event, and chains the ids of its events. */
export class DepthStream {
  readonly cadence: DepthCadence;
  readonly #touched = new Set<number>();
  #firstId = 0;
  #lastId: number;
  #turn = 0;
  #waited = 0;

  constructor(cadence: DepthCadence, startId: number) {
    this.cadence = cadence;
    this.#lastId = startId;
  }

  /** Last id of the newest event. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Takes over what changed: keys are `side × tick`, `firstId` is the id of the first change since the last call. */
  touch(keys: Iterable<number>, firstId: number): void {
    if (this.#firstId === 0) this.#firstId = firstId;
    for (const key of keys) this.#touched.add(key);
  }

  /** True on the turns on which this stream speaks; call it once per tick of the stream's clock. */
  due(): boolean {
    this.#waited += 1;
    const { every } = this.cadence;
    if (this.#waited < (every[this.#turn % every.length] as number)) return false;
    this.#waited = 0;
    this.#turn += 1;
    return this.#firstId !== 0;
  }

  /** Ids restart at `startId`; what changed since the last event is told with the first change under the new ids. */
  restart(startId: number): void {
    this.#lastId = startId;
    this.#firstId = 0;
  }

  /** Closes the interval at `lastId`. Without `book` nobody listens: the chain goes on and the levels are not built. */
  flush(lastId: number, contiguous: boolean, time: EventTime, book: OrderBook | undefined): DepthEvent | undefined {
    const previousId = this.#lastId;
    const firstId = contiguous ? previousId + 1 : this.#firstId;
    this.#lastId = lastId;
    this.#firstId = 0;
    let event: DepthEvent | undefined;
    if (book !== undefined) {
      const bids: LevelUpdate[] = [];
      const asks: LevelUpdate[] = [];
      for (const key of [...this.#touched].sort((left, right) => Math.abs(left) - Math.abs(right))) {
        const tick = Math.abs(key);
        const side = key > 0 ? BID : ASK;
        (key > 0 ? bids : asks).push([tick, book.side(side).get(tick)?.qty ?? 0]);
      }
      event = { firstId, lastId, previousId, bids, asks, ...time };
    }
    this.#touched.clear();
    return event;
  }
}
