import { VENUES } from '../../model/codes.js';
import type { ChannelName } from '../../model/config.js';
import type { Venue } from '../../model/venue.js';
import { type Category, classesOf, DEFAULTS, KEEP_ALIVE, LIMITS } from './endpoints.js';

/** Topic of a channel: the deepest book every 200 ms, which is the whole one for most symbols; trades; level 1 every 10 ms. */
const TOPIC: Readonly<Record<ChannelName, string>> = { book: 'orderbook.1000.', trade: 'publicTrade.', quote: 'orderbook.1.' };

function venueOf(category: Category): Venue {
  const name = `bybit-${category}` as const;
  return {
    id: VENUES[name],
    name,
    defaults: DEFAULTS,
    classes: classesOf(category),
    limits: LIMITS,
    streams: (symbol, channels) => channels.map((channel) => TOPIC[channel] + symbol),
    subscribeFrame: (id, streams) => JSON.stringify({ req_id: String(id), op: 'subscribe', args: streams }),
    unsubscribeFrame: (id, streams) => JSON.stringify({ req_id: String(id), op: 'unsubscribe', args: streams }),
    keepAlive: KEEP_ALIVE,
    listingRequest: () => ({ path: `/v5/market/instruments-info?category=${category}&limit=1000`, weight: 1 }),
    // The headers count the requests of an account, not those of an address.
    usedWeight: () => undefined,
  };
}

/** Bybit futures settled in stable coins. */
export const bybitLinear: Venue = venueOf('linear');
/** Bybit spot. */
export const bybitSpot: Venue = venueOf('spot');
/** Bybit futures settled in the coin. */
export const bybitInverse: Venue = venueOf('inverse');
