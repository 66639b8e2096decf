/** `tickring journal`: what is kept of every input, looked at and taken out. */
import { once } from 'node:events';
import { createWriteStream, existsSync, linkSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Command, Option } from 'commander';
import { EXIT, TickringError } from '../model/errors.js';
import { native, pruneJournal } from '../native/index.js';
import { venueByName, venues } from '../venues/index.js';
import { checkJson, checkShard, checkText, isWhole } from './journal/check.js';
import { journalDir, type PlaceFlags, shardFolders } from './journal/folders.js';
import { importRecording } from './journal/import.js';
import { bytesText, listJson, listShard, listText } from './journal/list.js';
import { type RecordsOptions, recordJson, recordLine, recordsOf } from './journal/records.js';
import { integer } from './options.js';
import { Progress } from './progress.js';
import { FORMATS, type Format, inputsOf } from './replay.js';
import { nanosecondsAt } from './times.js';

/** Of a configuration: sizes such as `64MiB`. */
const SIZES: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, KB: 1e3, MB: 1e6, GB: 1e9 };
const SHARD_MAX = 65_535;
const KINDS = [
  'frame',
  'rest_body',
  'connect',
  'disconnect',
  'subscribe',
  'unsubscribe',
  'ack',
  'instrument',
  'snapshot_request',
  'tick',
  'configuration',
  'gap',
  'checkpoint',
  'mark',
] as const;

interface JournalFlags extends PlaceFlags {
  readonly shard?: string;
  readonly json?: boolean;
}

interface RecordsFlags extends JournalFlags {
  readonly from?: string;
  readonly to?: string;
  readonly kinds?: string;
  readonly count?: string;
  readonly salvage?: boolean;
  readonly out?: string;
}

interface PruneFlags extends JournalFlags {
  readonly before?: string;
  readonly keep?: string;
  readonly dryRun?: boolean;
}

function places(dir: string | undefined, flags: JournalFlags): ReturnType<typeof shardFolders> {
  return shardFolders(journalDir(dir, flags), integer('shard', flags.shard, 0, SHARD_MAX));
}

function print(flags: JournalFlags, json: () => object, text: () => string): void {
  process.stdout.write(`${flags.json === true ? JSON.stringify(json()) : text()}\n`);
}

function list(dir: string | undefined, flags: JournalFlags): void {
  const shards = places(dir, flags).map(listShard);
  print(
    flags,
    () => shards.map(listJson),
    () => shards.map(listText).join('\n'),
  );
}

function verify(dir: string | undefined, flags: JournalFlags): void {
  const shards = places(dir, flags).map(checkShard);
  print(
    flags,
    () => shards.map(checkJson),
    () => shards.map(checkText).join('\n'),
  );
  process.exitCode = shards.every(isWhole) ? EXIT.ok : EXIT.data;
}

function kindsOf(text: string): ReadonlySet<string> {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !KINDS.some((known) => known === name));
  if (unknown === undefined) return new Set([...names, 'damage']);
  throw new TickringError('USAGE_INVALID', `--kinds ${unknown.slice(0, 32)} is none of ${KINDS.join(', ')}`);
}

function recordsOptions(flags: RecordsFlags): RecordsOptions {
  return {
    ...(flags.from === undefined ? {} : { from: nanosecondsAt('from', flags.from) }),
    ...(flags.to === undefined ? {} : { to: nanosecondsAt('to', flags.to) }),
    ...(flags.kinds === undefined ? {} : { kinds: kindsOf(flags.kinds) }),
    salvage: flags.salvage === true,
  };
}

async function cat(dir: string | undefined, flags: RecordsFlags): Promise<void> {
  const options = recordsOptions(flags);
  let left = integer('count', flags.count, 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY;
  for (const { shard, folder } of places(dir, flags)) {
    for (const record of recordsOf(folder, options)) {
      if (left <= 0) return;
      left -= 1;
      const line = flags.json === true ? JSON.stringify(recordJson(record, shard)) : recordLine(record);
      if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
    }
  }
}

async function exportTo(dir: string | undefined, flags: RecordsFlags): Promise<void> {
  const out = flags.out ?? '';
  if (existsSync(out)) throw new TickringError('USAGE_INVALID', `--out ${out} is there already`);
  const options = recordsOptions(flags);
  const shards = places(dir, flags);
  let records = 0;
  const progress = new Progress('exporting', 0);
  function* lines(): Generator<string> {
    for (const { shard, folder } of shards) {
      for (const record of recordsOf(folder, options)) {
        records += 1;
        progress.show(records, `${records} records`);
        yield `${JSON.stringify(recordJson(record, shard))}\n`;
      }
    }
  }
  // Under its name stands a whole export, or nothing.
  const part = `${out}.part`;
  const file = createWriteStream(part, { mode: 0o640 });
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    if (out.endsWith('.gz')) await pipeline(lines, createGzip(), file, stopped);
    else await pipeline(lines, file, stopped);
    linkSync(part, out);
  } catch (error) {
    if (stopped.signal.aborted) {
      process.stderr.write(`tickring: stopped before ${out} was whole: nothing is left of it\n`);
      process.exitCode = EXIT.failure;
      return;
    }
    if (error instanceof TickringError || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new TickringError('JOURNAL_IO', `could not write ${out}: ${(error as Error).message}`, { cause: error });
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    rmSync(part, { force: true });
    progress.end();
  }
  print(
    flags,
    () => ({ out, records }),
    () => `${records} records in ${out}`,
  );
}

function size(text: string): number {
  const match = /^(\d{1,15})([KMG]i?B)?$/.exec(text);
  const bytes = Number(match?.[1]) * (SIZES[match?.[2] ?? ''] ?? Number.NaN);
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new TickringError('USAGE_INVALID', `--keep ${text.slice(0, 32)} is no size, such as 1GiB or 500MB`);
}

function prune(dir: string | undefined, flags: PruneFlags): void {
  const before = flags.before === undefined ? undefined : nanosecondsAt('before', flags.before);
  const keep = flags.keep === undefined ? undefined : size(flags.keep);
  if (before === undefined && keep === undefined) throw new TickringError('USAGE_INVALID', 'prune needs --before or --keep');
  const onlyLook = flags.dryRun === true;
  const shards = places(dir, flags).map(({ shard, folder }) => ({
    shard,
    segments: native(() => pruneJournal(folder, before, keep, onlyLook)),
  }));
  const verb = onlyLook ? 'would be given up' : 'given up';
  print(
    flags,
    () => shards,
    () =>
      shards
        .map(({ shard, segments }) => {
          const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
          return `shard ${shard}  ${segments.length} segments ${verb}, ${bytesText(bytes)}`;
        })
        .join('\n'),
  );
}

interface ImportFlags {
  readonly venue: string;
  readonly format: Format;
  readonly out: string;
  readonly json?: boolean;
}

async function importFiles(files: string[], flags: ImportFlags): Promise<void> {
  const venue = venueByName(flags.venue);
  if (venue === undefined) throw new TickringError('VENUE_UNKNOWN', `venue ${flags.venue} is unknown`);
  const done = await importRecording(venue, inputsOf(venue, flags.format, files), flags.out);
  const { folder, inputs, frames, bytes, events, quarantined } = done;
  print(
    flags,
    () => done,
    () =>
      `${inputs} inputs (${frames} frames, ${bytesText(bytes)}), ${events} events, ${quarantined} quarantined, in ${folder}`,
  );
}

/** A subcommand with what all of them take. */
function sub(journal: Command, name: string, description: string): Command {
  return journal
    .command(name)
    .description(description)
    .argument('[dir]', "a journal's folder, or that of one shard; absent: that of the engine")
    .option('-c, --config <file>', 'YAML configuration, for the place of the journal')
    .option('--engine <name>', 'name of the engine')
    .option('--shard <n>', 'only this one')
    .option('--json', 'JSON instead of text');
}

function withRecords(command: Command): Command {
  return command
    .option('--from <time>', 'from the first record received then or later')
    .option('--to <time>', 'up to the first record received later')
    .option('--kinds <list>', `only these: ${KINDS.join(', ')}`)
    .option('--salvage', 'tell damage and go on behind it');
}

/** Adds `journal`. */
export function registerJournal(program: Command): void {
  const journal = program.command('journal').description('inputs as they are kept on disk');
  sub(journal, 'ls', 'segments, and what is in them').action(list);
  sub(journal, 'verify', 'every byte against its checks, numbers and digests; 65 if something is damaged or missing').action(
    verify,
  );
  withRecords(sub(journal, 'cat', 'records'))
    .option('--count <n>', 'end after so many')
    .action(cat);
  withRecords(sub(journal, 'export', 'records as JSON lines'))
    .requiredOption('--out <file>', 'a new file; packed if its name ends in .gz')
    .action(exportTo);
  journal
    .command('import')
    .description('recordings of other programs become a journal, receive times kept')
    .argument('<files...>', 'plain, gzip or zstd; several of a symbol continue each other')
    .requiredOption('--out <dir>', 'a folder without a journal')
    .addOption(
      new Option('--venue <name>', 'venue that the frames come from')
        .choices(venues.map(({ name }) => name))
        .makeOptionMandatory(),
    )
    .addOption(new Option('--format <format>', 'how the files are laid out').choices([...FORMATS]).makeOptionMandatory())
    .option('--json', 'JSON instead of text')
    .action(importFiles);
  sub(journal, 'prune', 'gives up old segments; a running engine has its own retention')
    .option('--before <time>', 'those of which all was received before')
    .option('--keep <size>', 'the oldest, until no more than this is left')
    .option('--dry-run', 'say what would go')
    .action(prune);
}
