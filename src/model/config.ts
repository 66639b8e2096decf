/** Resolved configuration: what the rooms get after file, environment and flags were merged and checked. */

/** Channels of a subscription. */
export const CHANNEL_NAMES = [
  'book',
  'trade',
  'quote',
  'mark_price',
  'funding',
  'open_interest',
  'liquidation',
  'status',
  'kline',
] as const;
export type ChannelName = (typeof CHANNEL_NAMES)[number];
/** What is subscribed where nothing else is said; every venue has them. */
export const DEFAULT_CHANNELS: readonly ChannelName[] = ['book', 'trade', 'quote'];

/**
 * How a feed's sockets are read: `native` hands whole chunks to the addon; `ws` is the library of that name, for servers that
 * the first does not get on with; `ws-deflate` also accepts compressed messages.
 */
export type TransportName = 'native' | 'ws' | 'ws-deflate';

/** What is plausible of an instrument; a limit of 0 switches its rule off. Shares in 1/10,000 (`Bps`) and 1/1,000,000 (`Ppm`). */
export interface ValidationRules {
  /** Decimal text. */
  readonly priceMin?: string;
  readonly priceMax?: string;
  /** An outlier is further from the median of the last trades than so many median distances, */
  readonly outlierMads: number;
  /** and than this share of the median. */
  readonly outlierBps: number;
  /** A spike is so many times larger than the largest of the last trades. */
  readonly volumeFactor: number;
  readonly timeBackMs: number;
  readonly timeAheadMs: number;
  /** Of the bid. */
  readonly spreadBps: number;
  /** Least share of a minute's ids. */
  readonly completenessPpm: number;
}

/** Rules of a feed's symbols. */
export interface ValidationConfig {
  readonly rules: ValidationRules;
  /** Those of symbols that have their own. */
  readonly symbols: Readonly<Record<string, ValidationRules>>;
}

/** How a venue's messages are written: `json`, which every venue has, or one of its binary formats. */
export const FORMAT_NAMES = ['json', 'sbe'] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];

/** One venue's feed. */
export interface FeedConfig {
  /** Unique within the engine, e.g. `binance-usdm`. */
  readonly id: string;
  /** Registry name of the venue. */
  readonly venue: string;
  /** Root of the venue's WebSocket addresses, without path. */
  readonly wsUrl: string;
  /** Root of the venue's REST addresses, without path. */
  readonly restUrl: string;
  /** Symbols as the venue spells them in messages (upper case). */
  readonly symbols: readonly string[];
  readonly channels: readonly ChannelName[];
  readonly transport: TransportName;
  /** Absent: those of the engine; null: its events are not looked at. */
  readonly validation?: ValidationConfig | null;
  /** Absent: `json`. */
  readonly format?: FormatName;
  /** Connections that carry the same streams, of which the first to bring a message counts: 1 to 4; default 1. */
  readonly lines?: number;
  /** Addresses of those lines, where they are not `wsUrl`. */
  readonly lineWsUrls?: readonly string[];
  /** Other addresses of the same venue, for when the first cannot be reached: of sockets, and of REST. */
  readonly wsAlternates?: readonly string[];
  readonly restAlternates?: readonly string[];
}

/** Most lines of a feed. */
export const FEED_LINES_MAX = 4;

/** When an input counts as durable: written; synced with its group; synced at once. */
export type Durability = 'none' | 'batch' | 'fsync';

/** Where and how inputs are kept. */
export interface JournalConfig {
  /** A folder a shard is made in it. */
  readonly dir: string;
  readonly durability: Durability;
  readonly segmentBytes: number;
  /** Memory a shard for inputs that wait for the disk. */
  readonly bufferBytes: number;
  /** Most that is kept of a shard; 0: no limit. */
  readonly retainBytes: number;
  /** Longest that it is kept; 0: no limit. */
  readonly retainMs: number;
  /** With less than this free on the disk, old segments go although a sink needs them. */
  readonly diskFloorBytes: number;
  /** Whether segments are compressed once they are full. */
  readonly compress: boolean;
  /** What is done at a start about damage to what was durable. */
  readonly recovery: 'strict' | 'point-in-time' | 'salvage';
  /** Sinks by name: what they have not taken is not deleted. */
  readonly sinks?: readonly string[];
}

/** One venue's part in a view. */
export interface ViewLeg {
  readonly venue: string;
  readonly symbol: string;
  /** What a taker pays there, 1/1,000,000. */
  readonly feePpm: number;
  /** How much of the base currency one unit of the venue's sizes is, decimal text. */
  readonly multiplier: string;
}

/** When a view changes the leg that it follows. */
export interface ViewFailover {
  /** A better leg is taken when it has been fit for so long. */
  readonly holdMs: number;
}

/** One thing as several venues quote it. */
export interface ViewConfig {
  /** `BTC-USDT`; published as an instrument of venue `view`. */
  readonly symbol: string;
  /** Follow one leg at a time, in the order in which they stand here; absent: all legs together. */
  readonly failover?: ViewFailover;
  /** Levels a side. */
  readonly depth: number;
  /** A leg that was not heard of for longer is left out. */
  readonly toleranceMs: number;
  /** A middle price further from that of the others is doubted, 1/10,000; 0: none is. */
  readonly deviationBps: number;
  readonly legs: readonly ViewLeg[];
}

/** Where venues' names lead. */
export interface DnsConfig {
  /** Servers to ask, address and port (`192.0.2.1`, `192.0.2.1:5353`); none: as the system resolves names. */
  readonly servers: readonly string[];
  /** Addresses and networks that a venue's name may lead to though they are not public ones. */
  readonly allowAddresses: readonly string[];
  /** How long the last answer is used while there is no other, ms. */
  readonly keepMs: number;
}

export interface EngineConfig {
  /** Name under the shared-memory root; also names the control socket. */
  readonly name: string;
  /** Root of shared memory, default `/dev/shm/tickring`. */
  readonly shmRoot: string;
  /** Where registry, epochs and quarantine are kept. */
  readonly stateDir: string;
  /** Worker threads, one shard each. */
  readonly shards: number;
  /** Ring size of a shard in bytes; a power of two. */
  readonly ringBytes: number;
  /** Room of a shard for images of whole books, bytes; undefined: a quarter of the ring. */
  readonly booksBytes?: number;
  /** How often a thread of each shard looks whether blocked readers are to be woken, µs; 0: no such thread, they sleep. */
  readonly wakeIntervalUs: number;
  /** Rings in sealed memory that is handed out over a socket, instead of in files. */
  readonly hardened?: boolean;
  /** Instruments that one shard can hold. */
  readonly instrumentsMax: number;
  /** Levels a side in the latest table. */
  readonly orderBookDepth: number;
  /** Full books on the ring every so often, ms; 0 = on start, resync and request only. */
  readonly snapshotIntervalMs: number;
  readonly reconnectDelayMs: number;
  readonly maxReconnectDelayMs: number;
  /** Most bytes kept in quarantine files. */
  readonly quarantineBytesMax: number;
  /** Null or absent: inputs are not kept. */
  readonly journal?: JournalConfig | null;
  readonly feeds: readonly FeedConfig[];
  /** Of feeds that have none of their own; null or absent: events are not looked at. */
  readonly validation?: ValidationConfig | null;
  /** Published by a derived shard; none where there are none. */
  readonly views?: readonly ViewConfig[];
  /** Absent: as the system resolves names, public addresses alone, the last answer for 15 minutes. */
  readonly dns?: DnsConfig;
}

/** Who may reach the gateway. */
export interface GatewayAccess {
  /** Where keys are kept; null: there are none. */
  readonly stateDir: string | null;
  /** Certificate chain and private key, PEM. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** A proxy ends TLS in front: nobody counts as local, and only `trustedProxies` may connect. */
  readonly behindProxy: boolean;
  /** Addresses and networks. */
  readonly trustedProxies: readonly string[];
  /** Names that `Host` may have, besides the loopback names and the address that is bound. */
  readonly hosts: readonly string[];
  /** Origins whose pages may write and open sockets, besides the gateway's own. */
  readonly origins: readonly string[];
  /** Whether programs on this host need a key to write, too. */
  readonly localWrites: 'key' | 'open';
  /** Of each key, and of each address beyond this host. */
  readonly requestsPerSecond: number;
  readonly socketsMax: number;
}

export interface GatewayConfig {
  readonly name: string;
  readonly shmRoot: string;
  readonly host: string;
  readonly port: number;
  /** Absent: this host alone may read, nobody may write. */
  readonly access?: GatewayAccess;
  /** What a stage may take before it is told, ms; default 50. */
  readonly latencyAlertMs?: number;
  /** The key that secrets of callbacks are made of; absent where nobody is called. */
  readonly callbackKeyFile?: string;
  /** Sinks that are configured, by name; their state is served. */
  readonly sinks?: readonly string[];
  /** Of the engine. */
  readonly views?: readonly ViewConfig[];
}

/** What is told to Redis: one kind of channel each, and one kind of stream. */
export type RedisTopic = 'orderbook' | 'market_data' | 'trades';

export interface RedisConfig {
  /** `redis://`, `rediss://` (TLS) or `unix:///path`, with user and password if that is how they are given. */
  readonly url: string;
  readonly username?: string;
  /** File that holds the password; read anew for each connection. */
  readonly passwordFile?: string;
  /** Authorities (PEM) that may have signed the server's certificate, instead of the system's. */
  readonly caFile?: string;
  /** Levels a side of an order book. */
  readonly depth: number;
  /** Shortest time between two order books of an instrument, ms; 0: every update. */
  readonly bookIntervalMs: number;
  readonly keyExpirySeconds: number;
  /** Most that waits for the server, bytes. */
  readonly outboxBytesMax: number;
  /** Topics that also go to streams. */
  readonly streams: readonly RedisTopic[];
  /** About how many entries a stream keeps. */
  readonly streamLength: number;
  readonly reconnectDelayMs: number;
  readonly maxReconnectDelayMs: number;
}

/** Callbacks of subscriptions. */
export interface CallbackConfig {
  /** The key that their secrets are made of. */
  readonly keyFile: string;
  readonly allowHttp: boolean;
  readonly ports: readonly number[];
  /** Addresses and networks that may be called though they are not public ones. */
  readonly allowAddresses: readonly string[];
  /** What comes within this goes out together, ms. */
  readonly intervalMs: number;
  /** Pause after the first failure, ms. */
  readonly backoffMs: number;
}

/** Events of the journal as files of lines. */
export interface FileSinkConfig {
  /** A folder a shard is made in it. */
  readonly dir: string;
  /** A file that is this long is followed by another one. */
  readonly rotateBytes: number;
  /** Where it begins when it has never been there. */
  readonly from: 'oldest' | 'now';
  /** Of the engine. */
  readonly journalDir: string;
  readonly shards: number;
}

/** The process of the sinks. */
export interface JobsConfig {
  readonly name: string;
  readonly shmRoot: string;
  /** Whose instruments answer to a symbol alone; null: those of the first feed that has it. */
  readonly primaryVenue: string | null;
  /** Null: not configured; at least one is. */
  readonly redis: RedisConfig | null;
  readonly callbacks: CallbackConfig | null;
  readonly file: FileSinkConfig | null;
}

/** Options of the built-in simulated venues, as far as configuration can set them. */
export interface SimulatorConfig {
  readonly seed: number;
  /** Frames a second for each venue. */
  readonly rate: number;
  readonly symbols: readonly string[];
}

export interface LogConfig {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

export interface Config {
  readonly engine: EngineConfig;
  readonly gateway: GatewayConfig;
  /** Set when no feed is configured: the simulated venues run, and their addresses become the feeds. */
  readonly simulator: SimulatorConfig | null;
  /** Null: there is no sink. */
  readonly jobs: JobsConfig | null;
  readonly log: LogConfig;
}
