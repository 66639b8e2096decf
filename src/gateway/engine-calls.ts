/** The engine on its control socket, as routes see it: its refusals become answers. */
import { CODES, type CodeName } from '../model/codes.js';
import { TickringError } from '../model/errors.js';
import type { ControlOp, ControlRequests } from '../model/status.js';
import { engineAway, Refusal } from './problem.js';

/** Speaks to the engine on its control socket. Rejects with `ENGINE_AWAY` when nobody answers. */
export interface ControlClient {
  request<Op extends ControlOp>(
    op: Op,
    ...[fields]: Record<never, never> extends ControlRequests[Op]['fields']
      ? [ControlRequests[Op]['fields']?]
      : [ControlRequests[Op]['fields']]
  ): Promise<ControlRequests[Op]['result']>;
}

/** Refusals that are about what was asked for, and their status. */
const STATUS_OF: Partial<Record<CodeName, number>> = {
  SYMBOL_UNLISTED: 422,
  VENUE_UNKNOWN: 422,
  ARGUMENT_RANGE: 422,
  INSTRUMENT_TABLE_FULL: 409,
  VENUE_REST: 502,
};

/** Awaits an engine's answer; its refusals become problems. */
export async function fromEngine<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof TickringError)) throw error;
    const status = STATUS_OF[error.code];
    if (status !== undefined) throw new Refusal(status, error.message, status === 502 ? { 'Retry-After': '5' } : {});
    if (error.code === 'CLOSED' || CODES[error.code].recovery === 'retry') throw engineAway();
    throw error;
  }
}
