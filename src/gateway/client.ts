/** One WebSocket client: what it listens to, and what it still has to be told. */
import { Pace } from './pace.js';
import { ENCODINGS, type Encoding, type RingTopic, RUNGS, type Rung } from './ring.js';
import { TokenBucket } from './token-bucket.js';

/** Bytes that may wait for one client before messages are dropped. */
export const BACKPRESSURE_BYTES_MAX = 1_048_576;
/** Snapshots are sent to a client while fewer bytes than this wait for it. */
export const SNAPSHOT_BELOW_BYTES = 262_144;
/** Answers kept for a client that does not read; one that asks for more is closed. */
const HELD_ANSWERS_MAX = 64;
const MESSAGES_PER_SECOND = 20;
const MESSAGE_BURST = 40;

/** Codes with which the gateway closes sockets (RFC 6455 7.4; 4xxx are our own). */
export const CLOSE_CODES = { goingAway: 1001, policy: 1008, restart: 1012, slowConsumer: 4008 } as const;

/** The part of a uWebSockets.js socket that is used here. */
export interface Socket {
  send(message: string | Uint8Array, isBinary?: boolean): number;
  getBufferedAmount(): number;
  subscribe(topic: string): boolean;
  unsubscribe(topic: string): boolean;
  end(code?: number, message?: string): void;
  close(): void;
}

/** A topic of a client. `waiting`: it gets a snapshot, then the messages; `joined`: it gets the messages. */
export interface Subscription {
  readonly topic: RingTopic;
  /** In the older shape: it was asked for as `{venue}:{symbol}`, though its messages name the symbol alone. */
  readonly isQualified: boolean;
  state: 'waiting' | 'joined';
  /** First message that the client lost, until it was told. */
  missedFrom: number | undefined;
  /** Where a client that came back was: a number, or `unknown` where it is none of this stream. */
  resumeAfter: number | 'unknown' | undefined;
  /** The rung that it asked for, the one that it gets, and the one that it was told of. */
  wanted: Rung;
  rung: Rung;
  told: Rung;
}

/** The lowest rung that a topic has: trades are never conflated, of quotes only the newest counts. */
export function lowestRung({ name }: RingTopic): Rung {
  if (name.startsWith('book.')) return RUNGS.best;
  return name.startsWith('quote.') ? RUNGS.coalesced : RUNGS.full;
}

/** Somebody who is told events that no ring carries. */
export interface BusClient {
  /** Tells one, in the shape that it reads, if there is room. Returns whether there was. */
  inform(text: string, older: string): boolean;
}

export class Client implements BusClient {
  readonly socket: Socket;
  readonly encoding: Encoding;
  readonly subscriptions = new Map<number, Subscription>();
  /** What it subscribed to: names of topics, and patterns. */
  readonly names = new Map<string, Rung>();
  /** Whether there are, or were, patterns among them. */
  hasPatterns = false;
  readonly pace: Pace;
  readonly #bucket: TokenBucket;
  /** Answers that found no room. */
  #held: string[] = [];
  /** Set once it is to be closed: code and reason wait until there is room for them. */
  #closing: { readonly code: number; readonly reason: string; readonly deadline: number } | undefined;
  /** Messages refused in a row for coming too fast. */
  excess = 0;

  constructor(socket: Socket, encoding: Encoding, now: number) {
    this.socket = socket;
    this.encoding = encoding;
    this.pace = new Pace(now);
    this.#bucket = new TokenBucket(MESSAGES_PER_SECOND, MESSAGE_BURST, now);
  }

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Whether it may send one more message now. */
  mayAsk(now: number): boolean {
    const may = this.#bucket.take(now);
    this.excess = may ? 0 : this.excess + 1;
    return may;
  }

  /** Tells something that nobody asked for, if there is room. */
  tell(text: string): void {
    if (!this.isClosing && this.#held.length === 0 && this.socket.getBufferedAmount() === 0) this.socket.send(text, false);
  }

  inform(text: string, older: string): boolean {
    if (this.isClosing || this.#held.length > 0 || !this.hasRoom) return false;
    return this.socket.send(this.encoding === ENCODINGS.stream ? older : text, false) !== 2;
  }

  get hasRoom(): boolean {
    return this.socket.getBufferedAmount() < SNAPSHOT_BELOW_BYTES;
  }

  get holdsAnswers(): boolean {
    return this.#held.length > 0;
  }

  /** Whether uWebSockets.js would drop what is sent now. */
  get #isFull(): boolean {
    return this.socket.getBufferedAmount() > BACKPRESSURE_BYTES_MAX;
  }

  /** Answers a control message now, or once there is room. Returns false if too many answers wait already. */
  answer(text: string): boolean {
    if (this.isClosing) return true;
    if (this.#held.length === 0 && !this.#isFull) this.socket.send(text, false);
    else if (this.#held.length < HELD_ANSWERS_MAX) this.#held.push(text);
    else return false;
    return true;
  }

  /** Closes it: at once if the close frame finds room, else when it does, or at `deadline` (monotonic ms) without. */
  close(code: number, reason: string, deadline: number): void {
    if (this.isClosing) return;
    this.#closing = { code, reason, deadline };
    this.#held = [];
  }

  /** Goes on with what waits for room. Never call it while uWebSockets.js delivers: it may close the socket. */
  advance(now: number): void {
    if (this.#closing !== undefined) {
      const { code, reason, deadline } = this.#closing;
      if (!this.#isFull) this.socket.end(code, reason);
      else if (now >= deadline) this.socket.close();
      return;
    }
    while (this.#held.length > 0 && !this.#isFull) this.socket.send(this.#held.shift() ?? '', false);
  }
}
