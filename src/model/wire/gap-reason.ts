// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

/**
 * Why the venue's ids are missing.
 */
export const GapReason = {
  Unknown: 0,
  Sequence: 1,
  Disconnect: 2,
  Rollback: 3,
  BufferFull: 4,
  Quarantined: 5,
} as const;
export type GapReason = (typeof GapReason)[keyof typeof GapReason];
