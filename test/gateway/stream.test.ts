import { afterEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway/server.js';
import { Feed } from './feed.js';
import { brokenChain, eventually, foldBook, JsonClient, startTestGateway } from './harness.js';

const BOOK = 'book.binance-usdm.BTCUSDT';
const RING_BYTES_SMALL = 1_048_576;
const TRADE = 'trade.binance-usdm.BTCUSDT';

let feed: Feed;
let gateway: Gateway;
afterEach(async () => {
  await gateway.stop();
  feed.close();
});

describe('WebSocket stream', () => {
  it('sends the answer, then a snapshot, then deltas that follow it', async () => {
    feed = new Feed(['BTCUSDT', 'ETHUSDT']);
    feed.sync(
      'BTCUSDT',
      [
        ['100.10', '1'],
        ['100.00', '2'],
      ],
      [['100.20', '3']],
    );
    gateway = await startTestGateway(feed);
    const client = await JsonClient.open(gateway);
    const topics = await eventually('topics', async () => {
      const { topics } = await client.ask({ op: 'list' });
      return topics?.length === 35 && topics;
    });
    expect(topics).toContain(BOOK);
    const reply = await client.ask({ op: 'subscribe', topics: [BOOK, TRADE] });
    expect(reply).toMatchObject({ type: 'ack', op: 'subscribe', topics: [BOOK, TRADE] });
    await eventually('snapshot', () => client.of(BOOK)[0]);
    for (let price = 0; price < 500; price += 1) feed.depth('BTCUSDT', [[`${90 + price / 100}`, '1.5']], []);
    feed.trade('BTCUSDT', '100.15', '0.5', true);
    await eventually('500 deltas', () => client.of(BOOK).length >= 501);
    await eventually('trade', () => client.of(TRADE).length >= 1);
    const [snapshot] = client.of(BOOK);
    expect(snapshot).toMatchObject({ body_type: 'book_snapshot' });
    expect(snapshot?.prev_seq).toBe(snapshot?.seq);
    expect(brokenChain(client.of(BOOK))).toBeUndefined();
    expect(foldBook(client.of(BOOK))).toBe(feed.bookText('BTCUSDT'));
    expect(client.of(TRADE).at(-1)?.body).toMatchObject({ price: '100.15', qty: '0.5', aggressor: 'sell' });
  });

  it('tells prices of reference, funding, liquidations and states on topics of their own, and each newest one to who joins', async () => {
    feed = new Feed(['BTCUSDT']);
    feed.sync('BTCUSDT', [['100', '1']], [['101', '1']]);
    const E = 1_767_225_601_000;
    const mark = { e: 'markPriceUpdate', E, s: 'BTCUSDT', p: '65001.15', i: '64998.62659091', r: '-0.0001', T: E + 1_000 };
    feed.say('btcusdt@markPrice@1s', mark);
    gateway = await startTestGateway(feed);
    const client = await JsonClient.open(gateway);
    const topic = (name: string): string => `${name}.binance-usdm.BTCUSDT`;
    const topics = ['mark_price', 'funding', 'liquidation', 'status', 'kline'].map(topic);
    await eventually('topics', async () => (await client.ask({ op: 'subscribe', topics })).type === 'ack');
    const bodies = (name: string) => client.of(topic(name)).map(({ body_type, body }) => [body_type, body]);
    const price = { price: '65001.15', exponent: -2 };
    const next = { interval_s: 0, next_ts: String(BigInt(E + 1_000) * 1_000_000n) };
    await eventually('the newest of each', () => bodies('mark_price').length === 1 && bodies('funding').length === 1);
    expect(bodies('mark_price')).toEqual([['mark_price', price]]);
    expect(bodies('funding')).toEqual([['funding', { rate: '-0.0001', exponent: -4, ...next }]]);
    feed.say('btcusdt@markPrice@1s', { ...mark, p: '65002' });
    const order = { s: 'BTCUSDT', S: 'SELL', q: '0.014', p: '64910.00', T: E };
    feed.say('btcusdt@forceOrder', { e: 'forceOrder', E, o: order });
    const k = {
      t: E - 1_000,
      i: '1m',
      o: '65000',
      h: '65001.1',
      l: '64999.5',
      c: '65000.12',
      v: '1.234',
      n: 10,
      x: true,
      q: '80210.15',
    };
    feed.say('btcusdt@kline_1m', { e: 'kline', E, s: 'BTCUSDT', k });
    feed.say('!contractInfo', { e: 'contractInfo', E, s: 'BTCUSDT', cs: 'SETTLING' });
    await eventually('all of it', () => bodies('status').length === 1);
    const index = { price: '64998.62659091', exponent: -8 };
    expect(bodies('mark_price').slice(1)).toEqual([
      ['mark_price', { price: '65002', exponent: 0 }],
      ['index_price', index],
    ]);
    const qty = { qty: '0.014', qty_exponent: -3 };
    expect(bodies('liquidation')).toEqual([
      ['liquidation', { price: '64910', price_exponent: 0, ...qty, id: '0', side: 'sell' }],
    ]);
    expect(bodies('status')).toEqual([['trading_status', { state: 'settling' }]]);
    const prices = { open: '65000', high: '65001.1', low: '64999.5', close: '65000.12', price_exponent: -2 };
    const traded = { volume: '1.234', qty_exponent: -3, turnover: '80210.15', turnover_exponent: -2, count: '10' };
    const minute = { start_ts: `${E - 1_000}000000`, interval_ns: '60000000000', closed: true };
    expect(bodies('kline')).toEqual([['kline', { ...prices, ...traded, ...minute }]]);
    for (const name of topics) expect(brokenChain(client.of(name))).toBeUndefined();
    client.close();
  });

  it('asks the engine for books that the ring no longer tells, and joins with what comes', async () => {
    feed = new Feed(['BTCUSDT', 'ETHUSDT'], RING_BYTES_SMALL);
    for (const symbol of ['BTCUSDT', 'ETHUSDT'])
      feed.sync(
        symbol,
        [
          ['100', '1'],
          ['99', '2'],
        ],
        [['101', '1']],
      );
    // More than the ring holds: the definitions and first books are overwritten.
    for (let count = 0; count < 20_000; count += 1) feed.trade('ETHUSDT', '100', '1');
    gateway = await startTestGateway(feed);
    const client = await JsonClient.open(gateway);
    const topics = [BOOK, 'book.binance-usdm.ETHUSDT'];
    await eventually('topics', async () => (await client.ask({ op: 'subscribe', topics })).type === 'ack');
    for (const [index, topic] of topics.entries()) {
      await eventually('book', () => foldBook(client.of(topic)) === feed.bookText(feed.markets[index]?.symbol ?? ''));
    }
    const asked = feed.asked.filter(({ op }) => op !== 'minutes' && op !== 'drift');
    expect(new Set(asked.map(({ op, instrument }) => `${op} ${instrument}`))).toEqual(new Set(['snapshot 1', 'snapshot 2']));
    expect(asked.length).toBeLessThanOrEqual(4);
    client.close();
  });

  it('tells a restart of the engine, goes on with it and never mixes the two books', async () => {
    feed = new Feed(['BTCUSDT']);
    feed.sync('BTCUSDT', [['100', '1']], [['101', '1']]);
    gateway = await startTestGateway(feed);
    const client = await JsonClient.open(gateway);
    await eventually('topics', async () => (await client.ask({ op: 'subscribe', topics: [BOOK] })).type === 'ack');
    await eventually('first book', () => foldBook(client.of(BOOK)) === feed.bookText('BTCUSDT'));
    feed.restart();
    feed.sync('BTCUSDT', [['200', '5']], [['201', '6']]);
    await eventually('second book', () => foldBook(client.of(BOOK)) === feed.bookText('BTCUSDT'));
    const types = client
      .of(BOOK)
      .map(({ body_type, body }) => (body_type === 'skipped' ? `skipped ${body['reason']}` : body_type));
    expect(types).toContain('skipped restarted');
    expect(types.lastIndexOf('book_snapshot')).toBeGreaterThan(types.indexOf('skipped restarted'));
    expect(brokenChain(client.of(BOOK))).toBeUndefined();
    await eventually('ready', async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
    client.close();
  });

  it('starts before the engine, says so, and picks it up', async () => {
    feed = new Feed([]);
    const elsewhere = { name: 'late', shmRoot: feed.root, host: '127.0.0.1', port: 0 };
    gateway = await startTestGateway(feed, {}, elsewhere);
    const ready = await fetch(`${gateway.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, redis_connected: null, engine: 'away', reasons: ['engine away'] },
    ]);
    expect(await (await fetch(`${gateway.url}/symbols`)).json()).toMatchObject({ symbols: [], count: 0, engine: 'away' });
    expect((await fetch(`${gateway.url}/metrics`)).status).toBe(200);
    const client = await JsonClient.open(gateway);
    expect(await client.ask({ op: 'subscribe', topics: [BOOK] })).toMatchObject({ type: 'error', code: 'unknown-topic' });
    const late = new Feed(['BTCUSDT'], undefined, feed.root, 'late');
    late.sync('BTCUSDT', [['100', '1']], [['101', '1']]);
    await eventually('ready', async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
    expect(await client.ask({ op: 'subscribe', topics: [BOOK] })).toMatchObject({ type: 'ack' });
    await eventually('book', () => foldBook(client.of(BOOK)) === late.bookText('BTCUSDT'));
    client.close();
    late.closeShard();
  });
});
