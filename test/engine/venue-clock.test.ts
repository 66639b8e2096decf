/** N7: the true offset is inside the bounds that are told, whatever delays, drift and set clocks there are. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Exchange, VenueClock } from '../../src/engine/venue-clock.js';

const SECOND = 1_000;
/** An exchange each minute of half an hour. */
const MINUTES = 30;

interface World {
  /** ms. */
  readonly offset: number;
  /** Parts of one. */
  readonly drift: number;
  /** Second at which the venue's clock is set, and by how much, ms. */
  readonly jumps: readonly (readonly [number, number])[];
  readonly delays: readonly number[];
}

const worlds = fc.record<World>({
  offset: fc.double({ min: -5_000, max: 5_000, noNaN: true }),
  drift: fc.double({ min: -150e-6, max: 150e-6, noNaN: true }),
  jumps: fc.array(fc.tuple(fc.nat(MINUTES * 60), fc.double({ min: -3_000, max: 3_000, noNaN: true })), { maxLength: 3 }),
  delays: fc.array(fc.double({ min: 0.05, max: 400, noNaN: true }), { minLength: 40, maxLength: 80 }),
});

function offsetAt({ offset, drift, jumps }: World, ms: number): number {
  return jumps.reduce((sum, [second, by]) => (ms >= second * SECOND ? sum + by : sum), offset + drift * ms);
}

/** Runs a world; `check` sees the clock each second, and whether the venue's clock was set since the last exchange. */
function run(world: World, check: (clock: VenueClock, ms: number, isSet: boolean) => void): VenueClock {
  const clock = new VenueClock();
  let draws = 0;
  const delay = (): number => world.delays[draws++ % world.delays.length] as number;
  const exchange = (ms: number): Exchange => {
    const [there, back] = [delay(), delay()];
    const venue = ms + there + offsetAt(world, ms + there);
    return { sentMs: Math.floor(ms), receivedMs: Math.floor(ms + there + back), venueMs: Math.floor(venue), stepMs: 1 };
  };
  let asked = 0;
  for (let second = 0; second < MINUTES * 60; second += 1) {
    const ms = second * SECOND;
    if (second % 60 === 0) {
      const taken = [exchange(ms), exchange(ms + 1), exchange(ms + 2)];
      clock.exchanged(ms, taken);
      asked = ms;
    }
    // Messages of the second before: their delay as it looks from here, the venue's stamp being from before the clock was set, or after.
    const lag = delay();
    clock.note(ms, lag - offsetAt(world, ms - lag));
    const isSet = world.jumps.some(([at]) => at * SECOND > asked - SECOND && at * SECOND <= ms + SECOND);
    check(clock, ms, isSet);
  }
  return clock;
}

describe('with an exchange each minute', () => {
  test('the true offset is inside the bounds, until the clock is set and from the next exchange on', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        let checked = 0;
        run(world, (clock, ms, isSet) => {
          const { offsetNs, errorNs } = clock.read(ms) ?? { offsetNs: Number.NaN, errorNs: null };
          if (isSet) return;
          checked += 1;
          if (errorNs !== null && Math.abs(offsetNs - offsetAt(world, ms) * 1e6) <= errorNs + 1) return;
          throw new Error(`at ${ms} ms ${offsetNs} ns ± ${errorNs} is not about ${offsetAt(world, ms)} ms`);
        });
        expect(checked).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  test('a bound is not wider than the round trip, the steps of both clocks and what may drift in a minute', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const slowest = Math.max(...world.delays) * 2;
        let widest = 0;
        run({ ...world, jumps: [] }, (clock, ms) => {
          widest = Math.max(widest, clock.read(ms)?.errorNs ?? Number.POSITIVE_INFINITY);
        });
        expect(widest).toBeLessThanOrEqual(((slowest + 2) / 2 + 200e-6 * 60 * SECOND + 0.01) * 1e6);
      }),
      { numRuns: 50 },
    );
  });

  test('drift is measured, to what half an hour of such delays allows', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const clock = run({ ...world, jumps: [] }, () => {});
        const { driftPpb } = clock.read(MINUTES * 60 * SECOND) ?? {};
        const error = (Math.max(...world.delays) + 2) / (MINUTES * 60 * SECOND);
        expect(Math.abs((driftPpb ?? Number.NaN) / 1e9 - world.drift)).toBeLessThan(3 * error);
      }),
      { numRuns: 100 },
    );
  });

  test('a clock that is set by more than the bounds is noticed as that, each time', () => {
    const world = {
      offset: 10,
      drift: 0,
      jumps: [
        [400, 900],
        [1_000, -2_000],
      ] as const,
      delays: [3, 5, 2],
    };
    const clock = run(world, () => {});
    expect(clock.read(MINUTES * 60 * SECOND)?.jumps).toBe(2);
  });
});

test('without an exchange a lower bound is told for what it is, and nothing before the first message', () => {
  const clock = new VenueClock();
  expect(clock.read(0)).toBeUndefined();
  clock.note(0, 40);
  clock.note(SECOND, 25);
  clock.note(2 * SECOND, 90);
  const { offsetNs = 0, errorNs } = clock.read(2 * SECOND) ?? {};
  expect(errorNs).toBeNull();
  expect(offsetNs / 1e6).toBeCloseTo(-25.2, 5);
});

test('messages from the future contradict an exchange: the clock was set forward', () => {
  const clock = new VenueClock();
  clock.exchanged(0, [{ sentMs: 0, receivedMs: 10, venueMs: 5, stepMs: 1 }]);
  clock.note(SECOND, 2);
  expect(clock.isContradicted(SECOND)).toBe(false);
  clock.note(2 * SECOND, -500);
  expect(clock.isContradicted(2 * SECOND)).toBe(true);
  const { errorNs, offsetNs = 0 } = clock.read(2 * SECOND) ?? {};
  expect(errorNs).toBeNull();
  expect(offsetNs).toBe(500e6);
});
