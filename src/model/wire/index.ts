// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

export { Aggressor } from './aggressor.js';
export { Bar } from './bar.js';
export { Body } from './body.js';
export { BookDelta } from './book-delta.js';
export { BookSnapshot } from './book-snapshot.js';
export { Gap } from './gap.js';
export { GapReason } from './gap-reason.js';
export { GapStream } from './gap-stream.js';
export { Instrument } from './instrument.js';
export { Level } from './level.js';
export { Message } from './message.js';
export { Quote } from './quote.js';
export { SkipReason } from './skip-reason.js';
export { Skipped } from './skipped.js';
export { State } from './state.js';
export { Stats24h } from './stats24h.js';
export { Status } from './status.js';
export { Trade } from './trade.js';
export { TradingState } from './trading-state.js';
