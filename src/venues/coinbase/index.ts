import { VENUES } from '../../model/codes.js';
import type { ChannelName } from '../../model/config.js';
import type { Venue } from '../../model/venue.js';
import { CLASSES, DEFAULTS, LIMITS, OPENING } from './endpoints.js';

const CHANNEL: Readonly<Record<ChannelName, string>> = { book: 'level2', trade: 'market_trades', quote: 'ticker' };

/** Streams are `channel:product` here; the venue wants the channel once. All streams of a message have the same. */
function request(type: string, streams: readonly string[]): string {
  const split = streams.map((stream) => stream.split(/:(.*)/s, 2));
  return JSON.stringify({ type, product_ids: split.map(([, product]) => product), channel: split[0]?.[0] });
}

/** Coinbase Advanced Trade: spot and US futures. */
export const coinbase: Venue = {
  id: VENUES.coinbase,
  name: 'coinbase',
  defaults: DEFAULTS,
  classes: CLASSES,
  limits: LIMITS,
  streams: (symbol, channels) => channels.map((channel) => `${CHANNEL[channel]}:${symbol}`),
  subscribeFrame: (_, streams) => request('subscribe', streams),
  unsubscribeFrame: (_, streams) => request('unsubscribe', streams),
  opening: [OPENING],
  // What it acknowledges is the list of all that is subscribed, without an id.
  isSilent: true,
  listingRequest: () => ({ path: '/api/v3/brokerage/market/products', weight: 1 }),
  usedWeight: () => undefined,
};
