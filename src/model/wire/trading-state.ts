// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

/**
 * Whether an instrument trades.
 */
export const TradingState = {
  Unknown: 0,
  Trading: 1,
  Halted: 2,
  Delisted: 3,
} as const;
export type TradingState = (typeof TradingState)[keyof typeof TradingState];
