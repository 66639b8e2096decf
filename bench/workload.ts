import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { binanceUsdm } from '#dist/simulator/dialects/binance-usdm.js';
import { VenueMarket } from '#dist/simulator/market/venue-market.js';

/** Frames of one instrument in the order in which they arrived, with the depth snapshot at its place. */
export interface Workload {
  readonly source: string;
  /** Of the file that all benches read. */
  readonly sha256: string;
  readonly frames: readonly { readonly kind: 'frame' | 'snapshot'; readonly bytes: Buffer }[];
  readonly bytes: number;
  /** SHA-256 of the true book after the last frame, in canonical text, from somebody else than us. */
  readonly bookSha256: string;
}

const RECORDING = 'binance/hftbacktest/usdm/btcusdt_20240808.gz';
const ORACLE = 'usdm_btcusdt_20240808';
const FRAMES = 6_500;

interface Corpus {
  readonly path: string;
  readonly source: string;
  readonly bookSha256: string;
}

let found: Corpus | undefined;

/** The recorded BTCUSDT futures feed, or, where no recordings are, a feed of the simulated venue of the same shape. */
function corpus(): Corpus {
  if (found === undefined) {
    const captures = resolve(process.env['TICKRING_CAPTURES'] ?? '../shared/captures');
    const path = join(captures, RECORDING);
    found = existsSync(path) ? { path, source: `recording ${RECORDING}`, bookSha256: oracle(captures) } : simulated();
  }
  return found;
}

/** File with lines `<receive ns> <frame>`. */
export function corpusPath(): string {
  return corpus().path;
}

function oracle(captures: string): string {
  const books = JSON.parse(readFileSync(join(captures, 'oracle/books.json'), 'utf8')) as Record<string, { sha256: string }>;
  const book = books[ORACLE];
  if (book === undefined) throw new Error(`${captures}/oracle/books.json has no ${ORACLE}`);
  return book.sha256;
}

/** The same bytes on every machine: the simulated market's virtual clock and a fixed seed. */
function simulated(): Corpus {
  const epochMs = 1_723_161_256_299;
  const lines: string[] = [];
  const btcusdt = binanceUsdm.symbols.get('BTCUSDT');
  if (btcusdt === undefined) throw new Error('the simulated venue has no BTCUSDT');
  const market = new VenueMarket({
    dialect: binanceUsdm,
    symbols: [btcusdt],
    seed: 1,
    rate: 400,
    epochMs,
    historyChanges: 4_000_000,
    extraKeys: false,
    publish: (frame) => lines.push(`${market.nowUs}000 ${frame.payload(true, false).bytes.toString('utf8')}`),
  });
  const symbol = market.symbols.get('BTCUSDT');
  if (symbol === undefined) throw new Error('the simulated market has no BTCUSDT');
  market.channels.get('btcusdt@depth@500ms')?.subscribers.add({ deliver: () => undefined, expect: () => undefined });
  while (lines.length < 5) market.step();
  const body = binanceUsdm.snapshotBody?.(symbol.text, symbol.snapshot(1_000), market.nowUs);
  lines.push(`${market.nowUs}000 ${body}`);
  while (lines.length < FRAMES) market.step();
  const text = symbol.bookText(symbol.lastUpdateId) ?? '';
  const directory = mkdtempSync(join(tmpdir(), 'tickring-corpus-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'simulated.txt');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return { path, source: 'simulated venue, seed 1', bookSha256: createHash('sha256').update(text).digest('hex') };
}

/**
 * Moves the times in the frames, so that the first is of now, as the Rust program does: a feed whose venue and receiver are years
 * apart would take the form of ring records that live feeds never take.
 */
function broughtToNow(texts: readonly string[]): string[] {
  const times = /"([ET])":(\d{13})/gu;
  const first = Number(texts[0]?.match(/"E":(\d{13})/u)?.[1] ?? Number.NaN);
  const by = Date.now() - first;
  return texts.map((text) => text.replace(times, (_, key: string, ms: string) => `"${key}":${Number(ms) + by}`));
}

/** Depth frames of the corpus, at most `limit` items. The book's hash holds where none is left out. */
export function depthWorkload(limit: number): Workload {
  const { path, source, bookSha256 } = corpus();
  const packed = readFileSync(path);
  const lines = (path.endsWith('.gz') ? gunzipSync(packed) : packed).toString('utf8').split('\n');
  const items: { readonly kind: 'frame' | 'snapshot'; readonly text: string }[] = [];
  for (const line of lines) {
    if (items.length >= limit) break;
    const text = line.slice(line.indexOf(' ') + 1);
    if (text.startsWith('{"lastUpdateId"')) items.push({ kind: 'snapshot', text });
    else if (text.includes('"depthUpdate"')) items.push({ kind: 'frame', text });
  }
  const now = broughtToNow(items.map(({ text }) => text));
  // One behind the other, as in the Rust program: a frame's own place in memory would cost its first bytes' way from there.
  const all = Buffer.from(now.join(''));
  let at = 0;
  const frames = items.map(({ kind }, index) => {
    const bytes = all.subarray(at, at + Buffer.byteLength(now[index] ?? ''));
    at += bytes.length;
    return { kind, bytes };
  });
  return { source, sha256: createHash('sha256').update(packed).digest('hex'), frames, bytes: all.length, bookSha256 };
}
