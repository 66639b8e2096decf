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
}

export const streamKinds = ['depth', 'trade', 'aggTrade', 'bookTicker'] as const;
export type StreamKind = (typeof streamKinds)[number];
