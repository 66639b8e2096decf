import type { Histogram } from 'hdr-histogram-js';

/** Smoke proves that a bench still runs (it is part of `npm test`); full gives figures. */
export type Size = 'smoke' | 'full';

/** Median of blocks with the bootstrap 95 % interval of that median. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly blocks: number;
}

/** What a figure is held against: one of the two. */
export interface Limit {
  readonly most?: number;
  readonly least?: number;
}

/** One line of the table: a figure, the control measured beside it in the same run, and what the targets ask for. */
export interface Claim {
  /** Row of the targets that it answers, e.g. `1b`; see bench/README.md. */
  readonly row: string;
  readonly what: string;
  readonly unit: string;
  readonly figure: Estimate;
  /** `ratio` is figure / control, or the other way round where `what` says so. */
  readonly control?: { readonly label: string; readonly unit: string; readonly figure: Estimate; readonly ratio: Estimate };
  /** Which of the two the limits are about; `figure` unless said. */
  readonly judged?: 'figure' | 'ratio';
  readonly must?: Limit;
  readonly moonshot?: Limit;
}

/** One distribution, in the unit of the bench. */
export interface Distribution {
  readonly label: string;
  readonly unit: 'ns';
  readonly histogram: Histogram;
}

/** A ratio without a row of the targets. */
export interface Ratio extends Estimate {
  readonly label: string;
  /** What is asked for, as text; empty where nothing is. */
  readonly target: string;
}

/** A plain figure: a rate, a count, a checksum. */
export interface Figure {
  readonly label: string;
  readonly value: number | string;
  readonly unit: string;
}

export interface BenchResult {
  readonly claims?: readonly Claim[];
  readonly distributions: readonly Distribution[];
  readonly ratios: readonly Ratio[];
  readonly figures: readonly Figure[];
  /** What could not be measured here, and why: it goes into the report. */
  readonly notMeasured?: readonly string[];
}

/** One question, one file. */
export interface Bench {
  readonly name: string;
  readonly question: string;
  /** Cores without which there is nothing to measure; 1 unless said. */
  readonly cores?: number;
  /** Room that it writes into the working folder, GiB; none unless said. */
  readonly diskGiB?: number;
  run(size: Size): Promise<BenchResult>;
}
