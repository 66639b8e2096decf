import type { Histogram } from 'hdr-histogram-js';

/** Smoke proves that a bench still runs (it is part of `npm test`); full gives figures. */
export type Size = 'smoke' | 'full';

/** One distribution, in the unit of the bench. */
export interface Distribution {
  readonly label: string;
  readonly unit: 'ns';
  readonly histogram: Histogram;
}

/** A ratio of two things measured in the same run, with a bootstrap interval of its median. */
export interface Ratio {
  readonly label: string;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly blocks: number;
  /** What PERFORMANCE asks for, as text; empty where it asks for nothing. */
  readonly target: string;
}

/** A plain figure: a rate, a count, a checksum. */
export interface Figure {
  readonly label: string;
  readonly value: number | string;
  readonly unit: string;
}

export interface BenchResult {
  readonly distributions: readonly Distribution[];
  readonly ratios: readonly Ratio[];
  readonly figures: readonly Figure[];
}

/** One question, one file. */
export interface Bench {
  readonly name: string;
  readonly question: string;
  run(size: Size): Promise<BenchResult>;
}
