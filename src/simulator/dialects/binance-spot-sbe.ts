import type { DepthEvent, LevelUpdate, QuoteEvent, TradeEvent } from '../market/events.js';
import type { SymbolSpec } from '../market/symbols.js';
import type { BinaryFormat, Route } from './dialect.js';

/** Templates of the reference of 2026-07-21, §7: number and bytes of the root block. */
const TRADES = { template: 10_000, root: 18 } as const;
const BEST = { template: 10_001, root: 50 } as const;
const DEPTH = { template: 10_003, root: 26 } as const;

const SCHEMA = 1;
const VERSION = 0;
const HEADER_BYTES = 8;
const TRADE_BYTES = 25;
const LEVEL_BYTES = 16;
/** Rows of one side that a group of 16 bits can count. */
const ROWS_MAX = 0xffff;

/** Bytes that are written one behind the other, little-endian. */
class Writer {
  readonly bytes: Buffer;
  #at = 0;

  constructor({ template, root }: { readonly template: number; readonly root: number }, more: number, symbol: string) {
    const name = Buffer.from(symbol, 'utf8');
    this.bytes = Buffer.alloc(HEADER_BYTES + root + more + 1 + name.length);
    name.copy(this.bytes, this.bytes.length - name.length);
    this.bytes.writeUInt8(name.length, this.bytes.length - name.length - 1);
    for (const word of [root, template, SCHEMA, VERSION]) this.u16(word);
  }

  u8(value: number): void {
    this.#at = this.bytes.writeUInt8(value, this.#at);
  }

  u16(value: number): void {
    this.#at = this.bytes.writeUInt16LE(value, this.#at);
  }

  u32(value: number): void {
    this.#at = this.bytes.writeUInt32LE(value, this.#at);
  }

  i64(...values: readonly number[]): void {
    for (const value of values) this.#at = this.bytes.writeBigInt64LE(BigInt(value), this.#at);
  }

  exponents({ pricePlaces, qtyPlaces }: SymbolSpec): void {
    this.#at = this.bytes.writeInt8(-pricePlaces, this.#at);
    this.#at = this.bytes.writeInt8(-qtyPlaces, this.#at);
  }

  side(spec: SymbolSpec, levels: readonly LevelUpdate[]): void {
    this.u16(LEVEL_BYTES);
    this.u16(levels.length);
    for (const [tick, lots] of levels) this.i64(price(spec, tick), qty(spec, lots));
  }
}

const price = (spec: SymbolSpec, tick: number): number => tick * spec.tickUnits;
const qty = (spec: SymbolSpec, lots: number): number => lots * (spec.lotUnits ?? 1);

/** Paths are those of the JSON address; its `timeUnit` means nothing here. */
function route(path: string, query: URLSearchParams): Route | undefined {
  const [mode, ...rest] = path.split('/').slice(1);
  const named = rest.filter((name) => name !== '');
  const all = { trafficClass: 'all', combined: false, micros: true, binary: true } as const;
  if (mode === 'ws') return { ...all, streams: named };
  if (mode !== 'stream' || named.length > 0) return undefined;
  return { ...all, streams: (query.get('streams') ?? '').split('/').filter((name) => name !== '') };
}

function depth(spec: SymbolSpec, event: DepthEvent): Buffer {
  const bids = event.bids.toReversed().slice(0, ROWS_MAX);
  const asks = event.asks.slice(0, ROWS_MAX);
  const writer = new Writer(DEPTH, 8 + (bids.length + asks.length) * LEVEL_BYTES, spec.symbol);
  writer.i64(event.eventUs, event.firstId, event.lastId);
  writer.exponents(spec);
  writer.side(spec, bids);
  writer.side(spec, asks);
  return writer.bytes;
}

function trades(spec: SymbolSpec, events: readonly TradeEvent[]): Buffer {
  const writer = new Writer(TRADES, 6 + events.length * TRADE_BYTES, spec.symbol);
  writer.i64(events[0]?.eventUs ?? 0, events[0]?.engineUs ?? 0);
  writer.exponents(spec);
  writer.u16(TRADE_BYTES);
  writer.u32(events.length);
  for (const { id, tick, lots, buyerIsMaker } of events) {
    writer.i64(id, price(spec, tick), qty(spec, lots));
    writer.u8(buyerIsMaker ? 1 : 0);
  }
  return writer.bytes;
}

function bookTicker(spec: SymbolSpec, event: QuoteEvent): Buffer {
  const writer = new Writer(BEST, 0, spec.symbol);
  writer.i64(event.eventUs, event.updateId);
  writer.exponents(spec);
  const { bidTick, bidLots, askTick, askLots } = event;
  writer.i64(price(spec, bidTick), qty(spec, bidLots), price(spec, askTick), qty(spec, askLots));
  return writer.bytes;
}

const STREAMS = { depth: 'depth', trade: 'trade', bookTicker: 'bestBidAsk' } as const;

/** Binance spot in binary. */
export const binanceSpotSbe: BinaryFormat = {
  key: { header: 'x-mbx-apikey', pattern: /^[A-Za-z0-9]{1,128}$/ },
  route,
  streamName: (symbol, kind) => `${symbol.toLowerCase()}@${STREAMS[kind]}`,
  depth,
  trades,
  bookTicker,
};
