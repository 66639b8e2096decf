import { VENUES } from '../../model/codes.js';
import { textAt, type VenueManifest } from '../../model/manifest.js';
import { type StreamTable, streamsIn, type Venue } from '../../model/venue.js';
import { ANSWER, CLASSES, DEFAULTS, LIMITS, OPENING } from './endpoints.js';
import { deribitMinutes, isInverse } from './minutes.js';

/** Channel of an instrument: what needs no login, every 100 ms. */
const STREAMS: StreamTable = {
  book: (symbol) => `book.${symbol}.100ms`,
  trade: (symbol) => `trades.${symbol}.100ms`,
  quote: (symbol) => `quote.${symbol}`,
  // One channel tells all of it.
  mark_price: (symbol) => ticker(symbol),
  funding: (symbol) => ticker(symbol),
  open_interest: (symbol) => ticker(symbol),
  kline: (symbol) => `chart.trades.${symbol}.1`,
  // Instruments that begin and end are told of on one channel for all, states in between by the ticker.
  status: (symbol) => [ticker(symbol), 'instrument.state.any.any'],
};

function ticker(symbol: string): string {
  return `ticker.${symbol}.100ms`;
}

/**
 * Answers name the channels that were accepted and leave the others out: a subscription's id has in its last three digits how many
 * were asked for, and the parser compares.
 */
function request(id: number, method: string, channels: readonly string[], counted: number): string {
  return JSON.stringify({ jsonrpc: '2.0', id: id * 1_000 + counted, method, params: { channels } });
}

const ENVELOPE = 'jsonrpc method params params.channel params.data';

function inEnvelope(row: string, names: string): string {
  return `${ENVELOPE} ${names
    .split(' ')
    .map((name) => `params.data${row}.${name}`)
    .join(' ')}`;
}

/** Reference of 2026; states as they are since 2026-01-13. */
const MANIFEST: VenueManifest = {
  kindOf: (message) => {
    const [kind, of] = textAt(message, 'params', 'channel')?.split('.') ?? [];
    return kind === 'instrument' ? `${kind}.${of}` : kind;
  },
  members: {
    book: inEnvelope('', 'type timestamp prev_change_id? instrument_name change_id bids asks'),
    quote: inEnvelope('', 'timestamp instrument_name best_ask_price best_bid_price best_ask_amount best_bid_amount'),
    trades: inEnvelope(
      '[]',
      'timestamp price amount direction index_price? instrument_name trade_seq mark_price? tick_direction contracts? trade_id iv? liquidation? block_trade_id? block_trade_leg_count? combo_id? combo_trade_id? block_rfq_id?',
    ),
    // What instruments of some kinds have, and what is null for others.
    ticker: inEnvelope(
      '',
      [
        'timestamp state stats stats.high stats.low stats.price_change? stats.volume? stats.volume_usd? stats.volume_notional?',
        'index_price instrument_name mark_price last_price? settlement_price? min_price? max_price? open_interest? interest_value?',
        'best_ask_price? best_bid_price? best_ask_amount? best_bid_amount? estimated_delivery_price? delivery_price?',
        'current_funding? funding_8h? underlying_price? underlying_index? mark_iv? bid_iv? ask_iv? interest_rate?',
        'greeks? greeks.delta? greeks.gamma? greeks.vega? greeks.theta? greeks.rho?',
      ].join(' '),
    ),
    'instrument.state': inEnvelope('', 'timestamp state instrument_name'),
    chart: inEnvelope('', 'tick open high low close volume cost'),
  },
  states: { member: 'state', known: ['open', 'settlement', 'delivered', 'inactive', 'locked', 'halted', 'archivized'] },
};
const TRADES = '/api/v2/public/get_last_trades_by_instrument';
/** Levels of a copy for an audit; the venue has fixed steps. */
const AUDIT_DEPTH = 100;
/** Most trades of one answer. */
const TRADES_MAX = 1_000;

/** Deribit: options, futures, perpetuals and spot. */
export const deribit: Venue = {
  id: VENUES.deribit,
  name: 'deribit',
  defaults: DEFAULTS,
  classes: CLASSES,
  limits: LIMITS,
  sharedChannels: ['status'],
  sizes: (symbol) => (isInverse(symbol) ? 'quote' : 'base'),
  streams: (symbol, channels) => streamsIn(STREAMS, symbol, channels),
  subscribeFrame: (id, streams) => request(id, 'public/subscribe', streams, streams.length),
  // What was not subscribed is missing from the answer, and no fault.
  unsubscribeFrame: (id, streams) => request(id, 'public/unsubscribe', streams, 0),
  opening: [OPENING],
  answer: ANSWER,
  minutes: deribitMinutes,
  auditRequest: (symbol) => ({
    path: `/api/v2/public/get_order_book?instrument_name=${encodeURIComponent(symbol)}&depth=${AUDIT_DEPTH}`,
    weight: 1,
  }),
  listingRequest: () => ({ path: '/api/v2/public/get_instruments?currency=any&expired=false', weight: 1 }),
  tradesRequest: (symbol, first, last) => ({
    path: `${TRADES}?instrument_name=${encodeURIComponent(symbol)}&start_seq=${first}&end_seq=${last}&count=${TRADES_MAX}&sorting=asc`,
    weight: 1,
  }),
  // Credits are counted, and not told.
  usedWeight: () => undefined,
  manifest: MANIFEST,
};
