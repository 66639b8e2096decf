import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FeedConfig } from '#dist/model/config.js';
import { SupervisedEngine, SYMBOLS } from './supervised-engine.js';

const SPOT = 'binance-spot';
const USDM = 'binance-usdm';

let product: SupervisedEngine;
beforeEach(async () => {
  product = await SupervisedEngine.prepare();
});
afterEach(() => product.remove());

describe('feeds', () => {
  test('one whose venue is away holds up no other, not even in the same shard, and starts when the venue is back', async () => {
    product.simulator.inject({ fault: 'outage', args: { venue: SPOT, ms: 3_000 } });
    await product.start({ shards: 1 });
    const early = await product.allEqual(2);
    expect(early.instruments.map(({ venue }) => venue)).toEqual([USDM, USDM]);
    await product.allEqual(4);
  });

  test('symbols that the venue does not list are named in log and status; the others go on', async () => {
    const feeds = product
      .configOf()
      .feeds.map((feed) => (feed.venue === SPOT ? { ...feed, symbols: ['NOSUCH', ...SYMBOLS] } : feed));
    await product.start({ feeds });
    const status = await product.allEqual();
    expect(status.unlisted).toEqual([{ feed: SPOT, symbol: 'NOSUCH' }]);
    expect(
      product.lines.filter(({ fields }) => fields['code'] === 'SYMBOL_UNLISTED').map(({ fields }) => fields['symbol']),
    ).toEqual(['NOSUCH']);
  });

  test.each([
    ['more instruments than the table holds', { instrumentsMax: 3, shards: 1 }, 'INSTRUMENT_TABLE_FULL'],
    [
      'a venue that nobody knows',
      {
        feeds: [
          {
            id: 'x',
            venue: 'x',
            wsUrl: 'ws://x',
            restUrl: 'http://x',
            symbols: ['X'],
            channels: ['book'],
            transport: 'native',
          },
        ] as FeedConfig[],
      },
      'VENUE_UNKNOWN',
    ],
  ])('%s are refused at the start, and the name is free again', async (_, overrides, code) => {
    await expect(product.start(overrides)).rejects.toMatchObject({ code });
    await product.start();
    await product.allEqual();
  });

  test('a storm of malformed frames costs the connection, and the books are true afterwards', async () => {
    await product.start();
    await product.allEqual();
    product.simulator.inject({ fault: 'malformed', args: { venue: USDM, stream: 'bookTicker', kind: 'truncated', n: 100 } });
    await product.eventually('the connection is replaced', () =>
      product.lines.some(({ fields }) => fields['reason'] === 'too many malformed frames within a second'),
    );
    const status = await product.allEqual();
    expect(status.counters['quarantined']).toBeGreaterThan(20);
    const reconnects = status.connections.filter(({ feed }) => feed === SPOT).map((connection) => connection.reconnects);
    expect(reconnects).toEqual([0]);
  });

  test('a few malformed frames cost no connection', async () => {
    await product.start();
    await product.allEqual();
    product.simulator.inject({ fault: 'malformed', args: { kind: 'truncated', n: 2 } });
    await product.eventually('they are set aside', async () => (await product.status()).counters['quarantined'] === 8);
    const status = await product.allEqual();
    expect(status.connections.map(({ reconnects }) => reconnects)).toEqual([0, 0, 0]);
  });

  test('a half-open connection is found by a ping that nobody answers, long before the data deadline', async () => {
    await product.start();
    await product.allEqual();
    product.simulator.inject({ fault: 'stall', args: { ms: 600_000, pings: false } });
    await product.eventually(
      'all connections are replaced',
      () => product.lines.filter(({ fields }) => /^no answer to a ping/.test(String(fields['reason']))).length === 3,
    );
    await product.allEqual();
  });

  test('a feed of quotes alone opens no connection for other classes, and counts as in sync once subscribed', async () => {
    const feeds = product.configOf().feeds.map((feed) => ({ ...feed, channels: ['quote'] as const }));
    await product.start({ feeds });
    const status = await product.eventually('all are subscribed and in sync', async () => {
      const now = await product.status();
      const done = now.instruments.every(({ subscription, inSync }) => subscription === 'subscribed' && inSync);
      return now.instruments.length === 4 && done && now;
    });
    expect(status.connections.map(({ connectionClass }) => connectionClass).sort()).toEqual(['public', 'stream']);
    expect(status.counters).toMatchObject({ trades: 0, book_deltas: 0 });
  });
});
