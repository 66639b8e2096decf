import { afterEach, beforeEach, expect } from 'vitest';
import type { Sink } from '../../src/model/sink.js';
import { eventually, type Received, redisTest } from './redis-server.js';
import { gapsOf, Rig } from './rig.js';

let rig: Rig;
beforeEach(() => {
  rig = new Rig(['BTCUSDT', 'ETHUSDT']);
});
afterEach(() => rig.remove());

/** Connected, and at the newest record. */
async function ready(sink: Sink): Promise<void> {
  await eventually('the sink is connected and reads', () => {
    const { connected } = sink.status();
    return connected && rig.logger.lines.some(({ message }) => message === 'reads the rings');
  });
}

function of(received: readonly Received[], channel: string): string[] {
  return received.filter((one) => one.channel === channel).map(({ body }) => body);
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}\+00:00$/;

redisTest('redis: bodies have the members, the order and the number style of existing consumers', async () => {
  await rig.server.start();
  const received = await rig.server.listen();
  await ready(rig.sink());
  rig.feed.depth('BTCUSDT', [['99.95', '0.125']], [['100.30', '10.000']]);
  rig.feed.trade('BTCUSDT', '100.15', '0.250', true);
  rig.feed.tick();
  await eventually('all three arrive', () => of(received, 'market_data:BTCUSDT').length > 0);

  const [book = ''] = of(received, 'orderbook:BTCUSDT');
  expect(book).toMatch(
    /^\{"symbol":"BTCUSDT","last_update_id":1002,"bids":\[\[100.1,1\],\[100,2.5\],\[99.95,0.125\]\],"asks":\[\[100.2,3\],\[100.3,10\]\],"timestamp":"[^"]+"\}$/,
  );
  const [trade = ''] = of(received, 'trades:BTCUSDT');
  expect(trade).toMatch(
    /^\{"symbol":"BTCUSDT","trade_id":1,"price":100.15,"quantity":0.25,"is_buyer_maker":true,"timestamp":"[^"]+"\}$/,
  );
  const [market = ''] = of(received, 'market_data:BTCUSDT');
  expect(market).toMatch(
    /^\{"symbol":"BTCUSDT","last_price":100.15,"bid_price":100.1,"ask_price":100.2,"volume_24h":0.25,"high_24h":100.15,"low_24h":100.15,"updated_at":"[^"]+"\}$/,
  );
  const times = [JSON.parse(book).timestamp, JSON.parse(trade).timestamp, JSON.parse(market).updated_at] as string[];
  expect(times.filter((time) => !TIME.test(time))).toEqual([]);
  // Exactly these names, and the same bodies under both.
  expect([...new Set(received.map(({ channel }) => channel))].sort()).toEqual(
    ['market_data', 'orderbook', 'trades'].flatMap((topic) => [`${topic}:BTCUSDT`, `${topic}:binance-usdm:BTCUSDT`]),
  );
  expect(of(received, 'orderbook:binance-usdm:BTCUSDT')[0]).toBe(book);
  expect(gapsOf(received)).toEqual([]);
});

redisTest('redis: the key holds the newest market data and expires after 300 s', async () => {
  await rig.server.start();
  const client = rig.server.client();
  const sink = rig.sink();
  await ready(sink);
  rig.feed.trade('ETHUSDT', '100.15', '0.250');
  rig.feed.tick();
  rig.feed.depth('ETHUSDT', [], []);
  rig.feed.quote('ETHUSDT', ['100.11', '1.000'], ['100.19', '1.000']);
  const text = await eventually('the key is there', async () => {
    const value = await client.get('market_data:ETHUSDT');
    return value?.includes('"bid_price":100.11') === true && value;
  });
  expect(text).toMatch(/"last_price":100.15,"bid_price":100.11,"ask_price":100.19,/);
  expect(await client.get('market_data:binance-usdm:ETHUSDT')).toBe(text);
  const ttl = await client.ttl('market_data:ETHUSDT');
  expect(ttl > 240 && ttl <= 300).toBe(true);
  expect((await client.keys('*')).sort()).toEqual(['market_data:ETHUSDT', 'market_data:binance-usdm:ETHUSDT']);
});

redisTest('redis: a sink that starts late finds the state that is there already', async () => {
  await rig.server.start();
  rig.feed.trade('BTCUSDT', '100.15', '0.250');
  rig.feed.tick();
  await ready(rig.sink());
  // Neither last price nor 24-hour figures are told again.
  rig.feed.depth('BTCUSDT', [], []);
  rig.feed.quote('BTCUSDT', ['100.12', '1.000'], ['100.18', '1.000']);
  const client = rig.server.client();
  await eventually('the key is there', async () =>
    (await client.get('market_data:BTCUSDT'))?.includes(
      '"last_price":100.15,"bid_price":100.12,"ask_price":100.18,"volume_24h":0.25,',
    ),
  );
});

redisTest('redis: every update is told once, in its order, and a book is the one of its own update', async () => {
  await rig.server.start();
  const received = await rig.server.listen();
  const sink = rig.sink();
  await ready(sink);
  for (let round = 1; round <= 500; round += 1) {
    rig.feed.depth('BTCUSDT', [['99.00', `${round}.000`]], []);
    rig.feed.trade('BTCUSDT', '100.15', '0.001');
  }
  await eventually('all arrive', () => of(received, 'trades:BTCUSDT').length >= 500);
  const books = of(received, 'orderbook:BTCUSDT').map(
    (body) => JSON.parse(body) as { last_update_id: number; bids: number[][] },
  );
  expect(books.map(({ bids }) => bids.at(-1))).toEqual(Array.from({ length: 500 }, (_, index) => [99, index + 1]));
  expect(books.every(({ last_update_id: id }, index) => id === 1_002 + index)).toBe(true);
  expect(of(received, 'trades:BTCUSDT').map((body) => JSON.parse(body).trade_id)).toEqual(
    Array.from({ length: 500 }, (_, index) => index + 1),
  );
  expect(sink.status()).toMatchObject({ dropped: 0, unconfirmed: 0, lostRecords: 0, outboxMessages: 0, outboxBytes: 0 });
});

redisTest('redis: with an interval books are conflated, and the last one is always told', async () => {
  await rig.server.start();
  const received = await rig.server.listen();
  await ready(rig.sink({ bookIntervalMs: 100 }));
  for (let round = 1; round <= 300; round += 1) rig.feed.depth('BTCUSDT', [['99.00', `${round}.000`]], []);
  const last = await eventually('the last book arrives', () =>
    of(received, 'orderbook:BTCUSDT').find((body) => body.includes('[99,300]')),
  );
  expect(JSON.parse(last).last_update_id).toBe(1_301);
  expect(of(received, 'orderbook:BTCUSDT').length).toBeLessThan(300);
});

redisTest('redis: a book that is not proven is not told, a hole of the venue is', async () => {
  await rig.server.start();
  const received = await rig.server.listen();
  await ready(rig.sink());
  rig.feed.depth('BTCUSDT', [['99.00', '1.000']], []);
  // Seven ids are lost on the way: from here on nobody knows the book.
  rig.feed.depth('BTCUSDT', [['98.00', '1.000']], [], 7);
  rig.feed.depth('BTCUSDT', [['97.00', '1.000']], []);
  rig.feed.trade('BTCUSDT', '100.15', '0.001');
  rig.feed.tick();
  const gaps = await eventually('the gap is told', () => gapsOf(received).length >= 2 && gapsOf(received));
  expect(gaps.map(({ name, kind, lost }) => ({ name, kind, lost }))).toEqual([
    { name: 'orderbook:BTCUSDT', kind: 'feed', lost: 7 },
    { name: 'orderbook:binance-usdm:BTCUSDT', kind: 'feed', lost: 7 },
  ]);
  await eventually('the trade arrives', () => of(received, 'trades:BTCUSDT').length === 1);
  expect(of(received, 'orderbook:BTCUSDT')).toHaveLength(1);
});

redisTest('redis: streams keep the same bodies for those that read later', async () => {
  await rig.server.start();
  await ready(rig.sink({ streams: ['trades'] }));
  for (let id = 1; id <= 20; id += 1) rig.feed.trade('BTCUSDT', '100.15', '0.001');
  const client = rig.server.client();
  const entries = await eventually('the stream has them', async () => {
    const all = await client.xrange('stream:trades:BTCUSDT', '-', '+');
    return all.length === 20 && all;
  });
  expect(entries.map(([, fields]) => [fields[0], JSON.parse(fields[1] ?? '').trade_id])).toEqual(
    Array.from({ length: 20 }, (_, index) => ['body', index + 1]),
  );
  expect((await client.keys('stream:*')).sort()).toEqual(['stream:trades:BTCUSDT', 'stream:trades:binance-usdm:BTCUSDT']);
});

redisTest('redis: an engine that ends and starts again goes on under the same names', async () => {
  await rig.server.start();
  const received = await rig.server.listen();
  await ready(rig.sink());
  rig.feed.trade('BTCUSDT', '100.15', '0.001');
  rig.feed.restart();
  rig.feed.sync('BTCUSDT', [['90.00', '1.000']], [['91.00', '1.000']]);
  rig.feed.depth('BTCUSDT', [['89.00', '2.000']], []);
  rig.feed.trade('BTCUSDT', '90.50', '0.001');
  await eventually('the new book arrives', () =>
    of(received, 'orderbook:BTCUSDT').some((body) => body.includes('[[90,1],[89,2]]')),
  );
  await eventually('both trades arrive', () => of(received, 'trades:BTCUSDT').length === 2);
});

redisTest('redis: what a predecessor held when it died is told as unknown', async () => {
  await rig.server.start();
  const received = await rig.server.listen();
  rig.sink({}, 1_700_000_000_123_456_789n);
  const [gap] = await eventually('the gap is told', () => gapsOf(received).length > 0 && gapsOf(received));
  expect(gap).toMatchObject({
    name: '*',
    kind: 'restart',
    lost: null,
    unconfirmed: null,
    from: '2023-11-14T22:13:20.123456789+00:00',
  });
});
