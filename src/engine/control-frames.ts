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

/** Cuts a byte stream into messages. Long messages are put together once, when their last byte is there. */
export class MessageReader {
  readonly #sizeMax: number;
  #chunks: Uint8Array[] = [];
  #size = 0;
  /** Bytes that must be there before there is anything to do. */
  #wanted = LENGTH_SIZE;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  /** The messages that `chunk` completes. Throws `CONTROL_PROTOCOL` for what is no message; the stream is unusable then. */
  push(chunk: Uint8Array): unknown[] {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < this.#wanted) return [];
    const bytes = Buffer.concat(this.#chunks, this.#size);
    const messages: unknown[] = [];
    let at = 0;
    this.#wanted = LENGTH_SIZE;
    while (bytes.length - at >= LENGTH_SIZE) {
      const size = bytes.readUInt32LE(at);
      if (size > this.#sizeMax)
        throw new TickringError('CONTROL_PROTOCOL', `control message of ${size} bytes exceeds ${this.#sizeMax}`);
      this.#wanted = LENGTH_SIZE + size;
      if (bytes.length - at < this.#wanted) break;
      messages.push(decode(bytes.subarray(at + LENGTH_SIZE, at + this.#wanted)));
      at += this.#wanted;
      this.#wanted = LENGTH_SIZE;
    }
    this.#chunks = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#size = bytes.length - at;
    return messages;
  }
}

function decode(body: Uint8Array): unknown {
  try {
    return unpack(body);
  } catch (error) {
    throw new TickringError('CONTROL_PROTOCOL', 'control message is no MessagePack', { cause: error });
  }
}
