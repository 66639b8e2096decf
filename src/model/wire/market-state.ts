// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

/**
 * What may be done in a market.
 */
export const MarketState = {
  Unknown: 0,
  Trading: 1,
  Halt: 2,
  Auction: 3,
  PreOpen: 4,
  PostOnly: 5,
  LimitOnly: 6,
  CancelOnly: 7,
  ReduceOnly: 8,
  Maintenance: 9,
  Settling: 10,
  Closed: 11,
  Delisted: 12,

  /**
   * A word that the venue invented later.
   */
  Other: 13,
} as const;
export type MarketState = (typeof MarketState)[keyof typeof MarketState];
