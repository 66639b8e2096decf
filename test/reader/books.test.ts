/** Books and records of a whole engine on simulated venues, read as strangers read them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CODE_NAMES,
  EPOCH_REASON_NAMES,
  GAP_REASON_NAMES,
  GAP_STREAM_NAMES,
  KIND_NAMES,
  STATE_NAMES,
  TRADING_STATE_NAMES,
  VENUE_NAMES,
} from '#dist/model/codes.js';
import {
  RingReader as Addon,
  PAYLOAD_FIELDS,
  PAYLOAD_WORDS,
  type PayloadField,
  RECORD_OFFSETS,
  RECORD_SIZE_MAX,
} from '#dist/native/index.js';
import { type Book, decimalText, type Level, type RecordCursor, RingReader, type RingRecord } from '#dist/reader/index.js';
import { Rig } from '../engine/rig.js';

const SEED = Number(process.env['TICKRING_TEST_SEED'] ?? Date.now() % 2 ** 31);
process.stderr.write(`books.test: TICKRING_TEST_SEED=${SEED}\n`);
const POSITIONS = 150;
const JOINS = 60;

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start({ simulator: { rate: 800 } });
});
afterAll(() => rig?.stop());

let state = BigInt(SEED);
function below(limit: number): number {
  state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
  return Number((state >> 33n) % BigInt(limit));
}

function open(): RingReader {
  return RingReader.open({ root: rig.config.shmRoot, name: rig.config.name });
}

/** As the simulated venue spells its true book. */
function text(book: Book): string {
  const { priceExponent, qtyExponent } = book.status();
  const { bids, asks } = book.levels();
  const lines = (letter: string, levels: typeof bids): string[] =>
    levels.map(({ price, qty }) => `${letter} ${decimalText(price, priceExponent)} ${decimalText(qty, qtyExponent)}\n`);
  return [...lines('B', bids), ...lines('A', asks)].join('');
}

/** False where there is nothing to compare with: a resync, or an id that the venue has forgotten. */
function isTrue(book: Book): boolean {
  const status = book.status();
  if (status.state !== 'live') return false;
  const { venue, symbol } = book.instrument;
  const truth = rig.simulator.bookAt(venue, symbol, status.lastUpdateId);
  if (truth === undefined) return false;
  expect(text(book)).toBe(truth);
  return true;
}

test('books: at random positions of a follower each is the venue’s true book of its update id', async () => {
  const reader = open();
  const books = reader.instruments().map(({ venue, symbol }) => reader.book(`${venue}:${symbol}`));
  expect(books).toHaveLength(4);
  expect(reader.shards).toEqual([0, 1]);
  const seen = new Map<Book, Set<bigint>>(books.map((book) => [book, new Set()]));
  for (let compared = 0; compared < POSITIONS; ) {
    // Somewhere, not only where nothing is new.
    for (let cursor = reader.poll(1 + below(40)); cursor.next(); );
    const book = books[below(books.length)];
    if (book !== undefined && isTrue(book)) {
      compared += 1;
      seen.get(book)?.add(book.status().lastUpdateId);
    }
    if (reader.lag === 0) await new Promise((resolve) => setTimeout(resolve, below(20)));
  }
  for (const ids of seen.values()) expect(ids.size).toBeGreaterThan(10);
  for (const book of books) expect(book.status()).toMatchObject({ failures: 0n, joins: 1n });
  reader.close();
});

test('books: a reader that joins at any moment has them at once', async () => {
  let compared = 0;
  while (compared < JOINS) {
    await new Promise((resolve) => setTimeout(resolve, below(15)));
    const reader = open();
    for (const { venue, symbol } of reader.instruments()) compared += Number(isTrue(reader.book(`${venue}:${symbol}`)));
    reader.close();
  }
});

/** Names that objects have where the ring has numbers. */
const NAMES: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'status.state': STATE_NAMES,
  'status.code': CODE_NAMES,
  'gap.stream': GAP_STREAM_NAMES,
  'gap.reason': GAP_REASON_NAMES,
  'instrument.venue': VENUE_NAMES,
  'instrument.state': TRADING_STATE_NAMES,
  'epoch_start.reason': EPOCH_REASON_NAMES,
};

/** A record from the table of payload words alone: every field, as objects have it. */
function fromTable(bytes: Buffer): Record<string, unknown> {
  const kind = KIND_NAMES[bytes.readUInt8(RECORD_OFFSETS.kind) as keyof typeof KIND_NAMES];
  const word = (index: number): bigint => bytes.readBigUInt64LE(RECORD_OFFSETS.payload + 8 * index);
  const value = ({ word: at, shift, bits, signed }: PayloadField): bigint => {
    const part = (word(at) >> BigInt(shift)) & ((1n << BigInt(bits)) - 1n);
    return signed ? BigInt.asIntN(bits, part) : part;
  };
  const table: Readonly<Record<string, PayloadField>> = PAYLOAD_FIELDS[kind];
  const fields = Object.entries(table).map(([name, field]) => {
    const names = NAMES[`${kind}.${name}`];
    if (names !== undefined) return [name, names[Number(value(field))] ?? null];
    return [name, field.bits === 64 ? value(field) : Number(value(field))];
  });
  const { bidCount, askCount, symbolSize, symbol, ...own } = Object.fromEntries(fields);
  if (symbolSize !== undefined) {
    const start = RECORD_OFFSETS.payload + 8 * PAYLOAD_FIELDS.instrument.symbol.word;
    own.symbol = bytes.toString('utf8', start, start + symbolSize);
  }
  if (bidCount === undefined) return { kind, ...own };
  const words = PAYLOAD_WORDS[kind];
  const level = (at: number): Level => ({ price: BigInt.asIntN(64, word(at)), qty: BigInt.asIntN(64, word(at + 1)) });
  const side = (first: number, count: number): Level[] => Array.from({ length: count }, (_, at) => level(first + 2 * at));
  return { kind, ...own, bids: side(words, bidCount), asks: side(words + 2 * bidCount, askCount) };
}

/** What the getters of the cursor say, by the names of the object's members. */
function fields(cursor: RecordCursor, record: RingRecord): void {
  const of = { trade: cursor.trade, quote: cursor.quote, book_delta: cursor.book, book_snapshot: cursor.book } as const;
  const group = of[record.kind as keyof typeof of];
  const values = record as unknown as Record<string, unknown>;
  for (const name of ['sequence', 'frameSeq', 'index', 'flags', 'shard'] as const)
    expect(cursor[name]).toBe(Number(values[name]));
  for (const name of ['tsEvent', 'tsRecv', 'tsOut'] as const) {
    expect(cursor[name]).toBe(values[name]);
    expect(Math.abs(cursor[`${name}Ms`] - Number(values[name]) / 1e6)).toBeLessThan(0.001);
  }
  if (group === undefined) return;
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(group))) {
    const value = values[name];
    if (typeof value === 'bigint' || typeof value === 'number')
      expect((group as unknown as Record<string, unknown>)[name]).toBe(Number(value));
  }
  if (record.kind !== 'book_delta' && record.kind !== 'book_snapshot') return;
  const { book } = cursor;
  expect([book.bidCount, book.askCount]).toEqual([record.bids.length, record.asks.length]);
  record.bids.forEach((level, at) => {
    expect([book.bidPrice(at), book.bidQty(at)]).toEqual([Number(level.price), Number(level.qty)]);
  });
  record.asks.forEach((level, at) => {
    expect([book.askPrice(at), book.askQty(at)]).toEqual([Number(level.price), Number(level.qty)]);
  });
}

test('records: every form of every kind says what the table of payload words says', () => {
  const out = Buffer.alloc(RECORD_SIZE_MAX);
  for (const shard of [0, 1]) {
    const addon = new Addon(rig.config.shmRoot, rig.config.name, shard);
    addon.seekOldest();
    const reader = RingReader.open({ root: rig.config.shmRoot, name: rig.config.name, shard, oldest: true });
    const kinds = new Set<string>();
    for (let records = 0; records < 1_000 && reader.lag > 0; records += 1) {
      expect(addon.poll(out, 1)).toBe(1);
      const cursor = reader.poll(1);
      expect(cursor.next()).toBe(true);
      const record = cursor.object();
      if (!('sequence' in record)) throw new Error(`a notice: ${record.kind}`);
      kinds.add(record.kind);
      fields(cursor, record);
      const { kind, ...told } = fromTable(out);
      expect(record.kind).toBe(kind);
      expect(kind === 'instrument' ? record.instrument : record).toMatchObject(told);
      expect(record.sequence).toBe(out.readBigUInt64LE(RECORD_OFFSETS.sequence));
      expect(record.instrument?.id ?? 0).toBe(out.readUInt32LE(RECORD_OFFSETS.instrument));
    }
    const wanted = ['book_delta', 'book_snapshot', 'epoch_start', 'instrument', 'quote', 'status', 'trade'];
    expect([...kinds].sort()).toEqual(expect.arrayContaining(wanted));
    addon.close();
    reader.close();
  }
});
