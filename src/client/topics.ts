/** Which topics are wanted, which the gateway sends, and the control messages between the two. */
import { Book } from './book.js';

/** Control messages a second stay far below the gateway's limit of 20: changes are gathered this long, ms. */
const GATHER_MS = 150;
/** Topics of one control message: it stays below 16 KiB with tokens. */
const TOPICS_PER_MESSAGE = 100;
/** Pause before a topic that does not exist is asked for again, ms. */
const MISSING_MIN_MS = 500;
const MISSING_MAX_MS = 30_000;

export type Subscriptions = string | readonly string[];

/** How much of a topic is wanted (src/gateway/README.md); trades are always whole. */
export type ConflationName = 'full' | 'coalesced' | 'top' | 'best';

/** An answer of the gateway to a control message. */
export interface Reply {
  readonly type: string;
  readonly op?: string;
  readonly id?: number | string;
  readonly code?: string;
  readonly message?: string;
  readonly topics?: readonly string[];
  /** Whose numbers `seq` are: tokens hold as long as it stays the same. */
  readonly stream?: string;
  readonly topic?: string;
  readonly conflation?: ConflationName;
  /** Topics behind names of the message bus, as messages carry them. */
  readonly as?: Readonly<Record<string, string>>;
  /** Of an event. */
  readonly seq?: number;
  readonly payload?: BusPayload;
}

/** What an event of the message bus tells (src/gateway/README.md). */
export interface BusPayload {
  readonly symbol: string | null;
  readonly data_type: string;
  readonly data: Readonly<Record<string, string | number | null>>;
  readonly latency_ms: number;
  readonly source: string;
}

/** A topic or pattern that is wanted, or a topic that a pattern brought. */
export interface Tracked {
  readonly topic: string;
  /** `wanted`: to be asked for; `asked`: until the answer, messages of it are old ones; `joined`. */
  state: 'wanted' | 'asked' | 'joined';
  /** Number of its last message in the stream `stream`; undefined before the first. */
  seq: number | undefined;
  stream: string | undefined;
  readonly book: Book | undefined;
  /** Set where a pattern brought it. */
  readonly pattern: string | undefined;
  /** What was asked for, and what the gateway sends: less, while this client is too slow. */
  wanted: ConflationName;
  conflation: ConflationName;
  waitMs: number;
  askAt: number;
}

interface Request {
  readonly op: 'subscribe' | 'unsubscribe' | 'list';
  readonly tracked: readonly Tracked[];
  readonly resolve?: (topics: string[]) => void;
}

const isPattern = (name: string): boolean => name.endsWith('.*');
const covers = (pattern: string, topic: string): boolean => topic.startsWith(pattern.slice(0, -1));

export class Topics {
  readonly #send: (message: object) => void;
  readonly #tracked = new Map<string, Tracked>();
  readonly #requests = new Map<number, Request>();
  /** Names to be left. */
  #leaving = new Set<string>();
  /** Topics that stay, on another rung. */
  readonly #moving = new Set<Tracked>();
  #lists: ((topics: string[]) => void)[] = [];
  #id = 0;
  #isOpen = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #flushedAt = Number.NEGATIVE_INFINITY;

  constructor(send: (message: object) => void) {
    this.#send = send;
  }

  get(topic: string): Tracked | undefined {
    return this.#tracked.get(topic);
  }

  /** The topic of a message that may be looked at; undefined for one that is not wanted, or not yet. */
  of(topic: string): Tracked | undefined {
    const tracked = this.#tracked.get(topic);
    if (tracked !== undefined) return tracked.state === 'joined' ? tracked : undefined;
    for (const pattern of this.#tracked.values()) {
      if (pattern.state === 'joined' && isPattern(pattern.topic) && covers(pattern.topic, topic)) {
        const { stream, wanted } = pattern;
        return this.#track(topic, { state: 'joined', stream, wanted, pattern: pattern.topic });
      }
    }
    return undefined;
  }

  #track(topic: string, known: Partial<Tracked>): Tracked {
    const tracked: Tracked = {
      topic,
      state: 'wanted',
      seq: undefined,
      stream: undefined,
      book: topic.startsWith('book.') && !isPattern(topic) ? new Book(topic) : undefined,
      pattern: undefined,
      wanted: 'full',
      conflation: 'full',
      waitMs: MISSING_MIN_MS,
      askAt: 0,
      ...known,
    };
    this.#tracked.set(topic, tracked);
    return tracked;
  }

  want(topics: Subscriptions, wanted: ConflationName): void {
    for (const topic of typeof topics === 'string' ? [topics] : topics) {
      const tracked = this.#tracked.get(topic);
      if (tracked === undefined) this.#track(topic, { wanted });
      else if (tracked.wanted !== wanted) this.#moveTo(tracked, wanted);
    }
    this.#schedule();
  }

  #moveTo(tracked: Tracked, wanted: ConflationName): void {
    tracked.wanted = wanted;
    // What comes until the gateway has moved it is of the old rung, and still fits: the topic is not left.
    this.#moving.add(tracked);
  }

  /** What the gateway sends of a topic from now on. */
  conflated({ topic, conflation }: Reply): void {
    const tracked = topic === undefined ? undefined : (this.of(topic) ?? this.#tracked.get(topic));
    if (tracked !== undefined && conflation !== undefined) tracked.conflation = conflation;
  }

  drop(topics: Subscriptions): void {
    for (const name of typeof topics === 'string' ? [topics] : topics) {
      const brought = [...this.#tracked.values()].filter(({ pattern }) => pattern === name);
      for (const topic of [name, ...brought.map((tracked) => tracked.topic)]) {
        const tracked = this.#tracked.get(topic);
        this.#tracked.delete(topic);
        if (tracked !== undefined && tracked.state !== 'wanted') this.#leaving.add(topic);
      }
    }
    this.#schedule();
  }

  list(): Promise<string[]> {
    return new Promise((resolve) => {
      this.#lists.push(resolve);
      this.#schedule();
    });
  }

  /** To be left and asked for again. */
  again(tracked: Tracked): void {
    tracked.state = 'wanted';
    tracked.conflation = 'full';
    tracked.seq = undefined;
    this.#leaving.add(tracked.topic);
    this.#schedule();
  }

  /** No number of any topic can be trusted. */
  forget(): void {
    for (const tracked of this.#tracked.values()) {
      tracked.seq = undefined;
      tracked.book?.lose();
    }
  }

  opened(): void {
    this.#isOpen = true;
    this.#flush();
  }

  closed(): void {
    this.#isOpen = false;
    this.#leaving.clear();
    for (const { resolve } of this.#requests.values()) if (resolve !== undefined) this.#lists.push(resolve);
    this.#requests.clear();
    this.#moving.clear();
    for (const tracked of this.#tracked.values()) {
      tracked.state = 'wanted';
      tracked.conflation = 'full';
    }
  }

  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    for (const resolve of this.#lists.splice(0)) resolve([]);
    for (const { resolve } of this.#requests.values()) resolve?.([]);
  }

  /** An answer has come. Returns a refusal that nobody can act on. */
  answered(reply: Reply): Error | undefined {
    const request = this.#requests.get(Number(reply.id));
    if (reply.type !== 'ack' && reply.type !== 'error') return undefined;
    if (request === undefined) return reply.type === 'error' ? refusal(reply) : undefined;
    this.#requests.delete(Number(reply.id));
    if (reply.type === 'ack') {
      request.resolve?.([...(reply.topics ?? [])]);
      if (request.op !== 'subscribe') return undefined;
      for (const tracked of request.tracked) {
        this.#joined(tracked, reply.stream);
        this.#alias(tracked, reply.as?.[tracked.topic]);
      }
      return undefined;
    }
    const missing = new Set(reply.code === 'unknown-topic' ? reply.topics : request.tracked.map(({ topic }) => topic));
    for (const tracked of request.tracked) {
      tracked.state = 'wanted';
      if (!missing.has(tracked.topic)) continue;
      tracked.askAt = Date.now() + tracked.waitMs;
      tracked.waitMs = Math.min(tracked.waitMs * 2, MISSING_MAX_MS);
    }
    this.#schedule();
    return refusal(reply);
  }

  /** A name of the message bus brings its topic, as a pattern would. */
  #alias({ topic: pattern, stream, wanted }: Tracked, topic: string | undefined): void {
    if (topic !== undefined && !this.#tracked.has(topic)) this.#track(topic, { state: 'joined', stream, wanted, pattern });
  }

  #joined(tracked: Tracked, stream: string | undefined): void {
    tracked.state = 'joined';
    tracked.waitMs = MISSING_MIN_MS;
    // Another numbering: what comes first, a notice or a state, begins it.
    if (stream === undefined || tracked.stream !== stream) tracked.seq = undefined;
    tracked.stream = stream;
  }

  #schedule(): void {
    if (!this.#isOpen) return;
    clearTimeout(this.#timer);
    const now = Date.now();
    let at = this.#leaving.size + this.#moving.size + this.#lists.length > 0 ? now : Number.POSITIVE_INFINITY;
    for (const tracked of this.#tracked.values()) if (tracked.state === 'wanted') at = Math.min(at, tracked.askAt);
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#flush(), Math.max(0, this.#flushedAt + GATHER_MS - now, at - now));
  }

  #flush(): void {
    if (!this.#isOpen) return;
    const now = Date.now();
    this.#flushedAt = now;
    const leaving = [...this.#leaving];
    this.#leaving = new Set();
    for (const topics of inParts(leaving)) this.#ask({ op: 'unsubscribe', tracked: [] }, { topics });
    const ready = [...this.#tracked.values()].filter(({ state, askAt }) => state === 'wanted' && askAt <= now);
    // Topics before patterns: a token is for the topic itself.
    ready.sort((a, b) => Number(isPattern(a.topic)) - Number(isPattern(b.topic)));
    for (const conflation of ['full', 'coalesced', 'top', 'best'] as const) {
      const of = (tracked: Tracked): boolean => tracked.wanted === conflation;
      for (const part of inParts(ready.filter(of))) this.#subscribe(part, conflation);
      for (const part of inParts([...this.#moving].filter(of))) {
        this.#ask({ op: 'subscribe', tracked: [] }, { topics: part.map(({ topic }) => topic), conflation });
      }
    }
    this.#moving.clear();
    for (const resolve of this.#lists.splice(0)) this.#ask({ op: 'list', tracked: [], resolve }, {});
    this.#schedule();
  }

  #subscribe(part: readonly Tracked[], conflation: ConflationName): void {
    const tokens = part.flatMap(({ topic, stream, seq }) =>
      stream === undefined || seq === undefined || conflation !== 'full' ? [] : [[topic, `${stream}:${seq}`]],
    );
    for (const tracked of part) {
      tracked.state = 'asked';
      if (conflation !== 'full') tracked.seq = undefined;
    }
    const resume = tokens.length === 0 ? {} : { resume: Object.fromEntries(tokens) };
    const asked = conflation === 'full' ? {} : { conflation };
    this.#ask({ op: 'subscribe', tracked: part }, { topics: part.map(({ topic }) => topic), ...asked, ...resume });
  }

  #ask(request: Request, members: object): void {
    this.#id += 1;
    this.#requests.set(this.#id, request);
    this.#send({ op: request.op, id: this.#id, ...members });
  }
}

const refusal = (reply: Reply): Error => new Error(`${reply.code}: ${reply.message}`);

function* inParts<T>(items: readonly T[]): Generator<T[]> {
  for (let first = 0; first < items.length; first += TOPICS_PER_MESSAGE) yield items.slice(first, first + TOPICS_PER_MESSAGE);
}
