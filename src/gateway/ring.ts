/** The gateway's door to shared memory: a reader like any other on this host. */
import { type Candles, Fanout, type LatestView, native, RingReader, type VenueMinute } from '../native/index.js';

/** Encodings of messages, as the fan-out numbers them. `stream`: the older shape of `/ws/stream`. */
export const ENCODINGS = { flatbuffers: 0, json: 1, msgpack: 2, stream: 3 } as const;
export type Encoding = (typeof ENCODINGS)[keyof typeof ENCODINGS];

export const isBinary = (encoding: Encoding): boolean => encoding === ENCODINGS.flatbuffers || encoding === ENCODINGS.msgpack;

/** How much of a topic a client gets, as the fan-out numbers it; each rung is cheaper than the one before. */
export const RUNGS = { full: 0, coalesced: 1, top: 2, best: 3 } as const;
export type RungName = keyof typeof RUNGS;
export type Rung = (typeof RUNGS)[RungName];
export const RUNG_NAMES = Object.keys(RUNGS) as RungName[];

/** Why a notice says that messages were passed over, as in `wire.fbs`. */
export const SKIP_REASONS = { slowClient: 1, resume: 6 } as const;

export interface RingTopic {
  readonly id: number;
  readonly name: string;
  readonly instrument: number;
}

/** The part of the addon's `Fanout` that the gateway uses. */
export interface FanoutSource {
  topics(): RingTopic[];
  version(): number;
  interest(topic: number, encoding: number, rung: number, on: boolean): void;
  poll(out: Uint8Array): number;
  snapshot(topic: number, encoding: number, rung: number): Uint8Array | null;
  replay(topic: number, encoding: number, after: number, bytesMax: number): Uint8Array | null;
  skipped(topic: number, encoding: number, reason: number, from: number, to: number): Uint8Array | null;
  seq(topic: number): number;
  candles(instrument: number, timeframe: string, count: number): Candles | null;
  settle(instrument: number, minutes: VenueMinute[]): boolean;
  lateTrades(): { late: number; leftOut: number };
  wantedSnapshots(): number[];
  lost(): bigint;
  status(): { shard: number; state: string; epoch: bigint; lag: number }[];
  close(): void;
}

/** What a ring tells of an instrument. */
export interface RingInstrument {
  readonly id: number;
  readonly venue: number;
  readonly symbol: string;
  readonly priceExponent: number;
  readonly qtyExponent: number;
}

/** The part of the addon's `RingReader` that the gateway uses. */
export interface ReaderSource {
  status(): { state: string; epoch: bigint; position: bigint; lag: number; heartbeatAgeMs?: number | null };
  instruments(): RingInstrument[];
  latest(instrument: number): LatestView | null;
  counters(): bigint[];
  journalCounters(): bigint[];
  instrumentCounters(instrument: number): bigint[] | null;
  histogram(stage: number): { counts: Float64Array } | null;
  close(): void;
}

/** All records of all shards, in canonical form. */
export interface RecordSource {
  poller(): (out: Uint8Array, max: number) => number;
  shards(): number[];
  instruments(shard?: number): RingInstrument[];
  /** Goes back to the oldest record that is still there. */
  seekOldest(): void;
  close(): void;
}

/** Opens readers of one engine. */
export interface RingSource {
  fanout(): FanoutSource;
  reader(shard: number): ReaderSource;
  /** Throws `SHM_NOT_FOUND` while no engine has published. */
  records(): RecordSource;
}

/** The real thing: rings under `root`, of the engine `name`. */
export function openRings(root: string, name: string): RingSource {
  return {
    fanout: () => native(() => new Fanout(root, name)),
    reader: (shard) => native(() => new RingReader(root, name, shard)),
    records: () => native(() => new RingReader(root, name)),
  };
}
