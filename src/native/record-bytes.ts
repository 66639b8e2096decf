/** The bytes of one record among those that `RingReader.poll` has written, read by type. */
import { RECORD_OFFSETS } from './layout.js';

/** A name by its number; undefined where a newer engine has more of them. */
export function nameIn<T extends string>(names: Readonly<Record<number, T>>, value: number): T | undefined {
  return names[value];
}

/** Stands at one record. Reads without an allocation but for bigints, text and levels. */
export class RecordBytes {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #start = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the record begins in the bytes. */
  get start(): number {
    return this.#start;
  }

  /** To the record that begins there. */
  seek(start: number): void {
    this.#start = start;
  }

  /** To the first record. */
  rewind(): void {
    this.#start = 0;
  }

  /** To the record behind this one. */
  advance(): void {
    this.#start += this.#view.getUint32(this.#start + RECORD_OFFSETS.size, true);
  }

  u8(offset: number): number {
    return this.#view.getUint8(this.#start + offset);
  }

  i8(offset: number): number {
    return this.#view.getInt8(this.#start + offset);
  }

  u16(offset: number): number {
    return this.#view.getUint16(this.#start + offset, true);
  }

  u32(offset: number): number {
    return this.#view.getUint32(this.#start + offset, true);
  }

  /** NaN beyond ±(2^53 − 1), where a number would be another one. */
  i64(offset: number): number {
    const at = this.#start + offset;
    const value = this.#view.getInt32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }

  /** As `i64`. */
  u64(offset: number): number {
    const at = this.#start + offset;
    const value = this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
    return Number.isSafeInteger(value) ? value : Number.NaN;
  }

  bigI64(offset: number): bigint {
    return this.#view.getBigInt64(this.#start + offset, true);
  }

  bigU64(offset: number): bigint {
    return this.#view.getBigUint64(this.#start + offset, true);
  }

  /** ns since the UNIX epoch as ms, to a quarter of a µs: what a number can hold. */
  ms(offset: number): number {
    const at = this.#start + offset;
    return (this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true)) / 1e6;
  }

  text(offset: number, size: number): string {
    return this.#bytes.toString('utf8', this.#start + offset, this.#start + offset + size);
  }

  levels(offset: number, count: number): { price: bigint; qty: bigint }[] {
    const levels = [];
    for (let index = 0, at = offset; index < count; index++, at += 16)
      levels.push({ price: this.bigI64(at), qty: this.bigI64(at + 8) });
    return levels;
  }
}
