import { unpack } from 'msgpackr';
import { TickringError } from '../model/errors.js';

const LENGTH_SIZE = 4;

/** A message with its length (u32, little-endian) in front. */
export function frameMessage(body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(LENGTH_SIZE + body.length);
  frame.writeUInt32LE(body.length, 0);
  frame.set(body, LENGTH_SIZE);
  return frame;
}

/** Cuts a byte stream into messages. */
export class MessageReader {
  readonly #sizeMax: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  /** The messages that `chunk` completes. Throws `CONTROL_PROTOCOL` for what is no message; the stream is unusable then. */
  push(chunk: Uint8Array): unknown[] {
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    const messages: unknown[] = [];
    while (this.#rest.length >= LENGTH_SIZE) {
      const size = this.#rest.readUInt32LE(0);
      if (size > this.#sizeMax)
        throw new TickringError('CONTROL_PROTOCOL', `control message of ${size} bytes exceeds ${this.#sizeMax}`);
      if (this.#rest.length < LENGTH_SIZE + size) break;
      const body = this.#rest.subarray(LENGTH_SIZE, LENGTH_SIZE + size);
      this.#rest = this.#rest.subarray(LENGTH_SIZE + size);
      try {
        messages.push(unpack(body));
      } catch (error) {
        throw new TickringError('CONTROL_PROTOCOL', 'control message is no MessagePack', { cause: error });
      }
    }
    return messages;
  }
}
