/** A client of the gateway's `/ws`: follows topics, builds books, proves them, and says what was lost. */
import type { Book } from './book.js';
import { decodeFlat } from './decode-flat.js';
import { decodeMsgPack, decodeText } from './decode-members.js';
import { Emitter } from './emitter.js';
import { Link, type OpenSocket } from './link.js';
import {
  BadMessage,
  type BarMessage,
  type Message,
  type QuoteMessage,
  type SkipReasonName,
  type StatusMessage,
  type TradeMessage,
} from './messages.js';
import { Queue } from './queue.js';
import { type BusPayload, type ConflationName, type Reply, type Subscriptions, Topics, type Tracked } from './topics.js';

const PROTOCOLS = { fb: 'tickring.fb.v1', msgpack: 'tickring.msgpack.v1', json: 'tickring.json.v1' } as const;
export type EncodingName = keyof typeof PROTOCOLS;

export interface ClientOptions {
  /** Default `fb`, FlatBuffers: the cheapest for both ends. */
  readonly encoding?: EncodingName;
  /** Longest pause before the second attempt to connect, ms; default 250. It doubles with each attempt that fails. */
  readonly reconnectMinMs?: number;
  /** Longest pause of all, ms; default 10,000. */
  readonly reconnectMaxMs?: number;
  /** Silence after which the connection is given up, ms; default 30,000. */
  readonly silenceMs?: number;
  /** Messages that may wait for one `for await` loop; default 65,536. */
  readonly queueMax?: number;
  /** Asked before each attempt to connect: subprotocols that are offered besides, as keys and tickets are. */
  readonly authorize?: () => Promise<readonly string[]>;
  /** Opens a WebSocket; default the platform's own, or that of `ws` in Node. */
  readonly openSocket?: OpenSocket;
}

/** Messages of a topic that this client will not get, or a book that proved wrong. The book is void until its next snapshot. */
export interface Loss {
  readonly topic: string;
  /** Besides the gateway's reasons: `sequence`, numbers do not follow; `hash`, the book contradicts a message. */
  readonly reason: SkipReasonName | 'sequence' | 'hash';
  /** Numbers passed over, as the reason defines them; count null where nobody can know it. */
  readonly from: bigint;
  readonly to: bigint;
  readonly count: bigint | null;
  readonly detail: string;
}

/** `connecting` until the first socket is open, `open`, `waiting` for the next attempt, `closed` for good. */
export type ConnectionState = 'connecting' | 'open' | 'waiting' | 'closed';

export interface ClientEvents {
  /** Every message, after the book has followed it. */
  message: [message: Message];
  /** A book has changed, or its state has; `book.isKnown` says whether it is proven. */
  book: [book: Book, message: Message];
  trade: [trade: TradeMessage];
  quote: [quote: QuoteMessage];
  bar: [bar: BarMessage];
  status: [status: StatusMessage];
  loss: [loss: Loss];
  connection: [state: ConnectionState, reason: string];
  /** The gateway sends less of a topic than before, or more again: `too slow`, `keeps up`, or as was asked for. */
  conflation: [topic: string, conflation: ConflationName];
  /** An event of the message bus: `marketdata.error`, `.feed.status`, `.latency.alert`. A hole in `seq` is events not told. */
  event: [event: { readonly topic: string; readonly seq: number; readonly payload: BusPayload }];
  /** A refusal of the gateway, an unreadable message, a listener that threw. The client goes on. */
  problem: [error: Error];
}

export interface ClientStats {
  messages: number;
  /** Connections after the first. */
  reconnects: number;
  /** Books that contradicted a message. */
  hashMismatches: number;
  /** Topics whose numbers did not follow. */
  sequenceBreaks: number;
  /** Messages that could not be read. */
  unreadable: number;
  /** Topics subscribed anew because of one of these. */
  resubscribes: number;
  /** Messages told as lost, where their number is known. */
  lost: bigint;
}

export class TickringClient {
  readonly stats: ClientStats = {
    messages: 0,
    reconnects: 0,
    hashMismatches: 0,
    sequenceBreaks: 0,
    unreadable: 0,
    resubscribes: 0,
    lost: 0n,
  };
  readonly #emitter = new Emitter<ClientEvents>((error, event) => this.#problemOf(error, event));
  readonly #link: Link;
  readonly #topics: Topics;
  readonly #queues = new Set<Queue<Message>>();
  readonly #queueMax: number;
  readonly #decode: (data: string | ArrayBuffer) => Message | Reply;
  #state: ConnectionState = 'connecting';
  #wasOpen = false;

  /** Connects at once, and for ever until `close`. Throws where the address is none. */
  constructor(url: string, options: ClientOptions = {}) {
    const encoding = options.encoding ?? 'fb';
    this.#decode = (data) => decode(data, encoding);
    this.#queueMax = options.queueMax ?? 65_536;
    const limits = {
      reconnectMinMs: options.reconnectMinMs ?? 250,
      reconnectMaxMs: options.reconnectMaxMs ?? 10_000,
      silenceMs: options.silenceMs ?? 30_000,
    };
    const openSocket = options.openSocket ?? platformSocket;
    this.#link = new Link(
      { url, protocol: PROTOCOLS[encoding], openSocket, authorize: options.authorize, ...limits },
      {
        open: () => this.#opened(),
        message: (data) => this.#receive(data),
        down: (code, reason, waitMs) => this.#down(code, reason, waitMs),
      },
    );
    this.#topics = new Topics((message) => this.#link.send(message));
    this.#link.open();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Listens; returns what takes the listener away. A listener that throws is told as a `problem`. */
  on<Name extends keyof ClientEvents>(event: Name, listener: (...values: ClientEvents[Name]) => void): () => void {
    return this.#emitter.on(event, listener);
  }

  /**
   * Follows topics from now on, over all reconnections. A topic that does not exist yet is asked for again; `book.{venue}.*` means
   * all of a venue, later ones included. `conflation` says how much of them is wanted at most; default every message.
   */
  subscribe(topics: Subscriptions, { conflation = 'full' }: { conflation?: ConflationName } = {}): void {
    this.#topics.want(topics, conflation);
  }

  unsubscribe(topics: Subscriptions): void {
    this.#topics.drop(topics);
  }

  /** The book of a `book.…` topic that is followed. */
  book(topic: string): Book | undefined {
    return this.#topics.get(topic)?.book;
  }

  /** The topics that the gateway knows now. */
  list(): Promise<string[]> {
    return this.#topics.list();
  }

  /** All messages from now on. A loop that falls behind by `queueMax` messages ends with an error. */
  messages(): AsyncIterableIterator<Message> {
    const queue: Queue<Message> = new Queue(this.#queueMax, () => this.#queues.delete(queue));
    if (this.#state === 'closed') queue.end();
    else this.#queues.add(queue);
    return queue;
  }

  /** Ends it for good; loops over `messages()` end. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#link.close();
    this.#topics.close();
    for (const queue of this.#queues) queue.end();
    this.#setState('closed', 'closed by this program');
  }

  #setState(state: ConnectionState, reason: string): void {
    this.#state = state;
    this.#emitter.emit('connection', state, reason);
  }

  #opened(): void {
    if (this.#wasOpen) this.stats.reconnects += 1;
    this.#wasOpen = true;
    this.#topics.opened();
    this.#setState('open', '');
  }

  #down(code: number, reason: string, waitMs: number): void {
    this.#topics.closed();
    this.#setState('waiting', `closed with ${code} ${reason}; next attempt in ${Math.round(waitMs)} ms`);
  }

  #problemOf(error: unknown, event: keyof ClientEvents): void {
    const problem = error instanceof Error ? error : new Error(String(error));
    // One of those who listen to problems: there is nobody left to tell.
    if (event !== 'problem') this.#emitter.emit('problem', problem);
  }

  #receive(data: string | ArrayBuffer): void {
    let message: Message | Reply;
    try {
      message = this.#decode(data);
    } catch (error) {
      this.stats.unreadable += 1;
      this.#emitter.emit('problem', error instanceof Error ? error : new Error(String(error)));
      // Which topic it was of is not known, so none can be trusted any more.
      this.#topics.forget();
      this.#link.restart('unreadable message');
      return;
    }
    if ('prevSeq' in message) this.#follow(message);
    else this.#reply(message);
  }

  #reply(reply: Reply): void {
    this.#link.settle();
    if (reply.type === 'conflation') this.#conflated(reply);
    if (reply.type === 'event' && reply.payload !== undefined) {
      const { topic = '', seq = 0, payload } = reply;
      this.#emitter.emit('event', { topic, seq, payload });
    }
    const problem = this.#topics.answered(reply);
    if (problem !== undefined) this.#emitter.emit('problem', problem);
  }

  #conflated(reply: Reply): void {
    this.#topics.conflated(reply);
    const { topic = '', conflation = 'full' } = reply;
    this.#emitter.emit('conflation', topic, conflation);
  }

  #follow(message: Message): void {
    const tracked = this.#topics.of(message.topic);
    if (tracked === undefined) return;
    this.stats.messages += 1;
    const broken = tracked.seq === undefined ? undefined : breakOf(tracked.seq, message, tracked.conflation !== 'full');
    if (broken !== undefined) {
      this.stats.sequenceBreaks += 1;
      const [from, to] = [BigInt((tracked.seq ?? 0) + 1), BigInt(message.prevSeq)];
      this.#again(tracked, { reason: 'sequence', from, to, count: to >= from ? to - from + 1n : null, detail: broken });
      return;
    }
    tracked.seq = message.seq;
    if (tracked.book !== undefined && !this.#follows(tracked, tracked.book, message)) return;
    if (message.type === 'skipped') this.#skipped(message.topic, message);
    this.#deliver(message, tracked.book);
  }

  /** Brings the book up to the message. Returns false where that proved the book wrong. */
  #follows(tracked: Tracked, book: Book, message: Message): boolean {
    let wrong: string | undefined;
    if (message.type === 'book_snapshot') wrong = book.load(message);
    else if (message.type === 'book_delta' && book.isKnown) wrong = book.apply(message, tracked.conflation !== 'full');
    else if (message.type === 'skipped') book.lose();
    else if (message.type === 'status' && message.state === 'live') book.isStale = false;
    else if (message.type === 'status' && ['stale', 'resync', 'disconnected'].includes(message.state)) book.isStale = true;
    else if (message.type === 'status' && message.state === 'removed') book.lose();
    if (wrong === undefined) return true;
    this.stats.hashMismatches += 1;
    const seq = BigInt(message.seq);
    this.#again(tracked, { reason: 'hash', from: seq, to: seq, count: null, detail: wrong });
    return false;
  }

  #skipped(topic: string, { reason, from, to, count }: Message & { type: 'skipped' }): void {
    const isKnown = count > 0n || reason === 'out_of_sync';
    if (isKnown) this.stats.lost += count;
    const detail = isKnown ? `${count} passed over` : 'how many is not known';
    this.#emitter.emit('loss', { topic, reason, from, to, count: isKnown ? count : null, detail });
  }

  /** Subscribes to a topic anew, without a token: what is held of it cannot be trusted. */
  #again(tracked: Tracked, loss: Omit<Loss, 'topic'>): void {
    this.stats.resubscribes += 1;
    tracked.book?.lose();
    this.#topics.again(tracked);
    this.#emitter.emit('loss', { topic: tracked.topic, ...loss });
  }

  #deliver(message: Message, book: Book | undefined): void {
    for (const queue of this.#queues) queue.push(message);
    this.#emitter.emit('message', message);
    if (book !== undefined) this.#emitter.emit('book', book, message);
    if (message.type === 'trade') this.#emitter.emit('trade', message);
    else if (message.type === 'quote') this.#emitter.emit('quote', message);
    else if (message.type === 'bar') this.#emitter.emit('bar', message);
    else if (message.type === 'status') this.#emitter.emit('status', message);
  }
}

/** What a topic begins with for one client: its newest state. */
const STATES: ReadonlySet<Message['type']> = new Set([
  ...(['book_snapshot', 'trade', 'quote', 'bar'] as const),
  ...(['mark_price', 'funding', 'open_interest', 'liquidation', 'trading_status', 'kline'] as const),
]);

/** Why a message does not follow number `seq` of its topic, if it does not. */
function breakOf(seq: number, message: Message, isConflated: boolean): string | undefined {
  const isState = STATES.has(message.type);
  if (isState && message.prevSeq === message.seq && message.seq >= seq) return undefined;
  // A conflated message may reach back before the snapshot: it holds absolute quantities.
  if (isConflated && message.prevSeq <= seq && message.seq >= seq) return undefined;
  if (message.prevSeq !== seq) return `prev_seq is ${message.prevSeq} after ${seq}`;
  return message.seq > seq ? undefined : `seq is ${message.seq} after ${seq}`;
}

function decode(data: string | ArrayBuffer, encoding: EncodingName): Message | Reply {
  if (typeof data !== 'string') {
    if (encoding === 'json') throw new BadMessage('a binary message on a JSON connection');
    const bytes = new Uint8Array(data);
    return encoding === 'fb' ? decodeFlat(bytes) : decodeMsgPack(bytes);
  }
  return decodeText(data);
}

function platformSocket(url: string, protocols: string[]): ReturnType<OpenSocket> {
  const { WebSocket } = globalThis as { WebSocket?: new (url: string, protocols: string[]) => ReturnType<OpenSocket> };
  if (WebSocket === undefined) throw new Error('this platform has no WebSocket of its own: give `openSocket`');
  return new WebSocket(url, protocols);
}
