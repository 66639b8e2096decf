import { ByteBuffer } from 'flatbuffers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EncodingName, Loss, Message, TickringClient } from '../../src/client/node.js';
import type { Gateway } from '../../src/gateway/server.js';
import { Body, BookDelta, Message as FlatMessage } from '../../src/model/wire/index.js';
import { Feed } from '../gateway/feed.js';
import { eventually, startTestGateway } from '../gateway/harness.js';
import { RandomMarket, randomFrom } from '../gateway/random-market.js';
import { bookText, openClient, TestProxy } from './harness.js';

const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const BOOK = 'book.binance-usdm.BTCUSDT';
const TRADE = 'trade.binance-usdm.BTCUSDT';
const DEPTH = 50;

describe.each<EncodingName>(['fb', 'msgpack', 'json'])('client over %s', (encoding) => {
  let feed: Feed;
  let gateway: Gateway;
  let markets: RandomMarket[];
  const clients: TickringClient[] = [];

  beforeEach(async () => {
    feed = new Feed(SYMBOLS, 16_777_216);
    markets = SYMBOLS.map((symbol, index) => new RandomMarket(feed, symbol, 50_000 / (index + 1), 7 + index));
    for (const market of markets) market.sync(DEPTH);
    gateway = await startTestGateway(feed);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await gateway.stop();
    feed.close();
  });

  const open = (url = gateway.url): TickringClient => {
    const client = openClient(url, { encoding });
    clients.push(client);
    return client;
  };
  const isCurrent = (client: TickringClient, symbol = 'BTCUSDT') =>
    eventually('the book', () => bookText(client, `book.binance-usdm.${symbol}`) === feed.bookText(symbol));

  it('builds the books of the engine, and delivers every message to listeners and loops alike', async () => {
    const client = open();
    const losses: Loss[] = [];
    const heard: number[] = [];
    const looped: number[] = [];
    client.on('loss', (loss) => losses.push(loss));
    client.on('message', ({ topic, seq }) => topic === BOOK && heard.push(seq));
    client.on('book', () => {
      throw new Error('a listener that is broken');
    });
    const loop = (async () => {
      for await (const { topic, seq } of client.messages()) if (topic === BOOK) looped.push(seq);
    })();
    client.subscribe([...SYMBOLS.map((symbol) => `book.binance-usdm.${symbol}`), TRADE]);
    for (const symbol of SYMBOLS) await isCurrent(client, symbol);
    for (let count = 0; count < 300; count += 1) for (const market of markets) market.step();
    for (const symbol of SYMBOLS) await isCurrent(client, symbol);
    expect(losses).toEqual([]);
    expect(client.stats).toMatchObject({ hashMismatches: 0, sequenceBreaks: 0, unreadable: 0, reconnects: 0 });
    client.close();
    await loop;
    expect(looped).toEqual(heard);
    expect(looped.length).toBeGreaterThan(300);
  });

  it('asks again for a topic that does not exist yet, and gets the others meanwhile', async () => {
    const client = open();
    const problems: string[] = [];
    client.on('problem', (error) => problems.push(error.message));
    client.subscribe([BOOK, 'book.binance-usdm.NONE']);
    await isCurrent(client);
    expect(problems[0]).toMatch(/^unknown-topic: .*NONE/);
  });

  it('catches one damaged bit of a delta within one message, and gets the book right again', async () => {
    const proxy = await TestProxy.open(gateway.port);
    const client = open(proxy.url);
    const random = randomFrom(11);
    // No level is removed: to remove another one that is not there either would be no damage.
    const delta = (): void => {
      const levels = (from: number): ReturnType<typeof level>[] => Array.from({ length: 4 }, (_, index) => level(from + index));
      const level = (price: number) => [`${price}.50`, (1 + random() * 9).toFixed(3)] as const;
      feed.depth('BTCUSDT', levels(100), levels(200_000));
    };
    client.subscribe(BOOK);
    await isCurrent(client);
    for (let round = 0; round < 20; round += 1) {
      const before = { ...client.stats };
      let seen = 0;
      const stop = client.on('message', () => {
        seen += 1;
      });
      let damaged: string | undefined;
      proxy.onData = (bytes) => {
        const place = damage(bytes, encoding, random);
        if (place === undefined) return;
        damaged = place;
        proxy.onData = undefined;
      };
      // The second one is sent once the first was damaged, so that they are never in one piece.
      delta();
      await eventually('damage', () => damaged !== undefined);
      delta();
      await isCurrent(client);
      const { hashMismatches, sequenceBreaks, unreadable } = client.stats;
      const caught = hashMismatches + sequenceBreaks + unreadable;
      expect(caught, `round ${round}: ${damaged}`).toBe(before.hashMismatches + before.sequenceBreaks + before.unreadable + 1);
      stop();
      expect(seen).toBeGreaterThan(0);
    }
    await proxy.close();
  });

  it('goes on after its gateway was replaced by another', async () => {
    const proxy = await TestProxy.open(gateway.port);
    const client = open(proxy.url);
    client.subscribe([BOOK, TRADE]);
    await isCurrent(client);
    await gateway.stop();
    markets[0]?.step();
    gateway = await startTestGateway(feed);
    proxy.port = gateway.port;
    await isCurrent(client);
    markets[0]?.step();
    await isCurrent(client);
    expect(client.stats.reconnects).toBeGreaterThan(0);
    expect(client.stats.hashMismatches).toBe(0);
    await proxy.close();
  });

  it('ends a loop that is too slow with an error, and stays whole itself', async () => {
    const client = openClient(gateway.url, { encoding, queueMax: 10 });
    clients.push(client);
    const loop = client.messages();
    client.subscribe(BOOK);
    await isCurrent(client);
    for (let count = 0; count < 30; count += 1) markets[0]?.step();
    await isCurrent(client);
    const taken: Message[] = [];
    await expect(
      (async () => {
        for await (const message of loop) taken.push(message);
      })(),
    ).rejects.toThrow('10 messages wait');
    expect(taken).toHaveLength(10);
  });
});

/** Flips a bit of a level, or of the hash, of the first delta in these bytes; says which. */
function damage(bytes: Buffer, encoding: EncodingName, random: () => number): string | undefined {
  if (encoding === 'json') {
    const start = bytes.indexOf('"book_delta"');
    if (start < 0) return undefined;
    const from = bytes.indexOf('"hash"', start);
    const end = bytes.indexOf('}}', from);
    const digits = Array.from({ length: end - from }, (_, index) => from + index).filter((at) =>
      /\d/.test(String.fromCharCode(bytes[at] ?? 0)),
    );
    const at = digits[Math.floor(random() * digits.length)] ?? from;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return `digit at ${at - start}`;
  }
  if (encoding === 'msgpack') {
    const start = bytes.indexOf('book_delta');
    const hash = bytes.indexOf('\xa4hash\xcf', start, 'latin1');
    if (start < 0 || hash < 0) return undefined;
    const at = hash + 6 + Math.floor(random() * 8);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    return `hash at ${at - hash}`;
  }
  // A frame of more than 125 bytes: two bytes, then the length in two more, then the message.
  const start = bytes.indexOf('TKR1') - 4;
  if (start < 0) return undefined;
  const length = bytes.readUInt16BE(start - 2);
  const message = bytes.subarray(start, start + length);
  const places = levelPlaces(message);
  if (places.length === 0) return undefined;
  const at = (places[Math.floor(random() * places.length)] ?? 0) + Math.floor(random() * 16);
  const bit = Math.floor(random() * 8);
  message[at] = (message[at] ?? 0) ^ (1 << bit);
  return `bit ${bit} of byte ${at}`;
}

/** Where the levels of a delta stand; empty for another message. */
function levelPlaces(message: Uint8Array): number[] {
  const flat = FlatMessage.getRootAsMessage(new ByteBuffer(message));
  const delta: BookDelta | null = flat.bodyType() === Body.BookDelta ? flat.body(new BookDelta()) : null;
  if (delta === null) return [];
  const bids = Array.from({ length: delta.bidsLength() }, (_, index) => delta.bids(index)?.bb_pos ?? 0);
  return [...bids, ...Array.from({ length: delta.asksLength() }, (_, index) => delta.asks(index)?.bb_pos ?? 0)];
}
