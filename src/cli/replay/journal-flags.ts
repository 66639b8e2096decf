/** What `tickring replay` takes for a journal, and what it prints. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { VENUE_NAMES } from '../../model/codes.js';
import { EXIT, TickringError } from '../../model/errors.js';
import type { JournalBook, ReplayDifference, ReplayReport } from '../../native/index.js';
import { loadConfig } from '../config.js';
import { damageJson, damageText, gapJson, gapText } from '../journal/check.js';
import { shardFolders } from '../journal/folders.js';
import { durationMs, integer } from '../options.js';
import { nanosecondsAt, timeText } from '../times.js';
import {
  hashOf,
  type JournalReplayOptions,
  type ReplayedShard,
  replayJournal,
  speedOf,
  type VerifiedShard,
  verifyJournal,
} from './journal.js';

/** What is replayed within a few hundredths of a second. */
const CHECKPOINT_BYTES = 8 * 2 ** 20;
const SHARD_MAX = 65_535;
/** Events of a difference that are shown to people. */
const EVENTS_SHOWN = 20;

export interface JournalReplayFlags {
  readonly from?: string;
  readonly to?: string;
  readonly speed?: string;
  readonly symbols?: string;
  readonly intoRing?: string;
  readonly shmRoot?: string;
  readonly wait?: string;
  readonly shard?: string;
  readonly verify?: boolean;
  readonly checkpoints?: boolean;
  readonly salvage?: boolean;
  readonly books?: string;
  readonly json?: boolean;
  readonly config?: string;
}

/** What has no meaning beside `--verify`. */
const WITHOUT_VERIFY = ['from', 'to', 'speed', 'symbols', 'intoRing', 'wait', 'checkpoints', 'books'] as const;
const FLAG_NAMES: Partial<Record<(typeof WITHOUT_VERIFY)[number], string>> = { intoRing: 'into-ring' };

/** Adds the flags of a journal's replay. */
export function withJournal(command: Command): Command {
  return command
    .option('--verify', 'of a journal: compare with what was live, and name the first input that differs (65)')
    .option('--from <time>', 'of a journal: tell what was received later than this')
    .option('--to <time>', 'of a journal: end before the first input received later')
    .option('--speed <n>', 'of a journal: times as fast as it was, or max; 1 with --into-ring, else max')
    .option('--symbols <list>', 'of a journal: only these, as SYMBOL or venue:SYMBOL')
    .option('--into-ring <name>', 'of a journal: publish as an engine of this name does; clocks say the recorded time')
    .option('--shm-root <dir>', 'with --into-ring: root of shared memory')
    .option('--wait <duration>', 'with --into-ring: before the first input, so that readers find the ring')
    .option('--checkpoints', 'of a journal: leave checkpoints, from which any instant is near')
    .option('--shard <n>', 'of a journal: only this one')
    .option('--salvage', 'of a journal: tell damage and go on behind it')
    .option('-c, --config <file>', 'with --into-ring: YAML configuration, for the sizes of the ring');
}

function ringOf(flags: JournalReplayFlags): JournalReplayOptions['ring'] {
  if (flags.intoRing === undefined) return undefined;
  const { config } = loadConfig({
    ...(flags.config === undefined ? {} : { file: flags.config }),
    env: process.env,
    flags: { name: flags.intoRing, ...(flags.shmRoot === undefined ? {} : { shm_root: flags.shmRoot }) },
  });
  const { shmRoot: root, name, ringBytes, booksBytes, instrumentsMax, orderBookDepth: depth } = config.engine;
  return { root, name, ringBytes, booksBytes: booksBytes ?? Math.floor(ringBytes / 4), instrumentsMax, depth };
}

function optionsOf(dir: string, flags: JournalReplayFlags): JournalReplayOptions {
  const ring = ringOf(flags);
  const speed = speedOf(flags.speed, ring !== undefined);
  const symbols = flags.symbols?.split(',').map((name) => name.trim());
  if (symbols?.some((name) => name === ''))
    throw new TickringError('USAGE_INVALID', `--symbols ${flags.symbols} has an empty name`);
  return {
    places: shardFolders(dir, integer('shard', flags.shard, 0, SHARD_MAX)),
    salvage: flags.salvage === true,
    ...(flags.from === undefined ? {} : { from: nanosecondsAt('from', flags.from) }),
    ...(flags.to === undefined ? {} : { to: nanosecondsAt('to', flags.to) }),
    ...(symbols === undefined ? {} : { symbols }),
    ...(speed === undefined ? {} : { speed }),
    ...(ring === undefined ? {} : { ring }),
    ...(flags.wait === undefined ? {} : { waitMs: durationMs(flags.wait) }),
    ...(flags.checkpoints === true ? { checkpointBytes: CHECKPOINT_BYTES } : {}),
  };
}

function venueName(number: number): string {
  return (VENUE_NAMES as Readonly<Record<number, string>>)[number] ?? String(number);
}

function bookJson(book: JournalBook): object {
  const { instrument, bids, asks } = book;
  return {
    venue: venueName(instrument.venue),
    symbol: instrument.symbol,
    last_update_id: String(book.lastUpdateId),
    in_sync: book.inSync,
    exact: book.exact,
    bids: bids.length / 2,
    asks: asks.length / 2,
    sha256: hashOf(book),
  };
}

function shardJson({ shard, progress, digest, instruments, books }: ReplayedShard): object {
  const { records, frames, events, gaps, damage, passed, checkpoints, tsLatest } = progress;
  return {
    shard,
    records,
    frames,
    events,
    gaps,
    damage,
    passed,
    checkpoints,
    ts_latest: String(tsLatest),
    digest: digest ?? null,
    instruments,
    books: books.map(bookJson),
  };
}

function shardText(replayed: ReplayedShard): string {
  const { shard, progress, digest, books } = replayed;
  const { records, frames, events, gaps, damage, passed, checkpoints, tsLatest } = progress;
  return [
    `shard ${shard}  ${records} records  ${frames} frames  ${events} events  digest ${digest ?? 'none'}  up to ${timeText(tsLatest)}`,
    ...(gaps + damage + passed > 0 ? [`  ${gaps} gaps, ${damage} places damaged, ${passed} inputs without a beginning`] : []),
    ...(checkpoints > 0 ? [`  ${checkpoints} checkpoints left`] : []),
    ...books.map((book) => {
      const { instrument, bids, asks, inSync, lastUpdateId } = book;
      const name = `${venueName(instrument.venue)}:${instrument.symbol}`.padEnd(24);
      const state = inSync ? 'in sync' : 'NOT in sync';
      return `  ${name} ${state}  update id ${lastUpdateId}  ${bids.length / 2} bids  ${asks.length / 2} asks  sha256 ${hashOf(book)}`;
    }),
  ].join('\n');
}

function differenceJson(found: ReplayDifference): object {
  const { sequence, epoch, tsRecv, recorded, ...rest } = found;
  return { sequence: String(sequence), epoch: String(epoch), ts_recv: String(tsRecv), recorded: recorded ?? null, ...rest };
}

function differenceText(found: ReplayDifference): string {
  const { sequence, epoch, kind, tsRecv, connection, file, offset, recorded, replayed, events } = found;
  const more = events.length > EVENTS_SHOWN ? [`      and ${events.length - EVENTS_SHOWN} more`] : [];
  return [
    `  DIFFERS: first at input ${sequence} of epoch ${epoch}: ${kind} on connection ${connection}, received ${timeText(tsRecv)}`,
    `    ${file} at byte ${offset}`,
    `    live    digest ${recorded ?? 'told by the next checkpoint'} (its events are not kept)`,
    `    replay  digest ${replayed}, with ${events.length} events:`,
    ...events.slice(0, EVENTS_SHOWN).map((event) => `      ${event}`),
    ...more,
  ].join('\n');
}

/** Whether something is proven, and nothing speaks against it: an empty journal is not equal to anything, nor what is damaged. */
function isEqual({ spans, damage, difference }: ReplayReport): boolean {
  return difference === undefined && damage.length === 0 && spans.length > 0;
}

function verdict(report: ReplayReport): string {
  const { spans, damage, passed, inexact } = report;
  if (spans.length === 0) return '  NOTHING IS PROVEN: there is neither the beginning of a writer nor a checkpoint';
  if (damage.length > 0) return '  DAMAGED: as live where it was compared';
  return passed + inexact > 0 ? '  as live, where it was compared' : '  as live';
}

function verifiedJson({ shard, report }: VerifiedShard): object {
  const { spans, gaps, damage, difference, ...counts } = report;
  return {
    shard,
    equal: isEqual(report),
    ...counts,
    spans: spans.map(({ epoch, first, last, ...span }) => ({
      epoch: String(epoch),
      first: String(first),
      last: String(last),
      ...span,
    })),
    gaps: gaps.map(gapJson),
    damage: damage.map(damageJson),
    difference: difference === undefined ? null : differenceJson(difference),
  };
}

function verifiedText({ shard, report }: VerifiedShard): string {
  const { inputs, events, passed, inexact, checkpoints, spans, gaps, damage, difference } = report;
  return [
    `shard ${shard}  ${inputs} inputs  ${events} events  ${checkpoints} checkpoints equal`,
    ...spans.map(
      ({ epoch, first, last, compared, digest }) =>
        `  epoch ${epoch}: inputs ${first} ..= ${last} as live, ${compared} digests compared, the last ${digest}`,
    ),
    ...(passed + inexact > 0 ? [`  nothing is proven of ${passed} inputs without a beginning and ${inexact} behind gaps`] : []),
    ...gaps.map((gap) => `  ${gapText(gap)}`),
    ...damage.map((place) => `  ${damageText(place)}`),
    difference === undefined ? verdict(report) : differenceText(difference),
  ].join('\n');
}

function checkVerify(flags: JournalReplayFlags): void {
  const other = WITHOUT_VERIFY.find((flag) => flags[flag] !== undefined);
  if (other !== undefined)
    throw new TickringError('USAGE_INVALID', `--verify compares whole shards: it takes no --${FLAG_NAMES[other] ?? other}`);
}

/** Replays a journal's folder as the flags say. */
export async function replayFolder(dir: string, flags: JournalReplayFlags): Promise<void> {
  if (flags.verify === true) checkVerify(flags);
  const options = optionsOf(dir, flags);
  if (flags.verify === true) {
    const shards = verifyJournal(options.places, options.salvage);
    const text = flags.json === true ? JSON.stringify(shards.map(verifiedJson)) : shards.map(verifiedText).join('\n');
    process.stdout.write(`${text}\n`);
    process.exitCode = shards.every(({ report }) => isEqual(report)) ? EXIT.ok : EXIT.data;
    return;
  }
  const startedAt = performance.now();
  const shards = await replayJournal(options);
  const seconds = Number(((performance.now() - startedAt) / 1_000).toFixed(3));
  if (flags.books !== undefined) {
    mkdirSync(flags.books, { recursive: true });
    for (const book of shards.flatMap(({ books }) => books)) {
      const { venue, symbol } = book.instrument;
      writeFileSync(join(flags.books, `${venueName(venue)}-${encodeURIComponent(symbol)}.txt`), book.text);
    }
  }
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ seconds, shards: shards.map(shardJson) })}\n`);
  else process.stdout.write(`${shards.map(shardText).join('\n')}\n${seconds} s\n`);
}
