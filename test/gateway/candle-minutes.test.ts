/** Which of the venue's minutes are asked for. */
import { describe, expect, it } from 'vitest';
import { spanOf, tailOf } from '../../src/gateway/candle-minutes.js';

const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const DAY = 1_440n * MINUTE;
const OPEN = 2n ** 64n - 1n;
const START = 20_000n * DAY;
const NOON = START + 720n * MINUTE;
const none: ReadonlySet<bigint> = new Set();

describe('a span to be filled', () => {
  it('is the day up to the first trade, a thousand minutes at once', () => {
    const first = NOON + 20n * SECOND;
    expect(spanOf([[0n, first]], NOON + 2n * MINUTE, none)).toEqual({ from: START, to: NOON + MINUTE });
    const late = START + 1_200n * MINUTE;
    expect(spanOf([[0n, late]], late + 2n * MINUTE, none)).toEqual({ from: late - 999n * MINUTE, to: late + MINUTE });
  });

  it('waits until its last minute is over and counted', () => {
    const holes = [[0n, NOON + 20n * SECOND]];
    expect(spanOf(holes, NOON + MINUTE + 2n * SECOND, none)).toBeUndefined();
    expect(spanOf(holes, NOON + MINUTE + 3n * SECOND, none)).toBeDefined();
  });

  it('holds all minutes that a gap touches, the newest gap first, and none that goes on', () => {
    const now = NOON + 100n * MINUTE;
    const gap = [NOON + 59n * SECOND, NOON + 2n * MINUTE];
    expect(spanOf([[0n, START], gap, [NOON + 9n * MINUTE, OPEN]], now, none)).toEqual({ from: NOON, to: NOON + 3n * MINUTE });
    const given = new Set([NOON + 3n * MINUTE]);
    expect(spanOf([[0n, START + 1n], gap], now, given)).toEqual({ from: START, to: START + MINUTE });
    expect(spanOf([], now, none)).toBeUndefined();
  });
});

describe('minutes that are of use', () => {
  const minute = (startMs: number) => ({ startMs, open: '1', high: '1', low: '1', close: '1', volume: '0', count: 0 });
  const span = { from: 0n, to: 5n * MINUTE };

  it('are those that reach the end of the span without a break', () => {
    const at = (...minutes: number[]) => minutes.map((index) => minute(index * 60_000));
    expect(tailOf(at(0, 1, 2, 3, 4), span)).toEqual(at(0, 1, 2, 3, 4));
    expect(tailOf(at(0, 1, 3, 4), span)).toEqual(at(3, 4));
    expect(tailOf(at(0, 1, 2, 3), span)).toEqual([]);
    expect(tailOf(at(4, 3, 4), span)).toEqual(at(3, 4));
    expect(tailOf([], span)).toEqual([]);
  });
});
