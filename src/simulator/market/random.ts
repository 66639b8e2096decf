/**
 * A seeded generator (sfc32 with a mixed seed) for order flow and faults.
 *
 * Only integer arithmetic and exact double multiplication are used, so the same seed gives the same numbers on every
 * machine and version; transcendental functions (`Math.log`, `Math.exp`) are not specified bit for bit and stay out.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `label` separates generators of one seed, so that adding a symbol does not change the flow of another. */
  constructor(seed: number, label: string) {
    let state = (hashText(label) ^ Math.imul(seed >>> 0, 0x9e3779b1) ^ Math.floor(seed / 0x1_0000_0000)) >>> 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = state;
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
      return (mixed ^ (mixed >>> 16)) >>> 0;
    };
    this.#a = next();
    this.#b = next();
    this.#c = next();
    for (let round = 0; round < 12; round += 1) this.u32();
  }

  /** Uniform integer in 0 … 2^32 − 1. */
  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  }

  /** Uniform integer in 0 … `limit` − 1; `limit` is 1 … 2^32. */
  below(limit: number): number {
    return Math.floor((this.u32() / 0x1_0000_0000) * limit);
  }

  /** True in `permille` of 1,000 cases. */
  chance(permille: number): boolean {
    return this.below(1000) < permille;
  }

  /** Geometric with p = 1/2: 0 in half of the cases, 1 in a quarter, … `max` at most. */
  halvings(max: number): number {
    return Math.min(Math.clz32(this.u32()), max);
  }
}

/** FNV-1a over UTF-16 code units, 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
