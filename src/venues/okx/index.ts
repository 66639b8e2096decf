import { VENUES } from '../../model/codes.js';
import type { ChannelName } from '../../model/config.js';
import { textAt, type VenueManifest } from '../../model/manifest.js';
import type { Venue } from '../../model/venue.js';
import { CLASSES, DEFAULTS, type InstrumentType, KEEP_ALIVE, LIMITS } from './endpoints.js';

/** 400 levels every 100 ms; fills of one taker order at one price together; the best level every 10 ms. */
const CHANNEL: Readonly<Record<ChannelName, string>> = { book: 'books', trade: 'trades', quote: 'bbo-tbt' };

/** Levels of a copy for an audit: half of what the stream tells. */
const AUDIT_LIMIT = 200;

/** A stream is named `channel:instrument` here; the venue takes the two apart. */
function argument(stream: string): { channel: string; instId: string } {
  const at = stream.indexOf(':');
  return { channel: stream.slice(0, at), instId: stream.slice(at + 1) };
}

/** Reference of 2026-11-21. Answers name a channel too, but have no data. */
const MANIFEST: VenueManifest = {
  kindOf: (message) => (message['data'] === undefined ? undefined : textAt(message, 'arg', 'channel')),
  members: {
    books:
      'arg arg.channel arg.instId action data data[].bids data[].asks data[].ts data[].seqId data[].prevSeqId data[].checksum?',
    'bbo-tbt': 'arg arg.channel arg.instId data data[].asks data[].bids data[].ts data[].seqId data[].checksum?',
    trades:
      'arg arg.channel arg.instId data data[].instId data[].tradeId data[].px data[].sz data[].side data[].ts data[].count? data[].source? data[].seqId?',
  },
  states: { member: 'state', known: ['live', 'suspend', 'preopen', 'test'] },
};

function venueOf(type: InstrumentType): Venue {
  const name = `okx-${type.toLowerCase() as Lowercase<InstrumentType>}` as const;
  const frame = (op: string, id: number, streams: readonly string[]): string =>
    JSON.stringify({ id: String(id), op, args: streams.map(argument) });
  return {
    id: VENUES[name],
    name,
    defaults: DEFAULTS,
    classes: CLASSES,
    limits: LIMITS,
    ...(type === 'SPOT' ? {} : { sizes: 'contracts' as const }),
    streams: (symbol, channels) => channels.map((channel) => `${CHANNEL[channel]}:${symbol}`),
    subscribeFrame: (id, streams) => frame('subscribe', id, streams),
    unsubscribeFrame: (id, streams) => frame('unsubscribe', id, streams),
    keepAlive: KEEP_ALIVE,
    auditRequest: (symbol) => ({
      path: `/api/v5/market/books?instId=${encodeURIComponent(symbol)}&sz=${AUDIT_LIMIT}`,
      weight: 1,
    }),
    listingRequest: () => ({ path: `/api/v5/public/instruments?instType=${type}`, weight: 1 }),
    // Limits are by endpoint, and no header tells what is used.
    usedWeight: () => undefined,
    manifest: MANIFEST,
  };
}

/** OKX spot. */
export const okxSpot: Venue = venueOf('SPOT');
/** OKX perpetual futures. */
export const okxSwap: Venue = venueOf('SWAP');
/** OKX futures that expire. */
export const okxFutures: Venue = venueOf('FUTURES');
