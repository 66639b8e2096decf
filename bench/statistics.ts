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

/** Median of the per-block ratios with a bootstrap 95 % interval (2,000 resamples). */
export function ratioOfBlocks(ratios: readonly number[]): { median: number; low: number; high: number; blocks: number } {
  const random = xorshift(0x9e3779b9);
  const medians: number[] = [];
  for (let resample = 0; resample < 2_000; resample++) {
    medians.push(median(ratios.map(() => ratios[Math.floor(random.next().value * ratios.length)] ?? Number.NaN)));
  }
  medians.sort((a, b) => a - b);
  return { median: median(ratios), low: medians[49] ?? Number.NaN, high: medians[1_949] ?? Number.NaN, blocks: ratios.length };
}

/** Runs `a` and `b` in ABBA order, `blocks` blocks each; what they return is the cost of one unit. Gives both series in order. */
export function abba(blocks: number, a: () => number, b: () => number): { a: number[]; b: number[] } {
  const series = { a: [] as number[], b: [] as number[] };
  for (let block = 0; block < blocks; block++) {
    const first = block % 2 === 0 ? 'a' : 'b';
    for (const which of first === 'a' ? (['a', 'b'] as const) : (['b', 'a'] as const)) {
      series[which].push(which === 'a' ? a() : b());
    }
  }
  return series;
}

/** Per-block ratios a/b. */
export function ratios(series: { a: readonly number[]; b: readonly number[] }): number[] {
  return series.a.map((value, block) => value / (series.b[block] ?? Number.NaN));
}
