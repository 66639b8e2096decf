/** Minutes of one symbol as the venue counts them, or longer bars where it streams those, from all of its trades. */

/** Kept: more than one request gives. */
const KEPT_MAX = 1_500;
export const MINUTE_MS = 60_000;

/** Prices in ticks, volume in lots, what they were worth in ticks × lots; ids of the first and the last trade, 0 without one. */
export interface MarketMinute {
  readonly startMs: number;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  lots: number;
  count: number;
  worth: number;
  firstId: number;
  lastId: number;
}

export class Minutes {
  readonly intervalMs: number;
  readonly #kept: MarketMinute[] = [];

  constructor(intervalMs = MINUTE_MS) {
    this.intervalMs = intervalMs;
  }

  add(us: number, tick: number, lots: number, id: number): void {
    const startMs = Math.floor(us / 1000 / this.intervalMs) * this.intervalMs;
    let minute = this.#kept.at(-1);
    if (minute === undefined || minute.startMs < startMs) {
      minute = {
        startMs,
        open: tick,
        high: tick,
        low: tick,
        close: tick,
        lots: 0,
        count: 0,
        worth: 0,
        firstId: id,
        lastId: id,
      };
      this.#kept.push(minute);
      if (this.#kept.length > KEPT_MAX) this.#kept.shift();
    }
    minute.high = Math.max(minute.high, tick);
    minute.low = Math.min(minute.low, tick);
    minute.close = tick;
    minute.lots += lots;
    minute.count += 1;
    minute.worth += tick * lots;
    minute.lastId = id;
  }

  /** Those that begin within these times, both included, oldest first and without a break, `limit` at most; the newest may still go on. */
  between(fromMs: number, toMs: number, limit: number, nowMs: number): MarketMinute[] {
    const [first] = this.#kept;
    if (first === undefined) return [];
    const found: MarketMinute[] = [];
    const from = Math.max(first.startMs, Math.ceil(fromMs / this.intervalMs) * this.intervalMs);
    let at = this.#kept.findLastIndex(({ startMs }) => startMs <= from);
    for (let startMs = from; startMs <= Math.min(toMs, nowMs) && found.length < limit; startMs += this.intervalMs) {
      if (this.#kept[at + 1]?.startMs === startMs) at += 1;
      const held = this.#kept[at] as MarketMinute;
      const { close } = held;
      // Without a trade: the close before it.
      const prices = { open: close, high: close, low: close, close };
      const none = { startMs, ...prices, lots: 0, count: 0, worth: 0, firstId: 0, lastId: 0 };
      found.push(held.startMs === startMs ? held : none);
    }
    return found;
  }
}
