import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HashSum } from '../../src/client/index.js';

const WORD = (1n << 64n) - 1n;

/** As native/wire/README.md writes it. */
function share(isAsk: boolean, price: bigint, qty: bigint): bigint {
  const p = BigInt.asUintN(64, price) ^ (isAsk ? 1n << 63n : 0n);
  const q = (BigInt.asUintN(64, qty) * 0xd6e8feb86659fd93n) & WORD;
  let m = ((p * 0x9e3779b97f4a7c15n) & WORD) ^ (((q << 32n) | (q >> 32n)) & WORD);
  m = ((m ^ (m >> 32n)) * 0xff51afd7ed558ccdn) & WORD;
  return m ^ (m >> 29n);
}

it('the share of a level is the one that the documentation gives', () => {
  const hash = new HashSum();
  hash.add(false, 6_400_010n, 1_250n);
  expect(hash.value).toBe(4_477_368_517_111_042_505n);
});

it('sums of shares are those of exact arithmetic modulo 2^64, whatever is added and taken off', () => {
  const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
  const step = fc.record({ isAsk: fc.boolean(), price: int64, qty: int64, isAdded: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const hash = new HashSum();
      let expected = 0n;
      for (const { isAsk, price, qty, isAdded } of steps) {
        if (isAdded) hash.add(isAsk, price, qty);
        else hash.subtract(isAsk, price, qty);
        expected += isAdded ? share(isAsk, price, qty) : -share(isAsk, price, qty);
      }
      expect(hash.value).toBe(BigInt.asUintN(64, expected));
    }),
  );
});
