/** The newest points of one instrument and kind: records of the ring as they were, and their JSON once somebody asked. */

/** Bytes of a point: head and payload of the longest kind (a quote), then the exponents in force. */
const STRIDE = 96;
const PRICE_EXPONENT = 88;
const QTY_EXPONENT = 89;
/** Room at first; it doubles as points arrive. */
const FIRST_CAPACITY = 16;

export class PointRing {
  readonly #most: number;
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  /** JSON of the points that were asked for, by place. */
  #texts: (string | undefined)[] = [];
  #textBytes = 0;
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
    return this.#bytes.length + this.#textBytes;
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
    const text = this.#texts[place];
    if (text !== undefined) {
      this.#textBytes -= text.length;
      this.#texts[place] = undefined;
    }
    this.#count += 1;
  }

  clear(): void {
    this.#count = 0;
    this.#texts = [];
    this.#textBytes = 0;
  }

  /** Where the point begins that is `back` points older than the newest, 0 … `size` − 1. */
  at(back: number): number {
    return ((this.#count - 1 - back) % this.#most) * STRIDE;
  }

  priceExponent(at: number): number {
    return this.#view.getInt8(at + PRICE_EXPONENT);
  }

  qtyExponent(at: number): number {
    return this.#view.getInt8(at + QTY_EXPONENT);
  }

  /** JSON of the point there, made by `render` the first time. */
  text(at: number, render: (ring: PointRing, at: number) => string): string {
    const place = at / STRIDE;
    const known = this.#texts[place];
    if (known !== undefined) return known;
    const text = render(this, at);
    this.#texts[place] = text;
    this.#textBytes += text.length;
    return text;
  }

  #grow(): void {
    const capacity = Math.min(this.#most, Math.max(FIRST_CAPACITY, (this.#bytes.length / STRIDE) * 2));
    const bytes = new Uint8Array(capacity * STRIDE);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
