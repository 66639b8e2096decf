import { VENUES } from '../../model/codes.js';
import { textAt, type VenueManifest } from '../../model/manifest.js';
import { type StreamTable, streamsIn, type Venue } from '../../model/venue.js';
import { CLASSES, DEFAULTS, LIMITS } from './endpoints.js';

/** Real time, but for open interest, which comes each minute. */
const STREAMS: StreamTable = {
  book: (symbol) => `depth.${symbol}`,
  trade: (symbol) => `trade.${symbol}`,
  quote: (symbol) => `bookTicker.${symbol}`,
  mark_price: (symbol) => `markPrice.${symbol}`,
  funding: (symbol) => `markPrice.${symbol}`,
  open_interest: (symbol) => `openInterest.${symbol}`,
  kline: (symbol) => `kline.1m.${symbol}`,
  // Of all markets.
  liquidation: () => 'liquidation',
};

/** Deepest snapshot that the venue gives. */
const DEPTH_LIMIT = 1_000;
/** Most trades of one answer. */
const TRADES_LIMIT = 1_000;
/** Levels of a copy for an audit. */
const AUDIT_LIMIT = 100;

/** Reference of 2026. */
const MANIFEST: VenueManifest = {
  kindOf: (message) => textAt(message, 'data', 'e'),
  members: {
    depth: 'stream data data.e data.E data.s data.a data.b data.U data.u data.T',
    bookTicker: 'stream data data.e data.E data.s data.a data.A data.b data.B data.u data.T',
    trade: 'stream data data.e data.E data.s data.p data.q data.b data.a data.t data.T data.m',
    // Markets of predictions have no funding.
    markPrice: 'stream data data.e data.E data.s data.p data.f? data.i? data.n? data.T',
    openInterest: 'stream data data.e data.E data.s data.o',
    kline: 'stream data data.e data.E data.s data.t data.T data.o data.c data.h data.l data.v data.n data.X',
    liquidation: 'stream data data.e data.E data.s data.p data.q data.S data.T',
  },
  states: { member: 'orderBookState', known: ['Open', 'Closed', 'CancelOnly', 'LimitOnly', 'PostOnly'] },
};

/** Backpack: spot and perpetuals. */
export const backpack: Venue = {
  id: VENUES.backpack,
  name: 'backpack',
  defaults: DEFAULTS,
  classes: CLASSES,
  limits: LIMITS,
  sharedChannels: ['liquidation'],
  streams: (symbol, channels) => streamsIn(STREAMS, symbol, channels),
  subscribeFrame: (_, streams) => JSON.stringify({ method: 'SUBSCRIBE', params: streams }),
  unsubscribeFrame: (_, streams) => JSON.stringify({ method: 'UNSUBSCRIBE', params: streams }),
  // Data is the only acknowledgement.
  isSilent: true,
  snapshotRequest: (symbol) => ({
    path: `/api/v1/depth?symbol=${encodeURIComponent(symbol)}&limit=${DEPTH_LIMIT}`,
    weight: 1,
  }),
  auditRequest: (symbol) => ({
    path: `/api/v1/depth?symbol=${encodeURIComponent(symbol)}&limit=${AUDIT_LIMIT}`,
    weight: 1,
  }),
  // The newest: what is missed was sent a moment ago.
  tradesRequest: (symbol) => ({
    path: `/api/v1/trades?symbol=${encodeURIComponent(symbol)}&limit=${TRADES_LIMIT}`,
    weight: 1,
  }),
  listingRequest: () => ({ path: '/api/v1/markets', weight: 1 }),
  usedWeight: () => undefined,
  manifest: MANIFEST,
};
