import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Claim } from '../../bench/bench.js';
import { BENCHES } from '../../bench/benches.js';
import { answer, codePaths, nameOf, totalOf, works } from '../../bench/gate/callgrind.js';
import {
  isAsked,
  isFailing,
  isKnownFamily,
  judgeCount,
  judgeExact,
  judgeRatio,
  type Limits,
  readLimits,
  updated,
} from '../../bench/gate/limits.js';
import { placement } from '../../bench/placement.js';
import { ONE_CORE } from '../../bench/ring-one-way.js';
import { estimate, exact } from '../../bench/statistics.js';

const PATH = new URL('../../bench/gate/limits.json', import.meta.url).pathname;

test('gate: a count two per cent beyond its limit fails, on either side', () => {
  expect(judgeCount('whole', 1_019, 1_000).ok).toBe(true);
  expect(judgeCount('whole', 1_021, 1_000)).toMatchObject({ ok: false, text: expect.stringContaining('slower') });
  expect(judgeCount('whole', 981, 1_000).ok).toBe(true);
  expect(judgeCount('whole', 979, 1_000)).toMatchObject({ ok: false, text: expect.stringContaining('faster') });
});

test('gate: what was not counted, or has no limit, fails', () => {
  expect(judgeCount('whole', Number.NaN, 1_000).ok).toBe(false);
  expect(judgeCount('whole', 1_000, undefined).ok).toBe(false);
  expect(judgeExact('allocations', 0, undefined).ok).toBe(false);
  expect(judgeExact('allocations', Number.NaN, 0).ok).toBe(false);
  expect(judgeRatio({ bench: 'b', claim: 'c', most: 1 }, undefined).ok).toBe(false);
  expect(judgeRatio({ bench: 'b', claim: 'c', most: 1 }, exact(Number.NaN)).ok).toBe(false);
});

test('gate: one allocation in a million frames fails', () => {
  expect(judgeExact('allocations', 1, 0).ok).toBe(false);
  expect(judgeExact('allocations', 0, 0).ok).toBe(true);
});

test('gate: a ratio fails only where its whole interval lies outside', () => {
  const limit = { bench: 'b', claim: 'c', most: 1.1 };
  const blocks = (around: number) => estimate(Array.from({ length: 40 }, (_, block) => around + (block % 5) / 100));
  expect(judgeRatio(limit, blocks(1)).ok).toBe(true);
  expect(judgeRatio(limit, { median: 1.15, low: 1.05, high: 1.2, blocks: 40 })).toMatchObject({
    ok: true,
    text: expect.stringContaining('cannot tell'),
  });
  expect(judgeRatio(limit, blocks(1.2)).ok).toBe(false);
  expect(judgeRatio({ bench: 'b', claim: 'c', least: 0.87 }, blocks(0.5)).ok).toBe(false);
});

test('gate: a ratio that another placement makes meaningless is not asked for, one that nobody measured is', () => {
  const made = (what: string, at: number): Claim => {
    const ratio = estimate([at, at, at]);
    return { row: '5', what, unit: 'ns', figure: ratio, control: { label: 'line', unit: 'ns', figure: ratio, ratio } };
  };
  const limit = { bench: 'b', claim: 'between cores', most: 1.4, instead: 'on one core' };
  expect(isAsked(limit, [made('on one core', 1.6)])).toBe(false);
  expect(isFailing(limit, [made('on one core', 1.6)])).toBe(false);
  expect(isFailing(limit, [made('between cores', 1.6)])).toBe(true);
  expect(isFailing(limit, [made('between cores', 1.2)])).toBe(false);
  expect(isFailing(limit, [])).toBe(true);
});

test('gate: limits of one processor family say nothing of another', () => {
  const limits = readLimits(PATH);
  expect(isKnownFamily(limits, 'x86_64-unknown-linux-gnu, rustc 9.9.9')).toBe(true);
  expect(isKnownFamily(limits, 'riscv64gc-unknown-linux-gnu, rustc 1.95.0')).toBe(false);
});

test('gate: blocks count where most of them were', () => {
  expect(placement([490, 500, 110])).toEqual({ isOneCore: false, blocks: [0, 1] });
  expect(placement([110, 500, 120])).toEqual({ isOneCore: true, blocks: [0, 2] });
  expect(placement([490, 110])).toEqual({ isOneCore: false, blocks: [0] });
});

test('gate: new counts leave other compilers and what was not counted alone', () => {
  const limits: Limits = { instructions: { old: { whole: 1 }, here: { whole: 2, recorded: 3 } }, exact: {}, ratios: [] };
  expect(updated(limits, 'here', { whole: 5.04 }).instructions).toEqual({
    old: { whole: 1 },
    here: { recorded: 3, whole: 5 },
  });
});

test('gate: a profile without a total is no profile of nothing', () => {
  expect(totalOf('events: Ir\nsummary: 42\n\ntotals: 42\n')).toBe(42);
  expect(() => totalOf('events: Ir\n')).toThrow('no total');
});

test('gate: the program’s answer is its last line', () => {
  expect(answer('noise\n{"units":3,"allocations":0}\n')).toEqual({ units: 3, allocations: 0 });
});

test('gate: the limits name works that are counted, and claims that benches make', () => {
  const limits = readLimits(PATH);
  for (const [key, counts] of Object.entries(limits.instructions)) {
    const paths = key.startsWith('aarch64') ? ['neon', 'scalar'] : ['avx2', 'scalar'];
    // A file that exists stands for the recording.
    const names = works(codePaths(paths), PATH).map(nameOf);
    expect(new Set(Object.keys(counts)), key).toEqual(new Set(names));
  }
  for (const { bench, claim, instead } of limits.ratios) {
    expect(BENCHES.map(({ name }) => name)).toContain(bench);
    const source = readFileSync(new URL(`../../bench/${bench}.ts`, import.meta.url), 'utf8');
    expect(source).toContain(claim.replace(ONE_CORE, ''));
    if (bench === 'ring-one-way') expect(instead, `${claim}: the limit of the other placement`).toBeDefined();
    // One of the two is always asked for.
    if (instead !== undefined)
      expect(limits.ratios).toContainEqual(expect.objectContaining({ claim: instead, instead: claim }));
  }
});
