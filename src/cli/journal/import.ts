/** `tickring journal import`: recordings of other programs become a journal, with the times at which they were received. */
import { existsSync, readdirSync } from 'node:fs';
import { TickringError } from '../../model/errors.js';
import type { Venue } from '../../model/venue.js';
import type { JournalOptions } from '../../native/index.js';
import { Progress } from '../progress.js';
import type { ReplayInput } from '../replay/input.js';
import { ReplaySession } from '../replay/session.js';
import { shardFolder } from './folders.js';
import { bytesText } from './list.js';

/** A recording fits one shard: there is no second one to be ordered with it. */
const SHARD = 0;

const SETTINGS = {
  durability: 'batch',
  segmentBytes: 64 * 2 ** 20,
  bufferBytes: 32 * 2 ** 20,
  retainBytes: 0,
  retainMs: 0,
  diskFloorBytes: 0,
  compress: true,
  recovery: 'strict',
} as const;

export interface Imported {
  readonly folder: string;
  readonly inputs: number;
  readonly frames: number;
  readonly bytes: number;
  readonly events: number;
  readonly quarantined: number;
}

/** Refuses a folder with anything in it: times of a journal go forward, and nothing is overwritten. */
function emptyFolder(out: string): string {
  const folder = shardFolder(out, SHARD);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new TickringError('USAGE_INVALID', `--out ${out} holds a journal already`);
  return folder;
}

/**
 * Feeds all inputs to a shard that keeps a journal, as a live one does.
 *
 * @throws TickringError `RECORDING_INVALID`, `JOURNAL_*`
 */
export async function importRecording(venue: Venue, inputs: AsyncIterable<ReplayInput>, out: string): Promise<Imported> {
  const folder = emptyFolder(out);
  const progress = new Progress('importing', 0);
  let session: ReplaySession | undefined;
  let last = 0n;
  let bytes = 0;
  try {
    for await (const input of inputs) {
      const journal: JournalOptions = { folder, ...SETTINGS, recordedFrom: input.tsRecv };
      session ??= new ReplaySession(venue, journal);
      session.apply(input);
      if (input.tsRecv > last) last = input.tsRecv;
      if ('bytes' in input) bytes += input.bytes.length;
      progress.show(bytes, bytesText(bytes));
    }
    if (session === undefined) throw new TickringError('RECORDING_INVALID', 'the recording holds no input');
    // What the last input put out is told with the one behind it.
    session.end(last);
    const { inputs: count = 0, frames = 0, events = 0, quarantined = 0 } = session.counters();
    const shed = session.shed();
    if (shed > 0)
      throw new TickringError(
        'JOURNAL_IO',
        `${shed} inputs are not in the journal: the disk does not take them, or they are too long`,
      );
    return { folder, inputs: count, frames, bytes, events, quarantined };
  } finally {
    session?.close();
    progress.end();
  }
}
