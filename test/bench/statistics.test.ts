import { expect, test } from 'vitest';
import type { Claim } from '../../bench/bench.js';
import { control, estimate, exact, turns, verdict, within } from '../../bench/statistics.js';

const BLOCKS = Array.from({ length: 40 }, (_, block) => 100 + ((block * 37) % 40));

function claim(values: readonly number[], more: Partial<Claim>): Claim {
  return { row: '1', what: 'a thing', unit: 'ns', figure: estimate(values), ...more };
}

test('statistics: the same blocks give the same interval, around their median', () => {
  const first = estimate(BLOCKS);
  expect(estimate(BLOCKS)).toEqual(first);
  expect(first.median).toBe(119.5);
  expect(first.low).toBeLessThan(first.median);
  expect(first.high).toBeGreaterThan(first.median);
  expect(first.blocks).toBe(40);
});

test('statistics: one wild block moves neither median nor interval far', () => {
  const wild = estimate([...BLOCKS.slice(1), 1e9]);
  expect(wild.high).toBeLessThan(140);
});

test('statistics: ratios are taken block by block, so that a slow minute of the machine cancels', () => {
  const slow = [1, 1, 5, 5, 1, 9];
  const { ratio } = control(
    'b',
    'ns',
    slow.map((of) => 2 * of),
    slow,
  );
  expect(ratio).toEqual({ median: 2, low: 2, high: 2, blocks: 6 });
});

test('statistics: works take turns forwards and backwards', async () => {
  const order: string[] = [];
  const work = (name: string) => () => order.push(name);
  const series = await turns(3, [work('a'), work('b'), () => Promise.resolve(work('c')())]);
  expect(order.join('')).toBe('abccbaabc');
  expect(series).toEqual([
    [1, 6, 7],
    [2, 5, 8],
    [3, 4, 9],
  ]);
});

test('statistics: an interval lies within a limit, outside of it, or holds it', () => {
  const interval = { median: 10, low: 9, high: 11, blocks: 30 };
  expect(within(interval, { most: 11 })).toBe(true);
  expect(within(interval, { most: 10 })).toBeUndefined();
  expect(within(interval, { most: 8 })).toBe(false);
  expect(within(interval, { least: 9 })).toBe(true);
  expect(within(interval, { least: 12 })).toBe(false);
});

test('statistics: a verdict needs the whole interval, and looks at what is judged', () => {
  const limits = { must: { most: 110 }, moonshot: { most: 50 } };
  expect(verdict(claim([40, 41], limits))).toBe('moonshot');
  expect(verdict(claim([100, 101], limits))).toBe('reached');
  expect(verdict(claim([109, 111, 110, 112], limits))).toBe('undecided');
  expect(verdict(claim([120, 121], limits))).toBe('not reached');
  expect(verdict(claim([40, 41], {}))).toBe('');
  const judged = { judged: 'ratio', control: control('b', 'ns', [40, 40], [10, 10]), must: { most: 3 } } as const;
  expect(verdict(claim([1, 1], judged))).toBe('not reached');
  expect(verdict({ ...claim([], limits), figure: exact(Number.NaN) })).toBe('not reached');
});
