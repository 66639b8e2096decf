import { CHANNELS, DISCONNECT_REASONS } from '../model/codes.js';
import type { ChannelName } from '../model/config.js';
import type { ConnectionState } from '../model/status.js';
import type { ConnectionClass, Venue } from '../model/venue.js';
import type { InstrumentDefinition } from '../native/index.js';
import type { Backoff } from './backoff.js';
import type { Logger } from './log.js';
import { type Closing, VenueSocket } from './socket.js';

/** Streams named in one control message. */
const STREAMS_PER_MESSAGE = 100;
const REPLY_DEADLINE_MS = 10_000;
const SUBSCRIBE_ATTEMPTS_MAX = 3;
/** A connection that lived this long counts as having worked. */
const SETTLED_MS = 10_000;

/** What a line feeds: the shard's inputs, in the order in which things happened. */
export interface LineInputs {
  connect(connection: number): void;
  disconnect(connection: number, reason: number): void;
  subscribe(connection: number, instrument: number, channels: number): void;
  ack(connection: number, instrument: number, accepted: boolean): void;
  frame(connection: number, bytes: Buffer): void;
}

export interface LineOptions {
  readonly venue: Venue;
  readonly connectionClass: ConnectionClass;
  readonly channels: readonly ChannelName[];
  readonly url: string;
  /** Number of the connection within the shard, kept over reconnects. */
  readonly connection: number;
  readonly instruments: readonly InstrumentDefinition[];
  readonly backoff: Backoff;
  readonly inputs: LineInputs;
  readonly logger: Logger;
}

interface Batch {
  readonly instruments: readonly InstrumentDefinition[];
  attempts: number;
  timer: NodeJS.Timeout | undefined;
}

/** One connection of a feed, kept open: connects, subscribes, watches for silence, comes back. */
export class Line {
  readonly #options: LineOptions;
  readonly #bits: number;
  #socket: VenueSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #outbox: { readonly text: string; sent(): void }[] = [];
  #pace: NodeJS.Timeout | undefined;
  readonly #batches = new Map<number, Batch>();
  #nextId = 1;
  #failures = 0;
  #stopped = false;
  reconnects = -1;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#bits = options.channels.reduce((bits, channel) => bits | CHANNELS[channel], 0);
  }

  get connection(): number {
    return this.#options.connection;
  }

  get connectionClass(): string {
    return this.#options.connectionClass.name;
  }

  get state(): ConnectionState {
    if (this.#socket?.isOpen === true) return 'open';
    if (this.#socket !== undefined) return 'connecting';
    return this.#stopped ? 'closed' : 'waiting';
  }

  get lastFrameAgeMs(): number | null {
    return this.#socket?.isOpen === true ? Math.round(this.#socket.lastFrameAgeMs) : null;
  }

  start(): void {
    if (this.#stopped) return;
    const { url, backoff, inputs, connection } = this.#options;
    this.reconnects += 1;
    backoff.attempted();
    let opened = false;
    const socket = new VenueSocket(url, {
      open: () => {
        opened = true;
        this.#opened();
      },
      frame: (bytes) => inputs.frame(connection, bytes),
      closed: (closing) => this.#closed(closing, opened, socket.ageMs),
    });
    this.#socket = socket;
  }

  /** Replaces the connection. */
  replace(reason: number, text: string): void {
    this.#socket?.end(reason, text);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#socket?.end(DISCONNECT_REASONS.local, 'stopped');
  }

  /** Looks at deadlines; called about once a second. */
  watch(): void {
    const socket = this.#socket;
    if (socket?.isOpen !== true) return;
    const { idleTimeoutMs, silenceTimeoutMs, connectionLifeMs } = this.#options.venue.limits;
    if (socket.lastByteAgeMs > idleTimeoutMs) this.replace(DISCONNECT_REASONS.silence, `no byte for ${idleTimeoutMs} ms`);
    else if (socket.lastFrameAgeMs > silenceTimeoutMs)
      this.replace(DISCONNECT_REASONS.silence, `no data for ${silenceTimeoutMs} ms`);
    // Before the venue's forced cut, at a moment of our choosing.
    else if (socket.ageMs > connectionLifeMs * 0.98) this.replace(DISCONNECT_REASONS.local, 'its life at the venue ends');
  }

  /** The venue answered the control message with this id; 0 stands for one that it did not name. */
  replied(id: number, venueCode: number): void {
    const batch = this.#batches.get(id);
    if (batch === undefined) {
      if (venueCode !== 0)
        this.#options.logger.warn({ connection: this.connection, venueCode }, 'the venue refused a control message');
      return;
    }
    this.#finish(id, batch, venueCode === 0);
  }

  #opened(): void {
    const { inputs, connection, instruments, logger, connectionClass } = this.#options;
    logger.info({ connection, class: connectionClass.name, instruments: instruments.length }, 'connected');
    inputs.connect(connection);
    // The core must be buffering before the venue is asked.
    for (const { id } of instruments) inputs.subscribe(connection, id, this.#bits);
    const perMessage = Math.max(1, Math.floor(STREAMS_PER_MESSAGE / this.#options.channels.length));
    for (let first = 0; first < instruments.length; first += perMessage) {
      this.#subscribe({ instruments: instruments.slice(first, first + perMessage), attempts: 0, timer: undefined });
    }
  }

  #subscribe(batch: Batch): void {
    const { venue, channels } = this.#options;
    const id = this.#nextId++;
    batch.attempts += 1;
    this.#batches.set(id, batch);
    const streams = batch.instruments.flatMap(({ symbol }) => venue.streams(symbol, channels));
    const sent = (): void => {
      batch.timer = setTimeout(() => this.#unanswered(id, batch), REPLY_DEADLINE_MS);
    };
    this.#outbox.push({ text: venue.subscribeFrame(id, streams), sent });
    this.#drain();
  }

  /** Sends control messages at half the rate that the venue tolerates: pongs count as well. */
  #drain(): void {
    if (this.#pace !== undefined) return;
    const next = this.#outbox.shift();
    if (next === undefined || this.#socket?.isOpen !== true) return;
    this.#socket.send(next.text);
    next.sent();
    this.#pace = setTimeout(() => {
      this.#pace = undefined;
      this.#drain();
    }, 2_000 / this.#options.venue.limits.messagesPerSecond);
  }

  #unanswered(id: number, batch: Batch): void {
    if (batch.attempts >= SUBSCRIBE_ATTEMPTS_MAX) {
      this.#finish(id, batch, false);
      return;
    }
    this.#batches.delete(id);
    this.#options.logger.warn(
      { connection: this.connection, attempt: batch.attempts },
      'the venue did not answer a subscription',
    );
    this.#subscribe(batch);
  }

  #finish(id: number, batch: Batch, accepted: boolean): void {
    clearTimeout(batch.timer);
    this.#batches.delete(id);
    for (const instrument of batch.instruments) this.#options.inputs.ack(this.connection, instrument.id, accepted);
    if (!accepted) {
      const symbols = batch.instruments.map(({ symbol }) => symbol);
      this.#options.logger.error({ connection: this.connection, symbols }, 'the venue did not accept a subscription');
    }
  }

  #closed(closing: Closing, opened: boolean, ageMs: number): void {
    const { inputs, backoff, connection, logger } = this.#options;
    this.#socket = undefined;
    this.#forget();
    if (opened) inputs.disconnect(connection, closing.reason);
    if (this.#stopped) return;
    this.#failures = opened && ageMs > SETTLED_MS ? 0 : this.#failures + 1;
    const delayMs = Math.round(backoff.delay(this.#failures, closing.refusal));
    logger.warn({ connection, class: this.connectionClass, reason: closing.text, delayMs }, 'disconnected');
    this.#retry = setTimeout(() => this.start(), delayMs);
  }

  #forget(): void {
    clearTimeout(this.#pace);
    this.#pace = undefined;
    this.#outbox = [];
    for (const batch of this.#batches.values()) clearTimeout(batch.timer);
    this.#batches.clear();
  }
}
