/** What a recorded client asked its venue for: names of streams in addresses and messages, and the symbols and channels in them. */
import { CHANNELS } from '../../model/codes.js';
import { channelsServed, type Venue } from '../../model/venue.js';
import { streamsAskedFor } from '../../simulator/index.js';
import { venues } from '../../venues/index.js';
import type { Subscription } from './input.js';

/** Streams of recordings, at any depth and pace, whose messages are ours; the group is the symbol. Those of today are in `OWN` by themselves. */
const STREAMS: readonly (readonly [RegExp, number])[] = [
  // Binance
  [/^([^@]+)@depth(?:@|$)/, CHANNELS.book],
  [/^([^@]+)@(?:agg)?trade$/i, CHANNELS.trade],
  [/^([^@]+)@bookTicker$/, CHANNELS.quote],
  [/^([^@]+)@markPrice(?:@|$)/, CHANNELS.mark_price | CHANNELS.funding],
  [/^([^@]+)@forceOrder$/, CHANNELS.liquidation],
  [/^([^@]+)@kline_1m$/, CHANNELS.kline],
  // Bybit
  [/^orderbook\.1\.(.+)$/, CHANNELS.quote],
  [/^orderbook\.\d+\.(.+)$/, CHANNELS.book],
  [/^publicTrade\.(.+)$/, CHANNELS.trade],
  [/^tickers\.(.+)$/, CHANNELS.mark_price | CHANNELS.funding | CHANNELS.open_interest],
  [/^allLiquidation\.(.+)$/, CHANNELS.liquidation],
  [/^kline\.1\.(.+)$/, CHANNELS.kline],
  // Deribit
  [/^book\.(.+)\.[^.]+$/, CHANNELS.book],
  [/^trades\.(.+)\.[^.]+$/, CHANNELS.trade],
  [/^quote\.(.+)$/, CHANNELS.quote],
  [/^chart\.trades\.(.+)\.1$/, CHANNELS.kline],
  // OKX, as `channel:instrument`
  [/^books[^:]*:(.+)$/, CHANNELS.book],
  [/^trades:(.+)$/, CHANNELS.trade],
  [/^bbo-tbt:(.+)$/, CHANNELS.quote],
  [/^candle1m:(.+)$/, CHANNELS.kline],
  // Kraken futures, as `feed:product`
  [
    /^ticker:([PF][A-Z]_.+)$/,
    CHANNELS.quote | CHANNELS.mark_price | CHANNELS.funding | CHANNELS.open_interest | CHANNELS.status,
  ],
  [/^trade:([PF][A-Z]_.+)$/, CHANNELS.trade | CHANNELS.liquidation],
  // Kraken and Coinbase, as `channel:symbol`
  [/^(?:book|level2):(.+)$/, CHANNELS.book],
  [/^(?:trade|market_trades):(.+)$/, CHANNELS.trade],
  [/^ticker:(.+)$/, CHANNELS.quote],
  [/^(?:ohlc|candles):(.+)$/, CHANNELS.kline],
  // Backpack
  [/^depth(?:\.\d+ms)?\.(.+)$/, CHANNELS.book],
  [/^trade\.(.+)$/, CHANNELS.trade],
  [/^bookTicker\.(.+)$/, CHANNELS.quote],
  [/^kline\.1m\.(.+)$/, CHANNELS.kline],
];

/** Stands for a symbol in a stream's name. */
const PLACE = 'SYMBOLPLACE';

/** The names that venues give their streams today, where these hold the symbol as it is spelled; one may carry several channels. */
const OWN: readonly (readonly [RegExp, number])[] = ownStreams();

function ownStreams(): [RegExp, number][] {
  const channels = new Map<string, number>();
  for (const venue of venues)
    for (const channel of channelsServed(venue))
      for (const name of venue.streams(PLACE, [channel]))
        if (name.includes(PLACE)) channels.set(name, (channels.get(name) ?? 0) | CHANNELS[channel]);
  return [...channels].map(([name, bits]) => [new RegExp(`^${escaped(name).replace(PLACE, '(.+)')}$`), bits]);
}

function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const KNOWN = [...STREAMS, ...OWN];

/** Subscriptions that a list of stream names (`btcusdt@depth@100ms`) asks for; what is not ours is left out. */
export function subscriptionsOf(streams: readonly string[]): Subscription[] {
  const channels = new Map<string, number>();
  for (const stream of streams) {
    for (const [pattern, channel] of KNOWN) {
      const name = pattern.exec(stream)?.[1];
      if (name === undefined) continue;
      // Binance writes the names of streams in small letters, and symbols in frames in large ones.
      const symbol = stream.includes('@') ? name.toUpperCase() : name;
      channels.set(symbol, (channels.get(symbol) ?? 0) | channel);
      break;
    }
  }
  return [...channels].map(([symbol, bits]) => ({ symbol, channels: bits }));
}

/** Stream names in the address of a combined stream. */
export function streamsOfAddress(address: string): string[] {
  return URL.canParse(address) ? (new URL(address).searchParams.get('streams') ?? '').split('/') : [];
}

function namesIn(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((one: unknown) => {
    if (typeof one === 'string') return [one];
    const { channel, instId } = (one ?? {}) as { channel?: unknown; instId?: unknown };
    return typeof channel === 'string' && typeof instId === 'string' ? [`${channel}:${instId}`] : [];
  });
}

/** One channel of several symbols. */
function channelOf(channel: unknown, symbols: unknown): string[] {
  return typeof channel === 'string' ? namesIn(symbols).map((symbol) => `${channel}:${symbol}`) : [];
}

/** A product in small letters alone; some have a few of them. */
function largeWhereSmall(stream: string): string {
  return stream.replace(/(?<=:)[a-z0-9_]+$/, (product) => product.toUpperCase());
}

/** Stream names in a message that subscribes: as clients have written it, or else as the venue's simulated side reads it. */
export function streamsOfMessage(venue: string, message: string): string[] {
  const named = namesAskedFor(message);
  return named.length > 0 ? named : streamsAskedFor(venue, message);
}

function namesAskedFor(message: string): string[] {
  try {
    const request = (JSON.parse(message) ?? {}) as Record<string, unknown>;
    const { method, op, event, type } = request;
    const params = (request['params'] ?? {}) as Record<string, unknown>;
    // Binance and Backpack
    if (method === 'SUBSCRIBE') return namesIn(params);
    // Bybit and OKX
    if (op === 'subscribe') return namesIn(request['args']);
    // Deribit
    if (method === 'public/subscribe') return namesIn(params['channels']);
    // Kraken futures, which takes small letters and answers in large ones
    if (event === 'subscribe' && 'feed' in request)
      return channelOf(request['feed'], request['product_ids']).map(largeWhereSmall);
    // Kraken, v2 and v1
    if (method === 'subscribe') return channelOf(params['channel'], params['symbol']);
    if (event === 'subscribe') return channelOf((request['subscription'] as { name?: unknown } | null)?.name, request['pair']);
    // Coinbase
    return type === 'subscribe' ? channelOf(request['channel'], request['product_ids']) : [];
  } catch {
    return [];
  }
}

function isServedBy({ classes }: Venue, path: string): boolean {
  return classes.some((each) => each.path.split('?')[0] === path);
}

/** Whether a recorded connection may be one to this venue: one file holds those to all markets of an exchange. */
export function isConnectionTo(venue: Venue, address: string): boolean {
  if (!URL.canParse(address)) return true;
  const path = new URL(address).pathname;
  const markets = venues.filter(({ defaults }) => defaults.wsUrl === venue.defaults.wsUrl);
  return isServedBy(venue, path) || !markets.some((other) => isServedBy(other, path));
}

/** REST answers that list instruments, in recordings that asked other routes than ours. */
const LISTINGS =
  /\/(?:exchangeInfo|instruments-info|public\/instruments|get_instruments|AssetPairs|market\/products|api\/v1\/markets|api\/v3\/instruments)$/;
/** Parameters that say which market such an answer is of, in our requests as in recorded ones. */
const MARKETS = ['category', 'instType'] as const;

/** Whether a recorded REST answer lists this venue's instruments. */
export function isListingOf(venue: Venue, { pathname, searchParams }: URL): boolean {
  const ours = new URL(venue.listingRequest().path, 'http://venue');
  const isListing = pathname === ours.pathname || LISTINGS.test(pathname);
  return isListing && MARKETS.every((name) => searchParams.get(name) === ours.searchParams.get(name));
}

/** The symbol of which a recorded REST answer is the book; undefined for other answers. */
export function symbolOfBook(venue: Venue, { pathname, searchParams }: URL): string | undefined {
  if (pathname.endsWith('/depth')) return searchParams.get('symbol')?.toUpperCase();
  const ours = venue.snapshotRequest === undefined ? undefined : new URL(venue.snapshotRequest(PLACE).path, 'http://venue');
  if (ours?.pathname !== pathname) return undefined;
  const [name] = [...ours.searchParams].find(([, value]) => value === PLACE) ?? [];
  return name === undefined ? undefined : (searchParams.get(name) ?? undefined);
}
