/**
 * A level's share of a book's hash, as native/wire/README.md defines it, in halves of 32 bits: that is many times faster than
 * `bigint`, and a busy book has thousands of levels a second.
 */

const PRICE_FACTOR = [0x7f4a7c15, 0x9e3779b9] as const;
const QTY_FACTOR = [0x6659fd93, 0xd6e8feb8] as const;
const LAST_FACTOR = [0xed558ccd, 0xff51afd7] as const;
const HIGH_BIT = 0x8000_0000;
const WORD = 0x1_0000_0000;

const scratch = new DataView(new ArrayBuffer(8));

/** High 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const other = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + (middle >>> 16) + (other >>> 16);
}

/** A sum of shares modulo 2^64. */
export class HashSum {
  #low = 0;
  #high = 0;
  /** The share computed last. */
  #shareLow = 0;
  #shareHigh = 0;

  get value(): bigint {
    return (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0);
  }

  clear(): void {
    this.#low = 0;
    this.#high = 0;
  }

  add(isAsk: boolean, price: bigint, qty: bigint): void {
    this.#share(isAsk, price, qty);
    const low = (this.#low >>> 0) + (this.#shareLow >>> 0);
    this.#low = low | 0;
    this.#high = (this.#high + this.#shareHigh + (low >= WORD ? 1 : 0)) | 0;
  }

  subtract(isAsk: boolean, price: bigint, qty: bigint): void {
    this.#share(isAsk, price, qty);
    const low = (this.#low >>> 0) - (this.#shareLow >>> 0);
    this.#low = low | 0;
    this.#high = (this.#high - this.#shareHigh - (low < 0 ? 1 : 0)) | 0;
  }

  #share(isAsk: boolean, price: bigint, qty: bigint): void {
    scratch.setBigInt64(0, price);
    const priceLow = scratch.getInt32(4);
    const priceHigh = scratch.getInt32(0) ^ (isAsk ? HIGH_BIT : 0);
    scratch.setBigInt64(0, qty);
    const qtyLow = scratch.getInt32(4);
    const qtyHigh = scratch.getInt32(0);
    const mixedLow = Math.imul(priceLow, PRICE_FACTOR[0]) ^ high(qtyLow, qtyHigh, QTY_FACTOR);
    const mixedHigh = high(priceLow, priceHigh, PRICE_FACTOR) ^ Math.imul(qtyLow, QTY_FACTOR[0]);
    const folded = mixedLow ^ mixedHigh;
    const low = Math.imul(folded, LAST_FACTOR[0]);
    const top = high(folded, mixedHigh, LAST_FACTOR);
    this.#shareLow = low ^ ((low >>> 29) | (top << 3));
    this.#shareHigh = top ^ (top >>> 29);
  }
}

/** High half of the product of two 64-bit numbers modulo 2^64. */
function high(low: number, top: number, factor: readonly [number, number]): number {
  return (multiplyHigh(low >>> 0, factor[0]) + Math.imul(low, factor[1]) + Math.imul(top, factor[0])) | 0;
}
