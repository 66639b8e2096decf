/** What an engine tells a program. Prices and quantities are numbers: the one that the venue's decimal text reads as. */

/** What every message has. */
export interface MessageHead {
  /** Name of the venue, as in the configuration. */
  readonly exchange: string;
  readonly symbol: string;
  /** The venue's time, or that of arrival where it gives none, ms since the UNIX epoch. */
  readonly timestamp: number;
  /** When it arrived at this host, ms since the UNIX epoch. */
  readonly receivedAt: number;
}

export interface TradeMessage extends MessageHead {
  readonly type: 'trade';
  readonly price: number;
  readonly quantity: number;
  /** The taker's. */
  readonly side: 'buy' | 'sell';
  readonly tradeId: string;
}

export interface QuoteMessage extends MessageHead {
  readonly type: 'quote';
  readonly bid: number;
  readonly bidQuantity: number;
  readonly ask: number;
  readonly askQuantity: number;
}

/** Price and quantity. */
export type PriceLevel = readonly [price: number, quantity: number];

/** A book that is proven: none is told while one is not. */
export interface BookMessage extends MessageHead {
  readonly type: 'book';
  readonly lastUpdateId: string;
  /** Best first, `order_book_depth` of them at most. */
  readonly bids: readonly PriceLevel[];
  readonly asks: readonly PriceLevel[];
}

export interface Messages {
  readonly trade: TradeMessage;
  readonly quote: QuoteMessage;
  readonly book: BookMessage;
}

export type DataType = keyof Messages;

/** Ids that the venue sent and that never arrived. */
export interface GapMessage extends MessageHead {
  readonly type: 'gap';
  readonly stream: 'book' | 'trade';
  readonly reason: string;
  readonly first: string;
  readonly last: string;
}

/** Records that this program was too slow for; null: nobody can count them. */
export interface LostMessage {
  readonly type: 'lost';
  readonly count: number | null;
}

/** A connection or a book is in another state. */
export interface StatusMessage {
  readonly type: 'status';
  readonly exchange: string | null;
  readonly symbol: string | null;
  /** `connected`, `live`, `stale`, `resync`, …; of the engine: `engine_away`, `engine_back`. */
  readonly state: string;
}

/** A listener threw, or rejected. */
export interface ListenerFailure {
  readonly type: 'error';
  readonly event: string;
  readonly exchange: string | null;
  readonly symbol: string | null;
  readonly error: unknown;
}

export interface EngineEvents extends Messages {
  readonly gap: GapMessage;
  readonly lost: LostMessage;
  readonly status: StatusMessage;
  readonly error: ListenerFailure;
}

export type EventName = keyof EngineEvents;

/** Its return value is ignored, but a promise that rejects counts as an error. */
export type Listener<Name extends EventName> = (message: EngineEvents[Name]) => unknown;

export interface PerformanceStats {
  /** Mean time from a message's arrival at this host until listeners had it, ms; 0 while there was none. */
  readonly avg_latency_ms: number;
  readonly message_count: number;
  /** Listeners that threw or rejected. */
  readonly error_count: number;
}
