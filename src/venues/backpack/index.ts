import { VENUES } from '../../model/codes.js';
import type { ChannelName } from '../../model/config.js';
import type { Venue } from '../../model/venue.js';
import { CLASSES, DEFAULTS, LIMITS } from './endpoints.js';

/** Real time, each of them. */
const STREAM: Readonly<Record<ChannelName, string>> = { book: 'depth.', trade: 'trade.', quote: 'bookTicker.' };

/** Deepest snapshot that the venue gives. */
const DEPTH_LIMIT = 1_000;
/** Levels of a copy for an audit. */
const AUDIT_LIMIT = 100;

/** Backpack: spot and perpetuals. */
export const backpack: Venue = {
  id: VENUES.backpack,
  name: 'backpack',
  defaults: DEFAULTS,
  classes: CLASSES,
  limits: LIMITS,
  streams: (symbol, channels) => channels.map((channel) => STREAM[channel] + symbol),
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
  listingRequest: () => ({ path: '/api/v1/markets', weight: 1 }),
  usedWeight: () => undefined,
};
