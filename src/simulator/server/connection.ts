import type { Duplex } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { WebSocket } from 'ws';
import type { Dialect, Route, ServerLimits } from '../dialects/dialect.js';
import { Pipeline } from '../faults/pipeline.js';
import { Unsteady, type UnsteadyOptions } from '../faults/unsteady.js';
import { BINARY_PREFIX } from '../market/binary-channels.js';
import type { Channel, Delivery, Frame, Subscriber } from '../market/channel.js';
import type { Random } from '../market/random.js';
import type { ControlTarget } from './control-messages.js';
import { MessageNumbers } from './message-numbers.js';
import type { OracleLog } from './oracle-log.js';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
/** How long a client may take to answer a close before its socket is destroyed. */
const CLOSE_GRACE_MS = 1_000;

/** What happens to the reply of a SUBSCRIBE. */
export type AckFault =
  | { readonly kind: 'lost'; readonly apply: boolean }
  | { readonly kind: 'error'; readonly code: number; readonly msg: string };

/** What a connection needs from its venue. */
export interface ConnectionHost {
  readonly dialect: Dialect;
  readonly limits: ServerLimits;
  readonly channels: Pick<ReadonlyMap<string, Channel>, 'get' | 'has'>;
  readonly log: OracleLog;
  readonly bufferedBytesMax: number;
  readonly counters: Record<'sent' | 'sentBytes' | 'lost' | 'closedSlow' | 'closedByLimit', number>;
  elapsedMs(): number;
  nowUs(): number;
  /** Whether a subscription of this stream is possible now. */
  knows(stream: string): boolean;
  /** Takes the next fault that waits for a subscription, if one does. */
  takeAckFault(): AckFault | undefined;
  /** The message that a subscription of this stream begins with, if it does. */
  greeting(channel: Channel): Frame | undefined;
  /** The socket is corked: it is to be flushed when the turn ends. */
  corked(connection: Connection): void;
  closed(connection: Connection): void;
}

/** One client's WebSocket on the venue's side. */
export class Connection implements Subscriber, ControlTarget {
  readonly id: number;
  /** Faults that meet this connection alone. */
  readonly pipeline = new Pipeline();
  readonly numbers = new MessageNumbers();
  combined: boolean;
  readonly #host: ConnectionHost;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #route: Route;
  readonly #streams = new Set<string>();
  readonly #openedMs = performance.now();
  /** Joined, and not yet told what it begins with. */
  readonly #greeted: Channel[] = [];
  #messageTimes: number[] = [];
  /** Control messages that count against the hour's. */
  #requestTimes: number[] = [];
  #hasSubscribed = false;
  /** When a message was sent last, and when either side sent one. */
  #sentAtMs = this.#openedMs;
  #heardAtMs = this.#openedMs;
  #lastPingMs = this.#openedMs;
  #awaited: { readonly payload: string; readonly sinceMs: number } | undefined;
  /** Heartbeat messages: how often, when the last one was sent, whether it wants an answer, whether that came. */
  #beatMs = Number.POSITIVE_INFINITY;
  #beatAtMs = 0;
  #wantsProof = false;
  #isProven = true;
  #deafUntilMs = Number.NEGATIVE_INFINITY;
  #isCorked = false;
  #announced = false;
  #ending = false;
  #unsteady: Unsteady | undefined;

  constructor(id: number, ws: WebSocket, socket: Duplex, route: Route, host: ConnectionHost) {
    this.id = id;
    this.#ws = ws;
    this.#socket = socket;
    this.#route = route;
    this.#host = host;
    this.combined = route.combined;
    ws.on('message', (data: Buffer, isBinary: boolean) => this.#message(data, isBinary));
    ws.on('ping', (data: Buffer) => this.#ping(data));
    ws.on('pong', (data: Buffer) => this.#pong(data));
    // A broken client is the client's fault; its close cleans up.
    ws.on('error', () => {});
    ws.on('close', () => this.#closed());
    if (host.dialect.hello !== undefined) ws.send(host.dialect.hello);
    this.subscribe(route.streams);
    this.#greet();
  }

  /** Streams that the client asked for, known or not. */
  list(): readonly string[] {
    return [...this.#streams];
  }

  expect(frame: Frame): void {
    if (this.#host.dialect.stamp !== undefined) this.numbers.expect(frame);
  }

  beat(intervalMs: number): void {
    this.#beatMs = Math.min(intervalMs, this.#host.limits.pingIntervalMs);
    this.#beatAtMs = performance.now();
  }

  proven(): void {
    this.#isProven = true;
  }

  subscribe(streams: readonly string[]): void {
    for (const name of streams) {
      this.#streams.add(name);
      const channel = this.#host.channels.get(this.#named(name));
      // A name of another class, or of nothing, is acknowledged and stays silent.
      if (channel !== undefined && this.#host.dialect.serves(this.#route.trafficClass, channel.kind)) this.#join(channel);
    }
    if (this.#streams.size > this.#host.limits.streamsMax) this.#violation('Too many streams');
  }

  /** At a binary address names are those of the binary streams. */
  #named(stream: string): string {
    return this.#route.binary === true ? BINARY_PREFIX + stream : stream;
  }

  #join(channel: Channel): void {
    if (!channel.subscribers.has(this)) this.#greeted.push(channel);
    channel.subscribers.add(this);
  }

  unsubscribe(streams: readonly string[]): void {
    for (const name of streams) {
      this.#streams.delete(name);
      this.#host.channels.get(this.#named(name))?.subscribers.delete(this);
    }
  }

  deliver(delivery: Delivery): void {
    if (this.pipeline.idle) this.#pass(delivery);
    else for (const each of this.pipeline.apply(delivery, this.#host.elapsedMs())) this.#pass(each);
  }

  /** From now on messages take their time, and some are lost. */
  unsettle(
    args: { readonly ms: number; readonly jitter_ms: number; readonly loss: number },
    nowMs: number,
    chance: Random,
  ): void {
    const options: UnsteadyOptions = {
      jitterMs: args.jitter_ms,
      loss: args.loss,
      untilMs: nowMs + args.ms,
      random: () => chance.u32() / 2 ** 32,
    };
    this.#unsteady?.end();
    this.#unsteady = new Unsteady(options, (delivery) => {
      this.#send(delivery);
      this.flush();
    });
  }

  #pass(delivery: Delivery): void {
    const elapsedMs = this.#host.elapsedMs();
    if (this.#unsteady?.isOver(elapsedMs) === true) this.#unsteady = undefined;
    if (this.#unsteady === undefined) this.#send(delivery);
    else this.#unsteady.pass(delivery, elapsedMs);
  }

  /** Neither pings nor answers until `untilMs` of virtual time: the half-open kind of silence. */
  deafen(untilMs: number): void {
    this.#deafUntilMs = Math.max(this.#deafUntilMs, untilMs);
  }

  /** Ends the turn in which messages were sent: what was corked goes out. */
  flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  }

  /** Closes with a code, and by force if the client does not answer. */
  close(code: number, reason: string): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#leave();
    this.flush();
    this.#ws.close(code, reason);
    const timer = setTimeout(() => this.#ws.terminate(), CLOSE_GRACE_MS);
    this.#ws.once('close', () => clearTimeout(timer));
  }

  /** Ends the connection without a close frame. */
  destroy(): void {
    this.#ending = true;
    this.#leave();
    const reset = this.#socket as Duplex & { resetAndDestroy?: () => void };
    if (reset.resetAndDestroy !== undefined) reset.resetAndDestroy();
    else this.#socket.destroy();
  }

  /** Tells that the venue is about to cut. */
  announceShutdown(): void {
    if (this.#announced || !this.#host.dialect.announcesShutdown) return;
    this.#announced = true;
    const us = this.#host.nowUs();
    const event = `{"e":"serverShutdown","E":${this.#route.micros ? us : Math.floor(us / 1000)}}`;
    const notice = this.combined ? `{"stream":"!serverShutdown","data":${event}}` : event;
    this.#ws.send(this.#host.dialect.shutdownNotice ?? notice);
  }

  /** Pings, deadlines and age; `nowMs` is the monotonic clock. */
  keep(nowMs: number): void {
    const { limits } = this.#host;
    if (this.#ending) return;
    const ageMs = nowMs - this.#openedMs;
    if (ageMs >= limits.connectionLifeMs) {
      this.close(1001, 'connection reached its longest life');
      return;
    }
    if (ageMs >= limits.connectionLifeMs - Math.min(limits.shutdownNoticeMs, limits.connectionLifeMs / 2))
      this.announceShutdown();
    if (this.#host.elapsedMs() < this.#deafUntilMs) return;
    if (this.#isOverdue(nowMs)) return;
    if (this.#awaited !== undefined && nowMs - this.#awaited.sinceMs >= limits.pongTimeoutMs) {
      this.#ws.terminate();
      return;
    }
    if (nowMs - this.#beatAtMs >= this.#beatMs) this.#heartbeat(nowMs);
    if (this.#ending || nowMs - this.#lastPingMs < limits.pingIntervalMs) return;
    this.#lastPingMs = nowMs;
    this.#awaited ??= { payload: String(Math.floor(this.#host.nowUs() / 1000)), sinceMs: nowMs };
    this.#ws.ping(this.#awaited.payload);
  }

  /** Cuts who has said nothing for too long; fills the silence of the venue itself. */
  #isOverdue(nowMs: number): boolean {
    const { idleMs, idleOfClient, firstSubscriptionMs, quietMs } = this.#host.limits;
    if (idleMs !== undefined && nowMs - Math.max(idleOfClient === true ? 0 : this.#sentAtMs, this.#heardAtMs) >= idleMs) {
      this.#host.counters.closedByLimit += 1;
      this.close(4004, 'no data received in 30s');
    } else if (firstSubscriptionMs !== undefined && !this.#hasSubscribed && nowMs - this.#openedMs >= firstSubscriptionMs) {
      this.#host.counters.closedByLimit += 1;
      this.close(1008, 'no subscription');
    } else if (quietMs !== undefined && this.#streams.size > 0 && nowMs - this.#sentAtMs >= quietMs)
      this.#say(this.#host.dialect.heartbeat?.(false) ?? '');
    return this.#ending;
  }

  /** Every second heartbeat wants an answer before the next one. */
  #heartbeat(nowMs: number): void {
    this.#beatAtMs = nowMs;
    if (!this.#isProven) {
      this.close(1000, 'no answer to a test request');
      return;
    }
    this.#wantsProof = this.#host.dialect.wantsProof === true && !this.#wantsProof;
    this.#isProven = !this.#wantsProof;
    const text = this.#host.dialect.heartbeat?.(this.#wantsProof);
    if (text !== undefined) this.#say(text);
  }

  #send(delivery: Delivery): void {
    if (this.#ending) return;
    const { frame, fate, payload } = delivery;
    const form = frame.payload(this.combined, this.#route.micros);
    const spoilt = payload === undefined ? form.bytes : payload(form.bytes);
    const { stamp } = this.#host.dialect;
    const number = this.numbers.of(frame);
    const bytes =
      stamp === undefined || number === undefined ? spoilt : Buffer.from(stamp(spoilt.toString('latin1'), number), 'latin1');
    const slow = !delivery.lost && this.#socket.writableLength > this.#host.bufferedBytesMax;
    this.#host.log.add({
      venue: this.#host.dialect.name,
      connection: this.id,
      stream: frame.channel.name,
      symbol: frame.channel.symbol,
      first_id: number ?? frame.firstId,
      last_id: number ?? frame.lastId,
      bytes: bytes.length,
      crc32: bytes === form.bytes ? form.crc32 : crc32(bytes),
      fate: slow ? 'refused' : fate,
      time_us: this.#host.nowUs(),
    });
    if (delivery.lost) this.#host.counters.lost += 1;
    else if (slow) {
      // Waiting would let one client fill the memory of all; a close frame would wait behind its own data.
      this.#host.counters.closedSlow += 1;
      this.destroy();
    } else this.#write(bytes, (delivery.binary === true) !== (this.#route.binary === true));
  }

  #write(bytes: Buffer, binary: boolean): void {
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      this.#host.corked(this);
    }
    this.#host.counters.sent += 1;
    this.#sentAtMs = performance.now();
    this.#host.counters.sentBytes += bytes.length;
    this.#ws.send(bytes, { binary, compress: false });
  }

  /** Sends a message that is about no stream; an empty one is none. */
  #say(text: string): void {
    if (text === '') return;
    this.#sentAtMs = performance.now();
    const { stamp } = this.#host.dialect;
    this.#ws.send(stamp === undefined ? text : stamp(text, this.numbers.take()));
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (!this.#admit()) return;
    this.#heardAtMs = performance.now();
    // No venue reads binary messages.
    const text = isBinary ? '' : data.toString('utf8');
    const outcome = this.#host.dialect.control(text, (stream) => this.#host.knows(this.#named(stream)));
    if (!outcome.ok) {
      this.#say(outcome.text);
      return;
    }
    this.#hasSubscribed = true;
    if (outcome.isRequest !== false && this.#isOneTooMany()) {
      this.#say(this.#host.dialect.tooManyRequests ?? '');
      return;
    }
    const fault = outcome.subscribes ? this.#host.takeAckFault() : undefined;
    if (fault?.kind === 'error') {
      this.#say(outcome.refusal(fault.code, fault.msg));
      return;
    }
    if (fault?.kind === 'lost' && !fault.apply) return;
    const answer = outcome.act(this);
    for (const text of [answer].flat()) if (fault === undefined && !this.#ending) this.#say(text);
    this.#greet();
  }

  #isOneTooMany(): boolean {
    const { requestsPerHour } = this.#host.limits;
    if (requestsPerHour === undefined) return false;
    const nowMs = performance.now();
    this.#requestTimes = this.#requestTimes.filter((at) => nowMs - at < HOUR_MS);
    if (this.#requestTimes.length >= requestsPerHour) return true;
    this.#requestTimes.push(nowMs);
    return false;
  }

  /** What new subscriptions begin with, after their answer. */
  #greet(): void {
    for (const channel of this.#greeted.splice(0)) {
      const frame = this.#host.greeting(channel);
      if (frame === undefined || !channel.subscribers.has(this)) continue;
      this.expect(frame);
      this.deliver({ frame, fate: 'sent', lost: false });
    }
  }

  #ping(data: Buffer): void {
    if (this.#host.limits.idleOfClient === true) this.#heardAtMs = performance.now();
    if (this.#admit()) this.#ws.pong(data);
  }

  #pong(data: Buffer): void {
    // Only the payload of our own ping ends the wait; an unsolicited pong is allowed and changes nothing.
    if (this.#awaited !== undefined && data.toString('latin1') === this.#awaited.payload) this.#awaited = undefined;
    this.#admit();
  }

  /** Counts a client's message; false if it is not to be answered. */
  #admit(): boolean {
    if (this.#ending || this.#host.elapsedMs() < this.#deafUntilMs) return false;
    const nowMs = performance.now();
    this.#messageTimes = this.#messageTimes.filter((at) => nowMs - at < SECOND_MS);
    this.#messageTimes.push(nowMs);
    if (this.#messageTimes.length <= this.#host.limits.messagesPerSecond) return true;
    this.#violation('Too many requests');
    return false;
  }

  #violation(reason: string): void {
    this.#host.counters.closedByLimit += 1;
    this.close(1008, reason);
  }

  #leave(): void {
    for (const name of this.#streams) this.#host.channels.get(this.#named(name))?.subscribers.delete(this);
  }

  #closed(): void {
    this.#ending = true;
    this.#unsteady?.close();
    this.#leave();
    this.#host.closed(this);
  }
}
