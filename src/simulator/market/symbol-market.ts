import type { Dialect } from '../dialects/dialect.js';
import { BinaryChannels } from './binary-channels.js';
import { ASK, type Fill, type LevelChange } from './book.js';
import { Channel, Frame } from './channel.js';
import { DepthStream } from './depth-stream.js';
import type { AggregateTradeEvent, BookStreamKind, EventTime, LevelUpdate, QuoteEvent, TradeEvent } from './events.js';
import { Figures } from './figures.js';
import { OrderFlow } from './flow.js';
import { BookHistory, type BookLevels, type HistoryBudget } from './history.js';
import { Klines } from './klines.js';
import { Minutes } from './minutes.js';
import { hashText, Random } from './random.js';
import { RecentTrades } from './recent-trades.js';
import { type SymbolSpec, SymbolText } from './symbols.js';
import type { VenueMarketOptions } from './venue-market.js';

/** Orders of one step at most, however hot the symbol is. */
const ORDERS_PER_STEP_MAX = 64;
/** Steps of a symbol in its 100 ms tick. */
const STEPS_PER_INTERVAL = 3;
/** Levels a side of which venues make checksums, at most. */
const BEST_LEVELS = 10;

/** One symbol: order flow, book, ids and streams. A step makes its messages in the order in which they happened. */
export class SymbolMarket {
  readonly spec: SymbolSpec;
  readonly text: SymbolText;
  readonly history: BookHistory;
  readonly minutes: Minutes;
  readonly trades = new RecentTrades<TradeEvent>();
  readonly aggregates = new RecentTrades<AggregateTradeEvent>();
  readonly channels: Channel[] = [];
  readonly #dialect: Dialect;
  readonly #random: Random;
  readonly #flow: OrderFlow;
  readonly #depth: { stream: DepthStream; channel: Channel }[];
  /** Tells each change by itself. */
  readonly #changes: Channel | undefined;
  readonly #trade: Channel;
  readonly #aggTrade: Channel;
  readonly #quote: Channel;
  readonly #figures: Figures;
  readonly #klines: Klines;
  readonly #binary: BinaryChannels | undefined;
  readonly #publish: (frame: Frame) => void;
  readonly #extraKeys: boolean;
  #lastId: number;
  /** Where ids count messages, that of the next one: its changes have it before it is told. */
  #nextId: number;
  #tradeId: number;
  #quoteId = 0;
  #aggregateId: number;
  #lastQuote: QuoteEvent | undefined;
  #heat = 0;
  #stepsLeft = STEPS_PER_INTERVAL;
  #published = 0;

  constructor(spec: SymbolSpec, options: VenueMarketOptions, budget: HistoryBudget, shared: Map<string, Channel>) {
    const { dialect, seed } = options;
    this.spec = spec;
    this.#dialect = dialect;
    this.#publish = options.publish;
    this.#extraKeys = options.extraKeys;
    this.text = new SymbolText(spec, dialect.padPlaces);
    this.#random = new Random(seed, `${dialect.name}/${spec.symbol}/ids`);
    this.#flow = new OrderFlow(spec, new Random(seed, `${dialect.name}/${spec.symbol}/flow`));
    this.#lastId = dialect.firstUpdateId + (hashText(spec.symbol) % 1_000_003);
    this.#nextId = this.#lastId + 1;
    this.#tradeId = dialect.firstTradeId + (hashText(spec.symbol) % 100_003);
    this.#aggregateId = Math.trunc(this.#tradeId / 2);
    this.history = new BookHistory(budget, options.symbols.length);
    this.history.begin(this.#lastId, this.#flow.book);
    this.#depth = dialect.depthCadences.map((cadence) => ({
      stream: new DepthStream(cadence, this.#lastId),
      channel: this.#open('depth', cadence.suffix),
    }));
    this.#changes = dialect.tellsChanges === true ? this.#open('depth', '') : undefined;
    this.#trade = this.#open('trade', '');
    this.#aggTrade = this.#open('aggTrade', '');
    this.#quote = this.#open('bookTicker', '');
    this.#figures = new Figures(spec, this.text, { dialect, seed, shared, publish: options.publish });
    this.minutes = new Minutes(dialect.kline?.intervalMs);
    this.#klines = new Klines(spec, this.text, { dialect, minutes: this.minutes, publish: options.publish });
    this.channels.push(...this.#figures.channels, ...this.#klines.channels);
    this.#binary = dialect.binary && new BinaryChannels(spec, dialect.binary, this.#lastId, options.publish);
    this.channels.push(...(this.#binary?.all ?? []));
  }

  /** Chance of being chosen for the next step, relative to the other symbols: busy symbols stay busy for a while. */
  get urgency(): number {
    return this.spec.weight * (16 + this.#heat);
  }

  get lastUpdateId(): number {
    return this.#lastId;
  }

  /** Runs a few orders; returns how many messages of the dialect's full set they made. */
  step(time: EventTime): number {
    this.#published = 0;
    const touched = new Set<number>();
    const stepFirstId = this.#lastId;
    if (this.#random.chance(6)) this.#heat = Math.min(256, this.#heat + 48);
    const orders = Math.min(ORDERS_PER_STEP_MAX, 1 + this.#random.below(5 + (this.#heat >> 2)));
    let firstId = 0;
    for (let index = 0; index < orders; index += 1) {
      const id = this.#order(touched, time);
      if (firstId === 0) firstId = id;
    }
    this.#heat -= this.#heat >> 3;
    if (touched.size > 0) for (const { stream } of this.#depth) stream.touch(touched, firstId);
    if (touched.size > 0) this.#binary?.touch(touched, firstId);
    this.#speakDepth(time);
    // A chunk begins with the book at an id: no change may wait for its message.
    if (this.#dialect.idsCountMessages !== true || this.#lastId !== stepFirstId)
      this.history.boundary(this.#lastId, this.#flow.book);
    this.#figures.step(this.#flow.book.bids.at(0).tick, time);
    this.#klines.step(time);
    return this.#published;
  }

  /** Update ids restart at `to`, as after a restart of the venue's engine; times go on. */
  rollback(to: number, nowUs: number): void {
    this.#lastId = to;
    this.#nextId = to + 1;
    this.history.begin(to, this.#flow.book);
    this.#binary?.restart(to);
    for (const { stream } of this.#depth) stream.restart(to);
    const channels = [...this.#depth.map(({ channel }) => channel), ...(this.#changes === undefined ? [] : [this.#changes])];
    for (const channel of channels) {
      const whole = this.greeting(channel, nowUs);
      if (whole !== undefined) this.#publish(whole);
    }
  }

  /** What a new subscription of a stream begins with: the whole book at the newest id, the newest quote, or bars of the past. */
  greeting(channel: Channel, nowUs: number): Frame | undefined {
    const { wholeBook } = this.#dialect;
    const figure = this.#figures.greeting(channel, this.#flow.book.bids.at(0).tick, nowUs);
    const first = figure ?? this.#klines.greeting(channel, nowUs);
    if (first !== undefined) return first;
    // The book of the newest message, which the next one names.
    const id = this.#depth.find((each) => each.channel === channel)?.stream.lastId ?? this.#lastId;
    const levels = wholeBook === undefined ? undefined : this.history.at(id);
    if (wholeBook === undefined || levels === undefined) return undefined;
    if (channel === this.#quote && this.#lastQuote !== undefined) {
      const quote = this.#lastQuote;
      const words = (micros: boolean): string => this.#dialect.bookTicker(this.text, this.spec, quote, micros);
      return new Frame(channel, quote.updateId, quote.updateId, words);
    }
    if (channel.kind !== 'depth') return undefined;
    const time = { engineUs: nowUs, eventUs: nowUs + 1_000 };
    const ids = { firstId: id, lastId: id, previousId: id };
    const event = { ...ids, bids: levels.bids.toReversed(), asks: levels.asks, best: levels, ...time };
    return new Frame(channel, id, id, () => wholeBook(this.text, this.spec, event));
  }

  /** The book now, `limit` levels a side, best first. */
  snapshot(limit: number): BookLevels {
    const { bids, asks } = this.#flow.book;
    const top = (side: typeof bids): [number, number][] =>
      Array.from({ length: Math.min(limit, side.levels) }, (_, rank) => [side.at(rank).tick, side.at(rank).qty]);
    return { lastUpdateId: this.#lastId, bids: top(bids), asks: top(asks) };
  }

  /** The book that REST shows, `limit` levels a side: where ids count messages, that of the newest one. */
  copy(limit: number): BookLevels {
    const id = this.#depth[0]?.stream.lastId;
    const levels = this.#dialect.idsCountMessages === true && id !== undefined ? this.history.at(id) : undefined;
    if (levels === undefined) return this.snapshot(limit);
    return { lastUpdateId: levels.lastUpdateId, bids: levels.bids.slice(0, limit), asks: levels.asks.slice(0, limit) };
  }

  /** Canonical text of the book at `id`: `B <price> <qty>` best first, then `A <price> <qty>`. */
  bookText(id: number, epoch?: number): string | undefined {
    const levels = this.history.at(id, epoch, this.#lastId);
    if (levels === undefined) return undefined;
    let text = '';
    for (const [tick, lots] of levels.bids) text += `B ${this.text.canonicalLevel(tick, lots)}\n`;
    for (const [tick, lots] of levels.asks) text += `A ${this.text.canonicalLevel(tick, lots)}\n`;
    return text;
  }

  #open(kind: BookStreamKind, suffix: string): Channel {
    const { symbol } = this.spec;
    const { streamName } = this.#dialect;
    const name = streamName === undefined ? `${symbol.toLowerCase()}@${kind}${suffix}` : streamName(symbol, kind, suffix);
    const channel = new Channel(name ?? '', symbol, kind);
    if (name !== undefined) this.channels.push(channel);
    return channel;
  }

  /** One order; returns the first id it used, or 0. */
  #order(touched: Set<number>, time: EventTime): number {
    const { book } = this.#flow;
    this.#flow.act();
    let firstId = 0;
    for (const change of book.changes) {
      if (this.#dialect.idsCountMessages !== true) this.#lastId += this.#dialect.sparseIds ? 1 + this.#random.below(40) : 1;
      const id = this.#dialect.idsCountMessages === true ? this.#nextId : this.#lastId;
      if (firstId === 0) firstId = id;
      const key = change.side * change.tick;
      this.history.record(id, key, change.qty);
      touched.add(key);
      if (this.#changes !== undefined) this.#tellChange(this.#changes, id, change, time);
    }
    book.changes.length = 0;
    if (book.fills.length > 0) this.#tellTrades(book.fills, time);
    book.fills.length = 0;
    if (firstId !== 0) this.#tellQuote(time);
    return firstId;
  }

  #tellChange(channel: Channel, id: number, { side, tick, qty }: LevelChange, time: EventTime): void {
    const [bids, asks]: [LevelUpdate[], LevelUpdate[]] = side === ASK ? [[], [[tick, qty]]] : [[[tick, qty]], []];
    const event = { firstId: id, lastId: id, previousId: id - 1, bids, asks, ...time };
    this.#tell(channel, id, id, (micros) => this.#dialect.depth(this.text, this.spec, event, micros));
  }

  #tellTrades(fills: readonly Fill[], time: EventTime): void {
    let start = 0;
    while (start < fills.length) {
      const { tick, aggressor } = fills[start] as Fill;
      const buyerIsMaker = aggressor === ASK;
      const firstTradeId = this.#tradeId + 1;
      const told: TradeEvent[] = [];
      let lots = 0;
      let end = start;
      for (; end < fills.length && (fills[end] as Fill).tick === tick; end += 1) {
        this.#tradeId += 1;
        const trade = { id: this.#tradeId, tick, lots: (fills[end] as Fill).qty, buyerIsMaker, ...time };
        lots += trade.lots;
        this.minutes.add(time.engineUs, trade.tick, trade.lots, trade.id);
        this.trades.add(trade);
        told.push(trade);
        this.#tell(this.#trade, trade.id, trade.id, (micros) => this.#dialect.trade(this.text, this.spec, trade, micros));
      }
      this.#binary?.tellTrades(told);
      this.#aggregateId += 1;
      const aggregate = { id: this.#aggregateId, tick, lots, buyerIsMaker, firstTradeId, lastTradeId: this.#tradeId, ...time };
      this.aggregates.add(aggregate);
      this.#tell(
        this.#aggTrade,
        firstTradeId,
        this.#tradeId,
        (micros) => this.#dialect.aggTrade?.(this.text, this.spec, aggregate, micros) ?? '',
      );
      start = end;
    }
  }

  #tellQuote(time: EventTime): void {
    const { bids, asks } = this.#flow.book;
    const bid = bids.at(0);
    const ask = asks.at(0);
    const last = this.#lastQuote;
    if (
      last !== undefined &&
      last.bidTick === bid.tick &&
      last.bidLots === bid.qty &&
      last.askTick === ask.tick &&
      last.askLots === ask.qty
    )
      return;
    if (this.#dialect.idsCountMessages === true) this.#quoteId += 1;
    const updateId = this.#dialect.idsCountMessages === true ? this.#quoteId : this.#lastId;
    const best = { bidTick: bid.tick, bidLots: bid.qty, askTick: ask.tick, askLots: ask.qty };
    const beside = this.#dialect.quotesTellFigures === true ? { figures: this.#figures.now(bid.tick, time) } : {};
    const quote = { updateId, ...best, ...beside, ...time };
    this.#lastQuote = quote;
    this.#tell(this.#quote, updateId, updateId, (micros) => this.#dialect.bookTicker(this.text, this.spec, quote, micros));
    this.#binary?.tellQuote(quote);
  }

  #speakDepth(time: EventTime): void {
    this.#stepsLeft -= 1;
    const interval = this.#stepsLeft === 0;
    if (interval) this.#stepsLeft = STEPS_PER_INTERVAL;
    if (interval) this.#binary?.speakDepth(this.#lastId, time, this.#flow.book);
    for (const { stream, channel } of this.#depth) {
      if (stream.cadence.clock === 'interval' && !interval) continue;
      if (!stream.due()) continue;
      if (this.#dialect.idsCountMessages === true) {
        this.#lastId = this.#nextId;
        this.#nextId += this.#dialect.sparseIds ? 1 + this.#random.below(40) : 1;
      }
      const book = channel.subscribers.size > 0 ? this.#flow.book : undefined;
      const flushed = stream.flush(this.#lastId, !this.#dialect.sparseIds, time, book);
      const best = flushed !== undefined && this.#dialect.sumsBest === true ? { best: this.snapshot(BEST_LEVELS) } : {};
      const event = flushed === undefined ? undefined : { ...flushed, ...best };
      const firstId = event?.firstId ?? 0;
      this.#tell(channel, firstId, this.#lastId, (micros) =>
        event === undefined ? '' : this.#dialect.depth(this.text, this.spec, event, micros),
      );
    }
  }

  #tell(channel: Channel, firstId: number, lastId: number, render: (micros: boolean) => string): void {
    channel.events += 1;
    if (this.#dialect.countsToRate(channel)) this.#published += 1;
    if (channel.subscribers.size === 0) return;
    // The position of a message in its stream decides on extra keys: the order flow must not depend on that option.
    const extra = this.#extraKeys && channel.events % 16 === 0;
    const words = extra ? (micros: boolean) => this.#dialect.decorate(render(micros), channel) : render;
    this.#publish(new Frame(channel, firstId, lastId, words));
  }
}
