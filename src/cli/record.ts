/** Ring records for people and JSON: exact decimals as text, ids and times as text since they exceed 2^53. */
import { DISCONNECT_REASON_NAMES, FLAG_NAMES, type KindName } from '../model/codes.js';
import { decimalText } from '../model/decimal.js';
import type { EngineRecord, Instrument, Level, RingRecord } from '../reader/index.js';

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
  const { instrument, flags } = record;
  return {
    kind,
    ...(instrument === null ? {} : { venue: instrument.venue, symbol: instrument.symbol }),
    shard,
    sequence: String(record.sequence),
    frame_seq: String(record.frameSeq),
    index: record.index,
    flags: Object.entries(FLAG_NAMES).flatMap(([bit, name]) => ((flags & Number(bit)) === 0 ? [] : [name])),
    ts_event: String(record.tsEvent),
    ts_recv: String(record.tsRecv),
    ts_out: String(record.tsOut),
    ...payload(record),
  };
}

/** Members that every record has; the rest of a text line is what is particular about it. */
const COMMON = new Set([
  'kind',
  'venue',
  'symbol',
  'shard',
  'sequence',
  'frame_seq',
  'index',
  'flags',
  'ts_event',
  'ts_recv',
  'ts_out',
  'bids',
  'asks',
]);
/** Levels a side that a text line shows. */
const LEVELS_SHOWN = 3;

function levelsText(name: string, levels: unknown): string {
  if (!Array.isArray(levels)) return '';
  const shown = levels.slice(0, LEVELS_SHOWN).map(([price, qty]) => `${qty}@${price}`);
  return ` ${name}[${shown.join(' ')}${levels.length > LEVELS_SHOWN ? ` +${levels.length - LEVELS_SHOWN}` : ''}]`;
}

function timeText(ns: unknown): string {
  const value = BigInt(String(ns));
  return `${new Date(Number(value / 1_000_000n)).toISOString().slice(11, 19)}.${String(value % 1_000_000_000n).padStart(9, '0')}`;
}

/** A record as one line for people. */
export function recordText(record: RecordView): string {
  if (record.kind === 'lapped')
    return `--- lapped: ${record['lost']} records of shard ${record['shard']} were overwritten before they were read`;
  if (record.kind === 'generation')
    return `--- the engine started anew: shard ${record['shard']}, epoch ${record['prev_epoch']} → ${record['new_epoch']}`;
  const who = record['symbol'] === undefined ? '-' : `${record['venue']}:${record['symbol']}`;
  const fields = Object.entries(record).flatMap(([name, value]) =>
    COMMON.has(name) || value === null ? [] : [`${name}=${value}`],
  );
  const flags = (record['flags'] as string[]).filter((name) => name !== 'last');
  return [
    timeText(record['ts_recv']),
    `#${record['sequence']}`,
    who.padEnd(20),
    record.kind.padEnd(13),
    fields.join(' ') + levelsText('bids', record['bids']) + levelsText('asks', record['asks']),
    flags.length === 0 ? '' : `(${flags.join(' ')})`,
  ]
    .join(' ')
    .trimEnd();
}
