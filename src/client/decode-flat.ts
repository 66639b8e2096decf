/** `tickring.fb.v1`. */
import { ByteBuffer } from 'flatbuffers';
import {
  FLAGS,
  type FlagName,
  GAP_REASON_NAMES,
  GAP_STREAM_NAMES,
  MARKET_STATE_NAMES,
  SIDE_NAMES,
  STATE_NAMES,
  TRADING_STATE_NAMES,
} from '../model/codes.js';
import { TIMEFRAME_NAMES, TIMEFRAMES } from '../model/timeframes.js';
import {
  Aggressor,
  Bar,
  Body,
  BookDelta,
  BookSnapshot,
  Level as FlatLevel,
  Message as FlatMessage,
  Funding,
  Gap,
  IndexPrice,
  Instrument,
  Kline,
  Liquidation,
  MarkPrice,
  OpenInterest,
  Quote,
  Skipped,
  Stats24h,
  Status,
  Trade,
  TradingStatus,
} from '../model/wire/index.js';
import { BadMessage, known, type Level, type Message, type MessageHead, type SkipReasonName } from './messages.js';

/** By number, as in `wire.fbs`. */
const SKIP_REASONS: readonly (SkipReasonName | undefined)[] = [
  undefined,
  'slow_client',
  'lapped',
  'restarted',
  'out_of_sync',
  'too_large',
  'resume',
];
const FLAG_ENTRIES = Object.entries(FLAGS) as [FlagName, number][];
const LEVEL_BYTES = 16;

function named<T>(names: Readonly<Record<number, T>>, value: number, what: string): T {
  return known(names[value], what);
}

export function decodeFlat(bytes: Uint8Array): Message {
  const buffer = new ByteBuffer(bytes);
  if (bytes.length < 8 || !FlatMessage.bufferHasIdentifier(buffer)) throw new BadMessage('not a message of tickring.fb.v1');
  const message = FlatMessage.getRootAsMessage(buffer);
  return { ...headOf(message), ...bodyOf(message) } as Message;
}

function headOf(message: FlatMessage): MessageHead {
  const flags = message.flags();
  return {
    topic: known(message.topic(), 'topic'),
    venue: known(message.venue(), 'venue'),
    symbol: known(message.symbol(), 'symbol'),
    instrument: message.instrument(),
    shard: message.shard(),
    epoch: message.epoch(),
    prevSeq: Number(message.prevSeq()),
    seq: Number(message.seq()),
    sequence: message.sequence(),
    frameSeq: message.frameSeq(),
    index: message.index(),
    tsEvent: message.tsEvent(),
    tsRecv: message.tsRecv(),
    tsOut: message.tsOut(),
    priceExponent: message.priceExponent(),
    qtyExponent: message.qtyExponent(),
    flags: FLAG_ENTRIES.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name),
  };
}

function bodyOf(message: FlatMessage): object {
  switch (message.bodyType()) {
    case Body.BookSnapshot:
      return snapshotOf(known(message.body(new BookSnapshot()), 'body'));
    case Body.BookDelta:
      return deltaOf(known(message.body(new BookDelta()), 'body'));
    case Body.Trade: {
      const trade = known(message.body(new Trade()), 'body');
      const aggressor = trade.aggressor() === Aggressor.Sell ? 'sell' : 'buy';
      return { type: 'trade', price: trade.price(), qty: trade.qty(), tradeId: trade.tradeId(), aggressor };
    }
    case Body.Quote: {
      const quote = known(message.body(new Quote()), 'body');
      const bid = { bidPrice: quote.bidPrice(), bidQty: quote.bidQty() };
      return { type: 'quote', ...bid, askPrice: quote.askPrice(), askQty: quote.askQty() };
    }
    default:
      return rareBodyOf(message);
  }
}

function rareBodyOf(message: FlatMessage): object {
  switch (message.bodyType()) {
    case Body.Status: {
      const status = known(message.body(new Status()), 'body');
      const state = named(STATE_NAMES, status.state(), 'state');
      return { type: 'status', state, connection: status.connection(), code: status.code(), detail: status.detail() };
    }
    case Body.Gap: {
      const gap = known(message.body(new Gap()), 'body');
      const stream = named(GAP_STREAM_NAMES, gap.stream(), 'stream');
      return {
        type: 'gap',
        stream,
        reason: named(GAP_REASON_NAMES, gap.reason(), 'reason'),
        first: gap.first(),
        last: gap.last(),
      };
    }
    case Body.Stats24h: {
      const stats = known(message.body(new Stats24h()), 'body');
      const prices = { open: stats.open(), high: stats.high(), low: stats.low(), close: stats.close() };
      return { type: 'stats_24h', ...prices, volume: stats.volume(), count: stats.count() };
    }
    case Body.Instrument: {
      const instrument = known(message.body(new Instrument()), 'body');
      const tradingState = named(TRADING_STATE_NAMES, instrument.tradingState(), 'trading state');
      const sizes = { tickSize: instrument.tickSize(), lotSize: instrument.lotSize() };
      return { type: 'instrument', ...sizes, tradingState, changeCount: instrument.changeCount() };
    }
    case Body.Bar:
      return barOf(known(message.body(new Bar()), 'body'));
    case Body.Skipped: {
      const skipped = known(message.body(new Skipped()), 'body');
      const reason = known(SKIP_REASONS[skipped.reason()], 'reason');
      return { type: 'skipped', reason, from: skipped.from(), to: skipped.to(), count: skipped.count() };
    }
    default:
      return figureOf(message);
  }
}

function klineOf(bar: Kline): object {
  const prices = { open: bar.open(), high: bar.high(), low: bar.low(), close: bar.close(), priceExponent: bar.priceExponent() };
  const volume = { volume: bar.volume(), qtyExponent: bar.qtyExponent() };
  const turnover = { turnover: bar.turnover(), turnoverExponent: bar.turnoverExponent() };
  const times = { startTs: bar.startTs(), intervalNs: bar.intervalNs() };
  return { type: 'kline', ...prices, ...volume, ...turnover, count: bar.count(), ...times, closed: bar.closed() };
}

function figureOf(message: FlatMessage): object {
  switch (message.bodyType()) {
    case Body.MarkPrice: {
      const mark = known(message.body(new MarkPrice()), 'body');
      return { type: 'mark_price', price: mark.price(), exponent: mark.exponent() };
    }
    case Body.IndexPrice: {
      const index = known(message.body(new IndexPrice()), 'body');
      return { type: 'index_price', price: index.price(), exponent: index.exponent() };
    }
    case Body.Funding: {
      const funding = known(message.body(new Funding()), 'body');
      const times = { intervalS: funding.intervalS(), nextTs: funding.nextTs() };
      return { type: 'funding', rate: funding.rate(), exponent: funding.exponent(), ...times };
    }
    case Body.OpenInterest: {
      const open = known(message.body(new OpenInterest()), 'body');
      const value = { value: open.value(), valueExponent: open.valueExponent() };
      return { type: 'open_interest', qty: open.qty(), qtyExponent: open.qtyExponent(), ...value };
    }
    case Body.Liquidation: {
      const order = known(message.body(new Liquidation()), 'body');
      const price = { price: order.price(), priceExponent: order.priceExponent() };
      const qty = { qty: order.qty(), qtyExponent: order.qtyExponent() };
      return { type: 'liquidation', ...price, ...qty, id: order.id(), side: named(SIDE_NAMES, order.side(), 'side') };
    }
    case Body.Kline:
      return klineOf(known(message.body(new Kline()), 'body'));
    case Body.TradingStatus: {
      const status = known(message.body(new TradingStatus()), 'body');
      return { type: 'trading_status', state: named(MARKET_STATE_NAMES, status.state(), 'state') };
    }
    default:
      throw new BadMessage(`body ${message.bodyType()} is not known`);
  }
}

function barOf(bar: Bar): object {
  const seconds = bar.seconds();
  const timeframe = known(
    TIMEFRAME_NAMES.find((name) => TIMEFRAMES[name] === seconds),
    'timeframe',
  );
  const prices = { open: bar.open(), high: bar.high(), low: bar.low(), close: bar.close() };
  const counts = { volume: bar.volume(), count: bar.count(), late: bar.late() };
  return { type: 'bar', timeframe, start: bar.start(), ...prices, ...counts, closed: bar.closed() };
}

function snapshotOf(book: BookSnapshot): object {
  const depth = { depth: book.depth(), ...depthOf(book) };
  return { type: 'book_snapshot', lastUpdateId: book.lastUpdateId(), ...depth, hash: book.hash(), ...sidesOf(book) };
}

function deltaOf(book: BookDelta): object {
  const ids = { prevUpdateId: book.prevUpdateId(), lastUpdateId: book.lastUpdateId() };
  return { type: 'book_delta', ...ids, ...depthOf(book), hash: book.hash(), ...sidesOf(book) };
}

function depthOf(book: BookSnapshot | BookDelta): object {
  const depth = book.validDepth();
  return depth === null ? {} : { validDepth: { bids: depth.bids(), asks: depth.asks() } };
}

function sidesOf(book: BookSnapshot | BookDelta): { bids: Level[]; asks: Level[] } {
  const at = new FlatLevel();
  return {
    bids: levelsOf(book.bidsLength(), book.bids(0, at)),
    asks: levelsOf(book.asksLength(), book.asks(0, at)),
  };
}

/** Reads a vector of levels in one go: `Level.price()` costs several times as much. */
function levelsOf(count: number, first: FlatLevel | null): Level[] {
  if (first?.bb == null || count === 0) return [];
  const bytes = first.bb.bytes();
  if (first.bb_pos + count * LEVEL_BYTES > bytes.length) throw new BadMessage(`${count} levels do not fit the message`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const levels: Level[] = [];
  for (let index = 0; index < count; index += 1) {
    const place = first.bb_pos + index * LEVEL_BYTES;
    levels.push({ price: view.getBigInt64(place, true), qty: view.getBigInt64(place + 8, true) });
  }
  return levels;
}
