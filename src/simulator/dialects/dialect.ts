import type { Channel } from '../market/channel.js';
import type { DepthCadence } from '../market/depth-stream.js';
import type {
  AggregateTradeEvent,
  BookStreamKind,
  DepthEvent,
  FigureEvent,
  FigureKind,
  KlineEvent,
  QuoteEvent,
  StreamKind,
  TradeEvent,
} from '../market/events.js';
import type { BookLevels } from '../market/history.js';
import type { MarketMinute } from '../market/minutes.js';
import type { SymbolSpec, SymbolText } from '../market/symbols.js';
import type { ControlOutcome } from '../server/control-messages.js';
import type { RecordedWords } from './recorded.js';

export const venueNames = [
  'binance-usdm',
  'binance-spot',
  'binance-coinm',
  'bybit-linear',
  'bybit-spot',
  'bybit-inverse',
  'deribit',
  'okx-spot',
  'okx-swap',
  'okx-futures',
  'kraken-spot',
  'kraken-futures',
  'coinbase',
  'backpack',
] as const;
export type VenueName = (typeof venueNames)[number];

/** What the venue enforces; every value can be set for a run. */
export interface ServerLimits {
  /** Server pings each connection this often, ms. */
  readonly pingIntervalMs: number;
  /** A ping not answered with its own payload for this long ends the connection, ms. */
  readonly pongTimeoutMs: number;
  /** Client messages (JSON, ping and pong) in any second; one more ends the connection with code 1008. */
  readonly messagesPerSecond: number;
  /** Streams of one connection; more end it with code 1008. */
  readonly streamsMax: number;
  /** Connections of one address in five minutes; more are refused with status 429. */
  readonly connectionsPer5Minutes: number;
  /** A connection on which neither side sent a message for this long is cut, ms. */
  readonly idleMs?: number;
  /** What the venue itself sent does not count for that. */
  readonly idleOfClient?: true;
  /** A connection that has subscribed nothing by this age is cut, ms. */
  readonly firstSubscriptionMs?: number;
  /** Control messages of a connection in an hour, pings aside; more are refused. */
  readonly requestsPerHour?: number;
  /** A connection with subscriptions hears a heartbeat when it heard nothing else for this long, ms. */
  readonly quietMs?: number;
  /** A connection is cut at this age, ms. */
  readonly connectionLifeMs: number;
  /** A venue that announces its cut does so this long before, ms. */
  readonly shutdownNoticeMs: number;
  /** REST weight of one address in a minute; more is answered 429. */
  readonly restWeightPerMinute: number;
  /** Length of that minute, ms, for runs that have less time; default 60,000. */
  readonly restWindowMs?: number;
  /** Requests answered 429 after which the address is banned (418). */
  readonly refusalsBeforeBan: number;
  /** First ban, ms; each further one doubles, up to three days. */
  readonly banMs: number;
}

/** What the address of a WebSocket asks for. */
export interface Route {
  /** Traffic class; streams of other classes stay silent. */
  readonly trafficClass: string;
  readonly combined: boolean;
  readonly streams: readonly string[];
  /** Times in µs instead of ms. */
  readonly micros: boolean;
  /** Messages of streams are binary: those that `BinaryFormat` writes. */
  readonly binary?: true;
}

/** The same market in binary messages, at an address of its own. */
export interface BinaryFormat {
  /** Header without which a handshake is answered 401, and what its value looks like. */
  readonly key: { readonly header: string; readonly pattern: RegExp };
  /** `undefined`: there is nothing at this path (404). */
  route(path: string, query: URLSearchParams): Route | undefined;
  /** Name of a stream, e.g. `btcusdt@depth`. */
  streamName(symbol: string, kind: Exclude<BookStreamKind, 'aggTrade'>): string;
  depth(spec: SymbolSpec, event: DepthEvent): Buffer;
  /** All of one order at one price. */
  trades(spec: SymbolSpec, events: readonly TradeEvent[]): Buffer;
  bookTicker(spec: SymbolSpec, event: QuoteEvent): Buffer;
}

export interface RestError {
  readonly status: number;
  readonly code: number;
  readonly msg: string;
}

/** A REST request as the venue understands it; an error still has its weight. */
export interface RestCall {
  readonly endpoint: 'depth' | 'exchangeInfo' | 'klines' | 'trades' | 'time' | 'ping';
  readonly weight: number;
  /** For `depth` and `klines` one symbol, for `exchangeInfo` the symbols asked for, or none for all. */
  readonly symbols: readonly string[];
  /** Levels a side, for `depth`; minutes, for `klines`. */
  readonly limit: number;
  /** Beginnings of the first and the last minute at most, ms, for `klines`. */
  readonly span?: readonly [fromMs: number, toMs: number];
  /** For `trades`: the first id, the newest if there is none, and whether aggregated ones are asked for; `limit` of them. */
  readonly trades?: { readonly fromId?: number; readonly aggregated: boolean };
  readonly error?: RestError;
}

/** A stream of mark prices, funding and the like. */
export interface FigureStream {
  readonly kind: FigureKind;
  /** It tells of all symbols. */
  readonly isShared?: true;
  /** A subscription begins with a message of it. */
  readonly greets?: true;
  name(spec: SymbolSpec): string;
  words(text: SymbolText, spec: SymbolSpec, event: FigureEvent): string;
}

/** A stream of the minutes of a symbol's trades. */
export interface KlineStream {
  /** Length of its bars where that is no minute. */
  readonly intervalMs?: number;
  name(spec: SymbolSpec): string;
  words(text: SymbolText, spec: SymbolSpec, event: KlineEvent, micros: boolean): string;
  /** What a subscription begins with: the bars so far, oldest first. */
  whole?(text: SymbolText, spec: SymbolSpec, minutes: readonly MarketMinute[], nowUs: number): string;
}

/** One venue's protocol from the venue's side: names, numbers and words. No socket, clock or state. */
export interface Dialect {
  readonly name: VenueName;
  /** Symbols on offer by default. */
  readonly symbols: ReadonlyMap<string, SymbolSpec>;
  readonly limits: ServerLimits;
  /** The venue announces that a connection is about to be cut. */
  readonly announcesShutdown: boolean;
  /** The words of that, where they are not Binance's. */
  readonly shutdownNotice?: string;
  /** What every connection begins with. */
  readonly hello?: string;
  /** Decimals to which prices and quantities of streams are padded; 0 = as tick and lot have them. */
  readonly padPlaces: number;
  /** Update ids jump and events carry the previous one; otherwise they count by one. */
  readonly sparseIds: boolean;
  /** Update ids count the messages of the one depth stream, not the changes of the book. */
  readonly idsCountMessages?: boolean;
  /** Each change of a level is a message of the book by itself, with the change's id. */
  readonly tellsChanges?: true;
  /** A quote stands in one message with the figures. */
  readonly quotesTellFigures?: true;
  /** Messages of a book sum up its best levels after them. */
  readonly sumsBest?: boolean;
  readonly firstUpdateId: number;
  readonly firstTradeId: number;
  readonly depthCadences: readonly DepthCadence[];
  /** Name of a stream; `undefined` where the venue has none. Default: `btcusdt@depth@100ms`. */
  streamName?(symbol: string, kind: BookStreamKind, suffix: string): string | undefined;
  /** Binary messages of the same streams, where the venue has them. */
  readonly binary?: BinaryFormat;
  /** The stream of its minutes. */
  readonly kline?: KlineStream;
  /** Streams of what is neither book nor trade. */
  readonly figures?: readonly FigureStream[];
  /** Names of streams in recorded messages. */
  readonly recorded: RecordedWords;
  /** Reads a client's message; `isKnown` says whether a stream exists. */
  control(text: string, isKnown: (stream: string) => boolean): ControlOutcome;
  /** The streams that together make the rate: a book, trades once, and quotes. */
  countsToRate(channel: Channel): boolean;
  /** The answer to a control message beyond `requestsPerHour`. */
  readonly tooManyRequests?: string;
  /** A heartbeat message, which clients may ask for, or which fills `quietMs`; `proof` wants an answer, or the connection is cut. */
  heartbeat?(proof: boolean): string;
  /** Every second heartbeat wants proof. */
  readonly wantsProof?: true;
  /** Writes the number of a connection's message into it, where the venue counts those. */
  stamp?(message: string, number: number): string;
  /** `undefined`: there is nothing at this address (404). */
  route(path: string, query: URLSearchParams): Route | undefined;
  serves(trafficClass: string, kind: StreamKind): boolean;
  depth(text: SymbolText, spec: SymbolSpec, event: DepthEvent, micros: boolean): string;
  /** The whole book, which a new subscription gets where the stream begins with one. */
  wholeBook?(text: SymbolText, spec: SymbolSpec, event: DepthEvent): string;
  trade(text: SymbolText, spec: SymbolSpec, event: TradeEvent, micros: boolean): string;
  aggTrade?(text: SymbolText, spec: SymbolSpec, event: AggregateTradeEvent, micros: boolean): string;
  bookTicker(text: SymbolText, spec: SymbolSpec, event: QuoteEvent, micros: boolean): string;
  /** Adds keys that no document names. */
  decorate(message: string, channel: Channel): string;
  /** Header that tells the weight used in this minute. */
  readonly weightHeader?: string;
  /** `undefined`: no such endpoint (404). */
  rest(path: string, query: URLSearchParams, symbols: ReadonlySet<string>): RestCall | undefined;
  snapshotBody?(text: SymbolText, levels: BookLevels, nowUs: number): string;
  klinesBody?(text: SymbolText, spec: SymbolSpec, minutes: readonly MarketMinute[], nowUs: number): string;
  /** Lists of assets, which other clients ask for before anything else; `undefined`: none at this path. */
  assetsBody?(path: string, assets: readonly string[]): string | undefined;
  /** One listing of several, where the venue gives them by currency or all at once. */
  joinListings?(bodies: readonly string[]): string;
  tradesBody?(text: SymbolText, trades: readonly TradeEvent[], aggregated: boolean, symbol: string): string;
  exchangeInfoBody(specs: readonly SymbolSpec[], nowUs: number, limits: ServerLimits): string;
}

/** What these instruments are made of. */
export function assetsOf(specs: Iterable<SymbolSpec>): string[] {
  return [...new Set([...specs].flatMap(({ baseAsset, quoteAsset }) => [baseAsset, quoteAsset]))];
}

/** A time in the connection's unit. */
export function timeText(us: number, micros: boolean): string {
  return String(micros ? us : Math.floor(us / 1000));
}

/** `[["price","qty"],…]` of a depth message. */
export function levelRows(text: SymbolText, levels: readonly (readonly [tick: number, lots: number])[]): string {
  let rows = '';
  for (const [tick, lots] of levels) rows += `${rows === '' ? '' : ','}["${text.price(tick)}","${text.qty(lots)}"]`;
  return `[${rows}]`;
}
