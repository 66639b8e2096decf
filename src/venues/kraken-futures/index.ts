import { VENUES } from '../../model/codes.js';
import { textAt, type VenueManifest } from '../../model/manifest.js';
import { type StreamTable, streamsIn, type Venue } from '../../model/venue.js';
import { CLASSES, DEFAULTS, LIMITS, OPENING, PING_EVERY_MS } from './endpoints.js';
import { krakenFuturesMinutes } from './minutes.js';

const STREAMS: StreamTable = {
  book: (symbol) => `book:${symbol}`,
  trade: (symbol) => `trade:${symbol}`,
  liquidation: (symbol) => `trade:${symbol}`,
  // One feed tells all of it.
  quote: (symbol) => `ticker:${symbol}`,
  mark_price: (symbol) => `ticker:${symbol}`,
  funding: (symbol) => `ticker:${symbol}`,
  open_interest: (symbol) => `ticker:${symbol}`,
  status: (symbol) => `ticker:${symbol}`,
};

/** Streams are `feed:product` here; those of one message have one feed, for each has connections of its own. */
function frame(event: string, streams: readonly string[]): string {
  const split = streams.map((stream) => stream.split(/:(.*)/s, 2));
  return JSON.stringify({ event, feed: split[0]?.[0], product_ids: split.map(([, product]) => product) });
}

/** Documents of 2026, and the recording of 2021-07-22; the ticker also as a fixture of 2023 has it. */
const MANIFEST: VenueManifest = {
  // Answers name their feed as well.
  kindOf: (message) => (message['event'] === undefined ? textAt(message, 'feed') : undefined),
  members: {
    book: 'feed product_id side seq price qty timestamp',
    book_snapshot: 'feed product_id timestamp seq tickSize? bids bids[].price bids[].qty asks asks[].price asks[].qty',
    trade: 'feed product_id uid side type seq time qty price',
    ticker: [
      'time product_id feed bid? ask? bid_size? ask_size? volume volumeQuote? dtm leverage index? premium? last? change?',
      'funding_rate? funding_rate_prediction? relative_funding_rate? relative_funding_rate_prediction? next_funding_rate_time?',
      'suspended tag pair openInterest markPrice maturityTime post_only open? high? low?',
    ].join(' '),
  },
  // Whether one trades is true or false (`tradeable`); which kinds there are is what may change.
  states: { member: 'type', known: ['futures_inverse', 'flexible_futures', 'futures_vanilla', 'spot index'] },
};

/** Kraken futures: perpetual and fixed ones, settled in the coin (`PI_`, `FI_`) or not (`PF_`, `FF_`). */
export const krakenFutures: Venue = {
  id: VENUES['kraken-futures'],
  name: 'kraken-futures',
  defaults: DEFAULTS,
  classes: CLASSES,
  limits: LIMITS,
  // Contracts of the inverse kinds are of 1 USD.
  sizes: (symbol) => (/^[PF]I_/.test(symbol) ? 'quote' : 'base'),
  streams: (symbol, channels) => streamsIn(STREAMS, symbol, channels),
  subscribeFrame: (_, streams) => frame('subscribe', streams),
  unsubscribeFrame: (_, streams) => frame('unsubscribe', streams),
  opening: [OPENING],
  keepAlive: { intervalMs: PING_EVERY_MS },
  // Answers have no id of ours.
  isSilent: true,
  minutes: krakenFuturesMinutes,
  auditRequest: (symbol) => ({ path: `/derivatives/api/v3/orderbook?symbol=${encodeURIComponent(symbol)}`, weight: 1 }),
  listingRequest: () => ({ path: '/derivatives/api/v3/instruments', weight: 1 }),
  usedWeight: () => undefined,
  manifest: MANIFEST,
};
