import { availableParallelism } from 'node:os';
import type { Figure } from './bench.js';
import { rust } from './rust.js';
import { median } from './statistics.js';

/**
 * A bare line that is there and back sooner than this, ns, never left its core: the two processors of a virtual machine are two
 * cores now (490 ns where this was written) and two threads of one core a minute later (110 ns), where the line costs nothing and
 * the ratio to it says something else.
 */
const ONE_CORE_BELOW_NS = 250;

/** Which blocks count: those of the placement that most of them had. */
export function placement(bareClosed: readonly number[]): { readonly isOneCore: boolean; readonly blocks: readonly number[] } {
  const all = bareClosed.map((_, block) => block);
  const together = all.filter((block) => (bareClosed[block] ?? 0) < ONE_CORE_BELOW_NS);
  const isOneCore = 2 * together.length > all.length;
  return { isOneCore, blocks: isOneCore ? together : all.filter((block) => !together.includes(block)) };
}

/** ns of a bare line between the first two processors, there and back, now; some ms. */
function lineNs(): number {
  return median(rust<{ series: { bare64: { closed: number[] } } }>('ring-one-way', 'smoke').series.bare64.closed);
}

/** Says in a figure where the processors were before and after `work`: on one core both are slower while both are busy. */
export async function notingPlacement<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly figures: readonly Figure[] }> {
  if (availableParallelism() < 2) return { result: await work(), figures: [] };
  const before = lineNs();
  const result = await work();
  const both = [before, lineNs()];
  const where = both.map((ns) => (ns < ONE_CORE_BELOW_NS ? 'threads of one core' : 'two cores'));
  const value = both.map((ns) => ns.toFixed(0)).join(' and ');
  const unit = `ns: ${[...new Set(where)].join(', then ')}`;
  return { result, figures: [{ label: 'a cache line there and back, before and after', value, unit }] };
}
