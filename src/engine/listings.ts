import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedConfig } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import type { Venue } from '../model/venue.js';
import { type InstrumentDefinition, type Listing, native, parseListings } from '../native/index.js';
import { restRetryDelay } from './backoff.js';
import type { Logger } from './log.js';
import type { RestClient } from './rest.js';
import type { InstrumentRegistry } from './state-files.js';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 60_000;

export interface ListingDeps {
  readonly rest: RestClient;
  readonly registry: InstrumentRegistry;
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
  const bySymbol = new Map(listings.map((listing) => [listing.symbol, listing]));
  const known = feed.symbols.filter((symbol) => bySymbol.has(symbol));
  const unlisted = feed.symbols.filter((symbol) => !bySymbol.has(symbol));
  for (const symbol of unlisted) {
    const err = new TickringError('SYMBOL_UNLISTED', `${venue.name} does not list ${symbol}; it is left out`);
    deps.logger.error({ code: err.code, feed: feed.id, symbol, err }, err.message);
  }
  const ids = deps.registry.assign(venue.name, known);
  const instruments = known.map((symbol, index) => {
    const { priceExponent, qtyExponent, tickSize, lotSize, trading } = bySymbol.get(symbol) as Listing;
    const id = ids[index] as number;
    return { id, venue: venue.id, symbol, priceExponent, qtyExponent, tickSize, lotSize, trading, changeCount: 0 };
  });
  return { instruments, unlisted };
}

async function fetchListings(venue: Venue, feed: FeedConfig, { rest, logger, signal }: ListingDeps): Promise<Listing[]> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      const body = await rest.get(venue, feed.restUrl, venue.listingRequest(), signal);
      return native(() => parseListings(venue.id, body));
    } catch (error) {
      signal.throwIfAborted();
      const delayMs = restRetryDelay(error, attempt, RETRY_FIRST_MS, RETRY_MAX_MS);
      logger.warn({ feed: feed.id, attempt, delayMs, reason: (error as Error).message }, 'no instrument listing');
      await sleep(delayMs, undefined, { signal });
    }
  }
}
