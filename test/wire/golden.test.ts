import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ByteBuffer } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { decodeFlat } from '../../src/client/decode-flat.js';
import { decodeMsgPack, decodeText } from '../../src/client/decode-members.js';
import { TIMEFRAME_NAMES, TIMEFRAMES } from '../../src/model/timeframes.js';
import { unionToBody } from '../../src/model/wire/body.js';
import {
  Aggressor,
  Bar,
  Body,
  BookDelta,
  BookSnapshot,
  Funding,
  Gap,
  GapReason,
  GapStream,
  IndexPrice,
  Instrument,
  Kline,
  type Level,
  Liquidation,
  MarketState,
  MarkPrice,
  Message,
  OpenInterest,
  Quote,
  Side,
  Skipped,
  SkipReason,
  State,
  Stats24h,
  Status,
  Trade,
  TradingState,
  TradingStatus,
} from '../../src/model/wire/index.js';

const GOLDEN = new URL('./golden/', import.meta.url);

/** Names of the flag bits that messages show, by bit. */
const FLAGS = new Map([
  [3, 'stale'],
  [4, 'crossed'],
  [5, 'locked'],
  [6, 'recovered'],
  [7, 'bad_ts'],
  [8, 'no_ts_event'],
  [9, 'aggressor_sell'],
  [10, 'aggregated'],
  [11, 'partial'],
]);

function read(name: string): Message {
  const buffer = new ByteBuffer(new Uint8Array(readFileSync(new URL(`${name}.bin`, GOLDEN))));
  expect(Message.bufferHasIdentifier(buffer)).toBe(true);
  return Message.getRootAsMessage(buffer);
}

/** `SubscribeFailed` → `subscribe_failed`; the enum's number must be one that the schema names. */
function enumName(names: Readonly<Record<string, number>>, value: number): string {
  const name = Object.keys(names).find((key) => names[key] === value);
  if (name === undefined) throw new Error(`no name for ${value}`);
  return name.replace(/(?<=[a-z])[A-Z]/g, '_$&').toLowerCase();
}

/** mantissa × 10^exponent in its shortest exact form. */
function decimal(mantissa: bigint, exponent: number): string {
  const digits = (mantissa < 0n ? -mantissa : mantissa).toString().padStart(1 - exponent, '0');
  const whole = digits.slice(0, digits.length + exponent);
  const fraction = digits.slice(digits.length + exponent).replace(/0+$/, '');
  return `${mantissa < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** What the JSON encoding says of the same message. */
function toJson(message: Message): unknown {
  return {
    topic: message.topic(),
    venue: message.venue(),
    symbol: message.symbol(),
    instrument: message.instrument(),
    shard: message.shard(),
    epoch: message.epoch().toString(),
    prev_seq: Number(message.prevSeq()),
    seq: Number(message.seq()),
    sequence: message.sequence().toString(),
    frame_seq: message.frameSeq().toString(),
    index: message.index(),
    ts_event: message.tsEvent().toString(),
    ts_recv: message.tsRecv().toString(),
    ts_out: message.tsOut().toString(),
    price_exponent: message.priceExponent(),
    qty_exponent: message.qtyExponent(),
    flags: [...FLAGS].filter(([bit]) => (message.flags() >> bit) & 1).map(([, name]) => name),
    body_type: enumName(Body, message.bodyType()).replace('stats24h', 'stats_24h'),
    body: bodyToJson(message),
  };
}

function bodyToJson(message: Message): unknown {
  const price = (mantissa: bigint) => decimal(mantissa, message.priceExponent());
  const qty = (mantissa: bigint) => decimal(mantissa, message.qtyExponent());
  const levels = (count: number, at: (index: number) => Level | null) =>
    Array.from({ length: count }, (_, index) => {
      const level = at(index);
      if (level === null) throw new Error(`level ${index} of ${count} is missing`);
      return [price(level.price()), qty(level.qty())];
    });
  const sides = (book: BookSnapshot | BookDelta) => ({
    bids: levels(book.bidsLength(), (index) => book.bids(index)),
    asks: levels(book.asksLength(), (index) => book.asks(index)),
  });
  const valid = (book: BookSnapshot | BookDelta) => {
    const depth = book.validDepth();
    return depth === null ? {} : { valid_bids: depth.bids(), valid_asks: depth.asks() };
  };
  const body = unionToBody(message.bodyType(), (object) => message.body(object));
  if (body instanceof BookSnapshot)
    return {
      last_update_id: `${body.lastUpdateId()}`,
      hash: `${body.hash()}`,
      depth: body.depth(),
      ...valid(body),
      ...sides(body),
    };
  if (body instanceof BookDelta) {
    const ids = { prev_update_id: `${body.prevUpdateId()}`, last_update_id: `${body.lastUpdateId()}` };
    return { ...ids, hash: `${body.hash()}`, ...valid(body), ...sides(body) };
  }
  if (body instanceof Trade) {
    const aggressor = enumName(Aggressor, body.aggressor());
    return { price: price(body.price()), qty: qty(body.qty()), trade_id: `${body.tradeId()}`, aggressor };
  }
  if (body instanceof Quote) {
    const bid = { bid_price: price(body.bidPrice()), bid_qty: qty(body.bidQty()) };
    return { ...bid, ask_price: price(body.askPrice()), ask_qty: qty(body.askQty()) };
  }
  if (body instanceof Status) {
    const state = enumName(State, body.state());
    return { state, connection: body.connection(), code: body.code(), detail: `${body.detail()}` };
  }
  if (body instanceof Gap) {
    const names = { stream: enumName(GapStream, body.stream()), reason: enumName(GapReason, body.reason()) };
    return { ...names, first: `${body.first()}`, last: `${body.last()}` };
  }
  if (body instanceof Stats24h) {
    const prices = { open: price(body.open()), high: price(body.high()), low: price(body.low()), close: price(body.close()) };
    return { ...prices, volume: qty(body.volume()), count: `${body.count()}` };
  }
  if (body instanceof Instrument) {
    const sizes = { tick_size: price(body.tickSize()), lot_size: qty(body.lotSize()) };
    return { ...sizes, trading_state: enumName(TradingState, body.tradingState()), change_count: body.changeCount() };
  }
  if (body instanceof Bar) {
    const prices = { open: price(body.open()), high: price(body.high()), low: price(body.low()), close: price(body.close()) };
    const timeframe = TIMEFRAME_NAMES.find((name) => TIMEFRAMES[name] === body.seconds());
    const counts = { volume: qty(body.volume()), count: `${body.count()}`, late: body.late(), closed: body.closed() };
    return { timeframe, start: `${body.start()}`, ...prices, ...counts };
  }
  if (body instanceof Skipped) {
    const reason = enumName(SkipReason, body.reason());
    return { reason, from: `${body.from()}`, to: `${body.to()}`, count: `${body.count()}` };
  }
  return figureToJson(body);
}

/** Those whose numbers have exponents of their own. */
function figureToJson(body: unknown): unknown {
  if (body instanceof MarkPrice || body instanceof IndexPrice)
    return { price: decimal(body.price(), body.exponent()), exponent: body.exponent() };
  if (body instanceof Funding) {
    const times = { interval_s: body.intervalS(), next_ts: `${body.nextTs()}` };
    return { rate: decimal(body.rate(), body.exponent()), exponent: body.exponent(), ...times };
  }
  if (body instanceof OpenInterest) {
    const qty = { qty: decimal(body.qty(), body.qtyExponent()), qty_exponent: body.qtyExponent() };
    return { ...qty, value: decimal(body.value(), body.valueExponent()), value_exponent: body.valueExponent() };
  }
  if (body instanceof Liquidation) {
    const price = { price: decimal(body.price(), body.priceExponent()), price_exponent: body.priceExponent() };
    const qty = { qty: decimal(body.qty(), body.qtyExponent()), qty_exponent: body.qtyExponent() };
    return { ...price, ...qty, id: `${body.id()}`, side: enumName(Side, body.side()) };
  }
  if (body instanceof Kline) {
    const at = (mantissa: bigint) => decimal(mantissa, body.priceExponent());
    const prices = { open: at(body.open()), high: at(body.high()), low: at(body.low()), close: at(body.close()) };
    const volume = { volume: decimal(body.volume(), body.qtyExponent()), qty_exponent: body.qtyExponent() };
    const exponent = body.turnoverExponent();
    const turnover = { turnover: decimal(body.turnover(), exponent), turnover_exponent: exponent };
    const times = { start_ts: `${body.startTs()}`, interval_ns: `${body.intervalNs()}`, closed: body.closed() };
    return { ...prices, price_exponent: body.priceExponent(), ...volume, ...turnover, count: `${body.count()}`, ...times };
  }
  if (body instanceof TradingStatus) return { state: enumName(MarketState, body.state()) };
  throw new Error('unknown body');
}

describe('wire messages', () => {
  const names = readdirSync(GOLDEN)
    .filter((name) => name.endsWith('.bin'))
    .map((name) => name.slice(0, -'.bin'.length));

  it('has a golden message of every body', () => {
    const seen = new Set(names.map((name) => read(name).bodyType()));
    expect([...seen].sort((a, b) => a - b)).toEqual(Object.values(Body).filter((type) => type !== Body.NONE));
  });

  it.each(names)('%s: the client reads the same from all three encodings', (name) => {
    const bytes = (end: string) => new Uint8Array(readFileSync(new URL(`${name}.${end}`, GOLDEN)));
    const json = decodeText(new TextDecoder().decode(bytes('json.txt')));
    expect(decodeFlat(bytes('bin'))).toEqual(json);
    expect(decodeMsgPack(bytes('msgpack'))).toEqual(json);
  });

  it.each(names)('%s: the FlatBuffers message says exactly what the JSON message says', (name) => {
    expect(toJson(read(name))).toEqual(JSON.parse(readFileSync(new URL(`${name}.json.txt`, GOLDEN), 'utf8')));
  });

  it('keeps 64-bit values that a double would round', () => {
    const trade = read('trade').body(new Trade());
    expect(trade?.tradeId()).toBe(2n ** 53n + 1n);
    expect(read('book-delta').body(new BookDelta())?.lastUpdateId()).toBe(2n ** 64n - 1n);
  });
});

describe('generated readers', () => {
  it('are those of the committed schema', () => {
    const script = fileURLToPath(new URL('../../scripts/codegen-wire.mjs', import.meta.url));
    expect(execFileSync(process.execPath, [script, '--check'], { encoding: 'utf8' })).toBe('');
  });
});
