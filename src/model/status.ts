import type { TradingStateName } from './codes.js';
import type { Drift } from './drift.js';
import type { DataType, FeedCreated, FeedInfo, IngestResult, IngestRow, Subscription, SubscriptionOrder } from './feeds.js';
import type { VenueMinute } from './venue.js';

/** What the engine tells on its control socket, and the CLI prints. Integers above 2^53 are decimal strings. */

export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'closed';

export interface ConnectionStatus {
  readonly feed: string;
  readonly shard: number;
  readonly connection: number;
  readonly connectionClass: string;
  /** Root of the address that it is connected to, or tries. */
  readonly address: string;
  readonly state: ConnectionState;
  readonly reconnects: number;
  readonly lastFrameAgeMs: number | null;
  /** The venue's clock against ours, the same on all connections of a feed in a shard; null before anything is known. */
  readonly clock: ClockStatus | null;
  /** Which of the lines that carry the same streams, from 1. */
  readonly line: number;
  /** How often this line has changed its connection before the venue cut it. */
  readonly rotations: number;
  /** Messages that came first over it while several connections carried their stream, and those that another one had brought. */
  readonly firsts: number;
  readonly repeats: number;
  /** Of the first ones, by how much they were earlier than over the next connection, mean in µs; null where there are none. */
  readonly leadUs: number | null;
}

/** The venue's time less ours. */
export interface ClockStatus {
  readonly offsetNs: number;
  /** Parts in 10^9 by which the venue's clock is faster; null before it can be told. */
  readonly driftPpb: number | null;
  /** The true offset is within this of `offsetNs`; null where that is a lower bound alone. */
  readonly errorNs: number | null;
  /** Times that one of the clocks was set. */
  readonly jumps: number;
}

export interface InstrumentStatus {
  readonly id: number;
  readonly venue: string;
  readonly symbol: string;
  readonly shard: number;
  readonly inSync: boolean;
  readonly lastUpdateId: string;
  readonly subscription: 'pending' | 'subscribed' | 'failed';
  /** What the venue's listing said last. What is delisted is not subscribed, and lives again with the listing. */
  readonly market: TradingStateName;
}

/** Where a venue's REST interface is asked. */
export interface RestAddress {
  readonly venue: string;
  readonly address: string;
}

/** A view of several venues. */
export interface ViewStatus {
  readonly symbol: string;
  /** `merge`: all legs that are in together; `failover`: the first that is fit. */
  readonly mode: 'merge' | 'failover';
  readonly inSync: boolean;
  /** Venue that a failover view follows, or did when it last had one; null before, and of merged views. */
  readonly source: string | null;
  /** How often that was another one than before. */
  readonly switches: number;
  /** In the order of preference. */
  readonly legs: readonly { readonly venue: string; readonly symbol: string; readonly isIn: boolean }[];
}

export interface LatencyNs {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

export interface EngineStatus {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly epochs: readonly string[];
  readonly workerRestarts: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly latencyNs: LatencyNs;
  readonly connections: readonly ConnectionStatus[];
  readonly instruments: readonly InstrumentStatus[];
  readonly views: readonly ViewStatus[];
  /** Venues whose REST interface is asked at another address than the first. */
  readonly restMoved: readonly RestAddress[];
  /** Configured symbols that their venue does not list; they are left out. */
  readonly unlisted: readonly { readonly feed: string; readonly symbol: string }[];
  /** What venues changed without our knowing, newest first. */
  readonly drift: readonly Drift[];
}

/** Protocol version of the control socket; both sides refuse another one. */
export const CONTROL_VERSION = 1;

/** For whom something is asked: what belongs to another owner is then as if it were not there. Without it: whoever runs the engine. */
interface For {
  readonly owner?: string | undefined;
}

/** Requests of the control socket (length-prefixed, u32 little endian, MessagePack maps) and what answers them. */
export interface ControlRequests {
  status: { fields: Record<never, never>; result: EngineStatus };
  snapshot: { fields: { readonly instrument: number }; result: boolean };
  book: { fields: { readonly instrument: number }; result: BookText | null };
  drift: { fields: Record<never, never>; result: readonly Drift[] };
  shutdown: { fields: Record<never, never>; result: null };
  /**
   * Minutes of an instrument as its venue counts them, from `fromMs` up to `toMs`, which is left out; null where the venue is not asked
   * for them, or nobody follows the instrument.
   */
  minutes: {
    fields: { readonly instrument: number; readonly fromMs: number; readonly toMs: number };
    result: readonly VenueMinute[] | null;
  };
  feeds: { fields: Record<never, never>; result: readonly FeedInfo[] };
  /** Null if it is followed for another owner. */
  feed_create: {
    fields: For & { readonly symbol: string; readonly source: string; readonly dataTypes: readonly DataType[] };
    result: FeedCreated | null;
  };
  /** False if there is no such feed of this owner. */
  feed_remove: { fields: For & { readonly feedId: string }; result: boolean };
  subscriptions: { fields: For; result: readonly Subscription[] };
  subscribe: { fields: For & { readonly orders: readonly SubscriptionOrder[] }; result: readonly Subscription[] };
  subscription_change: {
    fields: For & {
      readonly subscriptionId: string;
      readonly add?: readonly string[] | undefined;
      readonly remove?: readonly string[] | undefined;
      readonly isActive?: boolean | undefined;
    };
    result: Subscription | null;
  };
  unsubscribe: { fields: For & { readonly subscriptionId: string }; result: boolean };
  ingest: { fields: For & { readonly rows: readonly IngestRow[] }; result: IngestResult };
}

export type ControlOp = keyof ControlRequests;

/** Canonical text of one full book, as the engine holds it. */
export interface BookText {
  readonly instrument: number;
  readonly venue: string;
  readonly symbol: string;
  readonly inSync: boolean;
  readonly lastUpdateId: string;
  readonly text: string;
}

export type ControlReply =
  | { readonly id: number; readonly ok: true; readonly result: unknown }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };
