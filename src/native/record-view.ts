/** Ring records for people and JSON: exact decimals as text, ids and times as text since they exceed 2^53. */
import { DISCONNECT_REASON_NAMES, FLAG_NAMES, type KindName } from '../model/codes.js';
import { decimalText } from '../model/decimal.js';
import type { Level } from '../model/payloads.js';
import type { RingRecord } from './cursor.js';
import type { EngineRecord, Instrument } from './records.js';

/** A record, or one of the reader's own notices (`lapped`, `generation`, `writer`). */
export interface RecordView {
  readonly kind: KindName | 'lapped' | 'generation' | 'writer';
  readonly [field: string]: unknown;
}

const PRICES = new Set(['price', 'bidPrice', 'askPrice', 'open', 'high', 'low', 'close', 'tickSize']);
const QUANTITIES = new Set(['qty', 'bidQty', 'askQty', 'volume', 'lotSize']);

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Kinds whose numbers have exponents of their own. */
const FIGURES = new Set<KindName>(['mark_price', 'index_price', 'funding', 'open_interest', 'liquidation', 'bar']);

/** A figure with its numbers as decimals, for which its exponents are not needed any more. */
function figure(own: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const texts = Object.entries(own).flatMap(([name, value]): [string, unknown][] => {
    if (/exponent$/i.test(name)) return [];
    const isOnlyNumber = name === 'price' || name === 'rate';
    const shared = PRICES.has(name) ? own['priceExponent'] : QUANTITIES.has(name) ? own['qtyExponent'] : undefined;
    const exponent = own[`${name}Exponent`] ?? (isOnlyNumber ? own['exponent'] : shared);
    if (typeof value !== 'bigint') return [[snake(name), value]];
    return [[snake(name), typeof exponent === 'number' ? decimalText(value, exponent) : String(value)]];
  });
  return Object.fromEntries(texts);
}

function spelt(name: string, value: unknown, instrument: Instrument | null): unknown {
  if (typeof value !== 'bigint') return value;
  if (PRICES.has(name)) return decimalText(value, instrument?.priceExponent ?? 0);
  if (QUANTITIES.has(name)) return decimalText(value, instrument?.qtyExponent ?? 0);
  return String(value);
}

function levelTexts(levels: readonly Level[], instrument: Instrument | null): string[][] {
  return levels.map(({ price, qty }) => [
    decimalText(price, instrument?.priceExponent ?? 0),
    decimalText(qty, instrument?.qtyExponent ?? 0),
  ]);
}

/** What is particular about a record, by the names of its fields. */
function payload(record: EngineRecord): Record<string, unknown> {
  const { kind, shard, instrument, flags, index, sequence, frameSeq, tsEvent, tsRecv, tsOut, ...own } = record;
  if (FIGURES.has(kind)) return figure(own as Readonly<Record<string, unknown>>);
  const { id, venue, symbol, ...definition } =
    record.kind === 'instrument' ? record.instrument : { id: 0, venue: '', symbol: '' };
  const fields = Object.entries({ ...own, ...definition }).map(([name, value]) => [
    snake(name),
    spelt(name, value, instrument),
  ]);
  const out: Record<string, unknown> = Object.fromEntries(fields);
  if (record.kind === 'status' && record.state === 'disconnected')
    out['detail'] = (DISCONNECT_REASON_NAMES as Readonly<Record<string, string>>)[String(record.detail)] ?? out['detail'];
  if (record.kind === 'book_delta' || record.kind === 'book_snapshot') {
    const { bids, asks } = record;
    Object.assign(out, { bid_count: bids.length, ask_count: asks.length });
    Object.assign(out, { bids: levelTexts(bids, instrument), asks: levelTexts(asks, instrument) });
  }
  return out;
}

/** The record as JSON has it. */
export function recordView(record: RingRecord): RecordView {
  const { kind, shard } = record;
  if (record.kind === 'lapped') return { kind, shard, lost: String(record.lost) };
  if (record.kind === 'writer') return { kind, shard, state: record.state };
  if (record.kind === 'generation')
    return { kind, shard, prev_epoch: String(record.prevEpoch), new_epoch: String(record.epoch) };
  return {
    ...whose(record),
    sequence: String(record.sequence),
    ...head(record),
    ts_out: String(record.tsOut),
    ...payload(record),
  };
}

/** An event of a journal: it has the epoch of its writer instead of what only a ring gives it. */
export function eventView(record: EngineRecord, epoch: string): RecordView {
  return { ...whose(record), epoch, ...head(record), ...payload(record) };
}

function whose({ kind, shard, instrument }: EngineRecord): RecordView {
  return { kind, ...(instrument === null ? {} : { venue: instrument.venue, symbol: instrument.symbol }), shard };
}

function head({ flags, frameSeq, index, tsEvent, tsRecv }: EngineRecord): object {
  return {
    frame_seq: String(frameSeq),
    index,
    flags: Object.entries(FLAG_NAMES).flatMap(([bit, name]) => ((flags & Number(bit)) === 0 ? [] : [name])),
    ts_event: String(tsEvent),
    ts_recv: String(tsRecv),
  };
}
