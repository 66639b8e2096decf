/** The newest messages of each instrument and type, in bounded memory. */
import type { BookMessage, DataType, Messages } from './types.js';

type AnyMessage = Messages[DataType];

/** What a message takes, bytes, about; and each of its levels. `test/library/units.test.ts` measures it. */
const MESSAGE_BYTES = 320;
const LEVEL_BYTES = 96;
/** Share of a buffer that goes at once when all together hold too much. */
const CUT = 8;

function bytesOf(message: AnyMessage): number {
  if (message.type !== 'book') return MESSAGE_BYTES;
  const { bids, asks } = message as BookMessage;
  return MESSAGE_BYTES + LEVEL_BYTES * (bids.length + asks.length);
}

/** A ring of messages. */
class Newest {
  readonly #size: number;
  #messages: (AnyMessage | undefined)[] = [];
  #oldest = 0;
  bytes = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get count(): number {
    return this.#messages.length - this.#oldest;
  }

  push(message: AnyMessage): void {
    this.#messages.push(message);
    this.bytes += bytesOf(message);
    if (this.count > this.#size) this.drop(1);
  }

  drop(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      const message = this.#messages[this.#oldest];
      if (message === undefined) return;
      this.bytes -= bytesOf(message);
      this.#messages[this.#oldest] = undefined;
      this.#oldest += 1;
    }
    // Cut off now and then, so that each message is moved once.
    if (this.#oldest > this.count + CUT) {
      this.#messages = this.#messages.slice(this.#oldest);
      this.#oldest = 0;
    }
  }

  newest(count: number): AnyMessage[] {
    return this.#messages.slice(Math.max(this.#oldest, this.#messages.length - count)) as AnyMessage[];
  }
}

export class Buffers {
  readonly #size: number;
  readonly #bytesMax: number;
  readonly #buffers = new Map<string, Newest>();
  #bytes = 0;

  /** `size`: messages of each instrument and type; `bytesMax`: of all together. */
  constructor(size: number, bytesMax: number) {
    this.#size = size;
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(key: string, message: AnyMessage): void {
    if (this.#size === 0) return;
    const name = `${message.type} ${key}`;
    let buffer = this.#buffers.get(name);
    if (buffer === undefined) {
      buffer = new Newest(this.#size);
      this.#buffers.set(name, buffer);
    }
    this.#bytes -= buffer.bytes;
    buffer.push(message);
    this.#bytes += buffer.bytes;
    while (this.#bytes > this.#bytesMax) this.#cut();
  }

  /** The newest `count`, oldest of them first. */
  newest<Type extends DataType>(key: string, type: Type, count: number): Messages[Type][] {
    return (this.#buffers.get(`${type} ${key}`)?.newest(count) ?? []) as Messages[Type][];
  }

  /** Whoever holds most gives up its oldest. */
  #cut(): void {
    let largest: Newest | undefined;
    for (const buffer of this.#buffers.values()) if (largest === undefined || buffer.bytes > largest.bytes) largest = buffer;
    if (largest === undefined) return;
    this.#bytes -= largest.bytes;
    largest.drop(Math.max(1, Math.floor(largest.count / CUT)));
    this.#bytes += largest.bytes;
  }
}
