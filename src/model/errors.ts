import type { CodeName } from './codes.js';

/** Exit codes of the command line, after sysexits(3) where it has one. */
export const EXIT = { ok: 0, failure: 1, usage: 64, data: 65, unavailable: 69, software: 70, held: 75, config: 78 } as const;

/** The one error class of the product. `code` is from the table in `native/core/src/error.rs`. */
export class TickringError extends Error {
  override readonly name = 'TickringError';
  readonly code: CodeName;
  /** Values that belong to the message (limits, places, names), for logs and problem answers. */
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: CodeName, message: string, options: { cause?: unknown; context?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.context = options.context ?? {};
  }
}
