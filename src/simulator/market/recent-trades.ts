/** Trades kept of a symbol and kind. */
const KEPT_MAX = 50_000;

/** The newest trades of a symbol, whose ids rise by one. */
export class RecentTrades<Trade extends { readonly id: number }> {
  #kept: Trade[] = [];

  add(trade: Trade): void {
    this.#kept.push(trade);
    if (this.#kept.length >= 2 * KEPT_MAX) this.#kept = this.#kept.slice(-KEPT_MAX);
  }

  /** The newest, oldest of them first. */
  newest(limit: number): readonly Trade[] {
    return this.#kept.slice(-limit);
  }

  /** So many from an id on at most, oldest first; those that are no longer kept are left out. */
  from(id: number, limit: number): readonly Trade[] {
    const oldest = this.#kept[0]?.id ?? 0;
    const place = Math.max(0, id - oldest);
    return this.#kept.slice(place, place + limit);
  }
}
