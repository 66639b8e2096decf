/** A journal replayed: nowhere, to count and to prove; or into a ring, by a clock that says what the inputs say. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { TickringError } from '../../model/errors.js';
import {
  EngineLock,
  type JournalBook,
  JournalReplay,
  native,
  type ReplayProgress,
  type ReplayReport,
  type ReplayRing,
  verifyReplay,
} from '../../native/index.js';
import type { ShardFolder } from '../journal/folders.js';
import { Progress } from '../progress.js';
import { timeText } from '../times.js';

/** Records between two looks at signals and at the clock. */
const RECORDS_AT_ONCE = 20_000;
/** As fast as it goes: shards are kept together so closely. */
const SLICE_NS = 10_000_000n;
/** A ring whose readers see nobody for longer is taken for dead. */
const HEARTBEAT_MS = 50;
const LATEST = 2n ** 64n - 1n;

export interface JournalReplayOptions {
  readonly places: readonly ShardFolder[];
  readonly salvage: boolean;
  readonly from?: bigint;
  readonly to?: bigint;
  readonly symbols?: readonly string[];
  /** Times as fast as it was; undefined: as fast as it goes. */
  readonly speed?: number;
  /** Without number and epoch, which come with each shard. */
  readonly ring?: Omit<ReplayRing, 'shard' | 'epoch'>;
  /** Before the first input, so that readers find the ring. */
  readonly waitMs?: number;
  /** Leaves checkpoints so many bytes apart. */
  readonly checkpointBytes?: number;
}

export interface ReplayedShard {
  readonly shard: number;
  readonly progress: ReplayProgress;
  readonly digest: string | undefined;
  readonly instruments: readonly { readonly instrument: number; readonly digest: string }[];
  readonly books: readonly JournalBook[];
}

interface Track {
  readonly shard: number;
  readonly replay: JournalReplay;
  progress: ReplayProgress;
}

function open(options: JournalReplayOptions): Track[] {
  const { places, salvage, from, symbols, ring, checkpointBytes } = options;
  const epoch = BigInt(Date.now());
  return places.map(({ shard, folder }) => {
    const replay = native(
      () =>
        new JournalReplay({
          folder,
          salvage,
          ...(from === undefined ? {} : { from }),
          ...(symbols === undefined ? {} : { symbols: [...symbols] }),
          ...(ring === undefined ? {} : { ring: { ...ring, shard, epoch } }),
          ...(checkpointBytes === undefined ? {} : { checkpointBytes }),
        }),
    );
    // Applies nothing: it says when the first input came.
    return { shard, replay, progress: native(() => replay.run(0n, 1)) };
  });
}

/** Of the shards' next inputs the first; undefined where none has one. */
function nextOf(tracks: readonly Track[]): bigint | undefined {
  const times = tracks.flatMap(({ progress }) => (progress.nextTs === undefined ? [] : [progress.nextTs]));
  return times.reduce<bigint | undefined>((least, time) => (least === undefined || time < least ? time : least), undefined);
}

/** The clock: what time it is in the recording. */
class VirtualClock {
  readonly #from: bigint;
  readonly #speed: number | undefined;
  readonly #begunAt = performance.now();

  constructor(from: bigint, speed: number | undefined) {
    this.#from = from;
    this.#speed = speed;
  }

  /** Inputs up to this time are due. */
  due(next: bigint): bigint {
    if (this.#speed === undefined) return next + SLICE_NS;
    return this.#from + BigInt(Math.round((performance.now() - this.#begunAt) * 1e6 * this.#speed));
  }

  /** Until the next one is due. */
  async wait(next: bigint, now: bigint): Promise<void> {
    const ms = this.#speed === undefined ? 0 : Number(next - now) / 1e6 / this.#speed;
    if (ms > 0) await sleep(Math.min(ms, HEARTBEAT_MS));
    else await new Promise(setImmediate);
  }
}

async function runAll(tracks: readonly Track[], options: JournalReplayOptions): Promise<void> {
  const to = options.to ?? LATEST;
  const first = nextOf(tracks);
  if (first === undefined) return;
  const begin = options.from !== undefined && options.from > first ? options.from : first;
  const clock = new VirtualClock(begin, options.speed);
  const progress = new Progress('replaying', options.to === undefined ? 0 : Number(options.to - begin));
  for (;;) {
    const next = nextOf(tracks);
    if (next === undefined || next > to) break;
    const now = clock.due(next);
    const until = now < to ? now : to;
    for (const track of tracks) {
      do {
        track.progress = native(() => track.replay.run(until, RECORDS_AT_ONCE));
        const { records, tsLatest } = track.progress;
        progress.show(Number(tsLatest - begin), `${timeText(tsLatest)}  ${records} records`);
        if (track.progress.state === 'more') await new Promise(setImmediate);
      } while (track.progress.state === 'more');
    }
    const later = nextOf(tracks);
    if (later !== undefined) await clock.wait(later, until);
  }
  progress.end();
}

/** Keeps the ring's readers sure that somebody is there. */
async function hold(tracks: readonly Track[], ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    for (const { replay } of tracks) native(() => replay.run(0n, 1));
    await sleep(Math.min(HEARTBEAT_MS, Math.max(0, end - performance.now())));
  }
}

/**
 * Replays shards side by side in the order of time, and closes their ring.
 *
 * @throws TickringError `JOURNAL_*`, `SHM_*`; `SHM_HELD` where an engine has that name
 */
export async function replayJournal(options: JournalReplayOptions): Promise<ReplayedShard[]> {
  const { ring, waitMs = 0 } = options;
  const lock = ring === undefined ? undefined : native(() => new EngineLock(ring.root, ring.name));
  const tracks: Track[] = [];
  try {
    tracks.push(...open(options));
    await hold(tracks, waitMs);
    await runAll(tracks, options);
    return tracks.map(({ shard, replay, progress }) => {
      const digests = native(() => replay.digests());
      return {
        shard,
        progress,
        digest: digests?.shard,
        instruments: digests?.instruments ?? [],
        books: native(() => replay.books()),
      };
    });
  } finally {
    for (const { replay } of tracks) replay.close();
    lock?.release();
  }
}

export interface VerifiedShard {
  readonly shard: number;
  readonly report: ReplayReport;
}

/** Replays each shard from its beginning and compares with what was live. */
export function verifyJournal(places: readonly ShardFolder[], salvage: boolean): VerifiedShard[] {
  return places.map(({ shard, folder }) => {
    const progress = new Progress(`verifying the replay of shard ${shard}`, 0);
    const report = native(() => verifyReplay(folder, salvage, (records) => progress.show(records, `${records} records`)));
    progress.end();
    return { shard, report };
  });
}

/** SHA-256 of a book's canonical text, as `replay` prints it for recordings. */
export function hashOf({ text }: JournalBook): string {
  return createHash('sha256').update(text).digest('hex');
}

/** @throws TickringError `USAGE_INVALID` */
export function speedOf(text: string | undefined, hasRing: boolean): number | undefined {
  if (text === undefined) return hasRing ? 1 : undefined;
  if (text === 'max') return undefined;
  const speed = Number(text.replace(/x$/, ''));
  if (speed >= 0.001 && speed <= 1_000_000) return speed;
  throw new TickringError('USAGE_INVALID', `--speed ${text.slice(0, 32)} is neither max nor a number of 0.001 ..= 1000000`);
}
