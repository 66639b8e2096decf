import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decimalText, shortDecimalText } from '../../src/model/decimal.js';
import { rfc3339 } from '../../src/sinks/clock.js';
import { LatencyHistogram } from '../../src/sinks/latency.js';
import { numberText } from '../../src/sinks/number-text.js';
import { LevelTexts, levelsText } from '../../src/sinks/redis/bodies.js';
import { Losses } from '../../src/sinks/redis/losses.js';
import { type Entry, Outbox } from '../../src/sinks/redis/outbox.js';
import { encodeName, ShortNames } from '../../src/sinks/short-names.js';

const MANTISSA = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -1_000_000n, max: 1_000_000n }),
);
const EXPONENT = fc.integer({ min: -18, max: 4 });

test('sinks: the short way to a decimal text gives the same text, or none', () => {
  const mantissas = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -100, max: 100_000 }), fc.constant(Number.NaN));
  fc.assert(
    fc.property(mantissas, EXPONENT, (mantissa, exponent) => {
      const short = shortDecimalText(mantissa, exponent);
      if (mantissa >= 0 && exponent < 0) expect(short).toBe(decimalText(BigInt(mantissa), exponent));
      else expect(short).toBeUndefined();
    }),
  );
});

test('sinks: a number has exactly the digits of its decimal, whether it comes as a number or as a bigint', () => {
  fc.assert(
    fc.property(MANTISSA, EXPONENT, (mantissa, exponent) => {
      const text = decimalText(mantissa, exponent);
      expect(numberText(mantissa, exponent)).toBe(text);
      if (Number.isSafeInteger(Number(mantissa))) expect(numberText(Number(mantissa), exponent)).toBe(text);
      expect(JSON.parse(text)).toBe(Number(text));
    }),
  );
});

test('sinks: levels that are kept from the update before are the same text as levels written anew', () => {
  const level = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
  const update = fc.tuple(fc.array(level, { maxLength: 6 }), fc.constantFrom(-2, -3));
  fc.assert(
    fc.property(fc.array(update, { maxLength: 20 }), (updates) => {
      const kept = new LevelTexts(4);
      for (const [levels, exponent] of updates) {
        const pairs = levels.slice(0, 4).flat();
        const tops = new Float64Array(10).fill(Number.NaN);
        tops.set(pairs, 2);
        const anew = levelsText(BigInt64Array.from(pairs.map(BigInt)), exponent, -3);
        expect(kept.text(tops, 2, levels.length, exponent, -3)).toBe(anew);
      }
    }),
  );
});

test('sinks: a mantissa that no number holds is left to the exact form', () => {
  const tops = new Float64Array([Number.NaN, 1]);
  expect(new LevelTexts(1).text(tops, 0, 1, 0, 0)).toBeUndefined();
});

test('sinks: times are RFC 3339 with every nanosecond', () => {
  expect(rfc3339(1_759_727_805_212_172_749n)).toBe('2025-10-06T05:16:45.212172749+00:00');
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }), (ns) => {
      const text = rfc3339(ns);
      expect(BigInt(Date.parse(`${text.slice(0, 19)}Z`)) * 1_000_000n + BigInt(text.slice(20, 29))).toBe(ns);
    }),
  );
});

test('sinks: no two instruments share a name, and no name holds a sign that means something to somebody', () => {
  const venues = new ShortNames(['a']);
  const seen = new Map<string, string>();
  const text = fc.oneof(
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.constantFrom('BTC.>', 'a b', '*', 'A:B', '%2e', '../x', "x'*"),
  );
  fc.assert(
    fc.property(text, text, (venue, symbol) => {
      for (const suffix of venues.suffixes(venue, symbol)) {
        expect(suffix).toMatch(/^[A-Za-z0-9._%-]+:[A-Za-z0-9._%-]+$/);
        const owner = JSON.stringify([venue, symbol]);
        expect(seen.get(suffix) ?? owner).toBe(owner);
        seen.set(suffix, owner);
      }
    }),
  );
  expect(encodeName('BTC-USDT_1.x')).toBe('BTC-USDT_1.x');
});

test('sinks: a short name belongs to the first venue that has the symbol', () => {
  const names = new ShortNames(['first', 'second']);
  names.add('second', 'X');
  expect(names.suffixes('second', 'X')).toEqual(['X', 'second:X']);
  names.add('unknown', 'X');
  names.add('first', 'X');
  expect(names.suffixes('second', 'X')).toEqual(['second:X']);
  expect(names.suffixes('first', 'X')).toEqual(['X', 'first:X']);
});

test('sinks: the outbox never exceeds its bytes, keeps its order, and gives an account of everything that it gave up', () => {
  const step = fc.record({
    act: fc.constantFrom('push', 'push', 'push', 'set', 'take', 'back'),
    name: fc.constantFrom('a', 'b'),
    size: fc.integer({ min: 1, max: 400 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const losses = new Losses();
      const outbox = new Outbox(2_000, losses);
      let id = 0n;
      let pushed = 0;
      let taken: Entry[] = [];
      const gone: bigint[] = [];
      const settle = (): void => {
        gone.push(...taken.filter(({ kind }) => kind === 'channel').map(({ atNs }) => atNs));
        taken = [];
      };
      for (const { act, name, size } of steps) {
        id += 1n;
        const entry = { name, body: 'x'.repeat(size), atNs: id, since: 0 };
        if (act === 'push') {
          outbox.push({ kind: 'channel', ...entry });
          pushed += 1;
        } else if (act === 'set') outbox.set({ kind: 'key', ...entry });
        else if (act === 'take') {
          settle();
          taken = outbox.take(4, 1_000);
        } else {
          outbox.putBack(taken);
          taken = [];
        }
        expect(outbox.bytes).toBeLessThanOrEqual(2_000);
      }
      settle();
      while (outbox.messages > 0) {
        taken = outbox.take(4, 1_000);
        settle();
      }
      expect(outbox.bytes).toBe(0);
      expect(gone.every((one, index) => index === 0 || one > (gone[index - 1] ?? 0n))).toBe(true);
      const lost = losses.take(10).filter(({ kind }) => kind === 'channel');
      expect(gone.length + lost.reduce((sum, loss) => sum + (loss.lost ?? 0), 0)).toBe(pushed);
    }),
  );
});

test('sinks: an account that could not be told is added to the newer one', () => {
  const losses = new Losses();
  const note = { name: 'trades:X', kind: 'channel' } as const;
  losses.note({ ...note, lost: 2, reason: 'outbox_full', atNs: 5n });
  const [first] = losses.take(1);
  losses.note({ ...note, unconfirmed: 3, reason: 'disconnected', atNs: 9n });
  if (first !== undefined) losses.putBack(first);
  expect(losses.take(9)).toEqual([
    { ...note, lost: 2, unconfirmed: 3, reasons: ['outbox_full', 'disconnected'], fromNs: 5n, toNs: 9n },
  ]);
  expect(losses.size).toBe(0);
});

test('sinks: a latency is counted in every bucket that it does not exceed', () => {
  const histogram = new LatencyHistogram();
  for (const ms of [0.005, 0.5, 0.7, 20_000]) histogram.record(ms);
  const { counts, count, sumSeconds } = histogram.figures;
  expect([counts[0], counts[5], counts[6], counts.at(-1), count]).toEqual([1, 2, 3, 3, 4]);
  expect(sumSeconds).toBeCloseTo(20.001205);
});
