/** What the gateway says, the same whatever the encoding. Prices and quantities are mantissas: value = mantissa × 10^exponent. */
import type { FlagName, StateName, TradingStateName } from '../model/codes.js';
import type {
  BarPayload,
  FundingPayload,
  GapPayload,
  IndexPricePayload,
  Level,
  LiquidationPayload,
  MarkPricePayload,
  OpenInterestPayload,
  QuotePayload,
  Stats24hPayload,
  TradePayload,
  TradingStatusPayload,
} from '../model/payloads.js';
import type { Timeframe } from '../model/timeframes.js';

export type { Level };

/** Why messages were passed over (native/wire/README.md). */
export type SkipReasonName = 'slow_client' | 'lapped' | 'restarted' | 'out_of_sync' | 'too_large' | 'resume';

/** Which topic and record a message is about. `ts*`: ns since the UNIX epoch, 0 where unknown. */
export interface MessageHead {
  readonly topic: string;
  readonly venue: string;
  readonly symbol: string;
  readonly instrument: number;
  readonly shard: number;
  readonly epoch: bigint;
  /** `seq` of the topic's message before; equal to `seq` in a state sent to this client alone. */
  readonly prevSeq: number;
  readonly seq: number;
  readonly sequence: bigint;
  readonly frameSeq: bigint;
  readonly index: number;
  readonly tsEvent: bigint;
  readonly tsRecv: bigint;
  readonly tsOut: bigint;
  readonly priceExponent: number;
  readonly qtyExponent: number;
  readonly flags: readonly FlagName[];
}

/** Levels a side, from the best on, that are certain; worse ones are in the book only if they changed since it was fetched. */
export interface ValidDepth {
  readonly bids: number;
  readonly asks: number;
}

export interface BookSnapshotMessage extends MessageHead {
  readonly type: 'book_snapshot';
  readonly lastUpdateId: bigint;
  /** Levels a side at most; 0 for the whole book. */
  readonly depth: number;
  /** Absent where all levels are certain, or the engine has not counted yet. */
  readonly validDepth?: ValidDepth;
  readonly hash: bigint;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export interface BookDeltaMessage extends MessageHead {
  readonly type: 'book_delta';
  readonly prevUpdateId: bigint;
  readonly lastUpdateId: bigint;
  /** Absent where it is as told before. */
  readonly validDepth?: ValidDepth;
  readonly hash: bigint;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

export interface TradeMessage extends MessageHead, TradePayload {
  readonly type: 'trade';
  readonly aggressor: 'buy' | 'sell';
}

export interface QuoteMessage extends MessageHead, QuotePayload {
  readonly type: 'quote';
}

export interface StatusMessage extends MessageHead {
  readonly type: 'status';
  readonly state: StateName;
  readonly connection: number;
  /** Name of the code that says why, if there is one. */
  readonly code: string | null;
  readonly detail: bigint;
}

export interface GapMessage extends MessageHead, GapPayload {
  readonly type: 'gap';
}

export interface Stats24hMessage extends MessageHead, Stats24hPayload {
  readonly type: 'stats_24h';
}

/** Numbers of this and the next ones have exponents of their own, beside them. */
export interface MarkPriceMessage extends MessageHead, MarkPricePayload {
  readonly type: 'mark_price';
}

export interface IndexPriceMessage extends MessageHead, IndexPricePayload {
  readonly type: 'index_price';
}

export interface FundingMessage extends MessageHead, FundingPayload {
  readonly type: 'funding';
}

export interface OpenInterestMessage extends Omit<MessageHead, 'qtyExponent'>, OpenInterestPayload {
  readonly type: 'open_interest';
}

export interface LiquidationMessage extends Omit<MessageHead, 'priceExponent' | 'qtyExponent'>, LiquidationPayload {
  readonly type: 'liquidation';
}

export interface TradingStatusMessage extends MessageHead, TradingStatusPayload {
  readonly type: 'trading_status';
}

/** A bar as the venue counts it: the newest message of a `startTs` replaces those before; a closed one is final. */
export interface KlineMessage extends Omit<MessageHead, 'priceExponent' | 'qtyExponent'>, BarPayload {
  readonly type: 'kline';
}

export interface InstrumentMessage extends MessageHead {
  readonly type: 'instrument';
  readonly tickSize: bigint;
  readonly lotSize: bigint;
  readonly tradingState: TradingStateName;
  readonly changeCount: number;
}

/** A candle of our own trades as it is now: the newest message of a `start` replaces those before. `flags` has `partial` where trades may be missing. */
export interface BarMessage extends MessageHead {
  readonly type: 'bar';
  readonly timeframe: Timeframe;
  /** Beginning of its interval, ns since the UNIX epoch. */
  readonly start: bigint;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly volume: bigint;
  readonly count: bigint;
  /** Trades among them that came after it was closed. */
  readonly late: number;
  readonly closed: boolean;
}

export interface SkippedMessage extends MessageHead {
  readonly type: 'skipped';
  readonly reason: SkipReasonName;
  readonly from: bigint;
  readonly to: bigint;
  readonly count: bigint;
}

export type Message =
  | BookSnapshotMessage
  | BookDeltaMessage
  | TradeMessage
  | QuoteMessage
  | StatusMessage
  | GapMessage
  | Stats24hMessage
  | MarkPriceMessage
  | IndexPriceMessage
  | FundingMessage
  | OpenInterestMessage
  | LiquidationMessage
  | TradingStatusMessage
  | KlineMessage
  | InstrumentMessage
  | SkippedMessage
  | BarMessage;

/** A message that cannot be read, or contradicts itself. */
export class BadMessage extends Error {
  override readonly name = 'BadMessage';
}

/** The member's value, or an error that names what is missing. */
export function known<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new BadMessage(`message has no usable ${what}`);
  return value;
}
