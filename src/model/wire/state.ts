// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

/**
 * State of a subscription or book.
 */
export const State = {
  Unknown: 0,
  Connected: 1,
  Disconnected: 2,
  Resync: 3,
  Live: 4,
  Stale: 5,
  Crossed: 6,
  Quarantined: 7,
  Subscribed: 8,
  SubscribeFailed: 9,
  Removed: 10,
  Silent: 11,
  Suspect: 12,
} as const;
export type State = (typeof State)[keyof typeof State];
