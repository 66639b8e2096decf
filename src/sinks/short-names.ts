/** Who is told under a symbol alone, where several venues have it. */

/** Everything but letters, digits, `.`, `_` and `-` percent-encoded: no symbol is a pattern, or another one's name. */
export function encodeName(text: string): string {
  return encodeURIComponent(text).replace(/[!~*'()]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Who answers a symbol alone: the venue of the least rank among those that have it. */
export class ShortNames {
  readonly #rank: (venue: string) => number;
  readonly #owners = new Map<string, string>();
  /** Changes when somebody's names do. */
  version = 0;

  constructor(venues: readonly string[]) {
    this.#rank = (venue) => (venues.includes(venue) ? venues.indexOf(venue) : venues.length);
  }

  /** This venue has the symbol. */
  add(venue: string, symbol: string): void {
    const owner = this.#owners.get(symbol);
    if (owner !== undefined && this.#rank(venue) >= this.#rank(owner)) return;
    this.#owners.set(symbol, venue);
    this.version += 1;
  }

  /** The ends of an instrument's names. */
  suffixes(venue: string, symbol: string): readonly string[] {
    const whole = `${encodeName(venue)}:${encodeName(symbol)}`;
    return this.#owners.get(symbol) === venue ? [encodeName(symbol), whole] : [whole];
  }
}
