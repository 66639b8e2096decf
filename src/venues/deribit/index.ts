import { VENUES } from '../../model/codes.js';
import type { ChannelName } from '../../model/config.js';
import type { Venue } from '../../model/venue.js';
import { ANSWER, CLASSES, DEFAULTS, LIMITS, OPENING } from './endpoints.js';

/** Channel of an instrument: what needs no login, every 100 ms. */
const CHANNEL: Readonly<Record<ChannelName, (symbol: string) => string>> = {
  book: (symbol) => `book.${symbol}.100ms`,
  trade: (symbol) => `trades.${symbol}.100ms`,
  quote: (symbol) => `quote.${symbol}`,
};

/**
 * Answers name the channels that were accepted and leave the others out: a subscription's id has in its last three digits how many
 * were asked for, and the parser compares.
 */
function request(id: number, method: string, channels: readonly string[], counted: number): string {
  return JSON.stringify({ jsonrpc: '2.0', id: id * 1_000 + counted, method, params: { channels } });
}

/** Deribit: options, futures, perpetuals and spot. */
export const deribit: Venue = {
  id: VENUES.deribit,
  name: 'deribit',
  defaults: DEFAULTS,
  classes: CLASSES,
  limits: LIMITS,
  streams: (symbol, channels) => channels.map((channel) => CHANNEL[channel](symbol)),
  subscribeFrame: (id, streams) => request(id, 'public/subscribe', streams, streams.length),
  // What was not subscribed is missing from the answer, and no fault.
  unsubscribeFrame: (id, streams) => request(id, 'public/unsubscribe', streams, 0),
  opening: [OPENING],
  answer: ANSWER,
  listingRequest: () => ({ path: '/api/v2/public/get_instruments?currency=any&expired=false', weight: 1 }),
  // Credits are counted, and not told.
  usedWeight: () => undefined,
};
