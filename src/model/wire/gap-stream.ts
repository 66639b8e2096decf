// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

/**
 * Which of the venue's numberings a gap is about.
 */
export const GapStream = {
  Unknown: 0,
  Book: 1,
  Trade: 2,
} as const;
export type GapStream = (typeof GapStream)[keyof typeof GapStream];
