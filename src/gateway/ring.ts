/** The gateway's door to shared memory: a reader like any other on this host. */
import { Fanout, native, RingReader } from '../native/index.js';

/** Encodings of messages, as the fan-out numbers them. */
export const ENCODINGS = { flatbuffers: 0, json: 1 } as const;
export type Encoding = (typeof ENCODINGS)[keyof typeof ENCODINGS];

export interface RingTopic {
  readonly id: number;
  readonly name: string;
  readonly instrument: number;
}

/** The part of the addon's `Fanout` that the gateway uses. */
export interface FanoutSource {
  topics(): RingTopic[];
  version(): number;
  interest(topic: number, encoding: number, on: boolean): void;
  poll(out: Uint8Array): number;
  snapshot(topic: number, encoding: number): Uint8Array | null;
  wantedSnapshots(): number[];
  lost(): bigint;
  status(): { shard: number; state: string; epoch: bigint; lag: number }[];
  close(): void;
}

/** The part of the addon's `RingReader` that the gateway uses. */
export interface ReaderSource {
  status(): { state: string; epoch: bigint; position: bigint; lag: number; heartbeatAgeMs?: number | null };
  instruments(): { id: number; venue: number; symbol: string }[];
  counters(): bigint[];
  instrumentCounters(instrument: number): bigint[] | null;
  histogram(stage: number): { counts: Float64Array } | null;
  close(): void;
}

/** Opens readers of one engine. */
export interface RingSource {
  fanout(): FanoutSource;
  reader(shard: number): ReaderSource;
}

/** The real thing: rings under `root`, of the engine `name`. */
export function openRings(root: string, name: string): RingSource {
  return {
    fanout: () => native(() => new Fanout(root, name)),
    reader: (shard) => native(() => new RingReader(root, name, shard)),
  };
}
