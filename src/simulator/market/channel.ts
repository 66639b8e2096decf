import { crc32 } from 'node:zlib';
import type { StreamKind } from './events.js';

/** One message on its way to the listeners, and what became of it. */
export interface Delivery {
  readonly frame: Frame;
  /** What the oracle log is told. */
  readonly fate: string;
  /** Not sent: it goes to the log alone. */
  readonly lost: boolean;
  /** A fault's rewriting of the bytes. */
  readonly payload?: (bytes: Buffer) => Buffer;
  /** Sent with the other opcode than those of its address are. */
  readonly binary?: boolean;
}

/** Who gets the frames of a channel. */
export interface Subscriber {
  /** A frame was made that is meant for it, whatever becomes of it: a venue that numbers messages counts it. */
  expect(frame: Frame): void;
  deliver(delivery: Delivery): void;
}

/** One stream of one symbol, e.g. `btcusdt@depth@100ms`, and who listens to it. */
export class Channel {
  readonly name: string;
  readonly symbol: string;
  readonly kind: StreamKind;
  readonly subscribers = new Set<Subscriber>();
  /** Events so far, listened to or not. */
  events = 0;

  constructor(name: string, symbol: string, kind: StreamKind) {
    this.name = name;
    this.symbol = symbol;
    this.kind = kind;
  }
}

/** Bytes of one message in one of its four forms, with their checksum made once. */
export class Payload {
  readonly bytes: Buffer;
  #crc: number | undefined;

  constructor(text: string | Buffer) {
    this.bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  }

  get crc32(): number {
    this.#crc ??= crc32(this.bytes);
    return this.#crc;
  }
}

/** One message of a channel. Its bytes are made on first use and shared by all connections of the same form. */
export class Frame {
  readonly channel: Channel;
  readonly firstId: number;
  readonly lastId: number;
  readonly #render: (micros: boolean) => string | Buffer;
  readonly #texts: (string | Buffer | undefined)[] = [undefined, undefined];
  readonly #payloads: (Payload | undefined)[] = [undefined, undefined, undefined, undefined];

  constructor(channel: Channel, firstId: number, lastId: number, render: (micros: boolean) => string | Buffer) {
    this.channel = channel;
    this.firstId = firstId;
    this.lastId = lastId;
    this.#render = render;
  }

  /** `combined` wraps the message with its stream's name; `micros` writes times in µs. */
  payload(combined: boolean, micros: boolean): Payload {
    const form = (combined ? 1 : 0) + (micros ? 2 : 0);
    let payload = this.#payloads[form];
    if (payload === undefined) {
      const raw = this.#text(micros);
      payload = new Payload(combined ? this.#wrapped(raw) : raw);
      this.#payloads[form] = payload;
    }
    return payload;
  }

  #wrapped(raw: string | Buffer): string | Buffer {
    const head = `{"stream":"${this.channel.name}","data":`;
    return typeof raw === 'string' ? `${head}${raw}}` : Buffer.concat([Buffer.from(head), raw, Buffer.from('}')]);
  }

  #text(micros: boolean): string | Buffer {
    const unit = micros ? 1 : 0;
    const text = this.#texts[unit] ?? this.#render(micros);
    this.#texts[unit] = text;
    return text;
  }
}
