/**
 * One set of files for every language: the frames of a recording that follow its snapshot without a hole, the snapshot, and
 * what the book must be afterwards, computed here with exact decimals by the venue's documented rule.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { bookText, type Level, plain, sha256, type Top } from './top.js';

/** What `SYMBOL.json` says. */
export interface Expected {
  readonly symbol: string;
  readonly source: string;
  readonly sourceSha256: string;
  readonly framesSha256: string;
  readonly frames: number;
  readonly bytes: number;
  readonly levels: number;
  readonly lastUpdateId: number;
  readonly topSha256: string;
}

interface DepthUpdate {
  readonly e: string;
  readonly U: number;
  readonly u: number;
  readonly pu: number;
  readonly b: readonly Level[];
  readonly a: readonly Level[];
}

export const SYMBOLS = ['btcusdt', 'ethusdt'] as const;

const SNAPSHOT = '{"lastUpdateId"';

function recordingOf(symbol: string): string {
  return `binance/hftbacktest/usdm/${symbol}_20240808.gz`;
}

/** Applies the venue's rule; gives the frames that count, and the resulting sides. */
function follow(lines: readonly string[]) {
  const texts = lines
    .filter((line) => line !== '')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
  const snapshot = texts.find(([, text]) => text.startsWith(SNAPSHOT))?.[1];
  if (snapshot === undefined) throw new Error('the recording holds no depth snapshot');
  const body = JSON.parse(snapshot) as { lastUpdateId: number; bids: Level[]; asks: Level[] };
  const sideOf = (levels: readonly Level[]) => new Map(levels.map(([price, qty]) => [plain(price), qty]));
  const [bids, asks] = [sideOf(body.bids), sideOf(body.asks)];
  const frames: { ts: bigint; bytes: Buffer }[] = [];
  let [last, levels] = [undefined as number | undefined, 0];
  for (const [ts, text] of texts) {
    if (!text.includes('"depthUpdate"')) continue;
    const { data } = JSON.parse(text) as { data: DepthUpdate };
    if (data.u < body.lastUpdateId) continue;
    const follows = last === undefined ? data.U <= body.lastUpdateId : data.pu === last;
    if (!follows) throw new Error(`the recording has a hole before update id ${data.U}`);
    last = data.u;
    levels += data.b.length + data.a.length;
    frames.push({ ts: BigInt(ts), bytes: Buffer.from(text) });
    for (const [side, changes] of [
      [bids, data.b],
      [asks, data.a],
    ] as const) {
      for (const [price, qty] of changes) {
        if (Number(qty) === 0) side.delete(plain(price));
        else side.set(plain(price), qty);
      }
    }
  }
  const book: Top = [[...bids], [...asks]];
  return { snapshot, frames, book, lastUpdateId: last ?? 0, levels };
}

function pack(frames: readonly { ts: bigint; bytes: Buffer }[]): Buffer {
  const pieces = frames.flatMap(({ ts, bytes }) => {
    const head = Buffer.alloc(12);
    head.writeBigUInt64LE(ts, 0);
    head.writeUInt32LE(bytes.length, 8);
    return [head, bytes];
  });
  return Buffer.concat(pieces);
}

/** Books that another program made of the same recordings, where they are at hand: what we expect must be theirs. */
function checkOracle(captures: string, symbol: string, book: Top): void {
  const path = join(captures, 'oracle/books.json');
  if (!existsSync(path)) return;
  const books = JSON.parse(readFileSync(path, 'utf8')) as Record<string, { sha256: string } | undefined>;
  const [theirs, ours] = [books[`usdm_${symbol}_20240808`]?.sha256, sha256(bookText(book, Number.POSITIVE_INFINITY))];
  if (theirs !== ours) throw new Error(`${symbol}: the book has SHA-256 ${ours}, the oracle's ${theirs}`);
}

/** Writes the files of a symbol to `directory`; `undefined` where the recording is not at hand. */
export function prepare(captures: string, symbol: string, directory: string): Expected | undefined {
  const source = recordingOf(symbol);
  const path = join(captures, source);
  if (!existsSync(path)) return undefined;
  const packed = readFileSync(path);
  const { snapshot, frames, book, lastUpdateId, levels } = follow(gunzipSync(packed).toString('utf8').split('\n'));
  checkOracle(captures, symbol, book);
  const bytes = pack(frames);
  const expected: Expected = {
    symbol,
    source,
    sourceSha256: sha256(packed),
    framesSha256: sha256(bytes),
    frames: frames.length,
    bytes: frames.reduce((sum, frame) => sum + frame.bytes.length, 0),
    levels,
    lastUpdateId,
    topSha256: sha256(bookText(book)),
  };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${symbol}.frames`), bytes);
  writeFileSync(join(directory, `${symbol}.snapshot.json`), snapshot);
  writeFileSync(join(directory, `${symbol}.json`), `${JSON.stringify(expected, null, 2)}\n`);
  return expected;
}
