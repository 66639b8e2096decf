/** Feeds, subscriptions and ingested data as the engine keeps them and the gateway tells them. */
import { CHANNELS } from './codes.js';
import { CHANNEL_NAMES, type ChannelName } from './config.js';

/** Sources without a wire of their own: their data arrives as rows (`POST /data/ingest`, pull sources). */
export const SOURCES = ['internal', 'ibkr', 'alpha_vantage', 'fred', 'yahoo', 'mock'] as const;
export type SourceName = (typeof SOURCES)[number];

export const isSource = (name: string): name is SourceName => (SOURCES as readonly string[]).includes(name);

/** Names that consumers use for kinds of data, and the channel that carries each; `news` is carried by none. */
export const DATA_TYPE_CHANNELS = {
  tick: 'trade',
  trade: 'trade',
  trades: 'trade',
  bar: 'trade',
  klines: 'trade',
  quote: 'quote',
  ticker: 'quote',
  level2: 'book',
  orderbook: 'book',
  mark_price: 'mark_price',
  funding: 'funding',
  open_interest: 'open_interest',
  liquidation: 'liquidation',
  status: 'status',
  kline: 'kline',
  news: null,
} as const satisfies Record<string, ChannelName | null>;

export type DataType = keyof typeof DATA_TYPE_CHANNELS;
export const DATA_TYPES = Object.keys(DATA_TYPE_CHANNELS) as [DataType, ...DataType[]];

/** Channels that carry these kinds of data, in a fixed order. */
export function channelsOf(dataTypes: readonly DataType[]): ChannelName[] {
  const wanted = new Set(dataTypes.map((type) => DATA_TYPE_CHANNELS[type]));
  return CHANNEL_NAMES.filter((channel) => wanted.has(channel));
}

/** Channels by their bits, in a fixed order. */
export const channelsOfBits = (bits: number): ChannelName[] => CHANNEL_NAMES.filter((name) => (bits & CHANNELS[name]) !== 0);

/** What the channels of a configured feed are called among kinds of data. */
export function dataTypesOf(channels: readonly ChannelName[]): DataType[] {
  const names: Partial<Record<ChannelName, DataType>> = { trade: 'tick', book: 'level2' };
  return channels.map((channel) => names[channel] ?? (channel as DataType));
}

/** Symbols of sources: no path, no separator of topics at an end, one case. */
export const SOURCE_SYMBOL = /^(?!.*\.\.)[A-Z0-9^](?:[A-Z0-9._=^/-]{0,62}[A-Z0-9^=])?$/;

/** A spelling with separators and case taken out: `btc-usdt`, `BTC/USDT` and `BTCUSDT` are one. */
export const plainSymbol = (symbol: string): string => symbol.replace(/[-/_ ]/g, '').toUpperCase();

/** Who asked for something; null: whoever runs the engine. */
export type Owner = string | null;

/** Whether a row is this owner's; undefined stands for whoever runs the engine, who has all. */
export const isOf = (owner: string | undefined, row: { readonly owner: Owner }): boolean =>
  owner === undefined || row.owner === owner;

/** One symbol of one venue or source. */
export interface FeedInfo {
  readonly feedId: string;
  readonly symbol: string;
  readonly source: string;
  readonly dataTypes: readonly DataType[];
  /** Null until the venue's listing has been read. */
  readonly instrument: number | null;
  /** Who asked for it: the configuration, a request, or a row that was ingested. */
  readonly origin: 'config' | 'request' | 'ingest';
  readonly subscription: 'pending' | 'subscribed' | 'failed';
  readonly createdAt: string;
}

/** Outcome of a request for a feed. */
export interface FeedCreated extends FeedInfo {
  /** It was there already and has been started anew. */
  readonly restarted: boolean;
}

export interface Subscription {
  readonly subscriptionId: string;
  readonly symbols: readonly string[];
  readonly dataTypes: readonly DataType[];
  readonly callbackUrl: string | null;
  readonly isActive: boolean;
  readonly createdAt: string;
  readonly owner: Owner;
}

/** What a new subscription is made of. */
export type SubscriptionOrder = Pick<Subscription, 'symbols' | 'dataTypes' | 'callbackUrl'>;

/** A row of data; numbers are decimal text. */
export interface IngestRow {
  readonly symbol: string;
  readonly source: SourceName;
  /** ns since the UNIX epoch, decimal. */
  readonly ts: string;
  readonly values:
    | { readonly kind: 'trade'; readonly price: string; readonly qty: string; readonly sell: boolean }
    | { readonly kind: 'quote'; readonly bid: string; readonly bidQty: string; readonly ask: string; readonly askQty: string };
}

export interface IngestResult {
  readonly accepted: number;
  /** Rows that were refused, by their place. */
  readonly errors: readonly { readonly index: number; readonly code: string; readonly message: string }[];
  /** Shard that took them, and the events that it has published since its start. */
  readonly shard: number;
  readonly events: number;
}

/** Rows of one request. */
export const INGEST_ROWS_MAX = 10_000;
/** Subscriptions in all, and symbols of one. */
export const SUBSCRIPTIONS_MAX = 10_000;
export const SUBSCRIPTION_SYMBOLS_MAX = 1_000;
/** Symbols of all subscriptions together. */
export const SUBSCRIBED_SYMBOLS_MAX = 100_000;
/** Subscriptions made by one request. */
export const SUBSCRIPTION_BATCH_MAX = 100;
