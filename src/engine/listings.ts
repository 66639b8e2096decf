import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedConfig } from '../model/config.js';
import type { Venue } from '../model/venue.js';
import { type InstrumentDefinition, type Listing, native, parseListings } from '../native/index.js';
import type { Logger } from './log.js';
import type { RestClient } from './rest.js';
import type { InstrumentRegistry } from './state-files.js';

const RETRY_CEILING_FIRST_MS = 500;
const RETRY_CEILING_MAX_MS = 30_000;

export interface ListingDeps {
  readonly rest: RestClient;
  readonly registry: InstrumentRegistry;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Instruments of a feed's symbols, from the venue's listing; asks until the venue answers. Symbols not listed are left out. */
export async function listInstruments(venue: Venue, feed: FeedConfig, deps: ListingDeps): Promise<InstrumentDefinition[]> {
  const listings = await fetchListings(venue, feed, deps);
  const bySymbol = new Map(listings.map((listing) => [listing.symbol, listing]));
  const known = feed.symbols.filter((symbol) => bySymbol.has(symbol));
  const unlisted = feed.symbols.filter((symbol) => !bySymbol.has(symbol));
  if (unlisted.length > 0) {
    deps.logger.error(
      { code: 'SYMBOL_UNLISTED', feed: feed.id, symbols: unlisted },
      'the venue does not list these symbols; they are left out',
    );
  }
  const ids = deps.registry.assign(venue.name, known);
  return known.map((symbol, index) => {
    const { priceExponent, qtyExponent, tickSize, lotSize, trading } = bySymbol.get(symbol) as Listing;
    const id = ids[index] as number;
    return { id, venue: venue.id, symbol, priceExponent, qtyExponent, tickSize, lotSize, trading, changeCount: 0 };
  });
}

async function fetchListings(venue: Venue, feed: FeedConfig, { rest, logger, signal }: ListingDeps): Promise<Listing[]> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      const body = await rest.get(venue, feed.restUrl, venue.listingRequest(), signal);
      return native(() => parseListings(venue.id, body));
    } catch (error) {
      signal.throwIfAborted();
      const delayMs = Math.round(
        Math.random() * Math.min(RETRY_CEILING_FIRST_MS * 2 ** Math.min(attempt, 20), RETRY_CEILING_MAX_MS),
      );
      logger.warn({ feed: feed.id, attempt, delayMs, reason: (error as Error).message }, 'no instrument listing');
      await sleep(delayMs, undefined, { signal });
    }
  }
}
