import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Loss } from '../../src/client/node.js';
import type { Gateway } from '../../src/gateway/server.js';
import { bookText, openClient } from '../client/harness.js';
import { Feed } from './feed.js';
import { eventually, JsonClient, startTestGateway } from './harness.js';
import { RandomMarket } from './random-market.js';

const BOOK = 'book.binance-usdm.BTCUSDT';
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

let feed: Feed;
let gateway: Gateway;
let market: RandomMarket;

beforeEach(async () => {
  feed = new Feed(SYMBOLS, 16_777_216);
  market = new RandomMarket(feed, 'BTCUSDT', 50_000, 5);
  market.sync(40);
  feed.sync('ETHUSDT', [['10.00', '1']], [['11.00', '1']]);
  gateway = await startTestGateway(feed);
});
afterEach(async () => {
  await gateway.stop();
  feed.close();
});

describe('conflation', () => {
  it.each(['coalesced', 'top', 'best'] as const)(
    '%s, as asked for, leads to the same best levels in fewer messages',
    async (conflation) => {
      const client = openClient(gateway.url);
      const losses: Loss[] = [];
      const told: string[] = [];
      let messages = 0;
      client.on('loss', (loss) => losses.push(loss));
      client.on('conflation', (topic, name) => told.push(`${topic} ${name}`));
      client.on('message', () => {
        messages += 1;
      });
      client.subscribe(BOOK, { conflation });
      const depth = { coalesced: 1_000, top: 20, best: 1 }[conflation];
      const expected = (): string => {
        const lines = feed.bookText('BTCUSDT').trimEnd().split('\n');
        const side = (letter: string) => lines.filter((line) => line.startsWith(letter)).slice(0, depth);
        return [...side('B'), ...side('A')].map((line) => `${line}\n`).join('');
      };
      await eventually('first state', () => bookText(client, BOOK) === expected());
      for (let step = 0; step < 400; step += 1) market.step();
      await eventually('newest state', () => bookText(client, BOOK) === expected());
      expect(told).toEqual([`${BOOK} ${conflation}`]);
      expect(losses).toEqual([]);
      expect(messages).toBeLessThan(200);
      client.close();
    },
  );

  it('a slow client steps down, is told so with its loss, and climbs again once it keeps up', async () => {
    const client = await JsonClient.open(gateway);
    const told = (): string[] => client.replies.flatMap((reply) => ('conflation' in reply ? [`${reply['conflation']}`] : []));
    await client.ask({ op: 'subscribe', topics: [BOOK] });
    await eventually('snapshot', () => client.data.length > 0);
    client.ws.pause();
    const levels = Array.from({ length: 100 }, (_, index) => [`${1_000 + index}.00`, '1.000'] as const);
    const dropped = async (): Promise<boolean> => {
      const text = await (await fetch(`${gateway.url}/metrics`)).text();
      return Number(/^tickring_gateway_dropped_messages_total (.*)$/m.exec(text)?.[1]) > 0;
    };
    await eventually('drop', async () => {
      for (let count = 0; count < 100; count += 1) feed.depth('BTCUSDT', levels, []);
      return dropped();
    });
    client.ws.resume();
    await eventually('step down', () => told()[0] === 'coalesced');
    expect(client.data.some(({ body_type }) => body_type === 'skipped')).toBe(true);
    await eventually('step up', () => told()[1] === 'full', 60_000);
    client.close();
  });
});

describe('names', () => {
  it('a pattern brings all topics of a venue, and what it brought goes with it', async () => {
    const client = await JsonClient.open(gateway);
    await client.ask({ op: 'subscribe', topics: ['book.binance-usdm.*', BOOK] });
    await eventually('both books', () => new Set(client.data.map(({ topic }) => topic)).size === 2);
    await client.ask({ op: 'unsubscribe', topics: ['book.binance-usdm.*'] });
    expect(await client.ask({ op: 'list' })).toMatchObject({ subscribed: [BOOK] });
    await client.ask({ op: 'unsubscribe', topics: [BOOK] });
    expect(await client.ask({ op: 'list' })).toMatchObject({ subscribed: [] });
    client.close();
  });

  it('a pattern of a venue that has nothing yet brings what appears', async () => {
    await gateway.stop();
    const { root, name } = feed;
    feed.closeShard();
    const early = await startTestGateway(feed, {}, { name: `${name}-later`, shmRoot: root, host: '127.0.0.1', port: 0 });
    const client = await JsonClient.open(early);
    await client.ask({ op: 'subscribe', topics: ['trade.binance-usdm.*'] });
    const later = new Feed(SYMBOLS, 4_194_304, root, `${name}-later`);
    await eventually('a trade', () => {
      later.trade('ETHUSDT', '10', '1');
      return client.data.some(({ topic }) => topic === 'trade.binance-usdm.ETHUSDT');
    });
    client.close();
    await early.stop();
    later.closeShard();
    gateway = early;
  });

  it('an unknown form of a pattern is an unknown topic', async () => {
    const client = await JsonClient.open(gateway);
    for (const topic of ['*', 'book.*', 'bar.binance-usdm.*', 'book..*', 'book.binance-usdm.BTC*']) {
      expect(await client.ask({ op: 'subscribe', topics: [topic] })).toMatchObject({ code: 'unknown-topic', topics: [topic] });
    }
    client.close();
  });
});

it('/ws/stream speaks the older shape, member by member', async () => {
  const ws = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws/stream`);
  const messages: Record<string, unknown>[] = [];
  ws.on('message', (bytes: Buffer) => messages.push(JSON.parse(bytes.toString('utf8'))));
  await new Promise((resolve) => ws.once('open', resolve));
  const topics = ['marketdata.tick.BTCUSDT', 'marketdata.quote.BTCUSDT', 'marketdata.tick.NONE'];
  ws.send(JSON.stringify({ type: 'subscribe', topics }));
  await eventually('answer', () => messages.length > 0);
  expect(messages[0]).toEqual({ type: 'subscribed', topics });
  await eventually('a tick', () => {
    feed.trade('BTCUSDT', '50000.10', '0.250');
    return messages.some(({ topic }) => topic === topics[0]);
  });
  feed.quote('BTCUSDT', ['50000.00', '1.5'], ['50000.10', '2']);
  await eventually('a quote', () => messages.some(({ topic }) => topic === topics[1]));
  const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  const latency_ms = expect.any(Number);
  const envelope = { symbol: 'BTCUSDT', latency_ms, source: 'binance-usdm' };
  const tick = { price: 50_000.1, size: 0.25, timestamp };
  expect(messages.find(({ topic }) => topic === topics[0])).toEqual({
    type: 'data',
    topic: topics[0],
    data: { ...tick, latency_ms },
    payload: { ...envelope, data_type: 'tick', data: tick },
  });
  const quote = { bid: 50_000, ask: 50_000.1, bid_size: 1.5, ask_size: 2, timestamp };
  expect(messages.find(({ topic }) => topic === topics[1])).toEqual({
    type: 'data',
    topic: topics[1],
    data: { ...quote, latency_ms },
    payload: { ...envelope, data_type: 'quote', data: quote },
  });
  ws.terminate();
});

it('/ws/stream names a topic as each client asked for it, with its venue or without', async () => {
  const follow = async (topics: readonly string[]) => {
    const ws = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws/stream`);
    const seen: Record<string, unknown>[] = [];
    ws.on('message', (bytes: Buffer) => seen.push(JSON.parse(bytes.toString('utf8'))));
    await new Promise((resolve) => ws.once('open', resolve));
    ws.send(JSON.stringify({ type: 'subscribe', topics }));
    await eventually('answer', () => seen.length > 0);
    return { ws, names: () => seen.slice(1).map(({ topic }) => topic), seen };
  };
  const [short, long, quote] = ['marketdata.tick.BTCUSDT', 'marketdata.tick.binance-usdm:BTCUSDT', 'marketdata.quote.BTCUSDT'];
  const [plain, qualified] = [await follow([short]), await follow([long, quote])];
  await eventually('both get ticks', () => {
    feed.trade('BTCUSDT', '50000.10', '0.250');
    return plain.names().length > 2 && qualified.names().length > 2;
  });
  expect([new Set(plain.names()), new Set(qualified.names())]).toEqual([new Set([short]), new Set([long])]);
  const [first] = qualified.seen.slice(1);
  const twin = plain.seen.find(({ payload }) => JSON.stringify(payload) === JSON.stringify(first?.['payload']));
  expect({ ...twin, topic: long }).toEqual(first);
  // What one of them leaves the other goes on getting.
  plain.ws.terminate();
  const before = qualified.names().length;
  await eventually('the other goes on', () => {
    feed.trade('BTCUSDT', '50000.10', '0.250');
    return qualified.names().length > before + 5;
  });
  const again = await follow([short]);
  qualified.ws.terminate();
  await eventually('a later one gets ticks', () => {
    feed.trade('BTCUSDT', '50000.10', '0.250');
    return again.names().length > 5;
  });
  expect(new Set(again.names())).toEqual(new Set([short]));
  again.ws.terminate();
});
