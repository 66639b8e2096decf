import type { MarketMinute } from './minutes.js';

/** What a symbol's market tells the world, before a dialect puts it into words. Times in µs since the UNIX epoch. */
export interface EventTime {
  /** Engine (transaction) time. */
  readonly engineUs: number;
  /** Gateway (event) time, never before `engineUs`. */
  readonly eventUs: number;
}

/** `[tick, lots]`; 0 lots removes the level. */
export type LevelUpdate = readonly [tick: number, lots: number];

export interface DepthEvent extends EventTime {
  readonly firstId: number;
  readonly lastId: number;
  /** Last id of the previous event on the same stream. */
  readonly previousId: number;
  /** Ascending by price. */
  readonly bids: readonly LevelUpdate[];
  /** Ascending by price. */
  readonly asks: readonly LevelUpdate[];
  /** The book after the event, best levels first, for venues that sum them up. */
  readonly best?: { readonly bids: readonly LevelUpdate[]; readonly asks: readonly LevelUpdate[] };
}

export interface TradeEvent extends EventTime {
  readonly id: number;
  readonly tick: number;
  readonly lots: number;
  readonly buyerIsMaker: boolean;
}

/** All fills of one taker order at one price. */
export interface AggregateTradeEvent extends TradeEvent {
  readonly firstTradeId: number;
  readonly lastTradeId: number;
}

export interface QuoteEvent extends EventTime {
  /** Update id of the change that made this top of book. */
  readonly updateId: number;
  readonly bidTick: number;
  readonly bidLots: number;
  readonly askTick: number;
  readonly askLots: number;
  /** What the venue says in the same message. */
  readonly figures?: FigureEvent;
}

/** Mark price, funding, open interest, a liquidation and the state of a symbol; a dialect takes what a message of it holds. */
export interface FigureEvent extends EventTime {
  /** It is the first message of a subscription. */
  readonly isWhole: boolean;
  /** Counts messages: a venue that tells changes alone tells others each time. */
  readonly turn: number;
  readonly mark: string;
  readonly index: string;
  readonly rate: string;
  readonly nextFundingMs: number;
  readonly fundingIntervalMs: number;
  readonly openInterest: string;
  readonly openInterestValue: string;
  /** Of a liquidation, and whether its order sells. */
  readonly price: string;
  readonly qty: string;
  readonly sells: boolean;
  readonly isHalted: boolean;
}

/** A minute as its venue counts it, so far or for good. */
export interface KlineEvent extends EventTime {
  readonly minute: Readonly<MarketMinute>;
  readonly isClosed: boolean;
}

export const figureKinds = ['mark', 'index', 'funding', 'openInterest', 'liquidation', 'status'] as const;
export type FigureKind = (typeof figureKinds)[number];

export const streamKinds = ['depth', 'trade', 'aggTrade', 'bookTicker', 'kline', ...figureKinds] as const;
export type StreamKind = (typeof streamKinds)[number];
/** What books and their trades are told by. */
export type BookStreamKind = Exclude<StreamKind, FigureKind | 'kline'>;
