/** What a venue does not have until a virtual time, ms: symbols that it has delisted, kinds of streams that no address carries. */
export class Absences {
  readonly #now: () => number;
  readonly #delisted = new Map<string, number>();
  readonly #rerouted = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  delist(symbol: string, ms: number): void {
    this.#delisted.set(symbol, this.#now() + ms);
  }

  /** `kind` may be `any`. */
  reroute(kind: string, ms: number): void {
    this.#rerouted.set(kind, this.#now() + ms);
  }

  readonly isListed = (symbol: string): boolean => this.#now() >= (this.#delisted.get(symbol) ?? 0);

  isCarried(kind: string): boolean {
    return this.#now() >= (this.#rerouted.get(kind) ?? this.#rerouted.get('any') ?? 0);
  }
}
