import type { LookupFunction } from 'node:net';
import { CHANNELS, DISCONNECT_REASONS } from '../model/codes.js';
import type { ChannelName, TransportName } from '../model/config.js';
import type { ConnectionState } from '../model/status.js';
import type { ConnectionClass, Venue } from '../model/venue.js';
import type { InstrumentDefinition } from '../native/index.js';
import { Addresses, shown } from './addresses.js';
import type { Backoff } from './backoff.js';
import { FirstData } from './first-data.js';
import type { LineInputs } from './line-inputs.js';
import type { Logger } from './log.js';
import { Outbox } from './outbox.js';
import type { Closing, VenueSocket } from './socket.js';
import { openSocket } from './transports.js';
import { keyHeaders } from './venue-key.js';

const REPLY_DEADLINE_MS = 10_000;
const SUBSCRIBE_ATTEMPTS_MAX = 3;
/** A connection that lived this long counts as having worked; one that fell silent, if data came for so long. */
const SETTLED_MS = 10_000;
/**
 * A connection that was quiet for so long is asked for a sign of life, and is lost if none comes: half-open connections are
 * found within 10 s with the second that a look may be late, twice.
 */
const PROBE_AFTER_MS = 3_000;
const PROBE_DEADLINE_MS = 5_000;
/** Doublings of the silence deadline while no connection brings data: an idle market is left in peace more and more. */
const SILENCE_DOUBLINGS_MAX = 4;
/** Whoever waits for room among the host's attempts looks again after this: others may have given up meanwhile. */
const ATTEMPT_AGAIN_MS = 10_000;
/** Looks come every second; after a longer pause our own loop was held up, and what waits in sockets is read first. */
const LOOK_LATE_MS = 3_000;

export interface LineOptions {
  readonly venue: Venue;
  readonly connectionClass: ConnectionClass;
  readonly channels: readonly ChannelName[];
  /** Where it connects: to the first of them, or to the next one where that cannot be reached. */
  readonly urls: readonly string[];
  readonly transport: TransportName;
  /** Number of the connection within the shard, kept over reconnects. */
  readonly connection: number;
  /** What it carries at first; `add` and `remove` change that. */
  readonly instruments: readonly InstrumentDefinition[];
  readonly backoff: Backoff;
  readonly inputs: LineInputs;
  readonly logger: Logger;
  /** Where names lead; default: what the system says. */
  readonly lookup?: LookupFunction;
  /** The venue will cut the connection before long. Told again until it is replaced. */
  due(): void;
  /** The connection is gone; true if another line has its place, and it is not to come back. */
  lost(): boolean;
  /** The line was stopped, and its connection is gone. */
  ended(): void;
}

/** Share of its life at the venue after which a connection is replaced: by chance between these, so that not all end together. */
const LIFE_SHARE = [0.96, 0.98] as const;

interface Batch {
  readonly instruments: readonly InstrumentDefinition[];
  readonly channels: readonly ChannelName[];
  attempts: number;
  timer: NodeJS.Timeout | undefined;
}

/** Channels on which silence is no ordinary thing; hours may pass between two liquidations. */
const BUSY: ReadonlySet<ChannelName> = new Set(['book', 'trade', 'quote', 'mark_price']);

/** One connection of a feed, kept open: connects, subscribes, watches for silence, comes back. */
export class Line {
  readonly #options: LineOptions;
  readonly #bits: number;
  /** Something comes all the time, so that silence means a dead connection. */
  readonly #isBusy: boolean;
  readonly #addresses: Addresses;
  #socket: VenueSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  readonly #outbox: Outbox;
  readonly #batches = new Map<number, Batch>();
  #nextId = 1;
  readonly #firstData: FirstData;
  #failures = 0;
  #replies = 0;
  /** Frames that answered nothing of ours, and when the last of them came. */
  #data = 0;
  #dataAt = 0;
  #silences = 0;
  #lookedAt = 0;
  #keptAliveAt = 0;
  #stopped = false;
  #instruments: readonly InstrumentDefinition[];
  #life: number = LIFE_SHARE[1];
  reconnects = -1;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#addresses = new Addresses(options.urls);
    this.#instruments = options.instruments;
    this.#isBusy = options.channels.some((channel) => BUSY.has(channel));
    this.#bits = options.channels.reduce((bits, channel) => bits | CHANNELS[channel], 0);
    const { channels, connection, logger, inputs } = options;
    const arrived = inputs.arrived.bind(inputs);
    const silent = (instruments: readonly number[]): void => inputs.doubt(instruments);
    this.#firstData = new FirstData({ channels, connection, logger, arrived, silent });
    this.#outbox = new Outbox(options.venue.limits.messagesPerSecond, (text) => {
      if (this.#socket?.isOpen !== true) return false;
      this.#socket.send(text);
      return true;
    });
  }

  get connection(): number {
    return this.#options.connection;
  }

  get connectionClass(): string {
    return this.#options.connectionClass.name;
  }

  get channels(): readonly ChannelName[] {
    return this.#options.channels;
  }

  /** Where it is connected, or tries to be. */
  get address(): string {
    return shown(this.#addresses.url);
  }

  get isOpen(): boolean {
    return this.#socket?.isOpen === true;
  }

  get state(): ConnectionState {
    if (this.#socket?.isOpen === true) return 'open';
    if (this.#socket !== undefined) return 'connecting';
    return this.#stopped ? 'closed' : 'waiting';
  }

  /** Whether the venue has answered all that was asked for on this connection. */
  get isAnswered(): boolean {
    return this.#socket?.isOpen === true && this.#batches.size === 0 && this.#outbox.isEmpty;
  }

  get lastFrameAgeMs(): number | null {
    return this.#socket?.isOpen === true ? Math.round(this.#socket.lastFrameAgeMs) : null;
  }

  start(): void {
    if (this.#stopped) return;
    const { venue, transport, backoff, inputs, connection, logger, lookup } = this.#options;
    const waitMs = backoff.attempt();
    if (waitMs > 0) {
      logger.warn({ connection, waitMs }, 'connections of this host to the venue are as many as it allows in five minutes');
      this.#retry = setTimeout(() => this.start(), Math.min(waitMs, ATTEMPT_AGAIN_MS));
      return;
    }
    this.reconnects += 1;
    let headers: Readonly<Record<string, string>>;
    try {
      headers = keyHeaders(venue.key);
    } catch (error) {
      // Whoever changes the file may not have finished; nothing is sent without a key.
      const refusal = { retryAfterMs: 0 };
      this.#closed({ reason: DISCONNECT_REASONS.local, refusal, text: (error as Error).message }, false, 0);
      return;
    }
    let opened = false;
    const socket = openSocket({
      url: this.#addresses.url,
      transport,
      headers,
      connection,
      inputs,
      handshakeTimeoutMs: venue.limits.handshakeTimeoutMs,
      lookup,
      events: {
        open: () => {
          opened = true;
          this.#opened();
        },
        closed: (closing) => this.#closed(closing, opened, socket.ageMs),
      },
    });
    this.#socket = socket;
  }

  get instruments(): readonly InstrumentDefinition[] {
    return this.#instruments;
  }

  /** Carries these as well; a line that rests connects again. */
  add(instruments: readonly InstrumentDefinition[]): void {
    this.#instruments = [...this.#instruments, ...instruments];
    if (this.#socket?.isOpen === true) this.#ask(instruments);
    if (!this.#stopped) return;
    this.#stopped = false;
    // A socket that is still closing comes back by itself.
    if (this.#socket === undefined) this.start();
  }

  /** Carries these no longer; a line without any rests. The core is told by the caller. The venue is not, where it ended them itself. */
  remove(instruments: ReadonlySet<number>, isEnded: boolean): void {
    const gone = this.#instruments.filter(({ id }) => instruments.has(id));
    if (gone.length === 0) return;
    this.#instruments = this.#instruments.filter(({ id }) => !instruments.has(id));
    if (this.#instruments.length === 0) this.stop();
    else if (!isEnded) this.#withdraw(gone);
  }

  /** Asks the venue anew for an instrument; what is missed meanwhile shows as a gap. */
  restart(instrument: InstrumentDefinition): void {
    if (this.#socket?.isOpen !== true) return;
    this.#withdraw([instrument]);
    this.#ask([instrument]);
  }

  /** Subscribes those of these channels of an instrument anew that are carried here; a book's stream may begin with a snapshot. False if none is. */
  renew(instrument: InstrumentDefinition, wanted: readonly ChannelName[]): boolean {
    const channels = this.#options.channels.filter((channel) => wanted.includes(channel));
    if (channels.length === 0 || !this.#instruments.includes(instrument) || this.#socket?.isOpen !== true) return false;
    this.#withdraw([instrument], channels);
    this.#subscribe({ instruments: [instrument], channels, attempts: 0, timer: undefined });
    return true;
  }

  /** Replaces the connection. */
  replace(reason: number, text: string): void {
    this.#socket?.end(reason, text);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    if (this.#socket === undefined) this.#options.ended();
    else this.#socket.end(DISCONNECT_REASONS.local, 'stopped');
  }

  /** Looks at deadlines; called about once a second. */
  watch(): void {
    const now = performance.now();
    const late = now - this.#lookedAt > LOOK_LATE_MS;
    this.#lookedAt = now;
    const socket = this.#socket;
    if (socket?.isOpen !== true || late) return;
    this.#firstData.check();
    socket.sample();
    const { idleTimeoutMs, silenceTimeoutMs, connectionLifeMs } = this.#options.venue.limits;
    const { silence } = DISCONNECT_REASONS;
    const quietMs = silenceTimeoutMs * 2 ** Math.min(this.#silences, SILENCE_DOUBLINGS_MAX);
    // A venue that has answered all may be dead all the same.
    const data = socket.frames - this.#replies;
    if (data > this.#data) [this.#data, this.#dataAt] = [data, now - socket.lastFrameAgeMs];
    const silentMs = this.isAnswered ? now - this.#dataAt : socket.lastFrameAgeMs;
    if (socket.lastByteAgeMs > idleTimeoutMs) this.replace(silence, `no byte for ${idleTimeoutMs} ms`);
    else if (socket.unansweredMs > PROBE_DEADLINE_MS) this.replace(silence, `no answer to a ping for ${PROBE_DEADLINE_MS} ms`);
    else if (this.#isBusy && silentMs > quietMs) {
      this.#silences = data > 0 ? 0 : this.#silences + 1;
      this.replace(silence, `no data for ${quietMs} ms`);
    }
    // Before the venue's forced cut, at a moment of our choosing.
    else if (socket.ageMs > connectionLifeMs * this.#life) this.#options.due();
    else if (socket.lastByteAgeMs > PROBE_AFTER_MS) socket.probe();
    this.#keepAlive(now);
  }

  #keepAlive(now: number): void {
    const { keepAlive } = this.#options.venue;
    if (keepAlive === undefined || now - this.#keptAliveAt < keepAlive.intervalMs || this.#socket?.isOpen !== true) return;
    this.#keptAliveAt = now;
    if (keepAlive.text === undefined) this.#socket.probe();
    else this.#socket.send(keepAlive.text);
  }

  /** The venue answered the control message with this id; 0 stands for one that it did not name. */
  replied(id: number, venueCode: number): void {
    const batch = this.#batches.get(id);
    this.#replies += 1;
    if (venueCode !== 0) this.#options.inputs.refused(this.connection, venueCode);
    if (batch !== undefined) this.#finish(id, batch, venueCode === 0);
    else if (venueCode !== 0)
      this.#options.logger.warn({ connection: this.connection, venueCode }, 'the venue refused a control message');
  }

  /** The venue wants a sign of life. */
  answer(): void {
    const { answer } = this.#options.venue;
    if (answer !== undefined && this.#socket?.isOpen === true) this.#socket.send(answer);
  }

  #opened(): void {
    const { inputs, connection, logger, connectionClass, venue } = this.#options;
    logger.info({ connection, class: connectionClass.name, instruments: this.#instruments.length }, 'connected');
    inputs.connect(connection);
    this.#life = LIFE_SHARE[0] + (LIFE_SHARE[1] - LIFE_SHARE[0]) * Math.random();
    this.#keptAliveAt = performance.now();
    this.#dataAt = this.#keptAliveAt;
    for (const text of venue.opening ?? []) this.#outbox.push(text);
    this.#ask(this.#instruments);
  }

  #ask(instruments: readonly InstrumentDefinition[]): void {
    const { inputs, connection, channels, venue } = this.#options;
    // The core must be buffering before the venue is asked.
    for (const { id } of instruments) inputs.subscribe(connection, id, this.#bits);
    const perMessage = Math.max(1, Math.floor(venue.limits.streamsPerMessage / channels.length));
    for (let first = 0; first < instruments.length; first += perMessage) {
      const some = instruments.slice(first, first + perMessage);
      this.#subscribe({ instruments: some, channels, attempts: 0, timer: undefined });
    }
  }

  #withdraw(instruments: readonly InstrumentDefinition[], channels = this.#options.channels): void {
    if (this.#socket?.isOpen !== true) return;
    const { venue } = this.#options;
    // Others may need a stream that tells of several symbols.
    const shared = channels.filter((channel) => venue.sharedChannels?.includes(channel) === true);
    const others = shared.length === 0 ? [] : this.#instruments.filter((each) => !instruments.includes(each));
    const needed = new Set(others.flatMap(({ symbol }) => venue.streams(symbol, shared)));
    const perMessage = Math.max(1, Math.floor(venue.limits.streamsPerMessage / channels.length));
    for (let first = 0; first < instruments.length; first += perMessage) {
      const some = instruments.slice(first, first + perMessage);
      const named = new Set(some.flatMap(({ symbol }) => venue.streams(symbol, channels)));
      const streams = [...named].filter((stream) => !needed.has(stream));
      if (streams.length === 0) continue;
      this.#outbox.push(venue.unsubscribeFrame(this.#nextId++, streams));
    }
  }

  #subscribe(batch: Batch): void {
    const { venue } = this.#options;
    const id = this.#nextId++;
    batch.attempts += 1;
    this.#batches.set(id, batch);
    const streams = [...new Set(batch.instruments.flatMap(({ symbol }) => venue.streams(symbol, batch.channels)))];
    const sent = (): void => {
      this.#firstData.expect(batch.instruments);
      if (venue.isSilent === true) this.#finish(id, batch, true);
      else batch.timer = setTimeout(() => this.#unanswered(id, batch), REPLY_DEADLINE_MS);
    };
    this.#outbox.push(venue.subscribeFrame(id, streams), sent);
  }

  #unanswered(id: number, batch: Batch): void {
    if (batch.attempts >= SUBSCRIBE_ATTEMPTS_MAX) {
      this.#finish(id, batch, false);
      return;
    }
    this.#batches.delete(id);
    if (!batch.instruments.some((instrument) => this.#instruments.includes(instrument))) return;
    this.#options.logger.warn(
      { connection: this.connection, attempt: batch.attempts },
      'the venue did not answer a subscription',
    );
    this.#subscribe(batch);
  }

  #finish(id: number, batch: Batch, accepted: boolean): void {
    clearTimeout(batch.timer);
    this.#batches.delete(id);
    // Those that left meanwhile are nobody's any more.
    const carried = batch.instruments.filter((instrument) => this.#instruments.includes(instrument));
    for (const { id } of carried) this.#options.inputs.ack(this.connection, id, accepted);
    if (!accepted) {
      this.#options.inputs.doubt(carried.map((instrument) => instrument.id));
      const symbols = batch.instruments.map(({ symbol }) => symbol);
      this.#options.logger.error({ connection: this.connection, symbols }, 'the venue did not accept a subscription');
    }
  }

  #closed(closing: Closing, opened: boolean, ageMs: number): void {
    const { inputs, backoff, connection, logger } = this.#options;
    this.#socket = undefined;
    this.#forget();
    if (opened) inputs.disconnect(connection, closing.reason);
    this.#stopped ||= this.#options.lost();
    if (this.#stopped) {
      this.#options.ended();
      return;
    }
    const silentMs = closing.reason === DISCONNECT_REASONS.silence ? performance.now() - this.#dataAt : 0;
    const hasWorked = opened && ageMs - silentMs > SETTLED_MS;
    this.#failures = hasWorked ? 0 : this.#failures + 1;
    const { why, ...move } = this.#addresses.closed(closing, hasWorked) ?? {};
    if (why !== undefined) logger.warn({ connection, class: this.connectionClass, ...move }, why);
    const delayMs = Math.round(backoff.delay(this.#failures, closing.refusal));
    logger.warn({ connection, class: this.connectionClass, reason: closing.text, delayMs }, 'disconnected');
    this.#retry = setTimeout(() => this.start(), delayMs);
  }

  #forget(): void {
    this.#replies = 0;
    this.#data = 0;
    this.#firstData.forget();
    this.#outbox.clear();
    for (const batch of this.#batches.values()) clearTimeout(batch.timer);
    this.#batches.clear();
  }
}
