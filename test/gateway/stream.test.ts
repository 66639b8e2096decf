import { afterEach, describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway/server.js';
import { Feed } from './feed.js';
import { brokenChain, eventually, foldBook, JsonClient, startTestGateway } from './harness.js';

const BOOK = 'book.binance-usdm.BTCUSDT';
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
      return topics?.length === 6 && topics;
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
});
