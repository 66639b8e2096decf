/** What is known of one instrument, and the bodies that tell it. */
import type { RedisTopic } from '../../model/config.js';
import type { RingBook } from '../../native/index.js';
import type { Instrument } from '../../native/records.js';
import { numberText } from '../number-text.js';
import type { ShortNames } from '../short-names.js';
import { bookBody, LevelTexts, levelsText, marketBody, marketMembers } from './bodies.js';
import { nameOf } from './names.js';

/** `market_data` is told this often even if only its time has changed, so that its key does not expire, ns. */
const REFRESH_NS = 60_000_000_000n;

/** Best prices as texts. */
interface Top {
  readonly bid: string;
  readonly ask: string;
}

export class Market {
  readonly instrument: Instrument;
  /** As JSON. */
  readonly symbol: string;
  readonly #names: ShortNames;
  readonly #tops: Float64Array;
  readonly #bids: LevelTexts;
  readonly #asks: LevelTexts;
  readonly #depth: number;
  /** Made anew when the owner of a short name changes. */
  #namesOf: Readonly<Record<RedisTopic, readonly string[]>> | undefined;
  #namesVersion = -1;
  book: RingBook | null = null;
  /** When a book was told last, monotonic ms. */
  bookAt = Number.NEGATIVE_INFINITY;
  /** Arrival of the book's newest change, ns since the UNIX epoch. */
  bookNs = 0n;
  #last: string | undefined;
  #top: Top | undefined;
  #hasQuotes = false;
  /** Prices as mantissas, for trades move them between two events of the engine. */
  #stats: { volume: string; high: bigint; low: bigint } | undefined;
  #members = '';
  #marketNs = 0n;

  constructor(instrument: Instrument, names: ShortNames, depth: number) {
    this.instrument = instrument;
    this.symbol = JSON.stringify(instrument.symbol);
    this.#names = names;
    this.#depth = depth;
    this.#tops = new Float64Array(4 * depth);
    this.#bids = new LevelTexts(depth);
    this.#asks = new LevelTexts(depth);
  }

  /** Names under which a topic of it is told. */
  names(topic: RedisTopic): readonly string[] {
    if (this.#namesOf === undefined || this.#namesVersion !== this.#names.version) {
      const suffixes = this.#names.suffixes(this.instrument.venue, this.instrument.symbol);
      const all = (each: RedisTopic): string[] => suffixes.map((suffix) => nameOf(each, suffix));
      this.#namesOf = { orderbook: all('orderbook'), market_data: all('market_data'), trades: all('trades') };
      this.#namesVersion = this.#names.version;
    }
    return this.#namesOf[topic];
  }

  traded(price: bigint): void {
    this.#last = numberText(price, this.instrument.priceExponent);
    if (this.#stats === undefined) return;
    if (price > this.#stats.high) this.#stats.high = price;
    if (price < this.#stats.low) this.#stats.low = price;
  }

  quoted(bid: string, ask: string): void {
    this.#hasQuotes = true;
    this.#top = { bid, ask };
  }

  stats24h(volume: bigint, high: bigint, low: bigint): void {
    this.#stats = { volume: numberText(volume, this.instrument.qtyExponent), high, low };
  }

  /** The book as it is at the record in hand; undefined while it is not proven. */
  bookBody(timestamp: string): string | undefined {
    const { book } = this;
    const status = book?.status();
    if (book === null || status === undefined || status.state !== 'live') return undefined;
    const { priceExponent, qtyExponent, bidLevels, askLevels, lastUpdateId } = status;
    const depth = this.#depth;
    book.copyTop(this.#tops, depth);
    const bids =
      this.#bids.text(this.#tops, 0, bidLevels, priceExponent, qtyExponent) ??
      levelsText(book.bids(depth), priceExponent, qtyExponent);
    const asks =
      this.#asks.text(this.#tops, 2 * depth, askLevels, priceExponent, qtyExponent) ??
      levelsText(book.asks(depth), priceExponent, qtyExponent);
    if (!this.#hasQuotes && bidLevels > 0 && askLevels > 0) this.#top = { bid: priceOf(bids), ask: priceOf(asks) };
    return bookBody(this.symbol, lastUpdateId, bids, asks, timestamp);
  }

  /** `market_data`, if it says anything new; undefined while a member of it is not known. */
  marketBody(atNs: bigint, timestamp: () => string): string | undefined {
    const [last, top, stats] = [this.#last, this.#top, this.#stats];
    if (last === undefined || top === undefined || stats === undefined) return undefined;
    const { priceExponent } = this.instrument;
    const [high, low] = [numberText(stats.high, priceExponent), numberText(stats.low, priceExponent)];
    const members = marketMembers({ symbol: this.symbol, last, ...top, volume: stats.volume, high, low });
    if (members === this.#members && atNs < this.#marketNs + REFRESH_NS) return undefined;
    this.#members = members;
    this.#marketNs = atNs;
    return marketBody(members, timestamp());
  }
}

/** Price of the first level of a text of levels. */
function priceOf(levels: string): string {
  return levels.slice(1, levels.indexOf(','));
}
