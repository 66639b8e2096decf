import type { ChannelName, FormatName } from './config.js';
import { TickringError } from './errors.js';
import type { VenueManifest } from './manifest.js';

/** What a venue's REST request is, and what it weighs in the venue's own budget. */
export interface RestRequest {
  /** Path and query, to be joined to the feed's REST root. */
  readonly path: string;
  readonly weight: number;
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Most minutes that are asked for at once. */
export const MINUTES_PER_REQUEST_MAX = 1_000;

/** A minute as its venue counts it, decimals as it writes them. */
export interface VenueMinute {
  /** Its beginning, ms since the UNIX epoch. */
  readonly startMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  /** Number of trades; 0 where the venue does not tell it. */
  readonly count: number;
}

/** How a venue tells its minutes (klines). */
export interface VenueMinutes {
  /** Most minutes of one answer, where they are fewer than `MINUTES_PER_REQUEST_MAX`. */
  readonly perRequest?: number;
  /** Minutes that begin from `fromMs` up to `toMs`, which is left out: as many as one answer has at most. */
  request(symbol: string, fromMs: number, toMs: number): RestRequest;
  /** Oldest first; the newest one may still go on, and there may be others than were asked for. Throws for a body of another shape. */
  read(body: string, symbol: string): VenueMinute[];
}

/** Limits of a venue, from its documents; each venue folder's README names document and day. */
export interface VenueLimits {
  readonly streamsPerConnection: number;
  /** Streams that one control message may name. */
  readonly streamsPerMessage: number;
  /** Control messages a second that the venue tolerates on one connection. */
  readonly messagesPerSecond: number;
  readonly connectionAttemptsPer5Minutes: number;
  readonly restWeightPerMinute: number;
  /** Where the venue counts in another span than the minute: so much weight in so many ms, 1,000 at least. */
  readonly restWindow?: { readonly weight: number; readonly ms: number };
  /** No byte at all (not even a ping) for this long: the connection is dead, ms. */
  readonly idleTimeoutMs: number;
  /** No data frame on a connection with live subscriptions for this long: replaced, ms. */
  readonly silenceTimeoutMs: number;
  /** The venue cuts connections after this, ms. */
  readonly connectionLifeMs: number;
  /** Name, connection, TLS and handshake together take no longer than this, ms; absent: 10,000. */
  readonly handshakeTimeoutMs?: number;
}

/** A class of channels that the venue serves on an address of its own. */
export interface ConnectionClass {
  readonly name: string;
  readonly channels: readonly ChannelName[];
  /** Path and query of the socket, to be joined to the feed's WebSocket root. */
  readonly path: string;
}

/** A secret of a venue's, and where it goes. */
export interface VenueKey {
  readonly header: string;
  /** Name of the variable; the same with `_FILE` behind it names a file instead. */
  readonly variable: string;
}

/** Roots of a venue's addresses, without path; alternates are those that its documents name for the same data. */
export interface VenueAddresses {
  readonly wsUrl: string;
  readonly restUrl: string;
  readonly wsAlternates?: readonly string[];
  readonly restAlternates?: readonly string[];
}

/** What a size counts: the base currency, contracts, or the quote currency (inverse contracts). */
export type SizeUnit = 'base' | 'contracts' | 'quote';

/** A venue's wire contract: pure, no socket, timer, clock or state. The engine owns connections. */
export interface Venue {
  /** Number in the addon's registry; never reused. */
  readonly id: number;
  readonly name: string;
  readonly defaults: VenueAddresses;
  readonly classes: readonly ConnectionClass[];
  readonly limits: VenueLimits;
  /** Channels of which one stream tells of several symbols, or of all: it is given up with the last of them on a connection. */
  readonly sharedChannels?: readonly ChannelName[];
  /** What a size counts, of all symbols or of each; the base currency where this is absent. */
  readonly sizes?: SizeUnit | ((symbol: string) => SizeUnit);
  /** Stream names that carry these channels of a symbol, each once. */
  streams(symbol: string, channels: readonly ChannelName[]): string[];
  /** Control message that subscribes; `id` comes back in the reply. */
  subscribeFrame(id: number, streams: readonly string[]): string;
  unsubscribeFrame(id: number, streams: readonly string[]): string;
  /** Message that the venue wants to hear every so often, or it cuts the connection; without a text a WebSocket ping, whatever it sent itself. */
  readonly keepAlive?: { readonly text?: string; readonly intervalMs: number };
  /** Messages that each connection begins with, before it subscribes. */
  readonly opening?: readonly string[];
  /** What the venue wants to hear when it asks for a sign of life. */
  readonly answer?: string;
  /** The venue does not say which subscription it accepted: data alone tells, or its absence. */
  readonly isSilent?: true;
  /** Why what two connections bring cannot be told apart by the venue's numbers: such a venue has one line. */
  readonly unarbitrated?: string;
  /** Depth snapshot of a symbol at full depth. Absent where the stream of the book begins with one: then it is subscribed anew. */
  snapshotRequest?(symbol: string): RestRequest;
  /**
   * Copy of a symbol's best levels, to compare a live book with. Light on purpose: it is asked for now and then. Absent where the core
   * reads none (`has_audit`).
   */
  auditRequest?(symbol: string): RestRequest;
  /** How the venue's own time is asked for, and read from the answer: ms since the UNIX epoch. Throws for a body of another shape. */
  readonly time?: { request(): RestRequest; read(body: string): number };
  /**
   * Trades of these numbers, as many as one page has; numbers are those by which the venue's trades count. A venue that gives its newest ones
   * alone is asked for those. Absent where neither tells them by that number.
   */
  tradesRequest?(symbol: string, first: bigint, last: bigint): RestRequest;
  /** Absent where candles are made of our own trades alone. */
  readonly minutes?: VenueMinutes;
  /** What a connection has to show in a header of its handshake: the value stands in this variable of the environment, or in a file. */
  readonly key?: VenueKey;
  /** The same venue, with the same number and name, where it also writes its messages in other formats; the core tells them apart. */
  readonly formats?: Readonly<Partial<Record<Exclude<FormatName, 'json'>, Venue>>>;
  /** What its messages are known to hold: what differs is counted and told, and changes nothing else. */
  readonly manifest?: VenueManifest;
  /** The venue's instrument listing. */
  listingRequest(): RestRequest;
  /** Weight used so far in this minute, as the answer's headers say; undefined if they do not. */
  usedWeight(headers: Readonly<Record<string, string | string[] | undefined>>): number | undefined;
}

/** The venue as it speaks in a format; undefined if it does not. */
export function venueIn(venue: Venue, format: FormatName | undefined): Venue | undefined {
  return format === undefined || format === 'json' ? venue : venue.formats?.[format];
}

/** Channels that a venue has. */
export const channelsServed = ({ classes }: Pick<Venue, 'classes'>): ChannelName[] =>
  classes.flatMap(({ channels }) => channels);

/** What a size of this symbol counts. */
export function sizesOf({ sizes = 'base' }: Pick<Venue, 'sizes'>, symbol: string): SizeUnit {
  return typeof sizes === 'function' ? sizes(symbol) : sizes;
}

/** Names of the streams of a symbol, by the channels that a venue has. */
export type StreamTable = Partial<Readonly<Record<ChannelName, (symbol: string) => string | readonly string[]>>>;

/** Streams that carry these channels of a symbol, each once. Throws `ARGUMENT_RANGE` for a channel that the table lacks. */
export function streamsIn(table: StreamTable, symbol: string, channels: readonly ChannelName[]): string[] {
  const nameOf = (channel: ChannelName): string | readonly string[] => {
    const name = table[channel];
    if (name === undefined) throw new TickringError('ARGUMENT_RANGE', `${symbol} has no stream of channel ${channel}`);
    return name(symbol);
  };
  return [...new Set(channels.flatMap(nameOf))];
}
