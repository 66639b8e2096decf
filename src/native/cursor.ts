/** Records of one poll, one after the other, read where they lie. */
import { KINDS } from '../model/codes.js';
import { TickringError } from '../model/errors.js';
import { RECORD_OFFSETS as AT, KIND_GENERATION, KIND_LAPPED, KIND_WRITER } from './index.js';
import { RecordBytes } from './record-bytes.js';
import {
  BarFields,
  BookFields,
  type EngineRecord,
  EpochStartFields,
  FundingFields,
  GapFields,
  IndexPriceFields,
  type Instrument,
  InstrumentFields,
  instrumentOf,
  LiquidationFields,
  MarkPriceFields,
  OpenInterestFields,
  objectOf,
  QuoteFields,
  Stats24hFields,
  StatusFields,
  TradeFields,
  TradingStatusFields,
  WRITER_STATES,
} from './records.js';

/** How the writer is doing. */
export type WriterState = (typeof WRITER_STATES)[keyof typeof WRITER_STATES];

/** Records were overwritten before they were read; the next one is the first that still stands. */
export interface LappedRecord {
  readonly kind: 'lapped';
  readonly shard: number;
  /** How many, exactly. */
  readonly lost: bigint;
}

/** The engine began anew; what follows is from its first record on. */
export interface GenerationRecord {
  readonly kind: 'generation';
  readonly shard: number;
  readonly prevEpoch: bigint;
  readonly epoch: bigint;
}

/** The writer is in another state than before. */
export interface WriterRecord {
  readonly kind: 'writer';
  readonly shard: number;
  readonly state: WriterState;
}

/** What a reader gives: records of the engine, and its own notices. */
export type RingRecord = EngineRecord | LappedRecord | GenerationRecord | WriterRecord;

/** Kinds of the reader's own notices. */
export const NOTICES = { writer: KIND_WRITER, generation: KIND_GENERATION, lapped: KIND_LAPPED } as const;

/** What a cursor asks of its reader. */
export interface CursorOwner {
  /** Definitions in force at the cursor's record, by id. */
  readonly definitions: Map<number, Instrument>;
  /** Fills `definitions` from the instrument table. */
  learn(): void;
}

/**
 * Stands before the first record of a poll; `next` goes to the next one. Fields are read from the buffer: nothing is allocated but by
 * `object()` and the three times in ns. The getters of `trade`, `quote` and so on mean something only while `kind` says so.
 */
export class RecordCursor {
  readonly trade: TradeFields;
  readonly quote: QuoteFields;
  /** Of `book_delta` and `book_snapshot`. */
  readonly book: BookFields;
  readonly stats: Stats24hFields;
  readonly status: StatusFields;
  readonly gap: GapFields;
  readonly definition: InstrumentFields;
  readonly epochStart: EpochStartFields;
  readonly markPrice: MarkPriceFields;
  readonly indexPrice: IndexPriceFields;
  readonly funding: FundingFields;
  readonly openInterest: OpenInterestFields;
  readonly liquidation: LiquidationFields;
  readonly tradingStatus: TradingStatusFields;
  readonly bar: BarFields;
  readonly #at: RecordBytes;
  readonly #owner: CursorOwner;
  #left = 0;
  #isAtRecord = false;

  constructor(bytes: Uint8Array, owner: CursorOwner) {
    const at = new RecordBytes(bytes);
    this.#at = at;
    this.#owner = owner;
    this.trade = new TradeFields(at);
    this.quote = new QuoteFields(at);
    this.book = new BookFields(at);
    this.stats = new Stats24hFields(at);
    this.status = new StatusFields(at);
    this.gap = new GapFields(at);
    this.definition = new InstrumentFields(at);
    this.epochStart = new EpochStartFields(at);
    this.markPrice = new MarkPriceFields(at);
    this.indexPrice = new IndexPriceFields(at);
    this.funding = new FundingFields(at);
    this.openInterest = new OpenInterestFields(at);
    this.liquidation = new LiquidationFields(at);
    this.tradingStatus = new TradingStatusFields(at);
    this.bar = new BarFields(at);
  }

  /** Takes what the buffer holds now. The reader does this. */
  begin(count: number): void {
    this.#at.rewind();
    this.#left = count;
    this.#isAtRecord = false;
  }

  /** Records that `next` has not come to yet. */
  get left(): number {
    return this.#left;
  }

  /** Goes to the next record; false when there is none. */
  next(): boolean {
    if (this.#left === 0) return false;
    if (this.#isAtRecord) this.#at.advance();
    this.#isAtRecord = true;
    this.#left -= 1;
    const { kind } = this;
    if (kind === KINDS.instrument) this.#owner.definitions.set(this.instrument, instrumentOf(this.#at));
    // Definitions may be among what was lost, and another generation has its own.
    else if (kind === KIND_LAPPED || kind === KIND_GENERATION) this.#owner.learn();
    return true;
  }

  /** One of `KINDS`, or of `NOTICES`. */
  get kind(): number {
    return this.#at.u8(AT.kind);
  }

  /** Shard that it is from. */
  get shard(): number {
    return this.#at.u8(AT.shard);
  }

  /** Bits of `FLAGS`. */
  get flags(): number {
    return this.#at.u16(AT.flags);
  }

  /** Instrument id; 0 when the record is about a connection. */
  get instrument(): number {
    return this.#at.u32(AT.instrument);
  }

  /** Index among the records of its input, from 0. */
  get index(): number {
    return this.#at.u32(AT.index);
  }

  /** Its number in the shard, +1 each. */
  get sequence(): number {
    return this.#at.u64(AT.sequence);
  }

  /** Number of the input within the shard. */
  get frameSeq(): number {
    return this.#at.u64(AT.frameSeq);
  }

  /** Venue's time, ns since the UNIX epoch; 0 with the flag `no_ts_event`. Allocates, as any bigint does. */
  get tsEvent(): bigint {
    return this.#at.bigU64(AT.tsEvent);
  }

  /** When the input reached the engine, ns since the UNIX epoch. */
  get tsRecv(): bigint {
    return this.#at.bigU64(AT.tsRecv);
  }

  /** When the input's first record reached the ring, ns since the UNIX epoch. */
  get tsOut(): bigint {
    return this.#at.bigU64(AT.tsOut);
  }

  /** `tsEvent` in ms, to a quarter of a µs; compare with `performance.timeOrigin + performance.now()`. */
  get tsEventMs(): number {
    return this.#at.ms(AT.tsEvent);
  }

  /** `tsRecv` in ms, to a quarter of a µs. */
  get tsRecvMs(): number {
    return this.#at.ms(AT.tsRecv);
  }

  /** `tsOut` in ms, to a quarter of a µs. */
  get tsOutMs(): number {
    return this.#at.ms(AT.tsOut);
  }

  /** Of a `lapped` notice: how many records were overwritten before they were read. */
  get lost(): number {
    return this.#at.u64(AT.payload);
  }

  /** Of a `writer` notice: how the writer is doing now. */
  get writer(): WriterState {
    return WRITER_STATES[this.#at.u32(AT.payload) as keyof typeof WRITER_STATES];
  }

  /** The definition of the record's instrument, as of this place in the ring. */
  get instrumentDefinition(): Instrument | undefined {
    return this.#owner.definitions.get(this.instrument);
  }

  /** The record as a plain object that stays valid. */
  object(): RingRecord {
    const { kind, shard } = this;
    const at = this.#at;
    if (kind === KIND_LAPPED) return { kind: 'lapped', shard, lost: at.bigU64(AT.payload) };
    if (kind === KIND_GENERATION)
      return { kind: 'generation', shard, prevEpoch: at.bigU64(AT.payload), epoch: at.bigU64(AT.payload + 8) };
    if (kind === KIND_WRITER) return { kind: 'writer', shard, state: this.writer };
    const record = objectOf(at, this.instrumentDefinition ?? null);
    // The addon leaves out kinds of newer engines.
    if (record === undefined)
      throw new TickringError('ARGUMENT_RANGE', `record kind ${kind} is not known; is the cursor at a record?`);
    return record;
  }
}
