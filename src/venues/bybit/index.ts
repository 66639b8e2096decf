import { z } from 'zod';
import { VENUES } from '../../model/codes.js';
import { MINUTES_PER_REQUEST_MAX, type StreamTable, streamsIn, type Venue, type VenueMinutes } from '../../model/venue.js';
import { type Category, classesOf, DEFAULTS, KEEP_ALIVE, LIMITS } from './endpoints.js';
import { manifestOf } from './manifest.js';

/** Topic of a channel: the deepest book every 200 ms, which is the whole one for most symbols; trades; level 1 every 10 ms. */
const TOPICS: StreamTable = {
  book: (symbol) => `orderbook.1000.${symbol}`,
  trade: (symbol) => `publicTrade.${symbol}`,
  quote: (symbol) => `orderbook.1.${symbol}`,
  kline: (symbol) => `kline.1.${symbol}`,
};

const FUTURES_TOPICS: StreamTable = {
  ...TOPICS,
  // One topic tells all three.
  mark_price: (symbol) => `tickers.${symbol}`,
  funding: (symbol) => `tickers.${symbol}`,
  open_interest: (symbol) => `tickers.${symbol}`,
  liquidation: (symbol) => `allLiquidation.${symbol}`,
};

/** Levels of a copy for an audit. */
const AUDIT_LIMIT = 200;

const decimal = z.string();
/** Start, open, high, low, close, volume, turnover; newest first. Of other categories the answer is a refusal with `retCode`. */
const klines = z.object({
  retCode: z.literal(0),
  result: z.object({
    list: z.array(z.tuple([z.string().regex(/^\d{1,15}$/), decimal, decimal, decimal, decimal, decimal]).rest(z.unknown())),
  }),
});

/** `/v5/market/kline`, the venue's reference of 2026-07-24; it does not tell how many trades there were. */
const minutesOf = (category: Category): VenueMinutes => ({
  request: (symbol, fromMs, toMs) => ({
    path: `/v5/market/kline?category=${category}&symbol=${encodeURIComponent(symbol)}&interval=1&start=${fromMs}&end=${toMs - 1}&limit=${MINUTES_PER_REQUEST_MAX}`,
    weight: 1,
  }),
  read: (body) =>
    klines
      .parse(JSON.parse(body))
      .result.list.map(([start, open, high, low, close, volume]) => ({
        ...{ startMs: Number(start), open, high, low, close, volume },
        count: 0,
      }))
      .reverse(),
});

function venueOf(category: Category): Venue {
  const name = `bybit-${category}` as const;
  return {
    id: VENUES[name],
    name,
    defaults: DEFAULTS,
    classes: classesOf(category),
    limits: LIMITS,
    ...(category === 'inverse' ? { sizes: 'quote' as const } : {}),
    streams: (symbol, channels) => streamsIn(category === 'spot' ? TOPICS : FUTURES_TOPICS, symbol, channels),
    subscribeFrame: (id, streams) => JSON.stringify({ req_id: String(id), op: 'subscribe', args: streams }),
    unsubscribeFrame: (id, streams) => JSON.stringify({ req_id: String(id), op: 'unsubscribe', args: streams }),
    keepAlive: KEEP_ALIVE,
    auditRequest: (symbol) => ({
      path: `/v5/market/orderbook?category=${category}&symbol=${encodeURIComponent(symbol)}&limit=${AUDIT_LIMIT}`,
      weight: 1,
    }),
    minutes: minutesOf(category),
    listingRequest: () => ({ path: `/v5/market/instruments-info?category=${category}&limit=1000`, weight: 1 }),
    // The headers count the requests of an account, not those of an address.
    usedWeight: () => undefined,
    manifest: manifestOf(category),
  };
}

/** Bybit futures settled in stable coins. */
export const bybitLinear: Venue = venueOf('linear');
/** Bybit spot. */
export const bybitSpot: Venue = venueOf('spot');
/** Bybit futures settled in the coin. */
export const bybitInverse: Venue = venueOf('inverse');
