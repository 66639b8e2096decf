/** Redis as existing consumers know it: records of the ring → channels, keys and streams. */
import { FLAGS, GAP_REASON_NAMES, GAP_STREAMS, KINDS } from '../../model/codes.js';
import type { RedisConfig, RedisTopic } from '../../model/config.js';
import type { Logger } from '../../model/log.js';
import type { Sink, SinkStatus } from '../../model/sink.js';
import { NOTICES, type RecordCursor } from '../../native/cursor.js';

import type { Instrument } from '../../native/records.js';
import { rfc3339, wallNs } from '../clock.js';
import { LatencyHistogram } from '../latency.js';
import { numberText } from '../number-text.js';
import { RingFeed } from '../ring-feed.js';
import { ShortNames } from '../short-names.js';
import { tradeBody } from './bodies.js';
import { Losses } from './losses.js';
import { Market } from './market.js';
import { streamOf } from './names.js';
import { Outbox } from './outbox.js';
import { Publisher } from './publisher.js';

/** Share of the time of stopping that reading the rest of the rings may take. */
const LAST_READ_SHARE = 0.3;
const GAP_TOPICS: Readonly<Record<number, RedisTopic>> = { [GAP_STREAMS.book]: 'orderbook', [GAP_STREAMS.trade]: 'trades' };

export interface RedisSinkOptions {
  readonly config: RedisConfig;
  /** Venues by rank: short names belong to the first one that has the symbol. */
  readonly venues: readonly string[];
  readonly shmRoot: string;
  readonly engine: string;
  readonly logger: Logger;
  /** Until when a predecessor lived that died, ns since the UNIX epoch: what it held is gone. */
  readonly diedAtNs?: bigint;
}

/** Starts; never throws because nobody answers. */
export function startRedisSink(options: RedisSinkOptions): Sink {
  return new RedisSink(options);
}

class RedisSink implements Sink {
  readonly name = 'redis';
  readonly #config: RedisConfig;
  readonly #losses = new Losses();
  readonly #outbox: Outbox;
  readonly #latency = new LatencyHistogram();
  readonly #publisher: Publisher;
  readonly #feed: RingFeed;
  readonly #names: ShortNames;
  readonly #markets = new Map<number, Market>();
  readonly #streams: ReadonlySet<RedisTopic>;
  /** Those whose newest book waits for its time. */
  readonly #due = new Set<Market>();
  readonly #dueTimer: NodeJS.Timeout | undefined;
  #lostRecords = 0;
  /** Of the record in hand. */
  #since = 0;
  #stopped: Promise<void> | undefined;

  constructor({ config, venues, shmRoot, engine, logger, diedAtNs }: RedisSinkOptions) {
    this.#config = config;
    this.#streams = new Set(config.streams);
    this.#names = new ShortNames(venues);
    this.#outbox = new Outbox(config.outboxBytesMax, this.#losses);
    if (diedAtNs !== undefined) {
      const note = { name: '*', kind: 'restart', lost: null, unconfirmed: null, reason: 'restart' } as const;
      this.#losses.note({ ...note, atNs: diedAtNs });
      this.#losses.note({ ...note, atNs: wallNs() });
    }
    const { outbox, losses, latency } = { outbox: this.#outbox, losses: this.#losses, latency: this.#latency };
    this.#publisher = new Publisher({ config, outbox, losses, latency, logger });
    if (config.bookIntervalMs > 0) this.#dueTimer = setInterval(() => this.#tellDue(), config.bookIntervalMs);
    this.#feed = new RingFeed({ root: shmRoot, name: engine, logger, listener: this });
  }

  status(): SinkStatus {
    const publisher = this.#publisher;
    return {
      sink: this.name,
      connected: publisher.isConnected,
      published: publisher.published,
      dropped: this.#outbox.dropped + publisher.refused,
      unconfirmed: publisher.unconfirmed,
      lostRecords: this.#lostRecords,
      gapsTold: publisher.gapsTold,
      reconnects: Math.max(0, publisher.connections - 1),
      outboxMessages: this.#outbox.messages,
      outboxBytes: this.#outbox.bytes,
      lagSlots: this.#stopped === undefined ? this.#feed.lag : 0,
      latency: this.#latency.figures,
    };
  }

  stop(longestMs: number): Promise<void> {
    this.#stopped ??= this.#stop(longestMs);
    return this.#stopped;
  }

  async #stop(longestMs: number): Promise<void> {
    clearInterval(this.#dueTimer);
    this.#feed.stop(longestMs * LAST_READ_SHARE, () => this.#tellDue());
    await this.#publisher.stop(longestMs * (1 - LAST_READ_SHARE));
  }

  /** See `FeedListener`. */
  opened(feed: RingFeed, again: boolean): void {
    this.#forget();
    this.#since = performance.now();
    if (again) this.#losses.note({ name: '*', kind: 'ring', lost: null, unconfirmed: 0, reason: 'unreadable', atNs: wallNs() });
    for (const instrument of feed.definitions.values()) this.#names.add(instrument.venue, instrument.symbol);
    for (const { id } of feed.definitions.values()) this.#begin(id, feed);
    this.#publisher.wake();
  }

  /** What shared memory knows of an instrument that is new here. */
  #begin(id: number, feed: RingFeed): Market | undefined {
    const instrument = feed.definitions.get(id);
    if (instrument === undefined) return undefined;
    const market = new Market(instrument, this.#names, this.#config.depth);
    this.#markets.set(id, market);
    market.book = feed.book(id);
    const latest = feed.latest(id);
    // In the units of the definition that is in force at the record in hand, or not at all.
    const isSame = latest?.priceExponent === instrument.priceExponent && latest.qtyExponent === instrument.qtyExponent;
    if (latest === null || !isSame) return market;
    const { trade, stats } = latest;
    if (trade !== undefined && trade.id > 0n) market.traded(trade.price);
    if (stats !== undefined && stats.count > 0n) market.stats24h(stats.volume, stats.high, stats.low);
    return market;
  }

  take(cursor: RecordCursor, feed: RingFeed): void {
    this.#since = performance.now();
    const { kind } = cursor;
    if (kind === KINDS.trade) this.#trade(cursor, feed);
    else if (kind === KINDS.quote) this.#quote(cursor, feed);
    else if (kind === KINDS.book_delta || kind === KINDS.book_snapshot) this.#book(cursor, feed);
    else if (kind === KINDS.stats_24h) this.#stats(cursor, feed);
    else if (kind === KINDS.instrument) this.#redefine(cursor, feed);
    else if (kind === KINDS.gap) this.#gap(cursor, feed);
    else if (kind === NOTICES.lapped) this.#lapped(cursor);
    else if (kind === NOTICES.generation) this.#forget();
  }

  #forget(): void {
    this.#markets.clear();
    this.#due.clear();
  }

  #market(cursor: RecordCursor, feed: RingFeed): Market | undefined {
    return this.#markets.get(cursor.instrument) ?? this.#begin(cursor.instrument, feed);
  }

  #redefine(cursor: RecordCursor, feed: RingFeed): void {
    const { venue, symbol } = feed.definitions.get(cursor.instrument) as Instrument;
    this.#names.add(venue, symbol);
    const before = this.#markets.get(cursor.instrument);
    if (before !== undefined) this.#due.delete(before);
    this.#begin(cursor.instrument, feed);
  }

  #trade(cursor: RecordCursor, feed: RingFeed): void {
    const market = this.#market(cursor, feed);
    if (market === undefined) return;
    const { priceExponent, qtyExponent } = market.instrument;
    const exact = cursor.object();
    if (exact.kind !== 'trade') return;
    const atNs = exact.tsEvent === 0n ? exact.tsRecv : exact.tsEvent;
    const body = tradeBody({
      symbol: market.symbol,
      id: exact.tradeId,
      price: numberText(exact.price, priceExponent),
      qty: numberText(exact.qty, qtyExponent),
      isBuyerMaker: (exact.flags & FLAGS.aggressor_sell) !== 0,
      timestamp: rfc3339(atNs),
    });
    this.#publish('trades', market, body, atNs);
    // The last price is that of the newest trade, not of one that came late.
    if ((exact.flags & FLAGS.recovered) !== 0) return;
    market.traded(exact.price);
    this.#marketData(market, exact.tsRecv);
  }

  #quote(cursor: RecordCursor, feed: RingFeed): void {
    const market = this.#market(cursor, feed);
    const exact = cursor.object();
    if (market === undefined || exact.kind !== 'quote') return;
    const { priceExponent } = market.instrument;
    market.quoted(numberText(exact.bidPrice, priceExponent), numberText(exact.askPrice, priceExponent));
    this.#marketData(market, exact.tsRecv);
  }

  #book(cursor: RecordCursor, feed: RingFeed): void {
    const { part, parts } = cursor.book;
    if (part + 1 < parts) return;
    const market = this.#market(cursor, feed);
    if (market === undefined) return;
    // Its row may not have been there when the definition was read.
    market.book ??= feed.book(cursor.instrument);
    market.bookNs = cursor.tsRecv;
    if (this.#since >= market.bookAt + this.#config.bookIntervalMs) this.#tellBook(market);
    else this.#due.add(market);
  }

  #tellBook(market: Market): void {
    this.#due.delete(market);
    const atNs = market.bookNs;
    const body = market.bookBody(rfc3339(atNs));
    if (body === undefined) return;
    market.bookAt = this.#since;
    this.#publish('orderbook', market, body, atNs);
    this.#marketData(market, atNs);
  }

  #tellDue(): void {
    this.#since = performance.now();
    for (const market of this.#due) this.#tellBook(market);
  }

  #stats(cursor: RecordCursor, feed: RingFeed): void {
    const market = this.#market(cursor, feed);
    const exact = cursor.object();
    if (market === undefined || exact.kind !== 'stats_24h') return;
    market.stats24h(exact.volume, exact.high, exact.low);
    this.#marketData(market, exact.tsRecv);
  }

  #marketData(market: Market, atNs: bigint): void {
    const body = market.marketBody(atNs, () => rfc3339(atNs));
    if (body === undefined) return;
    this.#publish('market_data', market, body, atNs);
    for (const name of market.names('market_data')) this.#outbox.set({ kind: 'key', name, body, atNs, since: this.#since });
  }

  #publish(topic: RedisTopic, market: Market, body: string, atNs: bigint): void {
    const since = this.#since;
    for (const name of market.names(topic)) {
      this.#outbox.push({ kind: 'channel', name, body, atNs, since });
      if (this.#streams.has(topic)) this.#outbox.push({ kind: 'stream', name: streamOf(name), body, atNs, since });
    }
    this.#publisher.wake();
  }

  /** Ids that the venue sent and the engine never got. */
  #gap(cursor: RecordCursor, feed: RingFeed): void {
    const exact = cursor.object();
    const market = this.#market(cursor, feed);
    const topic = GAP_TOPICS[cursor.gap.stream];
    if (exact.kind !== 'gap' || market === undefined || topic === undefined) return;
    // It closes one that was told: the trades were published.
    if ((exact.flags & FLAGS.recovered) !== 0) return;
    const reason = GAP_REASON_NAMES[cursor.gap.reason as keyof typeof GAP_REASON_NAMES] ?? 'unknown';
    // A rollback names no ids.
    const lost = exact.first === 0n ? null : Number(exact.last - exact.first + 1n);
    for (const name of market.names(topic)) this.#losses.note({ name, kind: 'feed', lost, reason, atNs: exact.tsRecv });
    this.#publisher.wake();
  }

  #lapped(cursor: RecordCursor): void {
    this.#lostRecords += cursor.lost;
    this.#losses.note({ name: `shard ${cursor.shard}`, kind: 'ring', lost: cursor.lost, reason: 'lapped', atNs: wallNs() });
    this.#publisher.wake();
  }
}
