import type { Claim, Estimate, Limit } from './bench.js';

/** Deterministic generator for the bootstrap, so that the same blocks give the same interval. */
function* xorshift(seed: number): Generator<number, never> {
  let state = seed >>> 0 || 1;
  for (;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield (state >>> 0) / 2 ** 32;
  }
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Median of the blocks with a bootstrap 95 % interval (2,000 resamples). */
export function estimate(values: readonly number[]): Estimate {
  const random = xorshift(0x9e3779b9);
  const medians: number[] = [];
  for (let resample = 0; resample < 2_000; resample++) {
    medians.push(median(values.map(() => values[Math.floor(random.next().value * values.length)] ?? Number.NaN)));
  }
  medians.sort((a, b) => a - b);
  return { median: median(values), low: medians[49] ?? Number.NaN, high: medians[1_949] ?? Number.NaN, blocks: values.length };
}

/** A count, which has no interval. */
export function exact(value: number): Estimate {
  return { median: value, low: value, high: value, blocks: 1 };
}

/** As `estimate`: the name says what the values are. */
export const ratioOfBlocks = estimate;

/** Per-block ratios a/b. */
export function ratios(series: { a: readonly number[]; b: readonly number[] }): number[] {
  return series.a.map((value, block) => value / (series.b[block] ?? Number.NaN));
}

/** A control of a claim: its blocks, and the per-block ratios of the figure to it. */
export function control(
  label: string,
  unit: string,
  a: readonly number[],
  b: readonly number[],
): NonNullable<Claim['control']> {
  return { label, unit, figure: estimate(b), ratio: estimate(ratios({ a, b })) };
}

/**
 * Runs works in turns: A B C, C B A, … so that a slow minute of the machine falls on all alike. What a work returns is the
 * cost of one unit in that block. Gives a series for each, in order.
 */
export async function turns(blocks: number, works: readonly (() => number | Promise<number>)[]): Promise<number[][]> {
  const series = works.map((): number[] => []);
  for (let block = 0; block < blocks; block++) {
    const order = works.map((_, index) => (block % 2 === 0 ? index : works.length - 1 - index));
    for (const index of order) series[index]?.push((await works[index]?.()) ?? Number.NaN);
  }
  return series;
}

/** Two works in ABBA order, `blocks` blocks each. */
export function abba(blocks: number, a: () => number, b: () => number): { a: number[]; b: number[] } {
  const series = { a: [] as number[], b: [] as number[] };
  for (let block = 0; block < blocks; block++) {
    const order = block % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const);
    for (const which of order) series[which].push(which === 'a' ? a() : b());
  }
  return series;
}

/** Whether an interval lies within a limit, outside of it, or holds it. */
export function within(estimate: Estimate, limit: Limit): boolean | undefined {
  const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = limit;
  if (estimate.high <= most && estimate.low >= least) return true;
  if (estimate.low > most || estimate.high < least) return false;
  return undefined;
}

export type Verdict = 'moonshot' | 'reached' | 'not reached' | 'undecided' | '';

/** "Undecided" is an interval that holds the limit: the run cannot tell. */
export function verdict(claim: Claim): Verdict {
  const judged = claim.judged === 'ratio' ? claim.control?.ratio : claim.figure;
  if (judged === undefined || claim.must === undefined) return '';
  if (Number.isNaN(judged.median)) return 'not reached';
  if (claim.moonshot !== undefined && within(judged, claim.moonshot) === true) return 'moonshot';
  const must = within(judged, claim.must);
  return must === undefined ? 'undecided' : must ? 'reached' : 'not reached';
}
