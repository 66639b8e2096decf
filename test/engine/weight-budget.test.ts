import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WeightBudget } from '#dist/engine/weight-budget.js';
import { HostBudget } from '#dist/native/index.js';

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

function budgetOf(limit: number, shared = new HostBudget(undefined, 'test', MINUTE_MS)): WeightBudget {
  return new WeightBudget({ shared, limit, now: () => Date.now() });
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
    expect(granted).toHaveLength(20);
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
    const lease = await budget.lease(800);
    ask(800);
    await vi.advanceTimersByTimeAsync(0);
    expect(granted).toHaveLength(0);
    budget.refund(lease);
    await vi.advanceTimersByTimeAsync(0);
    expect(granted).toHaveLength(1);
  });

  test('a lease counts until a minute after its request was over: the venue may have counted it at any time', async () => {
    const budget = budgetOf(1_000);
    const { ask, granted } = asking(budget);
    const lease = await budget.lease(855);
    ask(100);
    await vi.advanceTimersByTimeAsync(10_000);
    budget.settle(lease);
    await vi.advanceTimersByTimeAsync(58_000);
    expect(granted).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(granted).toHaveLength(1);
  });

  test('two engines of a host get together no more than one, and neither forgets what the other was refused', async () => {
    const shared = new HostBudget(undefined, 'test', MINUTE_MS);
    const [one, other] = [asking(budgetOf(1_000, shared)), asking(budgetOf(1_000, shared))];
    for (let book = 0; book < 40; book++) {
      one.ask(50);
      other.ask(50);
    }
    const granted = (): number => one.granted.length + other.granted.length;
    await vi.advanceTimersByTimeAsync(50_000);
    expect(granted()).toBe(17);
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    expect(granted()).toBe(80);
    budgetOf(1_000, shared).ban(120_000);
    one.ask(1);
    await vi.advanceTimersByTimeAsync(119_000);
    expect(granted()).toBe(80);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(granted()).toBe(81);
  });

  test('books leave something to listings, which are served before them', async () => {
    const budget = budgetOf(1_000);
    const { ask, granted } = asking(budget);
    for (let book = 0; book < 20; book++) ask(57);
    await budget.lease(45, 'first');
    expect(granted).toHaveLength(15);
  });

  test('a request heavier than the whole budget is served when nothing else was', async () => {
    const { ask, granted } = asking(budgetOf(100));
    ask(5_000);
    await vi.advanceTimersByTimeAsync(0);
    expect(granted).toHaveLength(1);
  });

  test('closing refuses everybody who waits, and leaves no timer', async () => {
    const budget = budgetOf(100);
    const outcomes = [budget.lease(85), budget.lease(85), budget.lease(1)].map((lease) =>
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
