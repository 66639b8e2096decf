import { VENUES } from '../model/codes.js';
import { type StreamTable, streamsIn, type Venue } from '../model/venue.js';
import { subscribeFrame, unsubscribeFrame, usedWeight } from './binance-control.js';
import { FUTURES_STREAMS, manifestOf } from './binance-manifest.js';
import { binanceMinutes } from './binance-minutes.js';
import { binanceTime } from './binance-time.js';
import { tradesQuery } from './binance-trades.js';

/**
 * Stream of a channel: full-depth deltas every 100 ms, aggregated trades, every change of the best prices, mark price with index
 * and funding every second, the largest liquidation of each second, the klines of a minute. Open interest is told by REST alone.
 */
const STREAMS: StreamTable = {
  book: (symbol) => `${symbol.toLowerCase()}@depth@100ms`,
  trade: (symbol) => `${symbol.toLowerCase()}@aggTrade`,
  quote: (symbol) => `${symbol.toLowerCase()}@bookTicker`,
  mark_price: (symbol) => `${symbol.toLowerCase()}@markPrice@1s`,
  funding: (symbol) => `${symbol.toLowerCase()}@markPrice@1s`,
  liquidation: (symbol) => `${symbol.toLowerCase()}@forceOrder`,
  kline: (symbol) => `${symbol.toLowerCase()}@kline_1m`,
  // States of all contracts, when they change.
  status: () => '!contractInfo',
};

/** Deepest snapshot that the venue gives, and its weight. */
const DEPTH = { limit: 1000, weight: 20 } as const;

/** Levels of a copy for an audit, and its weight. */
const AUDIT = { limit: 100, weight: 5 } as const;

/** Weight of any request for aggregated trades. */
const TRADES_WEIGHT = 20;

/** Weight of a request for 500 to 1,000 minutes. */
const MINUTES_WEIGHT = 5;

/** What a listing says of contracts: USDT-M's documents of 2026-05-28, and those of COIN-M's recording. */
const STATES = ['TRADING', 'PENDING_TRADING', 'PRE_DELIVERING', 'DELIVERING', 'DELIVERED', 'PRE_SETTLE', 'SETTLING', 'CLOSE'];

/** Futures of Binance: the two kinds differ in their addresses and limits alone. */
export function futures(
  name: 'binance-usdm' | 'binance-coinm',
  rest: string,
  endpoints: Pick<Venue, 'defaults' | 'classes' | 'limits'>,
): Venue {
  return {
    id: VENUES[name],
    name,
    ...endpoints,
    sharedChannels: ['status'],
    streams: (symbol, channels) => streamsIn(STREAMS, symbol, channels),
    subscribeFrame,
    unsubscribeFrame,
    snapshotRequest: (symbol) => ({
      path: `${rest}/depth?symbol=${encodeURIComponent(symbol)}&limit=${DEPTH.limit}`,
      weight: DEPTH.weight,
    }),
    auditRequest: (symbol) => ({
      path: `${rest}/depth?symbol=${encodeURIComponent(symbol)}&limit=${AUDIT.limit}`,
      weight: AUDIT.weight,
    }),
    tradesRequest: (symbol, first, last) => ({
      path: `${rest}/aggTrades?${tradesQuery(symbol, first, last)}`,
      weight: TRADES_WEIGHT,
    }),
    minutes: binanceMinutes(rest, MINUTES_WEIGHT),
    time: binanceTime(rest),
    listingRequest: () => ({ path: `${rest}/exchangeInfo`, weight: 1 }),
    usedWeight,
    manifest: manifestOf(FUTURES_STREAMS, { member: name === 'binance-usdm' ? 'status' : 'contractStatus', known: STATES }),
  };
}
