/** Ring records as plain objects: exact decimals as text, ids and times as text since they exceed 2^53. */
import {
  CODE_NAMES,
  DISCONNECT_REASON_NAMES,
  EPOCH_REASON_NAMES,
  FLAG_NAMES,
  GAP_REASON_NAMES,
  GAP_STREAM_NAMES,
  KIND_NAMES,
  type KindName,
  STATE_NAMES,
  TRADING_STATE_NAMES,
  VENUE_NAMES,
} from '../model/codes.js';
import { decimalText } from '../model/decimal.js';
import {
  RECORD_OFFSETS as AT,
  KIND_GENERATION,
  KIND_LAPPED,
  KIND_WRITER,
  PAYLOAD_FIELDS,
  PAYLOAD_WORDS,
  type PayloadField,
} from '../native/index.js';
import { WRITER_STATES } from '../native/records.js';

/** What is needed to read an instrument's numbers. */
export interface InstrumentView {
  readonly venue: string;
  readonly symbol: string;
  readonly priceExponent: number;
  readonly qtyExponent: number;
}

/** A record, or one of the reader's own notices (`lapped`, `generation`, `writer`). */
export interface RecordView {
  readonly kind: KindName | 'lapped' | 'generation' | 'writer' | 'unknown';
  readonly [field: string]: unknown;
}

/** Name of a number in one of the tables of `src/model/codes.ts`; the number's text where a newer engine has more. */
function nameIn(names: Readonly<Record<number, string>>, value: bigint): string {
  return names[Number(value)] ?? String(value);
}

const READERS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'status.state': STATE_NAMES,
  'status.code': CODE_NAMES,
  'gap.stream': GAP_STREAM_NAMES,
  'gap.reason': GAP_REASON_NAMES,
  'instrument.venue': VENUE_NAMES,
  'instrument.state': TRADING_STATE_NAMES,
  'epoch_start.reason': EPOCH_REASON_NAMES,
};

const PRICES = new Set(['price', 'bidPrice', 'askPrice', 'open', 'high', 'low', 'close', 'tickSize']);
const QUANTITIES = new Set(['qty', 'bidQty', 'askQty', 'volume', 'lotSize']);
/** Small enough to be JSON numbers. */
const SMALL = new Set([
  'part',
  'parts',
  'bidCount',
  'askCount',
  'priceExponent',
  'qtyExponent',
  'symbolSize',
  'changeCount',
  'connection',
]);

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** One record in a buffer that `RingReader.poll` filled. */
export class RecordCursor {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Steps to the next record. */
  advance(): void {
    this.#offset += this.#view.getUint32(this.#offset + AT.size, true);
  }

  get kind(): number {
    return this.#view.getUint8(this.#offset + AT.kind);
  }

  get instrument(): number {
    return this.#view.getUint32(this.#offset + AT.instrument, true);
  }

  #u64(offset: number): bigint {
    return this.#view.getBigUint64(this.#offset + offset, true);
  }

  #word(index: number): bigint {
    return this.#u64(AT.payload + 8 * index);
  }

  #field({ word, shift, bits, signed }: PayloadField): bigint {
    const value = (this.#word(word) >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n);
    return signed ? BigInt.asIntN(bits, value) : value;
  }

  /** The symbol and exponents that an instrument record carries. */
  definition(): InstrumentView {
    const fields = PAYLOAD_FIELDS.instrument;
    const start = this.#offset + AT.payload + 8 * fields.symbol.word;
    const size = Number(this.#field(fields.symbolSize));
    return {
      venue: nameIn(VENUE_NAMES, this.#field(fields.venue)),
      symbol: Buffer.from(this.#bytes.subarray(start, start + size)).toString('utf8'),
      priceExponent: Number(this.#field(fields.priceExponent)),
      qtyExponent: Number(this.#field(fields.qtyExponent)),
    };
  }

  /** The record as an object; `instrument` is undefined where none belongs to it, or it is not known yet. */
  view(shard: number, instrument: InstrumentView | undefined): RecordView {
    if (this.kind === KIND_LAPPED) return { kind: 'lapped', shard, lost: String(this.#word(0)) };
    if (this.kind === KIND_GENERATION) {
      return { kind: 'generation', shard, prev_epoch: String(this.#word(0)), new_epoch: String(this.#word(1)) };
    }
    if (this.kind === KIND_WRITER) return { kind: 'writer', shard, state: nameIn(WRITER_STATES, this.#word(0)) };
    const kind = (KIND_NAMES as Readonly<Record<number, KindName>>)[this.kind];
    const head = {
      ...(instrument === undefined ? {} : { venue: instrument.venue, symbol: instrument.symbol }),
      shard,
      sequence: String(this.#u64(AT.sequence)),
      frame_seq: String(this.#u64(AT.frameSeq)),
      index: this.#view.getUint32(this.#offset + AT.index, true),
      flags: this.#flags(),
      ts_event: String(this.#u64(AT.tsEvent)),
      ts_recv: String(this.#u64(AT.tsRecv)),
      ts_out: String(this.#u64(AT.tsOut)),
    };
    if (kind === undefined) return { kind: 'unknown', number: this.kind, ...head };
    return { kind, ...head, ...this.#payload(kind, instrument) };
  }

  #flags(): string[] {
    const bits = this.#view.getUint16(this.#offset + AT.flags, true);
    return Object.entries(FLAG_NAMES).flatMap(([bit, name]) => ((bits & Number(bit)) === 0 ? [] : [name]));
  }

  #payload(kind: KindName, instrument: InstrumentView | undefined): Record<string, unknown> {
    const fields: Readonly<Record<string, PayloadField>> = PAYLOAD_FIELDS[kind];
    const numbers = kind === 'instrument' ? this.definition() : instrument;
    const out: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(fields)) {
      if (name === 'symbol' || name === 'symbolSize') continue;
      const value = this.#field(field);
      const names = READERS[`${kind}.${name}`];
      if (names !== undefined)
        out[snake(name)] = kind === 'status' && name === 'code' && value === 0n ? null : nameIn(names, value);
      else if (PRICES.has(name)) out[snake(name)] = decimalText(value, numbers?.priceExponent ?? 0);
      else if (QUANTITIES.has(name)) out[snake(name)] = decimalText(value, numbers?.qtyExponent ?? 0);
      else out[snake(name)] = SMALL.has(name) ? Number(value) : String(value);
    }
    if (kind === 'instrument') Object.assign(out, { venue: numbers?.venue, symbol: numbers?.symbol });
    if (kind === 'status' && out['state'] === 'disconnected') {
      out['detail'] = nameIn(DISCONNECT_REASON_NAMES, BigInt(String(out['detail'])));
    }
    if (kind === 'book_delta' || kind === 'book_snapshot') Object.assign(out, this.#levels(kind, out, numbers));
    return out;
  }

  #levels(kind: 'book_delta' | 'book_snapshot', counts: Record<string, unknown>, numbers: InstrumentView | undefined): object {
    let word: number = PAYLOAD_WORDS[kind];
    const side = (count: unknown): string[][] =>
      Array.from({ length: Number(count) }, () => {
        const [price, qty] = [this.#word(word), this.#word(word + 1)].map((value) => BigInt.asIntN(64, value));
        word += 2;
        return [decimalText(price ?? 0n, numbers?.priceExponent ?? 0), decimalText(qty ?? 0n, numbers?.qtyExponent ?? 0)];
      });
    const bids = side(counts['bid_count']);
    return { bids, asks: side(counts['ask_count']) };
  }
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
  if (record.kind === 'writer') return `--- the engine's shard ${record['shard']} is ${record['state']}`;
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
