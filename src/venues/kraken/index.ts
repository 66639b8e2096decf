import { VENUES } from '../../model/codes.js';
import { textAt, type VenueManifest } from '../../model/manifest.js';
import { type StreamTable, streamsIn, type Venue } from '../../model/venue.js';
import { CLASSES, DEFAULTS, DEPTH, LIMITS } from './endpoints.js';
import { krakenMinutes, pairOf } from './minutes.js';

/** Most trades of one answer. */
const TRADES_MAX = 1_000;
/** Levels of a copy for an audit; 500 is the most. */
const AUDIT_DEPTH = 100;

const STREAMS: StreamTable = {
  book: (symbol) => `book:${symbol}`,
  trade: (symbol) => `trade:${symbol}`,
  quote: (symbol) => `ticker:${symbol}`,
  kline: (symbol) => `ohlc:${symbol}`,
  // Of all pairs.
  status: () => 'instrument',
};

/** The whole book first; no trades and bars of the past; each change of the best level instead of each trade. */
const PARAMS: Readonly<Record<string, object>> = {
  book: { depth: DEPTH, snapshot: true },
  trade: { snapshot: false },
  ticker: { event_trigger: 'bbo', snapshot: true },
  instrument: { snapshot: true },
  ohlc: { interval: 1, snapshot: false },
};

/**
 * A stream is named `channel:symbol` here, or `channel` where it has none; those of one message have one channel, for each has connections
 * of its own.
 */
function frame(method: string, id: number, streams: readonly string[]): string {
  const channel = streams[0]?.split(':', 1)[0] ?? '';
  const symbol = streams.map((stream) => stream.slice(channel.length + 1)).filter((name) => name !== '');
  const about = symbol.length === 0 ? {} : { symbol };
  return JSON.stringify({ method, params: { channel, ...about, ...PARAMS[channel] }, req_id: id });
}

/** Reference of 2026-11-21. */
const MANIFEST: VenueManifest = {
  kindOf: (message) => (message['data'] === undefined ? undefined : textAt(message, 'channel')),
  members: {
    book: 'channel type data data[].symbol data[].bids data[].bids[].price data[].bids[].qty data[].asks data[].asks[].price data[].asks[].qty data[].checksum data[].timestamp',
    trade:
      'channel type data data[].symbol data[].side data[].price data[].qty data[].ord_type data[].trade_id data[].timestamp',
    ticker:
      'channel type data data[].symbol data[].bid data[].bid_qty data[].ask data[].ask_qty data[].last? data[].volume? data[].vwap? data[].low? data[].high? data[].change? data[].change_pct? data[].timestamp',
    ohlc: `channel type timestamp data ${'symbol open high low close trades volume vwap interval_begin interval timestamp?'
      .split(' ')
      .map((name) => `data[].${name}`)
      .join(' ')}`,
    instrument: [
      'channel type data data.assets data.pairs',
      'id status precision? precision_display? borrowable? collateral_value? margin_rate? class? multiplier?'
        .split(' ')
        .map((name) => `data.assets[].${name}`)
        .join(' '),
      [
        'symbol base quote status qty_precision qty_increment qty_min price_precision price_increment cost_precision cost_min marginable',
        'has_index margin_initial? position_limit_long? position_limit_short? tick_size? execution_venue?',
      ]
        .join(' ')
        .split(' ')
        .map((name) => `data.pairs[].${name}`)
        .join(' '),
    ].join(' '),
  },
  states: {
    member: 'status',
    known: ['online', 'cancel_only', 'post_only', 'limit_only', 'reduce_only', 'maintenance', 'delisted', 'work_in_progress'],
  },
};

/** Kraken spot, WebSocket v2. */
export const krakenSpot: Venue = {
  id: VENUES['kraken-spot'],
  name: 'kraken-spot',
  defaults: DEFAULTS,
  classes: CLASSES,
  limits: LIMITS,
  sharedChannels: ['status'],
  streams: (symbol, channels) => streamsIn(STREAMS, symbol, channels),
  subscribeFrame: (id, streams) => frame('subscribe', id, streams),
  unsubscribeFrame: (id, streams) => frame('unsubscribe', id, streams),
  minutes: krakenMinutes,
  auditRequest: (symbol) => ({
    path: `/0/public/Depth?pair=${encodeURIComponent(pairOf(symbol))}&count=${AUDIT_DEPTH}`,
    weight: 1,
  }),
  // The newest, oldest of them first: what is missed was sent a moment ago.
  tradesRequest: (symbol) => ({
    path: `/0/public/Trades?pair=${encodeURIComponent(pairOf(symbol))}&count=${TRADES_MAX}`,
    weight: 1,
  }),
  listingRequest: () => ({ path: '/0/public/AssetPairs', weight: 1 }),
  // No header tells what is used.
  usedWeight: () => undefined,
  manifest: MANIFEST,
  unarbitrated: 'its messages of a book have no numbers',
};
