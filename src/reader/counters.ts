/** Counters and histograms as they come from the ring, by name. */
import type { INSTRUMENT_COUNTERS, JOURNAL_COUNTERS, RING_COUNTERS, SHARD_COUNTERS, STAGES } from '../native/index.js';

/** What a latency histogram of the writer says, ns. */
export interface Histogram {
  readonly count: bigint;
  readonly sum: bigint;
  readonly max: bigint;
  /** For each share that was asked for, the value that this share of all values does not exceed, to 1/64. */
  readonly percentiles: readonly bigint[];
}

export interface HistogramOptions {
  /** Default: the median, 99 % and 99.9 %. */
  readonly shares?: readonly number[];
  /** Default: the first. */
  readonly shard?: number;
}

export type StageName = (typeof STAGES)[number]['name'];
export type InstrumentCounterName = (typeof INSTRUMENT_COUNTERS)[number]['name'];
export type CounterName =
  | (typeof RING_COUNTERS)[number]['name']
  | (typeof SHARD_COUNTERS)[number]['name']
  | (typeof JOURNAL_COUNTERS)[number]['name'];

/** Values by the names of their table. */
export function named<Name extends string>(
  table: readonly { readonly name: Name }[],
  values: readonly bigint[],
): Record<Name, bigint> {
  return Object.fromEntries(table.map(({ name }, index) => [name, values[index] ?? 0n])) as Record<Name, bigint>;
}
