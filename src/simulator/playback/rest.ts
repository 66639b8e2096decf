/** The REST interface of a venue whose recording is played: listings, depth snapshots, time. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { assetsOf, type Dialect, type RestCall } from '../dialects/dialect.js';
import type { SymbolSpec } from '../market/symbols.js';
import type { Weights } from '../server/weights.js';
import { spelledBook } from './books.js';
import type { PlayedBook, PlayedListing } from './recording.js';

/** A request for a book that the recording does not have yet is answered 503 after this, ms. */
const SNAPSHOT_WAIT_MS = 30_000;
/** Parameters that say which market or currency a listing is of. */
const MARKETS = ['category', 'instType', 'currency', 'product_type', 'symbol', 'instId'] as const;

export interface PlayedRestHost {
  readonly dialect: Dialect;
  readonly specs: ReadonlyMap<string, SymbolSpec>;
  readonly listings: readonly PlayedListing[];
  readonly weights: Weights;
  readonly counters: Record<'restRequests' | 'restRefused', number>;
  nowUs(): number;
  book(symbol: string): PlayedBook | undefined;
}

interface Waiting {
  readonly limit: number;
  answer(body: string | Buffer): void;
  refuse(): void;
}

export class PlayedRest {
  readonly #host: PlayedRestHost;
  readonly #symbols: ReadonlySet<string>;
  readonly #waiting = new Map<string, Set<Waiting>>();
  /** Told when a book is asked for. */
  readonly #askers = new Map<string, () => void>();

  constructor(host: PlayedRestHost) {
    this.#host = host;
    this.#symbols = new Set(host.specs.keys());
  }

  answer(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const { dialect, weights, counters } = this.#host;
    counters.restRequests += 1;
    const call = request.method === 'GET' ? dialect.rest(url.pathname, url.searchParams, this.#symbols) : undefined;
    const admission = weights.admit(request.socket.remoteAddress ?? '', call?.weight ?? 1, Date.now());
    if (dialect.weightHeader !== undefined) response.setHeader(dialect.weightHeader, String(admission.used));
    const assets = dialect.assetsBody?.(url.pathname, assetsOf(this.#host.specs.values()));
    const listing = request.method === 'GET' ? this.#listing(url) : undefined;
    if (admission.outcome !== 'admitted') {
      counters.restRefused += 1;
      response.setHeader('Retry-After', String(admission.retryAfterSeconds));
      send(response, admission.outcome === 'banned' ? 418 : 429, problem(-1003, 'Too much request weight used.'));
    } else if (listing !== undefined) send(response, 200, listing);
    else if (call === undefined && assets !== undefined) send(response, 200, assets);
    else if (call === undefined) send(response, 404, problem(-5000, `Path ${url.pathname} is not served`));
    else if (call.error !== undefined) send(response, call.error.status, problem(call.error.code, call.error.msg));
    else if (call.endpoint === 'depth') this.#depth(response, call);
    else this.#plain(response, call);
  }

  /** How many wait for the first book of a symbol. */
  waitingFor(symbol: string): number {
    return this.#waiting.get(symbol)?.size ?? 0;
  }

  /** Calls back at each request that waits for this book, until the next call. */
  onAsked(symbol: string, asked: (() => void) | undefined): void {
    if (asked === undefined) this.#askers.delete(symbol);
    else this.#askers.set(symbol, asked);
  }

  /** A recorded depth answer was played: it is what those who wait for it get. */
  played(symbol: string, body: Buffer): void {
    for (const { answer, limit } of this.#waiting.get(symbol) ?? []) answer(cut(body, limit));
    this.#waiting.delete(symbol);
  }

  /** Answers with books that have come into sync by themselves. */
  look(): void {
    for (const [symbol, waiting] of this.#waiting) {
      const book = this.#host.book(symbol);
      if (book?.inSync !== true) continue;
      for (const { answer, limit } of waiting) answer(this.#spelled(symbol, book, limit));
      this.#waiting.delete(symbol);
    }
  }

  close(): void {
    for (const waiting of this.#waiting.values()) for (const { refuse } of waiting) refuse();
    this.#waiting.clear();
  }

  /** The recorded listing that was asked for, or all of those that it is made of. */
  #listing({ pathname, searchParams: asked }: URL): string | Buffer | undefined {
    const found = this.#host.listings.filter(({ path, query }) => {
      const recorded = new URLSearchParams(query);
      return path === pathname && MARKETS.every((name) => !asked.has(name) || recorded.get(name) === asked.get(name));
    });
    if (found.length < 2) return found[0]?.bytes;
    return this.#host.dialect.joinListings?.(found.map(({ bytes }) => bytes.toString('utf8')));
  }

  #plain(response: ServerResponse, call: RestCall): void {
    const { dialect, specs } = this.#host;
    const nowUs = this.#host.nowUs();
    if (call.endpoint === 'ping') send(response, 200, '{}');
    else if (call.endpoint === 'time') send(response, 200, `{"serverTime":${Math.floor(nowUs / 1000)}}`);
    else if (call.endpoint === 'klines') {
      const spec = specs.get(call.symbols[0] ?? '') as SymbolSpec;
      const { text } = spelledBook({ lastUpdateId: 0n, inSync: false, text: '' }, spec, dialect.padPlaces);
      // Minutes are not recorded: there are none.
      send(response, 200, dialect.klinesBody?.(text, spec, [], nowUs) ?? '[]');
    } else {
      const listed = [...specs.values()].filter(({ symbol }) => call.symbols.length === 0 || call.symbols.includes(symbol));
      send(response, 200, dialect.exchangeInfoBody(listed, nowUs, dialect.limits));
    }
  }

  /** The book as it is, or as soon as the recording has it. */
  #depth(response: ServerResponse, { symbols: [symbol = ''], limit }: RestCall): void {
    const book = this.#host.book(symbol);
    if (book?.inSync === true) {
      send(response, 200, this.#spelled(symbol, book, limit));
      return;
    }
    const all = this.#waiting.get(symbol) ?? new Set();
    this.#waiting.set(symbol, all);
    const refuse = (): void => {
      clearTimeout(timer);
      all.delete(waiting);
      if (!response.writableEnded) send(response, 503, problem(-1000, `the recording has no book of ${symbol} yet`));
    };
    const timer = setTimeout(refuse, SNAPSHOT_WAIT_MS);
    const waiting: Waiting = {
      limit,
      refuse,
      answer: (body) => {
        clearTimeout(timer);
        send(response, 200, body);
      },
    };
    response.once('close', () => {
      clearTimeout(timer);
      all.delete(waiting);
    });
    all.add(waiting);
    this.#askers.get(symbol)?.();
  }

  #spelled(symbol: string, book: PlayedBook, limit: number): string {
    const { dialect, specs } = this.#host;
    const { text, ...levels } = spelledBook(book, specs.get(symbol) as SymbolSpec, dialect.padPlaces, limit);
    return dialect.snapshotBody?.(text, levels, this.#host.nowUs()) ?? '';
  }
}

/** As recorded, unless fewer levels were asked for. */
function cut(body: Buffer, limit: number): string | Buffer {
  try {
    const parsed = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const sides = ['bids', 'asks'].map((side) => parsed[side]).filter(Array.isArray);
    if (sides.every(({ length }) => length <= limit)) return body;
    return JSON.stringify(parsed, (key, value) => (key === 'bids' || key === 'asks' ? value.slice(0, limit) : value));
  } catch {
    return body;
  }
}

function problem(code: number, msg: string): string {
  return JSON.stringify({ code, msg });
}

function send(response: ServerResponse, status: number, body: string | Buffer): void {
  if (!response.destroyed) response.writeHead(status, { 'Content-Type': 'application/json;charset=UTF-8' }).end(body);
}
