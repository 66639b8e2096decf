import { VENUES } from '../../model/codes.js';
import { type StreamTable, streamsIn, type Venue } from '../../model/venue.js';
import { subscribeFrame, unsubscribeFrame, usedWeight } from '../binance-control.js';
import { KLINE_MEMBERS, manifestOf } from '../binance-manifest.js';
import { binanceMinutes } from '../binance-minutes.js';
import { binanceTime } from '../binance-time.js';
import { tradesQuery } from '../binance-trades.js';
import { CLASSES, DEFAULTS, LIMITS, SBE_CLASSES, SBE_DEFAULTS } from './endpoints.js';
import { sbeManifest } from './sbe.js';

/** Stream suffix of a channel: full-depth deltas every 100 ms, single trades, every change of the best prices, klines of a minute. */
const STREAMS: StreamTable = {
  book: (symbol) => `${symbol.toLowerCase()}@depth@100ms`,
  trade: (symbol) => `${symbol.toLowerCase()}@trade`,
  quote: (symbol) => `${symbol.toLowerCase()}@bookTicker`,
  kline: (symbol) => `${symbol.toLowerCase()}@kline_1m`,
};

/** Deepest snapshot that the venue gives, and its weight. */
const DEPTH = { limit: 5000, weight: 250 } as const;

/** Levels of a copy for an audit, and its weight. */
const AUDIT = { limit: 100, weight: 5 } as const;

/** Weight of any request for single trades. */
const TRADES_WEIGHT = 25;

/** Weight of any request for minutes. */
const MINUTES_WEIGHT = 2;

/** Reference of 2026-07-21: `CANCEL_ONLY` since 2026-07-07. */
const MANIFEST = manifestOf(
  { depth: 'e E s U u b a', trade: 'e E s t p q b? a? T m M', bookTicker: 'u s b B a A', kline_1m: KLINE_MEMBERS },
  { member: 'status', known: ['TRADING', 'HALT', 'BREAK', 'CANCEL_ONLY', 'END_OF_DAY'] },
);

/** What both formats share. */
const spot: Venue = {
  id: VENUES['binance-spot'],
  name: 'binance-spot',
  defaults: DEFAULTS,
  classes: CLASSES,
  limits: LIMITS,
  streams: (symbol, channels) => streamsIn(STREAMS, symbol, channels),
  subscribeFrame,
  unsubscribeFrame,
  snapshotRequest: (symbol) => ({
    path: `/api/v3/depth?symbol=${encodeURIComponent(symbol)}&limit=${DEPTH.limit}`,
    weight: DEPTH.weight,
  }),
  auditRequest: (symbol) => ({
    path: `/api/v3/depth?symbol=${encodeURIComponent(symbol)}&limit=${AUDIT.limit}`,
    weight: AUDIT.weight,
  }),
  tradesRequest: (symbol, first, last) => ({
    path: `/api/v3/historicalTrades?${tradesQuery(symbol, first, last)}`,
    weight: TRADES_WEIGHT,
  }),
  minutes: binanceMinutes('/api/v3', MINUTES_WEIGHT),
  time: binanceTime('/api/v3'),
  listingRequest: () => ({ path: '/api/v3/exchangeInfo', weight: 20 }),
  usedWeight,
  manifest: MANIFEST,
};

/** Streams of the binary format: deltas every 20 ms, trades of one order at one price in one message, best prices with their time. */
const SBE_STREAMS: StreamTable = {
  book: (symbol) => `${symbol.toLowerCase()}@depth`,
  trade: (symbol) => `${symbol.toLowerCase()}@trade`,
  quote: (symbol) => `${symbol.toLowerCase()}@bestBidAsk`,
};

/** The binary format: sockets of its own, for those who have a key; everything over REST is the same. */
const sbe: Venue = {
  ...spot,
  defaults: SBE_DEFAULTS,
  classes: SBE_CLASSES,
  streams: (symbol, channels) => streamsIn(SBE_STREAMS, symbol, channels),
  key: { header: 'X-MBX-APIKEY', variable: 'BINANCE_API_KEY' },
  manifest: sbeManifest(MANIFEST.states),
};

/** Binance spot. */
export const binanceSpot: Venue = { ...spot, formats: { sbe } };
