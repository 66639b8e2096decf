/** The package's public door: an engine for a program, the ring's reader with its types, error class and tables. */
export { type BookAt, type BookAtOptions, bookAt } from './cli/library/book-at.js';
export { createEngine, type Engine, type EngineOptions } from './cli/library/engine.js';
export type {
  BookMessage,
  DataType,
  EngineEvents,
  EventName,
  GapMessage,
  Listener,
  ListenerFailure,
  LostMessage,
  MessageHead,
  Messages,
  PerformanceStats,
  PriceLevel,
  QuoteMessage,
  StatusMessage,
  TradeMessage,
} from './cli/library/types.js';
export {
  CHANNELS,
  GAP_STREAMS,
  KIND_NAMES,
  type Recovery,
  TRADING_STATES,
  VENUE_NAMES,
  VENUES,
  type VenueName,
} from './model/codes.js';
export { EXIT } from './model/errors.js';
export type { EngineStatus, InstrumentStatus } from './model/status.js';
export { version } from './native/index.js';
export * from './reader/index.js';
