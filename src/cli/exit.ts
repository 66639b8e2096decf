/** What the shell and the user are told when a command cannot do its work. */
import { CommanderError } from 'commander';
import type { CodeName } from '../model/codes.js';
import { EXIT, TickringError } from '../model/errors.js';
import { fromAddon } from '../native/index.js';

/** Codes that end the program with something more telling than "software". */
const EXITS: Partial<Record<CodeName, number>> = {
  USAGE_INVALID: EXIT.usage,
  INSTRUMENT_UNKNOWN: EXIT.usage,
  CONFIG_INVALID: EXIT.config,
  SHM_NAME: EXIT.config,
  VENUE_UNKNOWN: EXIT.config,
  RECORDING_INVALID: EXIT.data,
  STATE_INVALID: EXIT.data,
  JOURNAL_RECORD: EXIT.data,
  JOURNAL_DAMAGED: EXIT.data,
  SHM_HELD: EXIT.held,
  JOURNAL_HELD: EXIT.held,
  SHM_NOT_FOUND: EXIT.unavailable,
  SHM_NO_SPACE: EXIT.unavailable,
  SHM_PERMISSION: EXIT.unavailable,
  SHM_VERSION: EXIT.unavailable,
  JOURNAL_NO_SPACE: EXIT.unavailable,
  JOURNAL_VERSION: EXIT.unavailable,
  JOURNAL_IO: EXIT.unavailable,
  SHM_IO: EXIT.unavailable,
  ENGINE_AWAY: EXIT.unavailable,
};

/** The exit code that belongs to an error. */
export function exitCodeOf(error: unknown): number {
  const known = fromAddon(error);
  if (known instanceof CommanderError) return EXIT.usage;
  if (known instanceof TickringError) return EXITS[known.code] ?? EXIT.software;
  return EXIT.software;
}

/** Commands that work until they are stopped: a closed output stops them in order, by the signal that they know. */
const LASTING = new Set(['start']);

/** Ends quietly when nobody reads the output any more, as in `tickring doctor | head -1`; with one line when it cannot be written. */
export function endOnClosedOutput(command: string): void {
  let isEnding = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const isClosed = error.code === 'EPIPE';
    if (!isClosed && !isEnding) process.stderr.write(`tickring: could not write the output: ${error.message}\n`);
    if (!LASTING.has(command)) process.exit(isClosed ? EXIT.ok : EXIT.software);
    // Each further write fails, too; a second signal would mean "at once".
    if (!isEnding) process.kill(process.pid, 'SIGTERM');
    isEnding = true;
  });
}

/**
 * The one line that tells what went wrong. A defect of ours keeps its stack: that is not the user's doing. With
 * `TICKRING_DEBUG=1` in the environment every error does.
 */
export function lineOf(error: unknown): string {
  const line = shortLineOf(error);
  const isDebug = process.env['TICKRING_DEBUG'] === '1' && error instanceof TickringError;
  return isDebug ? `${line}\n${error.stack}` : line;
}

function shortLineOf(error: unknown): string {
  const known = fromAddon(error);
  if (known instanceof CommanderError)
    return `tickring: ${known.message.replace(/^error: /, '').replaceAll('\n', ' ')} (USAGE_INVALID)`;
  if (known instanceof TickringError) return `tickring: ${known.message} (${known.code})`;
  return `tickring: internal error: ${known instanceof Error ? (known.stack ?? known.message) : String(known)}`;
}
