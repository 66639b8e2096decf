import { VENUES } from '../../model/codes.js';
import { textAt, type VenueManifest } from '../../model/manifest.js';
import { type StreamTable, streamsIn, type Venue } from '../../model/venue.js';
import { CLASSES, DEFAULTS, LIMITS, OPENING } from './endpoints.js';

/** Levels of a copy for an audit. */
const AUDIT_LIMIT = 100;

const STREAMS: StreamTable = {
  book: (symbol) => `level2:${symbol}`,
  trade: (symbol) => `market_trades:${symbol}`,
  quote: (symbol) => `ticker:${symbol}`,
  status: (symbol) => `status:${symbol}`,
  // Of five minutes: there are no others.
  kline: (symbol) => `candles:${symbol}`,
};

/** Streams are `channel:product` here; the venue wants the channel once. All streams of a message have the same. */
function request(type: string, streams: readonly string[]): string {
  const split = streams.map((stream) => stream.split(/:(.*)/s, 2));
  return JSON.stringify({ type, product_ids: split.map(([, product]) => product), channel: split[0]?.[0] });
}

const EVENT = 'channel client_id? timestamp sequence_num events events[].type';

/** Reference of 2026, and the recording of 2026-08-09. */
const MANIFEST: VenueManifest = {
  kindOf: (message) => textAt(message, 'channel'),
  members: {
    l2_data: `${EVENT} events[].product_id events[].updates events[].updates[].side events[].updates[].event_time events[].updates[].price_level events[].updates[].new_quantity`,
    market_trades: `${EVENT} events[].trades events[].trades[].trade_id events[].trades[].product_id events[].trades[].price events[].trades[].size events[].trades[].side events[].trades[].time`,
    ticker: `${EVENT} events[].tickers ${[
      'type product_id price best_bid best_bid_quantity best_ask best_ask_quantity',
      'volume_24_h? low_24_h? high_24_h? low_52_w? high_52_w? price_percent_chg_24_h?',
    ]
      .join(' ')
      .split(' ')
      .map((name) => `events[].tickers[].${name}`)
      .join(' ')}`,
    status: `${EVENT} events[].products ${'product_type id base_currency quote_currency base_increment quote_increment display_name status status_message min_market_funds'
      .split(' ')
      .map((name) => `events[].products[].${name}`)
      .join(' ')}`,
    candles: `${EVENT} events[].candles ${'start high low open close volume product_id'
      .split(' ')
      .map((name) => `events[].candles[].${name}`)
      .join(' ')}`,
  },
  states: { member: 'status', known: ['online', 'delisted'] },
};

/** Coinbase Advanced Trade: spot and US futures. */
export const coinbase: Venue = {
  id: VENUES.coinbase,
  name: 'coinbase',
  defaults: DEFAULTS,
  classes: CLASSES,
  limits: LIMITS,
  streams: (symbol, channels) => streamsIn(STREAMS, symbol, channels),
  subscribeFrame: (_, streams) => request('subscribe', streams),
  unsubscribeFrame: (_, streams) => request('unsubscribe', streams),
  opening: [OPENING],
  // What it acknowledges is the list of all that is subscribed, without an id.
  isSilent: true,
  // Else the answer is up to a second old.
  auditRequest: (symbol) => ({
    path: `/api/v3/brokerage/market/product_book?product_id=${encodeURIComponent(symbol)}&limit=${AUDIT_LIMIT}`,
    weight: 1,
    headers: { 'cache-control': 'no-cache' },
  }),
  listingRequest: () => ({ path: '/api/v3/brokerage/market/products', weight: 1 }),
  usedWeight: () => undefined,
  manifest: MANIFEST,
  unarbitrated: 'its numbers count the messages of one connection',
};
