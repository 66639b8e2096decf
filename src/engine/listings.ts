import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedConfig } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import type { Venue } from '../model/venue.js';
import { type InstrumentDefinition, type Listing, native, parseListings } from '../native/index.js';
import { restRetryDelay } from './backoff.js';
import type { DriftSentinel } from './drift.js';
import type { Logger } from './log.js';
import type { RestClient } from './rest.js';
import type { InstrumentRegistry } from './state-files.js';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 60_000;
/** How long a listing answers requests, ms. */
const LISTING_KEPT_MS = 60_000;

export interface ListingDeps {
  readonly rest: RestClient;
  readonly registry: InstrumentRegistry;
  readonly drift: DriftSentinel;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What a feed's symbols became. */
export interface ListedFeed {
  readonly instruments: readonly InstrumentDefinition[];
  /** Symbols that the venue does not list; they are left out. */
  readonly unlisted: readonly string[];
}

/**
 * Instruments of a feed's symbols, from the venue's listing; asks until the venue answers. Rejects when the signal aborts, or
 * when the registry cannot be written.
 */
export async function listInstruments(venue: Venue, feed: FeedConfig, deps: ListingDeps): Promise<ListedFeed> {
  const listings = await fetchListings(venue, feed, deps);
  const listed = instrumentsOf(venue, feed.symbols, listings, deps.registry);
  for (const symbol of listed.unlisted) {
    const err = new TickringError('SYMBOL_UNLISTED', `${venue.name} does not list ${symbol}; it is left out`);
    deps.logger.error({ code: err.code, feed: feed.id, symbol, err }, err.message);
  }
  return listed;
}

/** Instruments of these symbols, with their ids. */
export function instrumentsOf(
  venue: Venue,
  symbols: readonly string[],
  listings: readonly Listing[],
  registry: InstrumentRegistry,
): ListedFeed {
  const bySymbol = new Map(listings.map((listing) => [listing.symbol, listing]));
  const known = symbols.filter((symbol) => bySymbol.has(symbol));
  const ids = registry.assign(venue.name, known);
  const instruments = known.map((symbol, index) => {
    const { priceExponent, qtyExponent, tickSize, lotSize, trading } = bySymbol.get(symbol) as Listing;
    const id = ids[index] as number;
    return { id, venue: venue.id, symbol, priceExponent, qtyExponent, tickSize, lotSize, trading, changeCount: 0 };
  });
  return { instruments, unlisted: symbols.filter((symbol) => !bySymbol.has(symbol)) };
}

/** A venue's listing for requests, which come in batches: kept for a while, asked for once at a time. */
export class ListingCache {
  readonly #rest: RestClient;
  readonly #kept = new Map<string, { readonly listings: Promise<readonly Listing[]>; readonly at: number }>();

  constructor(rest: RestClient) {
    this.#rest = rest;
  }

  /** Rejects with `VENUE_REST`, or when the signal aborts. */
  get(venue: Venue, restUrl: string, signal: AbortSignal): Promise<readonly Listing[]> {
    const key = `${venue.name} ${restUrl}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && performance.now() - kept.at < LISTING_KEPT_MS) return kept.listings;
    const listings = this.#rest
      .get(venue, restUrl, venue.listingRequest(), signal, 'first')
      .then((body) => native(() => parseListings(venue.id, body)));
    this.#kept.set(key, { listings, at: performance.now() });
    listings.catch(() => this.#kept.delete(key));
    return listings;
  }
}

async function fetchListings(venue: Venue, feed: FeedConfig, { rest, drift, logger, signal }: ListingDeps): Promise<Listing[]> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      const body = await rest.get(venue, feed.restUrl, venue.listingRequest(), signal, 'first');
      drift.listing(venue, body);
      return native(() => parseListings(venue.id, body));
    } catch (error) {
      signal.throwIfAborted();
      const delayMs = restRetryDelay(error, attempt, RETRY_FIRST_MS, RETRY_MAX_MS);
      logger.warn({ feed: feed.id, attempt, delayMs, reason: (error as Error).message }, 'no instrument listing');
      await sleep(delayMs, undefined, { signal });
    }
  }
}
