/** The instruments of the gateway: what is followed of them, and what is known. */
import { type Book, type ConnectionState, decimalText, type Message, TickringClient, toNumber } from '../../client/index.js';
import { Changes } from './changes.js';
import { tickOf } from './ladder.js';
import type { Session } from './session.js';

/** Trades kept of an instrument. */
const TRADES_MAX = 60;
/** Changes of interest are gathered this long, ms: scrolling makes many. */
const GATHER_MS = 120;

export interface Print {
  readonly id: string;
  readonly price: number;
  readonly priceText: string;
  readonly qty: number;
  readonly qtyText: string;
  readonly mantissa: bigint;
  readonly isSell: boolean;
  /** Local ms: the venue's time, ours where it sent none. */
  readonly at: number;
}

export interface Figures24h {
  readonly open: number;
  readonly high: string;
  readonly low: string;
  readonly close: number;
  readonly volume: number;
  readonly count: number;
}

/** What the metrics tell of an instrument, followed or not. */
export interface Health {
  readonly inSync: boolean;
  readonly perSecond: number;
  readonly gaps: number;
  readonly resyncs: number;
}

/** `waiting` before the first book; `offline` while the gateway cannot be reached; else as the engine says. */
export type MarketState = 'waiting' | 'live' | 'stale' | 'resync' | 'crossed' | 'offline' | 'removed';

export class Market {
  readonly key: string;
  readonly venue: string;
  readonly symbol: string;
  readonly changes = new Changes();
  /** The tape's own: trades are rarer than changes of the book. */
  readonly printed = new Changes();
  book: Book | undefined;
  state: MarketState = 'waiting';
  /** Newest first. */
  prints: Print[] = [];
  /** Where the last trade moved to: -1, 0 or 1. */
  direction = 0;
  figures: Figures24h | undefined;
  health: Health | undefined;
  priceExponent = 0;
  qtyExponent = 0;
  #tick = 0n;
  #tickOf = 0;

  constructor(venue: string, symbol: string) {
    this.key = `${venue}.${symbol}`;
    this.venue = venue;
    this.symbol = symbol;
  }

  get topics(): string[] {
    return [`book.${this.key}`, `trade.${this.key}`];
  }

  get priceDecimals(): number {
    return Math.max(0, -this.priceExponent);
  }

  get qtyDecimals(): number {
    return Math.max(0, -this.qtyExponent);
  }

  get isFresh(): boolean {
    return this.state === 'live' || this.state === 'crossed';
  }

  priceText = (price: bigint): string => decimalText(price, this.priceExponent);
  qtyText = (qty: bigint): string => decimalText(qty, this.qtyExponent);
  price = (price: bigint): number => toNumber(price, this.priceExponent);
  qty = (qty: bigint): number => toNumber(qty, this.qtyExponent);

  /** Smallest step of the price seen so far. */
  get tick(): bigint {
    if (this.book?.isKnown && this.#tickOf !== this.book.seq) {
      this.#tickOf = this.book.seq;
      // Ones that were seen once stay possible.
      if (this.#tick !== 1n) this.#tick = tickOf(this.book, this.#tick);
    }
    return this.#tick === 0n ? 1n : this.#tick;
  }

  /** Best bid and ask, their distance and its share of the price in basis points. */
  get touch(): { bid: bigint; ask: bigint; spread: bigint; points: number } | undefined {
    const [bid, ask] = [this.book?.bids(1)[0]?.price, this.book?.asks(1)[0]?.price];
    if (bid === undefined || ask === undefined) return undefined;
    const spread = ask - bid;
    return { bid, ask, spread, points: (this.price(spread) / ((this.price(bid) + this.price(ask)) / 2)) * 10_000 };
  }

  follow(message: Message, book: Book | undefined): void {
    if (book !== undefined) this.#takeBook(message, book);
    if (message.type === 'trade') this.#print(message);
    else if (message.type === 'stats_24h') {
      const { open, high, low, close, volume, count } = message;
      const [priceAt, textAt] = [(mantissa: bigint) => toNumber(mantissa, message.priceExponent), message.priceExponent];
      this.figures = {
        open: priceAt(open),
        high: decimalText(high, textAt),
        low: decimalText(low, textAt),
        close: priceAt(close),
        volume: toNumber(volume, message.qtyExponent),
        count: Number(count),
      };
    }
    this.changes.touch();
  }

  #takeBook(message: Message, book: Book): void {
    this.book = book;
    if (book.priceExponent !== this.priceExponent || book.qtyExponent !== this.qtyExponent) {
      this.#tick = 0n;
      this.priceExponent = book.priceExponent;
      this.qtyExponent = book.qtyExponent;
    }
    if (message.type === 'status' && message.state === 'removed') this.state = 'removed';
    else if (!book.isKnown) this.state = 'resync';
    else if (book.isStale) this.state = message.type === 'status' && message.state === 'resync' ? 'resync' : 'stale';
    else if (message.type === 'book_delta' || message.type === 'book_snapshot')
      this.state = message.flags.includes('crossed') ? 'crossed' : 'live';
    else if (this.state !== 'crossed') this.state = 'live';
  }

  #print(trade: Message & { type: 'trade' }): void {
    const { price, qty, tradeId, priceExponent, qtyExponent } = trade;
    const id = `${tradeId}`;
    // After a reconnection the last trade comes once more.
    if (this.prints[0]?.id === id) return;
    const at = trade.tsEvent === 0n ? Date.now() : Number(trade.tsEvent / 1_000_000n);
    const print = {
      id,
      price: toNumber(price, priceExponent),
      priceText: decimalText(price, priceExponent),
      qty: toNumber(qty, qtyExponent),
      qtyText: decimalText(qty, qtyExponent),
      mantissa: price,
      isSell: trade.aggressor === 'sell',
      at,
    };
    const before = this.prints[0]?.price;
    if (before !== undefined && before !== print.price) this.direction = Math.sign(print.price - before);
    this.prints = [print, ...this.prints.slice(0, TRADES_MAX - 1)];
    this.printed.touch();
  }

  /** The engine follows it no longer: what is shown of it is how it was then. */
  removed(): void {
    this.state = 'removed';
    this.changes.touch();
  }

  /** Nothing of it is followed any more: what is held grows old unseen. */
  forget(): void {
    this.book = undefined;
    this.state = 'waiting';
    this.changes.touch();
  }
}

export interface Connection {
  readonly state: ConnectionState;
  readonly reason: string;
}

export class Markets {
  readonly client: TickringClient;
  /** Instruments come and go. */
  readonly changes = new Changes();
  readonly connected = new Changes();
  connection: Connection = { state: 'connecting', reason: '' };
  /** In order of symbol, then venue. */
  all: readonly Market[] = [];
  /** The latest things that went wrong with messages, newest first. */
  readonly #byKey = new Map<string, Market>();
  #followed = new Set<Market>();
  #wanted = new Set<Market>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, { authorize }: Session) {
    this.client = new TickringClient(url, { reconnectMaxMs: 5_000, authorize });
    this.client.on('message', (message) => {
      const market = this.#byKey.get(`${message.venue}.${message.symbol}`);
      market?.follow(message, this.client.book(message.topic));
    });
    this.client.on('loss', ({ topic }) => this.#byKey.get(topic.slice(topic.indexOf('.') + 1))?.changes.touch());
    this.client.on('connection', (state, reason) => {
      this.connection = { state, reason };
      if (state !== 'open') this.#offline();
      this.connected.touch();
    });
  }

  /** A refusal would be told here for topics that do not exist yet: they are asked for again by the client. */
  #offline(): void {
    for (const market of this.#followed) {
      market.state = market.book === undefined ? 'waiting' : 'offline';
      market.changes.touch();
    }
  }

  get(key: string): Market | undefined {
    return this.#byKey.get(key);
  }

  /** The instruments that there are now. */
  exist(names: Iterable<{ readonly venue: string; readonly symbol: string }>): void {
    const found = new Map([...names].map(({ venue, symbol }) => [`${venue}.${symbol}`, { venue, symbol }]));
    let isNew = false;
    for (const [key, { venue, symbol }] of found) {
      if (this.#byKey.has(key)) continue;
      this.#byKey.set(key, new Market(venue, symbol));
      isNew = true;
    }
    for (const [key, market] of this.#byKey) {
      if (found.has(key)) continue;
      this.#byKey.delete(key);
      market.removed();
      isNew = true;
    }
    if (!isNew) return;
    this.all = [...this.#byKey.values()].sort((a, b) => a.symbol.localeCompare(b.symbol) || a.venue.localeCompare(b.venue));
    this.changes.touch();
  }

  /** Only what is seen is followed. */
  want(markets: Iterable<Market>): void {
    this.#wanted = new Set(markets);
    this.#timer ??= setTimeout(() => this.#follow(), GATHER_MS);
  }

  #follow(): void {
    this.#timer = undefined;
    const [old, now] = [this.#followed, this.#wanted];
    const left = [...old].filter((market) => !now.has(market));
    const joined = [...now].filter((market) => !old.has(market));
    this.#followed = new Set(now);
    if (left.length > 0) this.client.unsubscribe(left.flatMap(({ topics }) => topics));
    if (joined.length > 0) this.client.subscribe(joined.flatMap(({ topics }) => topics));
    for (const market of left) market.forget();
  }
}
