// Printed by scripts/codegen-wire.mjs from src/model/wire.fbs; do not edit.

/**
 * Why messages or records were passed over.
 */
export const SkipReason = {
  Unknown: 0,

  /**
   * The client read too slowly; `from..to` are `seq` numbers of the topic.
   */
  SlowClient: 1,

  /**
   * The gateway was lapped by the ring; `from..to` are record sequences of the shard.
   */
  Lapped: 2,

  /**
   * The engine restarted; `from..to` are record sequences of the old epoch, as far as they can be known.
   */
  Restarted: 3,

  /**
   * A delta did not follow the book; `from..to` are the venue's update ids on either side.
   */
  OutOfSync: 4,

  /**
   * The message did not fit the gateway's buffer; `from..to` is its own `seq`.
   */
  TooLarge: 5,

  /**
   * What a resume token asked for is not kept any more; `from..to` are `seq` numbers, all 0 where nobody can know them.
   */
  Resume: 6,
} as const;
export type SkipReason = (typeof SkipReason)[keyof typeof SkipReason];
