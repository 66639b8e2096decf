// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

/**
 * The taker's side of a trade.
 */
export const Aggressor = {
  Unknown: 0,
  Buy: 1,
  Sell: 2,
} as const;
export type Aggressor = (typeof Aggressor)[keyof typeof Aggressor];
