/** Feeds, rows and subscriptions at run time, on a whole engine with simulated venues. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FeedInfo, IngestRow } from '#dist/model/feeds.js';
import type { InstrumentStatus } from '#dist/model/status.js';
import { eventually, Rig } from './rig.js';

const ALL = ['tick', 'quote', 'level2'] as const;
const LISTED = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];

let rig: Rig;

async function feed(symbol: string, source: string): Promise<FeedInfo | undefined> {
  return (await rig.control.request('feeds')).find((each) => each.symbol === symbol && each.source === source);
}

async function instrument(symbol: string, venue: string): Promise<InstrumentStatus | undefined> {
  return (await rig.status()).instruments.find((each) => each.symbol === symbol && each.venue === venue);
}

async function reconnects(): Promise<number> {
  return (await rig.status()).connections.reduce((sum, each) => sum + each.reconnects, 0);
}

async function trueBook(symbol: string, venue: string): Promise<void> {
  await eventually(`${venue} ${symbol} is the true book`, async () => {
    const known = await instrument(symbol, venue);
    const book = known && (await rig.control.request('book', { instrument: known.id }));
    return book?.inSync === true && rig.simulator.bookAt(venue, symbol, BigInt(book.lastUpdateId)) === book.text;
  });
}

beforeAll(async () => {
  rig = await Rig.start({ simulator: { symbols: LISTED }, configured: ['BTCUSDT', 'ETHUSDT'] });
});
afterAll(() => rig.stop());

describe('feeds at run time', () => {
  test('configured symbols are feeds with ids of their own', async () => {
    const feeds = await rig.control.request('feeds');
    expect(feeds.map(({ feedId }) => feedId).sort()).toEqual([
      'feed_btcusdt_001',
      'feed_btcusdt_002',
      'feed_ethusdt_001',
      'feed_ethusdt_002',
    ]);
    for (const each of feeds) expect(each).toMatchObject({ origin: 'config', dataTypes: ['level2', 'tick', 'quote'] });
  });

  test('a symbol joins the connections that are there, in any spelling, and gets its true book', async () => {
    const before = await reconnects();
    const connections = (await rig.status()).connections.length;
    const created = await rig.control.request('feed_create', { symbol: 'sol-usdt', source: 'binance-usdm', dataTypes: ALL });
    expect(created).toMatchObject({ symbol: 'SOLUSDT', feedId: 'feed_solusdt_001', restarted: false });
    await trueBook('SOLUSDT', 'binance-usdm');
    expect((await rig.status()).connections.length).toBe(connections);
    expect(await reconnects()).toBe(before);
    await eventually('it is subscribed', async () => (await feed('SOLUSDT', 'binance-usdm'))?.subscription === 'subscribed');
  });

  test('asked for again it is started anew under the same id, and its book is true afterwards', async () => {
    const order = { symbol: 'SOLUSDT', source: 'binance-usdm', dataTypes: ALL };
    expect(await rig.control.request('feed_create', order)).toMatchObject({ feedId: 'feed_solusdt_001', restarted: true });
    await trueBook('SOLUSDT', 'binance-usdm');
  });

  test('with other data it moves to connections for those, in its shard', async () => {
    const { shard } = (await instrument('SOLUSDT', 'binance-usdm')) as InstrumentStatus;
    await rig.control.request('feed_create', { symbol: 'SOLUSDT', source: 'binance-usdm', dataTypes: ['tick'] });
    await eventually('trades alone', async () => {
      const known = await instrument('SOLUSDT', 'binance-usdm');
      const { connections } = await rig.status();
      const isOpen = connections.some((each) => each.feed === 'binance-usdm+trade' && each.state === 'open');
      return isOpen && known?.subscription === 'subscribed' && known.shard === shard;
    });
    await rig.control.request('feed_create', { symbol: 'SOLUSDT', source: 'binance-usdm', dataTypes: ALL });
    await trueBook('SOLUSDT', 'binance-usdm');
  });

  test('removed it tells so on the ring and is nobody; the others are untouched; it can come back', async () => {
    const { feedId, instrument: id } = (await feed('ETHUSDT', 'binance-spot')) as FeedInfo;
    expect(await rig.control.request('feed_remove', { feedId })).toBe(true);
    expect(await rig.control.request('feed_remove', { feedId })).toBe(false);
    await eventually('it is gone', async () => (await instrument('ETHUSDT', 'binance-spot')) === undefined);
    await trueBook('BTCUSDT', 'binance-spot');
    const again = await rig.control.request('feed_create', { symbol: 'ETHUSDT', source: 'binance-spot', dataTypes: ALL });
    expect(again).toMatchObject({ feedId, instrument: id, restarted: false });
    await trueBook('ETHUSDT', 'binance-spot');
  });

  test('what cannot be is refused with its code', async () => {
    const create = (symbol: string, source: string, dataTypes: readonly 'news'[] | typeof ALL = ALL) =>
      rig.control.request('feed_create', { symbol, source, dataTypes });
    await expect(create('NOSUCH', 'binance-usdm')).rejects.toMatchObject({ code: 'SYMBOL_UNLISTED' });
    await expect(create('BTCUSDT', 'nowhere')).rejects.toMatchObject({ code: 'VENUE_UNKNOWN' });
    await expect(create('BTCUSDT', 'binance-usdm', ['news'])).rejects.toMatchObject({ code: 'ARGUMENT_RANGE' });
    await expect(create('../X', 'internal')).rejects.toMatchObject({ code: 'ARGUMENT_RANGE' });
  });
});

describe('rows of sources', () => {
  const trade = (symbol: string, price: string): IngestRow => ({
    symbol,
    source: 'internal',
    ts: String(BigInt(Date.now()) * 1_000_000n),
    values: { kind: 'trade', price, qty: '1', sell: false },
  });

  test('they come out on a shard of their own, exactly, and bad ones are named by their place', async () => {
    const { epochs } = await rig.status();
    const before = await reconnects();
    const rows = [trade('TSLA', '250.123456789'), trade('tsla', '1'), trade('TSLA', '0'), trade('TSLA', '251')];
    const result = await rig.control.request('ingest', { rows });
    expect(result).toMatchObject({ accepted: 2, shard: 2 });
    expect(result.errors.map(({ index, code }) => [index, code])).toEqual([
      [1, 'ARGUMENT_RANGE'],
      [2, 'NUMBER_NEGATIVE'],
    ]);
    const status = await rig.status();
    expect(status.instruments.find(({ symbol }) => symbol === 'TSLA')).toMatchObject({
      venue: 'internal',
      shard: 2,
      inSync: true,
    });
    expect(status.epochs.slice(0, 2)).toEqual(epochs.slice(0, 2));
    expect(await reconnects()).toBe(before);
    expect(await feed('TSLA', 'internal')).toMatchObject({ origin: 'ingest', feedId: 'feed_tsla_001' });
  });
});

describe('subscriptions', () => {
  test('are kept, changed and removed by their id', async () => {
    const order = { symbols: ['AAPL', 'AAPL', 'MSFT'], dataTypes: ['tick'] as const, callbackUrl: null };
    const [first, second] = await rig.control.request('subscribe', { orders: [order, order] });
    expect(first).toMatchObject({ subscriptionId: 'sub_000001', symbols: ['AAPL', 'MSFT'], isActive: true });
    expect(second?.subscriptionId).toBe('sub_000002');
    const change = { subscriptionId: 'sub_000001', add: ['TSLA'], remove: ['MSFT'], isActive: false };
    expect(await rig.control.request('subscription_change', change)).toMatchObject({
      symbols: ['AAPL', 'TSLA'],
      isActive: false,
    });
    await expect(
      rig.control.request('subscription_change', { subscriptionId: 'sub_000002', remove: ['AAPL', 'MSFT'] }),
    ).rejects.toMatchObject({ code: 'ARGUMENT_RANGE' });
    expect(await rig.control.request('unsubscribe', { subscriptionId: 'sub_000002' })).toBe(true);
    expect(await rig.control.request('unsubscribe', { subscriptionId: 'sub_000002' })).toBe(false);
    expect((await rig.control.request('subscriptions')).map(({ subscriptionId }) => subscriptionId)).toEqual(['sub_000001']);
  });
});
