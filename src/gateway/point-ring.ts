/**
 * The newest points of one instrument and kind: records of the ring as they were, and their JSON once somebody asked, as one piece of
 * bytes: an answer of a thousand points is one copy.
 */

/** Bytes of a point: head and payload of the longest kind (a quote), then the exponents in force. */
const STRIDE = 96;
const PRICE_EXPONENT = 88;
const QTY_EXPONENT = 89;
/** Room at first; it doubles as points arrive. */
const FIRST_CAPACITY = 16;
const FIRST_JSON_BYTES = 4_096;
/** Room for JSON, as a multiple of what is kept: it is moved to the front each time that the rest is used up. */
const JSON_ROOM = 1.5;

/** Makes the JSON of the point that begins at `at`; ASCII alone. */
export type Render = (ring: PointRing, at: number) => string;

export class PointRing {
  readonly #most: number;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  /** JSON of points, each with a comma behind it, one after the other: as far as somebody asked, and what was dropped since. */
  #json = Buffer.alloc(0);
  #jsonEnd = 0;
  /** Number of the first point that was not rendered yet. */
  #jsonCount = 0;
  /** Where the JSON of a point begins, by place. */
  readonly #jsonAt: number[] = [];
  /** Points that ever came. */
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return Math.min(this.#count, this.#most);
  }

  /** Whether points had to make room. */
  get hasDropped(): boolean {
    return this.#count > this.#most;
  }

  get bytes(): number {
    return this.#bytes.length + this.#json.length;
  }

  get view(): DataView {
    return this.#view;
  }

  add(source: Uint8Array, start: number, size: number, priceExponent: number, qtyExponent: number): void {
    if (this.#count < this.#most && this.#count * STRIDE === this.#bytes.length) this.#grow();
    const place = this.#count % this.#most;
    const at = place * STRIDE;
    this.#bytes.set(source.subarray(start, start + Math.min(size, PRICE_EXPONENT)), at);
    this.#view.setInt8(at + PRICE_EXPONENT, priceExponent);
    this.#view.setInt8(at + QTY_EXPONENT, qtyExponent);
    this.#count += 1;
  }

  clear(): void {
    this.#count = 0;
    this.#jsonCount = 0;
    this.#jsonEnd = 0;
  }

  /** Where the point begins that is `back` points older than the newest, 0 … `size` − 1. */
  at(back: number): number {
    return this.#place(back) * STRIDE;
  }

  priceExponent(at: number): number {
    return this.#view.getInt8(at + PRICE_EXPONENT);
  }

  qtyExponent(at: number): number {
    return this.#view.getInt8(at + QTY_EXPONENT);
  }

  /**
   * JSON of `count` points from the one that is `back` points older than the newest on to newer ones, each with a comma behind it. A view
   * of memory that is valid until points are added. What was not asked for before is made by `render`.
   */
  json(back: number, count: number, render: Render): Uint8Array {
    if (this.#jsonCount < this.#count) this.#render(render);
    const first = this.#jsonAt[this.#place(back)] ?? 0;
    const end = back === count - 1 ? this.#jsonEnd : (this.#jsonAt[this.#place(back - count)] ?? 0);
    return this.#json.subarray(first, end);
  }

  #place(back: number): number {
    return (this.#count - 1 - back) % this.#most;
  }

  #render(render: Render): void {
    const oldest = this.#count - this.size;
    // Nothing of what was rendered is left, so it begins anew.
    if (this.#jsonCount <= oldest) {
      this.#jsonCount = oldest;
      this.#jsonEnd = 0;
    }
    for (; this.#jsonCount < this.#count; this.#jsonCount += 1) {
      const back = this.#count - 1 - this.#jsonCount;
      const text = `${render(this, this.at(back))},`;
      if (this.#jsonEnd + text.length > this.#json.length) this.#makeRoom(oldest, text.length);
      this.#jsonAt[this.#place(back)] = this.#jsonEnd;
      this.#jsonEnd += this.#json.write(text, this.#jsonEnd, 'latin1');
    }
  }

  /** Gives up the JSON of points before `oldest`, and takes more memory where that leaves too little. */
  #makeRoom(oldest: number, bytes: number): void {
    const isAny = this.#jsonCount > oldest;
    const start = isAny ? (this.#jsonAt[oldest % this.#most] ?? 0) : this.#jsonEnd;
    const kept = this.#json.subarray(start, this.#jsonEnd);
    const size = kept.length + bytes;
    const needed = Math.ceil(size * JSON_ROOM);
    const json = needed > this.#json.length ? Buffer.alloc(Math.max(FIRST_JSON_BYTES, needed)) : this.#json;
    json.set(kept);
    this.#json = json;
    this.#jsonEnd = kept.length;
    for (let number = oldest; number < this.#jsonCount; number += 1) {
      const place = number % this.#most;
      this.#jsonAt[place] = (this.#jsonAt[place] ?? 0) - start;
    }
  }

  #grow(): void {
    const capacity = Math.min(this.#most, Math.max(FIRST_CAPACITY, (this.#bytes.length / STRIDE) * 2));
    const bytes = new Uint8Array(capacity * STRIDE);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
