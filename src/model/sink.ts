/** What sinks have in common, and what their process tells the others about them. */

/** A destination beyond this host's memory. It reads the ring or the journal, so that nothing it does can hold up a feed. */
export interface Sink {
  readonly name: string;
  status(): SinkStatus;
  /** Hands over what it still holds, for `longestMs` at most, and lets go of everything. Idempotent. */
  stop(longestMs: number): Promise<void>;
}

/** How long something took; `counts` are how many did not exceed each of `SINK_BOUNDS_SECONDS`. */
export interface SinkLatency {
  readonly counts: readonly number[];
  readonly count: number;
  readonly sumSeconds: number;
}

export interface SinkStatus {
  readonly sink: string;
  /** The destination answered last. */
  readonly connected: boolean;
  /** Messages and keys that the destination has confirmed. */
  readonly published: number;
  /** Messages that it certainly did not get. */
  readonly dropped: number;
  /** Messages that were on the way when the connection was lost: it may have got them. */
  readonly unconfirmed: number;
  /** Ring records that were overwritten before this sink had read them. */
  readonly lostRecords: number;
  readonly gapsTold: number;
  readonly reconnects: number;
  readonly outboxMessages: number;
  readonly outboxBytes: number;
  /** Slots of the ring that it has not read yet, in the shard where that is most. */
  readonly lagSlots: number;
  /** From a record's being read to the destination's confirmation. */
  readonly latency: SinkLatency;
  /** Of a sink that takes the journal: how far it is, shard by shard. */
  readonly journal?: readonly JournalLag[];
}

export interface JournalLag {
  readonly shard: number;
  /** Last input that the destination has for good. */
  readonly sequence: number;
  /** Inputs of the engine that it does not have yet; null while no engine says how many there are. */
  readonly lagInputs: number | null;
  /** How old the last input is that it has, while it does not have all; 0 where it has. */
  readonly lagSeconds: number;
  /** Inputs of which it was told that their events are missing. */
  readonly missing: number;
}

/** Bounds of `SinkLatency`: 1, 2, 5 a decade from 10 us to 10 s. */
export const SINK_BOUNDS_SECONDS: readonly number[] = [-5, -4, -3, -2, -1, 0]
  .flatMap((decade) => [1, 2, 5].map((step) => Number(`${step}e${decade}`)))
  .concat(10);

/** What the process of the sinks writes beside the ring, a few times a second. */
export interface JobsStatus {
  readonly pid: number;
  /** When it was written, by the clock that all processes of a host share (CLOCK_MONOTONIC), ns. */
  readonly writtenNs: string;
  /** The same by the clock on the wall, RFC 3339. */
  readonly writtenAt: string;
  readonly sinks: readonly SinkStatus[];
}

/** Where `JobsStatus` lies, as JSON. */
export function jobsStatusPath(shmRoot: string, name: string): string {
  return `${shmRoot}/${name}/jobs.json`;
}

/** Name of the sink that writes files: of its cursor, and in figures. */
export const FILE_SINK = 'file';
