/** The loop from the fan-out to the sockets. */
import { channelOf, type Hub, type Published } from './hub.js';
import type { Logger } from './logger.js';
import { ENCODINGS, type Encoding, type FanoutSource, isBinary, RUNG_NAMES, type Rung } from './ring.js';

/**
 * Messages published between two waits of the loop. uWebSockets.js holds 32 a socket; one that needed more would be served
 * in two goes, and what was dropped could not be told exactly (hub.ts).
 */
const TURN_MESSAGES_MAX = 31;
/**
 * Bytes after which a turn ends. uWebSockets.js gathers what a socket gets in one go in 16 KiB, and writes that together with the
 * message that no longer fits: what follows costs each socket another system call, worth less than a fresh go.
 */
const TURN_BYTES = 16_384;
/** A turn publishes no longer than this, ms, so that requests are answered meanwhile. */
const TURN_MS = 1;
/** One poll fills at most this; larger than any message but those of absurdly deep books. */
const POLL_BYTES = 8_388_608;
/** Polls in a row that may add to a rest, before everything is published and waiting clients get their snapshots. */
const REFILLS_MAX = 8;
/** Empty turns that go on at once, then at 1 ms; after that the loop rests `REST_MS` between looks. */
const SPIN_TURNS = 16;
const BRISK_TURNS = 256;
const REST_MS = 3;
/** Bytes of a frame before its message: u32 length, u32 topic, u8 encoding, u8 rung, 2 bytes 0 (native/wire). */
const FRAME_HEAD_BYTES = 12;
const FRAME_ALIGNMENT = 8;
const ENCODING_COUNT = Object.keys(ENCODINGS).length;
/** Wait before another fan-out is opened after one failed, ms. */
const REOPEN_MS = 1_000;

export interface PumpOptions {
  readonly open: () => FanoutSource;
  readonly publish: (channel: string, bytes: Uint8Array, isBinary: boolean) => void;
  readonly logger: Logger;
}

export class Pump {
  readonly #options: PumpOptions;
  /** What is left of a poll, less than a turn, and another whole poll behind it. */
  readonly #buffer = new Uint8Array(TURN_BYTES + POLL_BYTES);
  readonly #view = new DataView(this.#buffer.buffer);
  readonly #channels: string[] = [];
  #fanout: FanoutSource;
  #hub: Hub;
  #version: number;
  #used = 0;
  #offset = 0;
  #refills = 0;
  /** Published in the turn before; its bytes stand in the buffer until the next poll. */
  #published: Published[] = [];
  #idleTurns = 0;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  failures = 0;

  constructor(fanout: FanoutSource, hub: Hub, options: PumpOptions) {
    this.#options = options;
    this.#fanout = fanout;
    this.#hub = hub;
    this.#version = fanout.version();
  }

  get fanout(): FanoutSource {
    return this.#fanout;
  }

  start(): void {
    this.#running = true;
    this.wake();
  }

  stop(): void {
    this.#running = false;
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#fanout.close();
  }

  /** There is something to do before the rest is over. */
  wake(): void {
    if (!this.#running || this.#immediate !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#idleTurns = 0;
    this.#immediate = setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#immediate = undefined;
    this.#timer = undefined;
    if (!this.#running) return;
    let restMs = 0;
    try {
      restMs = this.#pace(this.#work());
    } catch (error) {
      this.#fail(error);
      restMs = REOPEN_MS;
    }
    if (restMs === 0) this.#immediate = setImmediate(this.#turn);
    else this.#timer = setTimeout(this.#turn, restMs);
  };

  /** How long to wait until the next turn, ms. */
  #pace(didWork: boolean): number {
    this.#idleTurns = didWork ? 0 : this.#idleTurns + 1;
    if (this.#idleTurns <= SPIN_TURNS) return 0;
    return this.#idleTurns <= BRISK_TURNS ? 1 : REST_MS;
  }

  /** One turn. Returns whether there was anything to publish. */
  #work(): boolean {
    const now = performance.now();
    this.#hub.settle(this.#published, now);
    this.#published = [];
    this.#fill(now);
    const deadline = performance.now() + TURN_MS;
    let bytes = 0;
    while (this.#offset < this.#used && this.#published.length < TURN_MESSAGES_MAX && bytes <= TURN_BYTES) {
      bytes += this.#publishNext();
      if (performance.now() >= deadline) break;
    }
    return this.#published.length > 0;
  }

  /**
   * Polls where nothing is left, and where less than a turn is left: a short turn costs each socket a system call all the same.
   * The poll's window always has the same size, for the fan-out gives up messages that are larger.
   */
  #fill(now: number): void {
    const rest = this.#used - this.#offset;
    if (rest > TURN_BYTES || (rest > 0 && this.#refills >= REFILLS_MAX)) return;
    if (rest === 0) {
      this.#hub.serve(now, now + TURN_MS);
      this.#refills = 0;
    } else {
      this.#buffer.copyWithin(0, this.#offset, this.#used);
      this.#refills += 1;
    }
    this.#offset = 0;
    this.#used = rest + this.#fanout.poll(this.#buffer.subarray(rest, rest + POLL_BYTES));
    this.#learn();
  }

  #learn(): void {
    const version = this.#fanout.version();
    if (version === this.#version) return;
    this.#version = version;
    this.#hub.learnTopics();
  }

  /** Publishes one message. Returns its bytes. */
  #publishNext(): number {
    const length = this.#view.getUint32(this.#offset, true);
    const topic = this.#view.getUint32(this.#offset + 4, true);
    const encoding = this.#view.getUint8(this.#offset + 8) as Encoding;
    const rung = this.#view.getUint8(this.#offset + 9) as Rung;
    const start = this.#offset + FRAME_HEAD_BYTES;
    const bytes = this.#buffer.subarray(start, start + length);
    this.#offset += Math.ceil((FRAME_HEAD_BYTES + length) / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;
    const channel = this.#channel(topic, encoding, rung);
    this.#options.publish(channel, bytes, isBinary(encoding));
    if (encoding === ENCODINGS.stream) this.#publishQualified(topic, channel, bytes);
    this.#published.push({ topic, encoding, rung, bytes });
    this.#hub.counts.messages += 1;
    this.#hub.counts.bytes += length;
    return length;
  }

  /** The same once more for those who asked for the topic with its venue: they get the name that they know. */
  #publishQualified(topic: number, channel: string, bytes: Uint8Array): void {
    const qualified = this.#hub.qualified(topic, channel);
    if (qualified === undefined) return;
    const rest = bytes.subarray(Buffer.byteLength(qualified.prefix));
    this.#options.publish(qualified.channel, Buffer.concat([Buffer.from(qualified.longer), rest]), false);
  }

  /** `channelOf`, made once for each. */
  #channel(topic: number, encoding: Encoding, rung: Rung): string {
    const index = (topic * ENCODING_COUNT + encoding) * RUNG_NAMES.length + rung;
    let channel = this.#channels[index];
    if (channel === undefined) {
      channel = channelOf(topic, encoding, rung);
      this.#channels[index] = channel;
    }
    return channel;
  }

  /** The fan-out is unusable: begins anew with another one, and with clients that subscribe again. */
  #fail(error: unknown): void {
    this.failures += 1;
    this.#options.logger.error({ err: error }, 'fan-out failed, a new one is opened');
    this.#used = 0;
    this.#offset = 0;
    this.#published = [];
    try {
      const fanout = this.#options.open();
      this.#fanout.close();
      this.#fanout = fanout;
      this.#version = fanout.version();
      this.#hub.replaceFanout(fanout);
    } catch (again) {
      this.#options.logger.error({ err: again }, 'no new fan-out can be opened');
    }
  }
}
