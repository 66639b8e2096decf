import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedConfig } from '../model/config.js';
import { tradingState } from '../model/subscribed.js';
import type { Venue } from '../model/venue.js';
import { type InstrumentDefinition, type Listing, native, parseListings } from '../native/index.js';
import type { DriftSentinel } from './drift.js';
import type { Logger } from './log.js';
import type { RestClient } from './rest.js';

/** A venue's listing is not asked for more often than this, ms. */
export const LISTING_AGAIN_MS = 60_000;
/** Doublings of that while a listing says nothing new. */
const DOUBLINGS_MAX = 4;
/** Symbols named in one log line. */
const SYMBOLS_NAMED_MAX = 20;

/** An instrument that runs. */
export interface Watched {
  readonly feed: FeedConfig;
  readonly definition: InstrumentDefinition;
}

export interface ListingWatchOptions {
  readonly rest: Pick<RestClient, 'get'>;
  readonly drift: Pick<DriftSentinel, 'listing'>;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly againMs: number;
  venue(name: string): Venue;
  /** All instruments of a venue that run with this REST root. */
  watched(venue: string, restUrl: string): readonly Watched[];
  /** These are defined otherwise now. */
  change(changed: readonly Watched[]): void;
  readonly now?: () => number;
}

/** One listing: a venue's, at one REST root. */
interface Place {
  readonly venue: string;
  readonly restUrl: string;
  doubted: Set<number>;
  lookedAt: number;
  /** Looks in a row that said nothing new. */
  idle: number;
  isPlanned: boolean;
}

/**
 * Asks a venue's listing again when an instrument is in doubt: silent, refused, or told to be in another state. Who is in doubt and is no
 * longer listed, or does not trade, is defined so; while anybody is, the listing is asked for from time to time, until it has them again. Other
 * steps of prices and quantities that it tells then are taken over for all.
 */
export class ListingWatch {
  readonly #options: ListingWatchOptions;
  readonly #now: () => number;
  readonly #places = new Map<string, Place>();

  constructor(options: ListingWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** This instrument may be listed no longer, or otherwise. */
  doubt({ feed: { venue, restUrl }, definition }: Watched): void {
    const key = `${venue} ${restUrl}`;
    const fresh = { venue, restUrl, doubted: new Set<number>(), lookedAt: Number.NEGATIVE_INFINITY, idle: 0, isPlanned: false };
    const place = this.#places.get(key) ?? fresh;
    this.#places.set(key, place);
    place.doubted.add(definition.id);
    this.#plan(place);
  }

  #plan(place: Place): void {
    if (place.isPlanned) return;
    place.isPlanned = true;
    const { againMs, signal } = this.#options;
    const delayMs = place.lookedAt + againMs * 2 ** Math.min(place.idle, DOUBLINGS_MAX) - this.#now();
    void sleep(Math.max(0, Number.isFinite(delayMs) ? delayMs : 0), undefined, { signal })
      .then(() => this.#look(place))
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
  }

  async #look(place: Place): Promise<void> {
    const { rest, drift, logger, signal, watched } = this.#options;
    const venue = this.#options.venue(place.venue);
    const asked = place.doubted;
    place.doubted = new Set();
    try {
      const body = await rest.get(venue, place.restUrl, venue.listingRequest(), signal);
      drift.listing(venue, body);
      const changed = this.#judge(
        watched(place.venue, place.restUrl),
        asked,
        native(() => parseListings(venue.id, body)),
      );
      place.idle = changed ? 0 : place.idle + 1;
    } catch (error) {
      if (signal.aborted) return;
      for (const id of asked) place.doubted.add(id);
      place.idle += 1;
      logger.warn({ venue: venue.name, reason: (error as Error).message }, 'no instrument listing');
    }
    place.lookedAt = this.#now();
    place.isPlanned = false;
    const isAwaited = watched(place.venue, place.restUrl).some(({ definition }) => tradingState(definition) !== 'trading');
    if (isAwaited || place.doubted.size > 0) this.#plan(place);
  }

  /** Whether anything is otherwise now. */
  #judge(watched: readonly Watched[], asked: ReadonlySet<number>, listings: readonly Listing[]): boolean {
    const { logger, change } = this.#options;
    const doubted = watched.filter(({ definition }) => asked.has(definition.id)).map(({ definition }) => definition.symbol);
    const named = { count: doubted.length, symbols: doubted.slice(0, SYMBOLS_NAMED_MAX) };
    if (doubted.length > 0)
      logger.debug({ venue: watched[0]?.feed.venue, ...named }, 'symbols are in doubt; the listing was asked');
    const bySymbol = new Map(listings.map((listing) => [listing.symbol, listing]));
    const changed: Watched[] = [];
    for (const { feed, definition } of watched) {
      const now = redefined(definition, bySymbol.get(definition.symbol), asked.has(definition.id));
      if (now === undefined) continue;
      changed.push({ feed, definition: now });
      this.#tell(feed, definition, now);
    }
    if (changed.length > 0) change(changed);
    return changed.length > 0;
  }

  #tell(feed: FeedConfig, before: InstrumentDefinition, now: InstrumentDefinition): void {
    const { logger } = this.#options;
    const fields = { feed: feed.id, symbol: now.symbol };
    const market = tradingState(now);
    if (market === tradingState(before)) {
      const sizes = ({ tickSize, priceExponent, lotSize, qtyExponent }: InstrumentDefinition): string =>
        `tick ${tickSize}e${priceExponent}, lot ${lotSize}e${qtyExponent}`;
      logger.info({ ...fields, before: sizes(before), now: sizes(now) }, 'the listing tells other steps of a symbol');
    } else if (market === 'delisted') {
      logger.warn({ ...fields, code: 'SYMBOL_UNLISTED' }, 'the venue no longer lists a symbol; its book is cleared');
    } else if (market === 'halted') {
      logger.warn({ ...fields, code: 'SYMBOL_HALTED' }, 'a symbol does not trade, as the listing says; its book is cleared');
    } else logger.info(fields, 'a symbol trades again, as the listing says');
  }
}

/** The definition that a listing gives; undefined if it is the one held. Who speaks is believed more than a listing that lacks it. */
function redefined(
  held: InstrumentDefinition,
  listing: Listing | undefined,
  isDoubted: boolean,
): InstrumentDefinition | undefined {
  const isHeld = held.delisted !== true && held.trading;
  if (listing === undefined) {
    return isDoubted && held.delisted !== true ? { ...held, trading: false, delisted: true } : undefined;
  }
  const { priceExponent, qtyExponent, tickSize, lotSize } = listing;
  const trading = listing.trading || (isHeld && !isDoubted);
  const isSame =
    held.delisted !== true &&
    trading === held.trading &&
    priceExponent === held.priceExponent &&
    qtyExponent === held.qtyExponent &&
    tickSize === held.tickSize &&
    lotSize === held.lotSize;
  return isSame ? undefined : { ...held, priceExponent, qtyExponent, tickSize, lotSize, trading, delisted: false };
}
