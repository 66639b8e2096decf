import type { Dialect } from '../dialects/dialect.js';
import type { Channel, Frame } from './channel.js';
import { HistoryBudget } from './history.js';
import { Random } from './random.js';
import { SymbolMarket } from './symbol-market.js';
import type { SymbolSpec } from './symbols.js';

export interface VenueMarketOptions {
  readonly dialect: Dialect;
  readonly symbols: readonly SymbolSpec[];
  readonly seed: number;
  /** Messages a second of virtual time. */
  readonly rate: number;
  /** Virtual time of the first step, ms since the UNIX epoch. */
  readonly epochMs: number;
  /** Level changes kept for books of the past, over all symbols. */
  readonly historyChanges: number;
  /** Add keys that no document names to every 16th message of a stream. */
  readonly extraKeys: boolean;
  /** Gets each message that somebody listens to. */
  readonly publish: (frame: Frame) => void;
}

/**
 * All symbols of one venue on one virtual clock.
 *
 * Nothing here looks at the wall clock or at a socket: the same options and the same number of steps make the same
 * messages. The clock moves by 1/rate for each message of the dialect's full set, listened to or not.
 */
export class VenueMarket {
  readonly symbols: ReadonlyMap<string, SymbolMarket>;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Messages of the full set, and steps, so far. */
  frames = 0;
  steps = 0;
  readonly #list: readonly SymbolMarket[];
  readonly #random: Random;
  readonly #epochUs: number;
  readonly #intervalUs: number;
  #elapsedUs = 0;
  #speed = 1;

  constructor(options: VenueMarketOptions) {
    const { dialect, seed } = options;
    const budget = new HistoryBudget(options.historyChanges);
    const shared = new Map<string, Channel>();
    this.#list = options.symbols.map((spec) => new SymbolMarket(spec, options, budget, shared));
    this.symbols = new Map(this.#list.map((market) => [market.spec.symbol, market]));
    this.channels = new Map(this.#list.flatMap((market) => market.channels.map((channel) => [channel.name, channel] as const)));
    this.#random = new Random(seed, `${dialect.name}/symbols`);
    this.#epochUs = options.epochMs * 1000;
    this.#intervalUs = 1e6 / options.rate;
  }

  /** Virtual time since the first step, ms. */
  get elapsedMs(): number {
    return this.#elapsedUs / 1000;
  }

  /** Virtual time, µs since the UNIX epoch. */
  get nowUs(): number {
    return this.#epochUs + Math.floor(this.#elapsedUs);
  }

  /** Messages follow each other `factor` times as fast as the rate says, until told otherwise. */
  set speed(factor: number) {
    this.#speed = factor;
  }

  /** The next few orders of one symbol and their messages. Returns how many messages of the full set were made. */
  step(): number {
    const engineUs = this.nowUs;
    const made = this.#choose().step({ engineUs, eventUs: engineUs + 1_000 });
    this.#elapsedUs += (made * this.#intervalUs) / this.#speed;
    this.frames += made;
    this.steps += 1;
    return made;
  }

  #choose(): SymbolMarket {
    let total = 0;
    for (const market of this.#list) total += market.urgency;
    let draw = this.#random.below(total);
    for (const market of this.#list) {
      draw -= market.urgency;
      if (draw < 0) return market;
    }
    return this.#list[this.#list.length - 1] as SymbolMarket;
  }
}
