/** N3: through a resync clients and readers keep the old book, flagged stale, and are told what the new one has otherwise. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Book, decimalText, type Level, type Message, TickringClient } from '#dist/client/node.js';
import { type Gateway, startGateway } from '#dist/gateway/server.js';
import { RingReader } from '#dist/reader/index.js';
import { memoryLogger } from './memory-logger.js';
import { exactLosses } from './oracle.js';
import { eventually, Rig } from './rig.js';

/** Books that are fetched, with ids that are dense and ids that are not, and books that come whole in the stream. */
const VENUES = ['binance-spot', 'binance-usdm', 'bybit-linear'] as const;
const SYMBOL = 'BTCUSDT';
const ROUNDS = 5;
/** Of a level in a message and on the ring. */
const LEVEL_BYTES = 16;

let rig: Rig;
let gateway: Gateway;
let client: TickringClient;
let reader: RingReader;

beforeAll(async () => {
  rig = await Rig.start({ simulator: { venues: [...VENUES], symbols: [SYMBOL] } });
  gateway = await startGateway(
    { name: rig.config.name, shmRoot: rig.config.shmRoot, host: '127.0.0.1', port: 0 },
    { logger: memoryLogger(), control: rig.control, version: 'test' },
  );
  client = new TickringClient(`${gateway.url.replace('http', 'ws')}/ws`);
  reader = RingReader.open({ root: rig.config.shmRoot, name: rig.config.name });
});
afterAll(async () => {
  client?.close();
  reader?.close();
  await gateway?.stop();
  await rig?.stop();
});

function text(levels: { bids: readonly Level[]; asks: readonly Level[] }, price: number, qty: number): string {
  const lines = (letter: string, side: readonly Level[]): string[] =>
    side.map((level) => `${letter} ${decimalText(level.price, price)} ${decimalText(level.qty, qty)}\n`);
  return [...lines('B', levels.bids), ...lines('A', levels.asks)].join('');
}

/** The client's book and whether it is the venue's at its id. */
function compare(book: Book, venue: string): void {
  const truth = rig.simulator.bookAt(venue, SYMBOL, book.lastUpdateId);
  expect(text({ bids: book.bids(), asks: book.asks() }, book.priceExponent, book.qtyExponent)).toBe(truth);
}

/** What a client of one topic is told while its book is rebuilt. */
class Watch {
  readonly venue: string;
  wholeBooks = 0;
  differences = 0;
  levels = 0;
  levelsOfWhole = 0;
  #isRebuilt = false;

  constructor(venue: string) {
    this.venue = venue;
  }

  take(message: Message, book: Book): void {
    if (message.type === 'book_snapshot') this.wholeBooks += 1;
    if (message.type === 'status' && message.state === 'resync') {
      this.#isRebuilt = true;
      expect([book.isKnown, book.isStale]).toEqual([true, true]);
      compare(book, this.venue);
    }
    if (message.type === 'book_delta' && message.flags.includes('recovered')) {
      expect([this.#isRebuilt, book.isKnown, book.isStale]).toEqual([true, true, false]);
      compare(book, this.venue);
      this.differences += 1;
      this.levels += message.bids.length + message.asks.length;
      this.levelsOfWhole += book.levels.bids + book.levels.asks;
    }
    if (message.type === 'status' && message.state === 'live') this.#isRebuilt = false;
  }
}

it('no client is sent a whole book, and every book is the true one before, in between and after', async () => {
  const watches = new Map(VENUES.map((venue) => [`book.${venue}.${SYMBOL}`, new Watch(venue)]));
  const problems: unknown[] = [];
  client.on('loss', (loss) => problems.push(loss));
  client.on('book', (book, message) => {
    try {
      watches.get(message.topic)?.take(message, book);
    } catch (error) {
      problems.push(error);
    }
  });
  client.subscribe([...watches.keys()]);
  const books = VENUES.map((venue) => reader.book(`${venue}:${SYMBOL}`));
  const follow = (): void => {
    for (let cursor = reader.poll(1_000); cursor.next(); );
  };
  await eventually('first books', () => [...watches.values()].every(({ wholeBooks }) => wholeBooks === 1));
  for (let round = 1; round <= ROUNDS; round += 1) {
    rig.inject('drop', { n: 1 });
    await eventually(`round ${round}`, () => {
      follow();
      return [...watches.values()].every(({ differences }) => differences >= round);
    });
    await rig.inSync();
  }
  // Where books come whole in the stream, the ids until then are in the gap as well.
  await exactLosses(rig, ['binance-spot', 'binance-usdm']);
  const all = [...watches.values()];
  expect(problems).toEqual([]);
  expect(client.stats).toMatchObject({ hashMismatches: 0, sequenceBreaks: 0, resubscribes: 0 });
  expect(all.map(({ wholeBooks }) => wholeBooks)).toEqual(VENUES.map(() => 1));
  const [resyncs, differences] = [await rig.counter('resyncs'), await rig.counter('book_differences')];
  expect(differences).toBe(all.reduce((sum, watch) => sum + watch.differences, 0));
  expect(resyncs).toBeGreaterThanOrEqual(ROUNDS * VENUES.length);
  for (const { venue, levels, levelsOfWhole } of all) {
    expect(levels).toBeLessThan(levelsOfWhole);
    const [told, whole] = [levels, levelsOfWhole].map((count) => Math.round((count * LEVEL_BYTES) / ROUNDS));
    process.stderr.write(`shadow-resync: ${venue}: ${told} B of levels a resync instead of ${whole} B\n`);
  }
  // Readers of the ring: never built anew, checked behind each change of books.
  await eventually('the reader has the newest books', () => {
    follow();
    return books.every((book) => book.status().state === 'live');
  });
  for (const book of books) {
    const status = book.status();
    expect(status).toMatchObject({ joins: 1n, failures: 0n });
    expect(status.checks).toBeGreaterThanOrEqual(BigInt(ROUNDS));
    const { venue, symbol } = book.instrument;
    const truth = rig.simulator.bookAt(venue, symbol, status.lastUpdateId);
    expect(text(book.levels(), status.priceExponent, status.qtyExponent)).toBe(truth);
  }
});
