import type { MessagePort } from 'node:worker_threads';
import type { EngineConfig, FeedConfig } from '../model/config.js';
import type { Drift } from '../model/drift.js';
import type { IngestResult, IngestRow } from '../model/feeds.js';
import type { BookText, ConnectionStatus, InstrumentStatus, RestAddress, ViewStatus } from '../model/status.js';
import type { InstrumentDefinition } from '../native/index.js';
import type { LogLevel } from './log.js';
import type { Asking } from './rest.js';
import type { Lease } from './weight-budget.js';

/** A writer epoch and the one before it in the same shard. */
export interface EpochLease {
  readonly epoch: bigint;
  readonly prevEpoch: bigint;
}

/** A feed with the instruments that its symbols became. */
export interface FeedTask {
  readonly feed: FeedConfig;
  readonly instruments: readonly InstrumentDefinition[];
}

/** What a worker gets when its shard starts. */
export interface ShardTask extends EpochLease {
  readonly shard: number;
  readonly config: EngineConfig;
  readonly feeds: readonly FeedTask[];
  readonly port: MessagePort;
  /** One Int32 that the worker's loop counts up. */
  readonly heartbeat: SharedArrayBuffer;
}

/** A row with its instrument. */
export interface HostedRow extends IngestRow {
  readonly instrument: number;
}

export interface IngestedRows {
  readonly errors: IngestResult['errors'];
  readonly events: number;
}

/** State of a shard, as its worker tells it. */
export interface ShardStatus {
  readonly counters: Readonly<Record<string, number>>;
  readonly connections: readonly ConnectionStatus[];
  readonly instruments: readonly InstrumentStatus[];
  readonly drift: readonly Drift[];
  /** Of the shard of views. */
  readonly views: readonly ViewStatus[];
  readonly moved: readonly RestAddress[];
}

/** Calls that a worker answers. */
export interface WorkerCalls {
  status(argument: null): ShardStatus;
  /** The worker of this shard is gone; told to the shard of views. */
  gone(shard: number): null;
  /** Takes up a feed, or changes which instruments it has. */
  feed(task: FeedTask): null;
  /** Asks the venue anew for an instrument of a feed. */
  restart(argument: { readonly feed: string; readonly instrument: number }): null;
  /** Rows of sources, for instruments that the shard holds. */
  ingest(rows: readonly HostedRow[]): IngestedRows;
  /** Puts a full book on the ring; false if the shard does not hold the instrument. */
  snapshot(instrument: number): boolean;
  book(instrument: number): BookText | null;
  stop(argument: null): null;
}

/** Calls that the main thread answers. */
export interface MainCalls {
  /** Resolves when the venue's budget allows a request of this weight. */
  lease(asking: Asking): Lease;
  /** The request of the lease is over. */
  settle(argument: { readonly restUrl: string; readonly lease: Lease }): null;
  /** The lease was not used: the request never left. */
  refund(argument: { readonly restUrl: string; readonly lease: Lease }): null;
  /** The venue said how much of its budget is used in this minute. */
  used(argument: { readonly restUrl: string; readonly weight: number }): null;
  /** The venue refused: nobody may ask it for so long. */
  banned(argument: { readonly restUrl: string; readonly ms: number }): null;
  /** The venue may no longer list these, or halts them: they are silent, or it refused them. */
  doubt(instruments: readonly number[]): null;
  /** A fresh epoch for the shard, persisted before it is given out. */
  epoch(shard: number): EpochLease;
  log(argument: { readonly level: LogLevel; readonly fields: object; readonly message: string }): null;
}
