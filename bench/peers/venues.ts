/**
 * `npm run bench:peers -- venues`: recorded frames of each venue through our state machine and through the feed classes of
 * others, in turns; bench/peers/README.md.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Environment, environment } from '../environment.js';
import { rustProgram } from '../rust.js';
import { Child } from './child.js';
import { lockedVersion } from './locks.js';
import { type Measured, measure } from './measure.js';
import type { ProgramName } from './peers.js';
import { FOLDER, onPath, PROGRAMS, pinned, WORK } from './programs.js';

/** A program that takes a folder of frames, and what it is. */
interface Contender {
  readonly program: ProgramName;
  readonly package: string;
  readonly file: string;
  readonly what: string;
}

const CONTENDERS: readonly Contender[] = [
  {
    program: 'cryptofeed',
    package: 'cryptofeed',
    file: 'python/cryptofeed/venues.py',
    what: "the venue's message_handler to its callbacks",
  },
  {
    program: 'npm',
    package: 'ccxt',
    file: 'npm/venues.mjs',
    what: "ccxt pro's client from the socket's message event to what it resolves",
  },
];

/** Peers without a figure, and why. */
const ABSENT = [
  "nautilus-trader: its readings of venues other than Binance are Rust behind clients that open their own sockets; Binance's is in `peers.md`",
];

interface Row {
  readonly peer: string;
  readonly venue: string;
  readonly measured: Measured | undefined;
  /** Why it was not measured. */
  readonly reason: string | undefined;
}

export interface Run {
  readonly environment: Environment;
  readonly rows: readonly Row[];
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/[\n|]+/g, ' ');
}

async function measureContender(
  contender: Contender,
  frames: string,
  ours: Child,
  blocks: number,
  core?: number,
): Promise<Row[]> {
  const { program, package: name, file } = contender;
  const rows: Row[] = [];
  let child: Child | undefined;
  try {
    const { install, command, lock } = PROGRAMS[program];
    await install();
    const started = await Child.start(name, pinned({ file: command.file, args: [join(FOLDER, file), frames] }, core), FOLDER);
    child = started.child;
    const peer = `${name} ${lockedVersion(join(FOLDER, lock), name)}`;
    for (const venue of started.hello.names) {
      const [theirs, own] = [child, ours].map((of) => ({ child: of, contender: venue }));
      if (theirs === undefined || own === undefined) continue;
      // The longest recording has some thousand frames.
      const row = await measure(theirs, own, undefined, 4_000, blocks).then(
        (measured) => ({ peer, venue, measured, reason: undefined }),
        (error: unknown) => ({ peer, venue, measured: undefined, reason: reasonOf(error) }),
      );
      rows.push(row);
      console.log(lineOf(row));
    }
  } catch (error) {
    rows.push({ peer: name, venue: 'all', measured: undefined, reason: reasonOf(error) });
  } finally {
    await child?.stop();
  }
  return rows;
}

export async function measureVenues(blocks: number): Promise<Run> {
  const core = onPath('taskset') ? availableParallelism() - 1 : undefined;
  const frames = join(WORK, 'venues');
  execFileSync(rustProgram(), ['venues', 'frames', frames]);
  const ours = await Child.start('tickring', pinned({ file: rustProgram(), args: ['venues', 'serve'] }, core), FOLDER);
  const rows: Row[] = [];
  try {
    for (const contender of CONTENDERS) rows.push(...(await measureContender(contender, frames, ours.child, blocks, core)));
  } finally {
    await ours.child.stop();
  }
  return { environment: environment(), rows };
}

function lineOf({ peer, venue, measured, reason }: Row): string {
  if (measured === undefined) return `| ${venue} | ${peer} | not measured: ${reason} | | |`;
  const { ns, oursNs, ratio } = measured;
  const times = `${ratio.median.toFixed(1)}× [${ratio.low.toFixed(1)}, ${ratio.high.toFixed(1)}]`;
  return `| ${venue} | ${peer} | ${ns.toFixed(0)} | ${oursNs.toFixed(0)} | ${times} |`;
}

function venuesMarkdown({ environment: env, rows }: Run): string {
  const done = CONTENDERS.map(({ package: name, what }) => `${name}: ${what}`).join('; ');
  return `# Frames of each venue, Tickring and its peers

${env.cpu}, ${env.cores} cores, Linux ${env.kernel}, ${env.rustc}; commit ${env.commit}; ${env.date.slice(0, 16)}. Printed by \`npm run bench:peers -- venues\`.

All frames of a recording but whole books, which are read and not timed. Ours: state machine with every number exact, books proven by
the venue's ids or checksums. ${done}. A ratio is how many times as long as Tickring the peer takes.

| venue | peer | ns a frame | ours | ratio [95 %] |
|---|---|---|---|---|
${rows.map(lineOf).join('\n')}

Not here: ${ABSENT.join('; ')}.
`;
}

/** Writes both forms; gives the path of the readable one. */
export function writeVenues(out: string, run: Run): string {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'venues.json'), `${JSON.stringify(run, undefined, 1)}\n`);
  writeFileSync(join(out, 'venues.md'), venuesMarkdown(run));
  return join(out, 'venues.md');
}
