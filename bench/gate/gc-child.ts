/**
 * `node --trace-gc --expose-gc gc-child.js FEED FRAMES [garbage]`: frames of a feed through the addon, as the engine hands them on,
 * and nothing else; see `collections` in exact.ts. The feed goes round with new update ids written into the same bytes.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { VENUES } from '#dist/model/codes.js';
import { Shard } from '#dist/native/index.js';

const [path = '', wanted = '', fault] = process.argv.slice(2);
const FRAMES = Number(wanted);
/** The head of a feed: a frame that the snapshot covers, and the snapshot. */
const HEAD = 2;
const IDS = 4;
/** Only the last digits of an id change, so that all arithmetic stays in small integers, which are no garbage. */
const DIGITS = 7;
const ID_DIGITS = 13;

const items = readFileSync(path, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => Buffer.from(line.slice(line.indexOf(' ') + 1)));
const [before, snapshot] = items;
const frames = items.slice(HEAD);
const sample = frames[0];
if (before === undefined || snapshot === undefined || sample === undefined) throw new Error(`${path} is no feed`);
const place = (name: string): number => sample.indexOf(name) + name.length + ID_DIGITS - DIGITS;
const [firstAt, lastAt, prevAt] = [place('"U":'), place('"u":'), place('"pu":')];

function writeDigits(bytes: Buffer, at: number, number: number): void {
  let rest = number;
  for (let index = at + DIGITS - 1; index >= at; index--) {
    const tens = (rest / 10) | 0;
    bytes[index] = 48 + rest - 10 * tens;
    rest = tens;
  }
}

const root = mkdtempSync('/dev/shm/tickring-bench-');
const sizes = { ringBytes: 64 * 2 ** 20, instrumentsMax: 16, depth: 20, snapshotIntervalMs: 0 };
const shard = new Shard({ root, name: 'bench', shard: 0, epoch: 1n, prevEpoch: 0n, ...sizes });
const ingest = shard.ingester();
const kept: object[] = [];

/** Frames from number `from` to `to` of the endless feed. */
function apply(from: number, to: number): void {
  for (let number = from; number < to; number++) {
    const frame = frames[number % frames.length] as Buffer;
    const prev = IDS * number;
    writeDigits(frame, prevAt, prev);
    writeDigits(frame, firstAt, prev + 1);
    writeDigits(frame, lastAt, prev + IDS);
    ingest(1, frame);
    if (fault === 'garbage') kept[0] = { number };
  }
}

try {
  const venue = VENUES['binance-usdm'];
  const exponents = { priceExponent: -2, qtyExponent: -3, tickSize: 10n, lotSize: 1n };
  shard.instrument({ id: 1, venue, symbol: 'BTCUSDT', ...exponents, trading: true, changeCount: 0 }, 0n);
  shard.connect(1, venue, 0n);
  shard.subscribe(1, 1, 1, 0n);
  ingest(1, before);
  shard.depthSnapshot(1, snapshot, snapshot.length, 0n);
  // Compiled before it counts.
  const warm = 100_000;
  apply(0, warm);
  (globalThis as { gc?: () => void }).gc?.();
  apply(warm, warm + FRAMES);
  const book = shard.bookText(1);
  const expected = 5_123_000_000_000n + BigInt(IDS * (warm + FRAMES));
  if (book?.inSync !== true || book.lastUpdateId !== expected)
    throw new Error(`the book is at ${book?.lastUpdateId}, not ${expected}`);
  console.log(`applied ${FRAMES}`);
} finally {
  shard.close();
  rmSync(root, { recursive: true, force: true });
}
