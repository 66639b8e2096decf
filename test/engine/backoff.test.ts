import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ATTEMPTS_WINDOW_MS, Backoff, restRetryDelay } from '#dist/engine/backoff.js';
import { TickringError } from '#dist/model/errors.js';
import { HostBudget } from '#dist/native/index.js';

const FIVE_MINUTES_MS = 300_000;

function backoff(options: Partial<ConstructorParameters<typeof Backoff>[0]> = {}): Backoff {
  const attempts = new HostBudget(undefined, 'test', ATTEMPTS_WINDOW_MS);
  return new Backoff({ delayMs: 1_000, delayMaxMs: 60_000, attemptsPer5Minutes: 300, attempts, now: () => 0, ...options });
}

describe('back-off', () => {
  test('a lost connection is tried again within 4 s, however often it failed', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        expect(backoff({ random: () => random }).delay(failures, null)).toBeLessThan(4_000);
      }),
    );
  });

  test('the delay is spread over the whole span from nothing to the ceiling', () => {
    expect(backoff({ random: () => 0 }).delay(1, null)).toBe(0);
    expect(backoff({ random: () => 0.5 }).delay(1, null)).toBe(1_000);
    expect(backoff({ random: () => 0.5 }).delay(5, null)).toBe(2_000);
  });

  test('refusals climb to the configured maximum, and Retry-After is obeyed', () => {
    const random = (): number => 0.999_999;
    const refused = { retryAfterMs: 0 };
    const climb = [0, 1, 2, 3, 4, 5, 6, 7, 20].map((failures) => Math.round(backoff({ random }).delay(failures, refused)));
    expect(climb).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(backoff({ random }).delay(0, { retryAfterMs: 180_000 })).toBe(180_000);
  });

  test('over any five minutes there are never more attempts than the venue tolerates, by however many feeds and engines', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (stream) => {
        let now = 0;
        const random = (): number => stream.next().value as number;
        const shared = { attempts: new HostBudget(undefined, 'test', ATTEMPTS_WINDOW_MS), now: () => now, random };
        const feeds = [1, 2, 3].map(() => backoff({ delayMs: 1, delayMaxMs: 1, attemptsPer5Minutes: 50, ...shared }));
        const attempts: number[] = [];
        for (let attempt = 0; attempt < 300; attempt++) {
          const feed = feeds[attempt % feeds.length] as Backoff;
          const waitMs = feed.attempt();
          if (waitMs === 0) attempts.push(now);
          now += waitMs + feed.delay(attempt, null);
        }
        expect(attempts.length).toBeGreaterThan(100);
        for (const at of attempts) {
          expect(attempts.filter((other) => other >= at && other < at + FIVE_MINUTES_MS).length).toBeLessThanOrEqual(50);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('whether there is room for one more attempt is told without taking it', () => {
    const feed = backoff({ attemptsPer5Minutes: 3 });
    const told = [0, 1, 2].map(() => [feed.isExhausted, feed.isExhausted, feed.attempt() === 0]);
    // Nine tenths of three are two.
    expect(told).toEqual([
      [false, false, true],
      [false, false, true],
      [true, true, false],
    ]);
  });
});

describe('retry of a REST request', () => {
  const always = (): number => 0.999_999;

  test('what was merely lost is repeated within 4 s', () => {
    const lost = new TickringError('VENUE_REST', 'connection reset');
    expect(restRetryDelay(lost, 50, 250, 60_000, always)).toBeLessThanOrEqual(4_000);
    const failed = new TickringError('VENUE_REST', 'answered 500', { context: { status: 500 } });
    expect(restRetryDelay(failed, 50, 250, 60_000, always)).toBeLessThanOrEqual(4_000);
  });

  test('a refusal climbs, and Retry-After of any answer is obeyed', () => {
    const refused = new TickringError('VENUE_REST', 'answered 503', { context: { status: 503 } });
    expect(restRetryDelay(refused, 50, 250, 15_000, always)).toBe(15_000);
    const told = new TickringError('VENUE_REST', 'answered 500', { context: { status: 500, retryAfterMs: 90_000 } });
    expect(restRetryDelay(told, 0, 250, 15_000, always)).toBe(90_000);
  });
});
