/**
 * `npm run bench:peers [-- NAME…] [--symbol S] [--blocks N] [--out DIR]`: installs the peers and measures each beside Tickring
 * and the floor prototype, in alternating blocks; bench/peers/README.md. NAME is a peer or a program of several.
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { environment } from '../environment.js';
import { readArguments, refuse } from '../usage.js';
import { Child, type Hello } from './child.js';
import { measureIpc } from './ipc.js';
import { ipcMarkdown, writeIpc } from './ipc-report.js';
import { measureLogs } from './journal.js';
import { journalMarkdown, writeJournal } from './journal-report.js';
import { lockedVersion } from './locks.js';
import { LOGS } from './logs.js';
import { measure, type Runner } from './measure.js';
import { PEERS, type Peer, type ProgramName } from './peers.js';
import { type Expected, prepare, SYMBOLS } from './prepare.js';
import { FOLDER, onPath, PROGRAMS, pinned, WORK } from './programs.js';
import { type Row, type SameBook, verdict, write } from './report.js';
import { bookText, sha256 } from './top.js';
import { TRANSPORTS } from './transports.js';
import { measureVenues, writeVenues } from './venues.js';

const PROGRAM = 'bench:peers';
const OPTIONS = {
  symbol: { type: 'string', default: SYMBOLS[0] },
  blocks: { type: 'string', default: '30' },
  out: { type: 'string' },
} as const;

function help(): string {
  const programs = [...new Set(PEERS.map(({ program }) => program))];
  const names = programs.map((of) => {
    const peers = PEERS.filter(({ program }) => program === of).map(({ name }) => name);
    return `  ${of}: ${peers.join(' ')}`;
  });
  const usage = `npm run bench:peers [-- NAME…] [--symbol ${SYMBOLS.join(' | ')}] [--blocks N] [--out DIR]`;
  names.push(`  ipc: ${TRANSPORTS.map(({ name }) => name).join(' ')}`);
  names.push('  venues, all at once: cryptofeed and ccxt on the frames of each venue');
  names.push(`  journal, all at once: ${LOGS.map(({ name }) => name).join(' ')}`);
  return `${usage}\nNAME is a peer, or a program for all of its peers:\n${names.join('\n')}\nbench/peers/README.md says what is needed.`;
}

const { values, positionals } = readArguments(PROGRAM, { allowPositionals: true, options: OPTIONS }, help);

/** The program that holds ours and the floor. */
const HOME: ProgramName = 'books';

const core = onPath('taskset') ? availableParallelism() - 1 : undefined;
const corpus = join(WORK, 'corpus');
const env = environment();

interface Started {
  readonly child: Child;
  readonly hello: Hello;
}

function start(name: ProgramName, symbol: string): Promise<Started> {
  const { file, args } = PROGRAMS[name].command;
  return Child.start(name, pinned({ file, args: [...args, corpus, symbol] }, core), FOLDER);
}

async function sameBook(child: Child, contender: string, expected: Expected): Promise<SameBook> {
  const top = await child.top(contender);
  if (top === null) return 'no book';
  return sha256(bookText(top)) === expected.topSha256 ? 'yes' : 'NO';
}

function versionOf(peer: Peer, hello: Hello): string {
  const said = hello.versions?.[peer.contender];
  if (said !== undefined) return said;
  return peer.package === undefined ? '' : lockedVersion(join(FOLDER, PROGRAMS[peer.program].lock), peer.package);
}

/** Everything that a row of this run has in common. */
type Shared = Pick<Row, 'environment' | 'recording' | 'pinned' | 'codePath'>;

function rowOf(peer: Peer, shared: Shared, rest: Partial<Pick<Row, 'version' | 'measured' | 'sameBook' | 'reason'>>): Row {
  const { name, what, target, keeps } = peer;
  return {
    peer: name,
    what,
    target,
    keeps,
    ...shared,
    version: '',
    measured: undefined,
    sameBook: {},
    reason: undefined,
    ...rest,
  };
}

async function measurePeer(
  peer: Peer,
  program: Started,
  home: Started,
  others: readonly (readonly [Expected, Started])[],
  shared: Shared,
): Promise<Row> {
  if (!program.hello.names.includes(peer.contender)) {
    const absent = peer.name.startsWith('floor')
      ? 'absent beside the project, or the processor lacks AVX-512 VBMI2'
      : 'the program does not offer it';
    return rowOf(peer, shared, { reason: absent });
  }
  const suffix = { book: '', nothing: '-parse', levels: '-levels' }[peer.keeps];
  const beside = (contender: string): Runner => ({ child: home.child, contender: `${contender}${suffix}` });
  const floor = home.hello.names.includes('floor') && !peer.name.startsWith('floor') ? beside('floor') : undefined;
  const books: Record<string, SameBook> = {
    [shared.recording.symbol]: await sameBook(program.child, peer.contender, shared.recording),
  };
  for (const [expected, other] of others) books[expected.symbol] = await sameBook(other.child, peer.contender, expected);
  const { contender } = peer;
  const measured = await measure(
    { child: program.child, contender },
    beside('tickring'),
    floor,
    shared.recording.frames,
    Number(values.blocks),
  );
  return rowOf(peer, shared, { version: versionOf(peer, program.hello), measured, sameBook: books });
}

function say(row: Row): void {
  const { measured } = row;
  if (measured === undefined) {
    console.log(`${row.peer}: not measured: ${row.reason}`);
    return;
  }
  const { ratio, floorRatio, ns, oursNs } = measured;
  const floor = floorRatio === undefined ? '' : `, ${floorRatio.median.toFixed(2)}x floor`;
  const books = Object.entries(row.sameBook)
    .map(([symbol, same]) => `${symbol} ${same}`)
    .join(', ');
  const target = row.target === undefined ? '' : `; target ${row.target.ratio}x: ${verdict(row)}`;
  console.log(
    `${`${row.peer} ${row.version}`.trim().padEnd(36)} ${ns.toFixed(0).padStart(8)} ns/frame, ours ${oursNs.toFixed(0)}: ` +
      `${ratio.median.toFixed(2)}x [${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}] (${ratio.blocks} blocks)${floor}; book ${books}${target}`,
  );
}

/** Rows of all wanted peers of a program. What goes wrong becomes the reason of its rows. */
async function runProgram(
  name: ProgramName,
  peers: readonly Peer[],
  home: Started,
  symbols: readonly Expected[],
  shared: Shared,
): Promise<Row[]> {
  const failed = (error: unknown) => (error instanceof Error ? error.message : String(error)).replaceAll(/[\n|]+/g, ' ');
  const started: Started[] = [];
  const rows: Row[] = [];
  try {
    if (name !== HOME) await PROGRAMS[name].install();
    const program = name === HOME ? home : await start(name, shared.recording.symbol);
    if (name !== HOME) started.push(program);
    const others: [Expected, Started][] = [];
    for (const expected of symbols.filter(({ symbol }) => symbol !== shared.recording.symbol)) {
      const other = await start(name, expected.symbol);
      started.push(other);
      others.push([expected, other]);
    }
    for (const peer of peers) {
      rows.push(
        await measurePeer(peer, program, home, others, shared).catch((error) => rowOf(peer, shared, { reason: failed(error) })),
      );
      say(rows.at(-1) as Row);
    }
  } catch (error) {
    for (const peer of peers.slice(rows.length)) {
      rows.push(rowOf(peer, shared, { reason: failed(error) }));
      say(rows.at(-1) as Row);
    }
  } finally {
    for (const { child } of started) await child.stop();
  }
  return rows;
}

/** Names of the transports: `ipc` for all, or one. */
const IPC_NAMES = ['ipc', ...TRANSPORTS.map(({ name }) => name)];

/** Peers of books and parsers on a recording. */
async function measureFrames(wanted: readonly Peer[], out: string): Promise<number> {
  const captures = resolve(process.env['TICKRING_CAPTURES'] ?? '../shared/captures');
  const symbols = SYMBOLS.flatMap((symbol) => prepare(captures, symbol, corpus) ?? []);
  const recording = symbols.find(({ symbol }) => symbol === values.symbol);
  if (recording === undefined) {
    console.error(`${PROGRAM}: no recording of ${values.symbol} in ${captures}: set TICKRING_CAPTURES`);
    return 69;
  }
  await PROGRAMS[HOME].install();
  const home = await start(HOME, recording.symbol);
  const shared: Shared = {
    environment: env,
    recording,
    pinned: core === undefined ? 'not pinned' : `pinned to core ${core}`,
    codePath: process.env['TICKRING_CODE_PATH'] ?? 'best',
  };
  const rows: Row[] = [];
  try {
    const own = await sameBook(home.child, 'tickring', recording);
    if (own !== 'yes') throw new Error(`our own book after ${recording.source} is not the expected one`);
    for (const name of new Set(wanted.map(({ program }) => program))) {
      const peers = wanted.filter(({ program }) => program === name);
      rows.push(...(await runProgram(name, peers, home, symbols, shared)));
    }
  } finally {
    await home.child.stop();
  }
  console.log(`written: ${write(out, rows)}`);
  return 0;
}

async function main(): Promise<number> {
  const ipc = positionals.length === 0 ? ['ipc'] : positionals.filter((name) => IPC_NAMES.includes(name));
  const isJournal = positionals.length === 0 || positionals.includes('journal');
  const isVenues = positionals.length === 0 || positionals.includes('venues');
  const others = positionals.filter((name) => !ipc.includes(name) && name !== 'journal' && name !== 'venues');
  const wanted =
    positionals.length === 0 ? PEERS : PEERS.filter(({ name, program }) => others.includes(name) || others.includes(program));
  const unknown = others.filter((name) => !PEERS.some((peer) => peer.name === name || peer.program === name));
  if (unknown.length > 0)
    refuse(PROGRAM, `no peer is named ${unknown.join(', ')}; \`npm run bench:peers -- --help\` names all`);
  if (!(Number.isInteger(Number(values.blocks)) && Number(values.blocks) > 0))
    refuse(PROGRAM, `--blocks ${values.blocks} is no whole number of 1 or more`);
  if (!SYMBOLS.some((symbol) => symbol === values.symbol))
    refuse(PROGRAM, `--symbol ${values.symbol} is none of ${SYMBOLS.join(', ')}`);
  const out = resolve(values.out ?? 'bench/results/local');
  if (ipc.length > 0) {
    const run = await measureIpc(ipc, Number(values.blocks));
    console.log(ipcMarkdown(run));
    console.log(`written: ${writeIpc(out, run)}`);
  }
  if (isJournal) {
    const run = await measureLogs(Number(values.blocks));
    console.log(journalMarkdown(run));
    console.log(`written: ${writeJournal(out, run)}`);
  }
  if (isVenues) console.log(`written: ${writeVenues(out, await measureVenues(Number(values.blocks)))}`);
  return wanted.length > 0 ? measureFrames(wanted, out) : 0;
}

process.exitCode = await main();
