/** `tickring replay`: recorded frames through the state machine that runs live; final books and what happened on the way. */
import { createHash } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { ValidationRules } from '../model/config.js';
import { EXIT, TickringError } from '../model/errors.js';
import type { Venue } from '../model/venue.js';
import { venueByName, venues } from '../venues/index.js';
import { defaultRules } from './config/validation.js';
import { cryptofeedInputs } from './replay/cryptofeed.js';
import { hftbacktestInputs } from './replay/hftbacktest.js';
import type { ReplayInput } from './replay/input.js';
import { replayFolder, withJournal } from './replay/journal-flags.js';
import { checkServe, type ServeFlags, serve, withServe } from './replay/serve.js';
import { ReplaySession } from './replay/session.js';
import { type Verdicts, verdictLines, verdictsOf } from './replay/verdicts.js';

export const FORMATS = ['hftbacktest', 'cryptofeed'] as const;
export type Format = (typeof FORMATS)[number];

interface ReplayFlags {
  readonly venue?: string;
  readonly format?: Format;
  readonly books?: string;
  readonly json?: boolean;
  readonly validation?: boolean;
}

export interface SymbolSummary {
  readonly last_update_id: string;
  readonly in_sync: boolean;
  readonly bids: number;
  readonly asks: number;
  /** Of the book's canonical text. */
  readonly sha256: string;
}

export interface ReplaySummary {
  readonly venue: string;
  readonly files: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  readonly symbols: Readonly<Record<string, SymbolSummary>>;
  readonly rejections: readonly object[];
  readonly seconds: number;
  /** Where events were looked at. */
  readonly validation?: Verdicts;
}

export function inputsOf(venue: Venue, format: Format, files: readonly string[]): AsyncGenerator<ReplayInput> {
  return format === 'hftbacktest' ? hftbacktestInputs(files) : cryptofeedInputs(venue, files);
}

/** What happened, by kind; `counters` are the shard's own. */
function countsOf(counters: Readonly<Record<string, number>>, depthAnswers: number): Record<string, number> {
  const of = (name: string): number => counters[name] ?? 0;
  return {
    frames: of('frames'),
    events: of('events'),
    trades: of('trades'),
    quotes: of('quotes'),
    book_deltas: of('book_deltas'),
    older_than_snapshot: of('older_than_snapshot'),
    depth_answers: depthAnswers,
    book_snapshots: of('book_snapshots'),
    book_differences: of('book_differences'),
    gaps: of('gaps'),
    resyncs: of('resyncs'),
    duplicates: of('duplicates'),
    bars: of('bars'),
    ignored: of('ignored'),
    off_market: of('off_market'),
    quarantined: of('quarantined'),
  };
}

/** Replays files of one venue; writes the final books to `booksDir` if there is one. With rules, events are looked at. */
export async function replay(
  venue: Venue,
  format: Format,
  files: readonly string[],
  booksDir?: string,
  rules?: ValidationRules,
): Promise<ReplaySummary> {
  const startedAt = performance.now();
  const session = new ReplaySession(venue, undefined, rules);
  try {
    for await (const input of inputsOf(venue, format, files)) session.apply(input);
    const symbols: Record<string, SymbolSummary> = {};
    if (booksDir !== undefined) mkdirSync(booksDir, { recursive: true });
    for (const { symbol, lastUpdateId, inSync, text } of session.books()) {
      const side = (letter: string): number => text.match(new RegExp(`^${letter} `, 'gm'))?.length ?? 0;
      const sha256 = createHash('sha256').update(text).digest('hex');
      symbols[symbol] = { last_update_id: String(lastUpdateId), in_sync: inSync, bids: side('B'), asks: side('A'), sha256 };
      if (booksDir !== undefined) writeFileSync(join(booksDir, `${venue.name}-${encodeURIComponent(symbol)}.txt`), text);
    }
    const counters = session.counters();
    const counts = countsOf(counters, session.depthAnswers);
    const validation = rules === undefined ? {} : { validation: verdictsOf(counters) };
    const seconds = Number(((performance.now() - startedAt) / 1_000).toFixed(3));
    return { venue: venue.name, files, counts, symbols, rejections: session.rejections, seconds, ...validation };
  } finally {
    session.close();
  }
}

function print({ counts, symbols, rejections, seconds, validation }: ReplaySummary): void {
  const lines = Object.entries(symbols).map(
    ([symbol, book]) =>
      `${symbol.padEnd(12)} ${book.in_sync ? 'in sync' : 'NOT in sync'}  update id ${book.last_update_id}  ${book.bids} bids  ${book.asks} asks  sha256 ${book.sha256}`,
  );
  for (const rejection of rejections.slice(0, 10)) lines.push(`quarantined ${JSON.stringify(rejection)}`);
  if (validation !== undefined) lines.push(...verdictLines(validation));
  lines.push(
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join('  ·  '),
    `${seconds} s`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** A file replays as a recording, a folder as a journal. */
function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function replayFiles(files: readonly string[], flags: ReplayFlags): Promise<void> {
  if (flags.venue === undefined || flags.format === undefined)
    throw new TickringError(
      'USAGE_INVALID',
      'replay of recordings needs --venue and --format; of a journal, the name of its folder',
    );
  const venue = venueByName(flags.venue);
  if (venue === undefined) throw new TickringError('VENUE_UNKNOWN', `venue ${flags.venue} is unknown`);
  const rules = flags.validation === true ? defaultRules() : undefined;
  const summary = await replay(venue, flags.format, files, flags.books, rules);
  if (flags.json === true) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else print(summary);
  process.exitCode = EXIT.ok;
}

/** Adds `replay`. */
export function registerReplay(program: Command): void {
  const command = program
    .command('replay')
    .description('recorded frames, or a journal, through the same state machine')
    .argument(
      '<paths...>',
      'the folder of a journal; or recordings (plain, gzip, zstd), several of a symbol continue each other',
    )
    .addOption(
      new Option(
        '--venue <name>',
        'of recordings: the venue that the frames come from; of a journal with --serve: only this one',
      ).choices(venues.map(({ name }) => name)),
    )
    .addOption(new Option('--format <format>', 'of recordings: how the files are laid out').choices([...FORMATS]))
    .option('--books <dir>', 'write each final book to DIR/{venue}-{SYMBOL}.txt')
    .option('--validation', 'of recordings: look at each event by the default rules and count verdicts')
    .option('--json', 'print the summary as one line of JSON');
  withServe(withJournal(command)).action(async (paths: string[], flags: ReplayFlags & ServeFlags) => {
    const [first = ''] = paths;
    checkServe(flags);
    if (flags.serve === true && (paths.length === 1 || !isFolder(first))) await serve(paths, isFolder(first), flags);
    else if (!isFolder(first)) await replayFiles(paths, flags);
    else if (paths.length === 1) await replayFolder(first, flags);
    else throw new TickringError('USAGE_INVALID', 'one journal at a time');
  });
}
