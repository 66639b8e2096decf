/** `tickring replay … --serve`: a recording over its venue's own WebSocket and REST protocol. */
import type { Command } from 'commander';
import { EXIT, TickringError } from '../../model/errors.js';
import { type Playback, type PlayedVenue, type Recording, startPlayback } from '../../simulator/index.js';
import { venueByName } from '../../venues/index.js';
import { shardFolders } from '../journal/folders.js';
import { durationMs, integer } from '../options.js';
import { type Format, inputsOf } from '../replay.js';
import { nanosecondsAt } from '../times.js';
import { speedOf } from './journal.js';
import type { JournalReplayFlags } from './journal-flags.js';
import { FileRecording, venueOf } from './serve-files.js';
import { JournalRecording, type JournalSpan, venuesOf } from './serve-journal.js';

const CLIENTS_MAX = 10_000;
const SHARD_MAX = 65_535;

export interface ServeFlags extends JournalReplayFlags {
  readonly venue?: string;
  readonly format?: Format;
  readonly serve?: boolean;
  readonly port?: string;
  readonly waitFor?: string;
  readonly askWithin?: string;
  readonly loop?: boolean;
  readonly linger?: string;
}

/** What has no meaning beside `--serve`, and the other way round. */
const WITHOUT_SERVE = ['verify', 'intoRing', 'books', 'checkpoints', 'symbols', 'wait'] as const;
const ONLY_SERVE = ['port', 'waitFor', 'askWithin', 'loop', 'linger'] as const;

function spelled(flag: string): string {
  return `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Adds the flags of a recording that is served. */
export function withServe(command: Command): Command {
  return command
    .option('--serve', "over the venue's own WebSocket and REST protocol, on 127.0.0.1, at recorded pace (--speed)")
    .option('--port <n>', 'with --serve: port of the first venue, the next ones behind it; default free ones')
    .option('--wait-for <n>', 'with --serve: begins when so many connections have subscribed; default 1')
    .option(
      '--ask-within <duration>',
      "with --serve: a book's first snapshot waits so long for clients that have yet to ask for it; default 5s",
    )
    .option('--loop', 'with --serve: begins anew at the end, with connections closed before')
    .option(
      '--linger <duration>',
      'with --serve: ends so long after the last input; default: serves the last books until a signal',
    );
}

/** @throws TickringError `USAGE_INVALID` */
export function checkServe(flags: ServeFlags): void {
  const [given, when] = flags.serve === true ? [WITHOUT_SERVE, 'with'] : [ONLY_SERVE, 'without'];
  const other = given.find((flag) => flags[flag] !== undefined);
  if (other !== undefined) throw new TickringError('USAGE_INVALID', `${spelled(other)} has no meaning ${when} --serve`);
}

interface Source {
  readonly venues: readonly PlayedVenue[];
  open(): Recording;
}

async function filesSource(files: readonly string[], { venue: name = '', format }: ServeFlags): Promise<Source> {
  if (format === undefined || name === '')
    throw new TickringError(
      'USAGE_INVALID',
      'to serve recordings needs --venue and --format; a journal, the name of its folder',
    );
  const venue = venueByName(name);
  if (venue === undefined) throw new TickringError('VENUE_UNKNOWN', `venue ${name} is unknown`);
  const inputs = () => inputsOf(venue, format, files);
  const found = await venueOf(venue, inputs);
  return { venues: [found], open: () => new FileRecording(venue, inputs) };
}

function journalSource(dir: string, flags: ServeFlags): Source {
  const span: JournalSpan = {
    places: shardFolders(dir, integer('shard', flags.shard, 0, SHARD_MAX)),
    salvage: flags.salvage === true,
    ...(flags.from === undefined ? {} : { from: nanosecondsAt('from', flags.from) }),
    ...(flags.to === undefined ? {} : { to: nanosecondsAt('to', flags.to) }),
    ...(flags.venue === undefined ? {} : { venue: flags.venue }),
  };
  return { venues: venuesOf(span), open: () => new JournalRecording(span) };
}

function say(flags: ServeFlags, json: object, text: string): void {
  process.stdout.write(`${flags.json === true ? JSON.stringify(json) : text}\n`);
}

function sayServing(flags: ServeFlags, { venues }: Playback, waitFor: number): void {
  const rows = venues.map(({ name, wsUrl, restUrl, symbols }) => ({ name, ws_url: wsUrl, rest_url: restUrl, symbols }));
  const lines = venues.map(({ name, wsUrl, restUrl, symbols }) => `${name}  ${wsUrl}  ${restUrl}  ${symbols.join(', ')}`);
  const clients = waitFor === 1 ? 'one client' : `${waitFor} clients`;
  const waits = waitFor === 0 ? [] : [`begins when ${clients} subscribed`];
  say(flags, { event: 'serving', venues: rows }, [...lines, ...waits].join('\n'));
}

function sayPlayed(flags: ServeFlags, playback: Playback): void {
  const { inputs, sent, sentBytes, connections, restRequests, closedSlow, playedMs } = playback.stats();
  const seconds = Number((playedMs / 1_000).toFixed(3));
  const figures = { inputs, sent, sent_bytes: sentBytes, connections, rest_requests: restRequests, closed_slow: closedSlow };
  const slow = closedSlow === 0 ? '' : `  ·  ${closedSlow} cut for not reading`;
  say(
    flags,
    { event: 'played', ...figures, seconds },
    `played ${inputs} inputs  ·  sent ${sent} messages to ${connections} connections${slow}  ·  ${seconds} s`,
  );
}

/** Serves until a signal, or as long after the end as the flags say. */
export async function serve(paths: readonly string[], isJournal: boolean, flags: ServeFlags): Promise<void> {
  const waitFor = integer('wait-for', flags.waitFor, 0, CLIENTS_MAX) ?? 1;
  const port = integer('port', flags.port, 0, 65_535) ?? 0;
  const asks = flags.askWithin === undefined ? {} : { askMs: durationMs(flags.askWithin) };
  const lingerMs = flags.linger === undefined ? undefined : durationMs(flags.linger);
  const speed = speedOf(flags.speed, true);
  const { venues, open } = isJournal ? journalSource(paths[0] ?? '', flags) : await filesSource(paths, flags);
  if (venues.every(({ instruments }) => instruments.length === 0))
    throw new TickringError('USAGE_INVALID', `there is nothing to serve in ${paths.join(', ')}: no instrument of the venue`);
  const playback = await startPlayback({ venues, open, speed, waitFor, port, ...asks }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.syscall !== 'listen') throw error;
      throw new TickringError('USAGE_INVALID', `--port ${port}: ${error.message}`, { cause: error });
    },
  );
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const signalled = new Promise<void>((resolve) => stopped.signal.addEventListener('abort', () => resolve(), { once: true }));
  try {
    sayServing(flags, playback, waitFor);
    do {
      await Promise.race([playback.play(), signalled]);
      if (!stopped.signal.aborted) sayPlayed(flags, playback);
    } while (flags.loop === true && !stopped.signal.aborted);
    if (!stopped.signal.aborted) await Promise.race([signalled, ...(lingerMs === undefined ? [] : [pause(lingerMs, stopped)])]);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await playback.close();
  }
  process.exitCode = EXIT.ok;
}

function pause(ms: number, { signal }: AbortController): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
