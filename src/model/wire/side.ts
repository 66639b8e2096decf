// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

/**
 * Side of a liquidation's order.
 */
export const Side = {
  Unknown: 0,
  Buy: 1,
  Sell: 2,
} as const;
export type Side = (typeof Side)[keyof typeof Side];
