import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WeightBudget } from '../../src/engine/weight-budget.js';

const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Leases, and the moments at which they were granted. */
function asking(budget: WeightBudget) {
  const granted: { readonly at: number; readonly weight: number }[] = [];
  const ask = (weight: number): void => {
    void budget.lease(weight).then(() => granted.push({ at: Date.now(), weight }));
  };
  return { ask, granted };
}

function budgetOf(perMinute: number): WeightBudget {
  return new WeightBudget(perMinute, () => Date.now());
}

describe('weight budget', () => {
  test('in no span of a minute is more granted than nine tenths of the limit, whoever asks when', async () => {
    const plan = fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1, max: 300 })), { maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(plan, async (asks) => {
        const { ask, granted } = asking(budgetOf(1_000));
        for (const [pauseMs, weight] of asks) {
          await vi.advanceTimersByTimeAsync(pauseMs);
          ask(weight);
        }
        await vi.advanceTimersByTimeAsync(80 * MINUTE_MS);
        expect(granted).toHaveLength(asks.length);
        for (const { at } of granted) {
          const inMinute = granted.filter((other) => other.at >= at && other.at < at + MINUTE_MS);
          expect(inMinute.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(900);
        }
      }),
      { numRuns: 50, verbose: true },
    );
  });

  test('a thousand books that ask at once get their turns in order, without a burst beyond the limit', async () => {
    const { ask, granted } = asking(budgetOf(6_000));
    for (let book = 0; book < 1_000; book++) ask(250);
    await vi.advanceTimersByTimeAsync(0);
    expect(granted).toHaveLength(21);
    await vi.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(granted).toHaveLength(1_000);
  });

  test('what the venue counts for others on our address counts as well', async () => {
    const budget = budgetOf(1_000);
    const { ask, granted } = asking(budget);
    budget.used(850);
    ask(100);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(granted).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(granted).toHaveLength(1);
  });

  test('after a refusal nobody asks until Retry-After, also those who waited before', async () => {
    const budget = budgetOf(1_000);
    const { ask, granted } = asking(budget);
    ask(900);
    ask(10);
    await vi.advanceTimersByTimeAsync(0);
    budget.ban(300_000);
    ask(1);
    await vi.advanceTimersByTimeAsync(299_000);
    expect(granted).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(granted).toHaveLength(3);
  });

  test('a lease whose request never left is given back', async () => {
    const budget = budgetOf(1_000);
    const { ask, granted } = asking(budget);
    ask(900);
    ask(900);
    await vi.advanceTimersByTimeAsync(0);
    expect(granted).toHaveLength(1);
    budget.refund(900);
    await vi.advanceTimersByTimeAsync(0);
    expect(granted).toHaveLength(2);
  });

  test('a request heavier than the whole budget is served when nothing else was', async () => {
    const { ask, granted } = asking(budgetOf(100));
    ask(5_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(granted).toHaveLength(1);
  });

  test('closing refuses everybody who waits, and leaves no timer', async () => {
    const budget = budgetOf(100);
    const outcomes = [budget.lease(90), budget.lease(90), budget.lease(1)].map((lease) =>
      lease.then(
        () => 'granted',
        (error: { code?: string }) => error.code,
      ),
    );
    budget.close();
    expect(await Promise.all(outcomes)).toEqual(['granted', 'CLOSED', 'CLOSED']);
    await expect(budget.lease(1)).rejects.toMatchObject({ code: 'CLOSED' });
    expect(vi.getTimerCount()).toBe(0);
  });
});
