/** One client on one served recording: its books beside those that `tickring replay` makes of the same recording. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../setup/run.mjs';

const MAIN = join(ROOT, 'dist/cli/main.js');
/** Programs that are clients of other people's making; each is told its venue on the command line and tells its books when stdin ends. */
const PROGRAMS = { ccxt: 'bench/peers/npm/live/ccxt.mjs', tardis: 'bench/peers/npm/live/tardis.mjs' };
/** A client gets so long to read what was sent last. */
const QUIET_MS = 1_500;
/**
 * A client that asks for a book later than its first snapshot gets one with fewer far levels, and a busy machine makes clients slow. Nobody waits
 * longer than it takes them.
 */
const ASK_WITHIN = process.env.TICKRING_CLIENTS_ASK_WITHIN ?? '2m';
/** A guard against hangs alone. */
const WATCHDOG_MS = Number(process.env.TICKRING_CLIENTS_WATCHDOG_MS ?? 300_000);

class Child {
  out = '';
  errors = '';
  code;

  constructor(args) {
    this.process = spawn(process.execPath, args, { cwd: ROOT, stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stdout.setEncoding('utf8').on('data', (text) => {
      this.out += text;
    });
    this.process.stderr.setEncoding('utf8').on('data', (text) => {
      this.errors += text;
    });
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code) => {
        this.code = code;
        resolve(code);
      });
    });
  }

  /** The first line that holds this text. */
  async line(text) {
    for (const endAt = performance.now() + WATCHDOG_MS; ; ) {
      const found = this.out.split('\n').find((line) => line.includes(text));
      if (found !== undefined && this.out.includes(`${found}\n`)) return found;
      if (this.code !== undefined || performance.now() > endAt)
        throw new Error(`no ${text}: ${this.errors.trim().slice(-400)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** A decimal as a double, which is what these clients keep, in plain digits. */
function double(text) {
  return text.replace(/\d+(\.\d+)?/g, (number) => String(Number(number)));
}

/** `B <price> <qty>` and `A <price> <qty>` of a client's book, best first. */
function linesOf({ bids, asks }) {
  const side = (letter, levels) => levels.map(([price, qty]) => double(`${letter} ${price} ${qty}`));
  return [...side('B', bids), ...side('A', asks)];
}

function compared(symbol, book, path, kept) {
  const ours = readFileSync(path, 'utf8').split('\n').filter(Boolean).map(double);
  if (book === undefined) return { symbol, levels: 0, of: ours.length, verdict: 'no book' };
  const theirs = linesOf(book);
  const hash = (lines) => createHash('sha256').update(lines.join('\n')).digest('hex');
  if (hash(ours) === hash(theirs)) return { symbol, levels: theirs.length, of: ours.length, verdict: 'equal' };
  const known = new Set(ours);
  const isOurs = theirs.length > 0 && theirs.every((line) => known.has(line));
  const best = ['B', 'A'].map((letter) => {
    const [mine, its] = [ours, theirs].map((lines) => lines.filter((line) => line.startsWith(letter)));
    const differs = its.findIndex((line, at) => line !== mine[at]);
    return differs === -1 ? its.length : differs;
  });
  const verdict = kept !== undefined && isOurs ? `equal in what it keeps (${kept}), the best ${best.join(' and ')}` : 'DIFFERS';
  return { symbol, levels: theirs.length, of: ours.length, verdict };
}

/** Gives a row a symbol. `recording`: arguments of `replay` that name it. */
export async function held({ client, venue, format, symbols: only, kept }, files) {
  const recording = [...files, '--venue', venue, '--format', format];
  const folder = mkdtempSync(join(tmpdir(), 'tickring-clients-'));
  const children = [];
  const start = (...args) => {
    const child = new Child(args);
    children.push(child);
    return child;
  };
  try {
    const replayed = start(MAIN, 'replay', ...recording, '--books', folder);
    if ((await replayed.ended) !== 0) throw new Error(replayed.errors.trim());
    const server = start(MAIN, 'replay', ...recording, '--serve', '--speed', 'max', '--ask-within', ASK_WITHIN, '--json');
    const { venues } = JSON.parse(await server.line('"serving"'));
    const symbols = only ?? venues[0].symbols;
    const told = { venue, ws: venues[0].ws_url, rest: venues[0].rest_url, symbols };
    const peer = start(join(ROOT, PROGRAMS[client]), JSON.stringify(told));
    const gone = peer.ended.then((code) => {
      throw new Error(`it ended with ${code}: ${peer.errors.trim().slice(-400)}`);
    });
    const played = JSON.parse(await Promise.race([server.line('"played"'), gone]));
    await Promise.race([new Promise((resolve) => setTimeout(resolve, QUIET_MS)), gone]);
    gone.catch(() => {});
    peer.process.stdin.end();
    const report = JSON.parse(await peer.line('"version"'));
    const rows = symbols.map((symbol) =>
      compared(symbol, report.books[symbol], join(folder, `${venue}-${encodeURIComponent(symbol)}.txt`), kept),
    );
    return { version: report.version, messages: played.sent, errors: report.errors, rows };
  } finally {
    for (const child of children) if (child.code === undefined) child.process.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}
