import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EncodingName, Loss, Message, TickringClient } from '../../src/client/node.js';
import type { Gateway } from '../../src/gateway/server.js';
import { Feed } from '../gateway/feed.js';
import { eventually, startTestGateway } from '../gateway/harness.js';
import { RandomMarket } from '../gateway/random-market.js';
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
