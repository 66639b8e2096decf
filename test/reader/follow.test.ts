import { mkdtempSync, rmSync } from 'node:fs';
import { afterAll, afterEach, expect, test } from 'vitest';
import { KINDS } from '#dist/model/codes.js';
import { type Book, decimalText, NOTICES, RingReader, type RingRecord } from '#dist/reader/index.js';
import { type Level, Market } from '../native/market.js';

const root = mkdtempSync('/dev/shm/tickring-follow-');
const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const LEVELS = 200;
let names = 0;

function side(first: number, step: number, qty: number): Level[] {
  return Array.from({ length: LEVELS }, (_, index) => [(first + index * step).toFixed(2), (qty + index / 1_000).toFixed(3)]);
}

function market(name: string, epoch = 1n, qty = 1): Market {
  const made = new Market({ root, name, epoch, prevEpoch: epoch - 1n }, side(5_000, -0.1, qty), side(5_000.1, 0.1, qty));
  open.push(made.shard);
  return made;
}

function freshName(): string {
  names += 1;
  return `engine-${names}`;
}

function reader(name: string, oldest = false): RingReader {
  const made = RingReader.open({ root, name, oldest });
  open.push(made);
  return made;
}

/** Takes everything that is there. */
function drain(from: RingReader): RingRecord[] {
  const all: RingRecord[] = [];
  for (let cursor = from.poll(); cursor.left > 0; cursor = from.poll()) while (cursor.next()) all.push(cursor.object());
  return all;
}

/** As the shard spells its own book. */
function text(book: Book): string {
  const { priceExponent, qtyExponent } = book.status();
  const { bids, asks } = book.levels();
  const lines = (letter: string, levels: typeof bids): string[] =>
    levels.map(({ price, qty }) => `${letter} ${decimalText(price, priceExponent)} ${decimalText(qty, qtyExponent)}\n`);
  return [...lines('B', bids), ...lines('A', asks)].join('');
}

test('reader: a book joins at once, follows each poll, and its best levels are the same in every form', () => {
  const name = freshName();
  const engine = market(name);
  const follower = reader(name);
  const book = follower.book('BTCUSDT');
  expect(text(book)).toBe(engine.shard.bookText(1)?.text);
  for (let round = 1; round <= 600; round += 1) {
    engine.depth([[(4_999 - (round % 50) / 10).toFixed(2), (round % 7).toFixed(3)]], [['5000.10', `${round}.000`]]);
    if (round % 3 !== 0) continue;
    const before = book.status().lastUpdateId;
    expect(text(book)).not.toBe(engine.shard.bookText(1)?.text);
    expect(book.status().lastUpdateId).toBe(before);
    drain(follower);
    expect(text(book)).toBe(engine.shard.bookText(1)?.text);
  }
  expect(book.status()).toMatchObject({ state: 'live', joins: 1n, failures: 0n, lastUpdateId: BigInt(engine.updateId) });
  expect(book.status().checks).toBeGreaterThan(0n);

  const { bids, asks } = book.top(3);
  expect(book.levels()).toMatchObject({ bids: expect.arrayContaining([...bids]), asks: expect.arrayContaining([...asks]) });
  expect([bids.length, asks.length]).toEqual([3, 3]);
  const out = new Float64Array(4 * 300).fill(-1);
  book.copyTop(out, 3);
  expect([...out.subarray(0, 12)]).toEqual([...bids, ...asks].flatMap(({ price, qty }) => [Number(price), Number(qty)]));
  expect(out[12]).toBe(-1);
  // More than there are: the rest is no number.
  book.copyTop(out, 300);
  const { bidLevels } = book.status();
  expect([out[2 * bidLevels - 1], out[2 * bidLevels]]).toEqual([expect.any(Number), Number.NaN]);
});

test('reader: sealed memory is read by the same call', () => {
  const name = freshName();
  const engine = new Market({ root, name, hardened: true }, side(5_000, -0.1, 1), side(5_000.1, 0.1, 1));
  open.push(engine.shard);
  const follower = reader(name);
  const book = follower.book('BTCUSDT');
  engine.depth([['4999.00', '7.000']], []);
  drain(follower);
  expect(text(book)).toBe(engine.shard.bookText(1)?.text);
});

test('reader: a lap is a record with the exact loss, and the book is built again by itself', () => {
  const name = freshName();
  const engine = market(name);
  const follower = reader(name);
  const book = follower.book('BTCUSDT');
  engine.depth([['4999.00', '1.000']], []);
  const [first] = drain(follower).filter(({ kind }) => kind === 'book_delta');
  for (let frame = 1; frame <= 3_000; frame += 1) engine.depth([['4999.00', `${frame}.000`]], []);
  expect(follower.lag).toBeGreaterThan(follower.liveness()[0]?.slots ?? Number.NaN);
  const seen = drain(follower);
  const at = seen.findIndex(({ kind }) => kind === 'lapped');
  const [lapped, next] = seen.slice(at);
  if (lapped?.kind !== 'lapped' || next === undefined || !('sequence' in next) || first === undefined || !('sequence' in first))
    throw new Error('no lap, or nothing behind it');
  expect(next.sequence - first.sequence - 1n).toBe(lapped.lost);
  expect(text(book)).toBe(engine.shard.bookText(1)?.text);
  expect(book.status()).toMatchObject({ state: 'live', joins: 2n, failures: 0n });
  expect(follower.lag).toBe(0);
});

test('reader: an engine that ends and starts again is told, and books come back under the same name', async () => {
  const name = freshName();
  const before = market(name);
  const follower = reader(name);
  const book = follower.book('BTCUSDT');
  before.depth([], [['5000.10', '9.000']]);
  before.shard.close();
  const seen: RingRecord[] = [];
  let after: Market | undefined;
  for await (const record of follower) {
    seen.push(record);
    if (record.kind === 'writer' && record.state === 'closed') after = market(name, 2n, 3);
    if (after !== undefined && record.kind === 'book_delta' && record.lastUpdateId === BigInt(after.updateId)) break;
  }
  const notices = seen.filter(({ kind }) => kind in NOTICES);
  expect(notices).toEqual([
    { kind: 'writer', shard: 0, state: 'closed' },
    { kind: 'generation', shard: 0, prevEpoch: 1n, epoch: 2n },
  ]);
  const sequences = seen.flatMap((record) => ('sequence' in record ? [record.sequence] : []));
  expect(sequences.every((sequence, index) => index === 0 || sequence === (sequences[index - 1] ?? 0n) + 1n)).toBe(true);
  expect(text(book)).toBe(after?.shard.bookText(1)?.text);
  expect(book.status().state).toBe('live');
});

test('reader: a loop ends with its signal and with the reader, and throws nothing', async () => {
  const name = freshName();
  const engine = market(name);
  const follower = reader(name);
  const stop = new AbortController();
  engine.depth([['4999.00', '1.000']], []);
  let count = 0;
  for await (const record of follower.records({ signal: stop.signal, wait: { sleepMs: 1_000, yieldMs: 0 } })) {
    count += 1;
    expect(record.kind).toBe('book_delta');
    // While it waits for the next one.
    setTimeout(() => stop.abort(), 5);
  }
  expect(count).toBe(1);
  for await (const _ of follower.records({ signal: AbortSignal.abort() })) expect.unreachable();
  setTimeout(() => follower.close(), 5);
  for await (const _ of follower) expect.unreachable();
});

test('reader: what a loop was left before is the first thing that the next one gets', async () => {
  const name = freshName();
  const engine = market(name);
  const follower = reader(name);
  for (let frame = 1; frame <= 100; frame += 1) engine.depth([['4999.00', `${frame}.000`]], []);
  const sequences: bigint[] = [];
  while (sequences.length < 100) {
    for await (const record of follower.records({ kinds: ['book_delta'] })) {
      if (!('sequence' in record)) continue;
      sequences.push(record.sequence);
      if (sequences.length % 7 === 0 || sequences.length === 100) break;
    }
    if (sequences.length === 100) break;
    const cursor = follower.poll(1);
    if (cursor.next()) sequences.push(BigInt(cursor.sequence));
  }
  expect(sequences.map((sequence) => sequence - (sequences[0] ?? 0n))).toEqual(sequences.map((_, index) => BigInt(index)));
});

test('reader: a loop that always finds records lets timers and sockets have their turn', async () => {
  const name = freshName();
  const engine = market(name);
  const follower = reader(name);
  for (let frame = 1; frame <= 100; frame += 1) engine.depth([['4999.00', `${frame}.000`]], []);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  let records = 0;
  for await (const _ of follower) {
    for (const until = performance.now() + 0.25; performance.now() < until; );
    records += 1;
    if (records === 100) break;
  }
  clearImmediate(immediate);
  // 25 ms of work, a turn a ms; fewer where single records took longer.
  expect(turns).toBeGreaterThanOrEqual(10);
});

test('reader: kinds and symbols choose records, notices always come', async () => {
  const name = freshName();
  const engine = market(name);
  const follower = reader(name, true);
  engine.depth([['4999.00', '1.000']], []);
  engine.shard.close();
  const seen: string[] = [];
  for await (const record of follower.records({ kinds: ['book_snapshot', 'instrument'], symbols: ['binance-usdm:BTCUSDT'] })) {
    seen.push(record.kind);
    if (record.kind === 'writer') break;
  }
  expect(seen[0]).toBe('instrument');
  expect(new Set(seen)).toEqual(new Set(['instrument', 'book_snapshot', 'writer']));
  expect(KINDS.instrument).toBe(7);
  for await (const record of reader(name, true).records({ symbols: ['ETHUSDT'] })) {
    expect(record.kind).toBe('writer');
    break;
  }
});
