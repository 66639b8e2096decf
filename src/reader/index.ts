/** `tickring/reader`: the ring of a running engine for programs in Node. */
export {
  CODES,
  type CodeName,
  FLAGS,
  type FlagName,
  GAP_REASONS,
  KINDS,
  type KindName,
  MARKET_STATES,
  type MarketStateName,
  SIDES,
  type SideName,
  STATES,
  type StateName,
} from '../model/codes.js';
export { decimalText, toNumber } from '../model/decimal.js';
export { TickringError } from '../model/errors.js';
export type { Level } from '../model/payloads.js';
export {
  type GenerationRecord,
  type LappedRecord,
  NOTICES,
  type RecordCursor,
  type RingRecord,
  type WriterRecord,
  type WriterState,
} from '../native/cursor.js';
export type { LatestStats, LatestTrade, RingBookStatus } from '../native/index.js';
export type {
  BarRecord,
  BookDeltaRecord,
  BookSnapshotRecord,
  EngineRecord,
  EpochStartRecord,
  FundingRecord,
  GapRecord,
  IndexPriceRecord,
  Instrument,
  InstrumentRecord,
  LiquidationRecord,
  MarkPriceRecord,
  OpenInterestRecord,
  QuoteRecord,
  RecordHead,
  Stats24hRecord,
  StatusRecord,
  TradeRecord,
  TradingStatusRecord,
} from '../native/records.js';
export type { Book, Sides } from './book.js';
export type { CounterName, Histogram, HistogramOptions, InstrumentCounterName, StageName } from './counters.js';
export { DEFAULT_ROOT, engines, shards } from './discovery.js';
export type { WaitOptions } from './pace.js';
export { type Latest, type OpenOptions, type RecordsOptions, RingReader, type ShardStatus } from './ring-reader.js';
