import { VENUES } from '../../model/codes.js';
import type { ChannelName } from '../../model/config.js';
import type { Venue } from '../../model/venue.js';
import { subscribeFrame, unsubscribeFrame, usedWeight } from '../binance-control.js';
import { CLASSES, DEFAULTS, LIMITS } from './endpoints.js';

/** Stream suffix of a channel: full-depth deltas every 100 ms, aggregated trades, every change of the best prices. */
const SUFFIX: Readonly<Record<ChannelName, string>> = { book: '@depth@100ms', trade: '@aggTrade', quote: '@bookTicker' };

/** Deepest snapshot that the venue gives, and its weight. */
const DEPTH = { limit: 1000, weight: 20 } as const;

/** Binance coin-margined futures. */
export const binanceCoinm: Venue = {
  id: VENUES['binance-coinm'],
  name: 'binance-coinm',
  defaults: DEFAULTS,
  classes: CLASSES,
  limits: LIMITS,
  streams: (symbol, channels) => channels.map((channel) => symbol.toLowerCase() + SUFFIX[channel]),
  subscribeFrame,
  unsubscribeFrame,
  snapshotRequest: (symbol) => ({
    path: `/dapi/v1/depth?symbol=${encodeURIComponent(symbol)}&limit=${DEPTH.limit}`,
    weight: DEPTH.weight,
  }),
  listingRequest: () => ({ path: '/dapi/v1/exchangeInfo', weight: 1 }),
  usedWeight,
};
