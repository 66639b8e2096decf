import { VENUES } from '../../model/codes.js';
import { type StreamTable, streamsIn, type Venue } from '../../model/venue.js';
import { classesOf, DEFAULTS, type InstrumentType, KEEP_ALIVE, LIMITS } from './endpoints.js';
import { manifestOf } from './manifest.js';
import { okxMinutes } from './minutes.js';

/** 400 levels every 100 ms; fills of one taker order at one price together; the best level every 10 ms. */
const STREAMS: StreamTable = {
  book: (symbol) => `books:${symbol}`,
  trade: (symbol) => `trades:${symbol}`,
  quote: (symbol) => `bbo-tbt:${symbol}`,
  kline: (symbol) => `candle1m:${symbol}`,
};

/** An index is called as its contracts are, without what follows: `BTC-USD` of `BTC-USD-SWAP` and of `BTC-USD_UM-270326`. */
const indexOf = (symbol: string): string => symbol.split('-').slice(0, 2).join('-').replace(/_.*/, '');

/** Mark price every 200 ms, its index every 100 ms; funding once a minute; open interest every 3 s; all liquidations and states of a type. */
function streamsOf(type: InstrumentType): StreamTable {
  const states = { status: () => `instruments:${type}` };
  if (type === 'SPOT') return { ...STREAMS, ...states };
  return {
    ...STREAMS,
    ...states,
    mark_price: (symbol) => [`mark-price:${symbol}`, `index-tickers:${indexOf(symbol)}`],
    ...(type === 'SWAP' ? { funding: (symbol: string) => `funding-rate:${symbol}` } : {}),
    open_interest: (symbol) => `open-interest:${symbol}`,
    liquidation: () => `liquidation-orders:${type}`,
  };
}

/** Levels of a copy for an audit: half of what the stream tells. */
const AUDIT_LIMIT = 200;

/** Channels that tell of all instruments of a type. */
const OF_TYPE = ['liquidation-orders', 'instruments'];

/** A stream is named `channel:instrument` here, or `channel:type`; the venue takes the two apart. */
function argument(stream: string): { channel: string; instId?: string; instType?: string } {
  const at = stream.indexOf(':');
  const [channel, about] = [stream.slice(0, at), stream.slice(at + 1)];
  return OF_TYPE.includes(channel) ? { channel, instType: about } : { channel, instId: about };
}

function venueOf(type: InstrumentType): Venue {
  const name = `okx-${type.toLowerCase() as Lowercase<InstrumentType>}` as const;
  const streams = streamsOf(type);
  const frame = (op: string, id: number, named: readonly string[]): string =>
    JSON.stringify({ id: String(id), op, args: named.map(argument) });
  return {
    id: VENUES[name],
    name,
    defaults: DEFAULTS,
    classes: classesOf(type),
    limits: LIMITS,
    ...(type === 'SPOT' ? {} : { sizes: 'contracts' as const }),
    // Of an index all its contracts are told at once.
    sharedChannels: ['mark_price', 'liquidation', 'status'],
    streams: (symbol, channels) => streamsIn(streams, symbol, channels),
    subscribeFrame: (id, named) => frame('subscribe', id, named),
    unsubscribeFrame: (id, named) => frame('unsubscribe', id, named),
    keepAlive: KEEP_ALIVE,
    auditRequest: (symbol) => ({
      path: `/api/v5/market/books?instId=${encodeURIComponent(symbol)}&sz=${AUDIT_LIMIT}`,
      weight: 1,
    }),
    minutes: okxMinutes,
    listingRequest: () => ({ path: `/api/v5/public/instruments?instType=${type}`, weight: 1 }),
    // Limits are by endpoint, and no header tells what is used.
    usedWeight: () => undefined,
    manifest: manifestOf(type),
  };
}

/** OKX spot. */
export const okxSpot: Venue = venueOf('SPOT');
/** OKX perpetual futures. */
export const okxSwap: Venue = venueOf('SWAP');
/** OKX futures that expire. */
export const okxFutures: Venue = venueOf('FUTURES');
