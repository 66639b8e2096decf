/** The requests of older consumers, as their programs send them, against a started product: member by member, type by type. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Product } from '../lifecycle/product.js';
import { differences, type Shape } from './shapes.js';

const product = new Product();
let url = '';

beforeAll(async () => {
  // They know of no keys.
  const program = product.start({ TICKRING_GATEWAY_LOCAL_WRITES: 'open' });
  await product.inSync();
  url = (await product.url(program)).replace(/\/$/, '');
  await until('it is ready', async () => (await ask('GET', '/ready')).status === 200);
});
afterAll(() => product.remove());

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: unknown;
}

/** As curl sends it: without `-H`, `-d` says that JSON is a form. */
async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
  const form = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  const init = { method, headers: { ...form, ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await fetch(url + path, init);
  const type = answer.headers.get('content-type') ?? '';
  const text = await answer.text();
  return { status: answer.status, type, body: type.includes('json') ? JSON.parse(text) : text };
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 40_000; !(await check()); ) {
    if (performance.now() > deadline) throw new Error(`watchdog: ${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function expectShape(answer: Answer, shape: Shape): Promise<void> {
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  expect(differences(answer.body, shape)).toEqual([]);
}

const POINT: Shape = {
  timestamp: 'time',
  data_type: 'string',
  source: 'string',
  data: 'object',
  sequence: 'number',
  latency_ms: 'number',
};
const TICK: Shape = { price: 'number', size: 'number', exchange: 'string' };
const QUOTE: Shape = { bid: 'number', ask: 'number', bid_size: 'number', ask_size: 'number' };
const ROW = {
  symbol: 'MSFT',
  data_type: 'tick',
  source: 'alpha_vantage',
  timestamp: '2025-08-24T10:30:15.123Z',
  data: { price: 420.75, size: 200, exchange: 'NASDAQ' },
  latency_ms: 1.8,
};

describe('requests of older consumers', () => {
  test('D1 GET /health', async () => {
    const answer = await ask('GET', '/health');
    await expectShape(answer, {
      service: 'string',
      status: 'string',
      version: 'string',
      messages_processed: 'number',
      data_points_stored: 'number',
      subscriptions_served: 'number',
      active_feeds: 'number',
      symbols_tracked: 'number',
      uptime_seconds: 'number',
      messagebus_connected: 'boolean|null',
    });
    expect(answer.body).toMatchObject({ service: 'market-data', status: 'healthy' });
  });

  test('D2 GET /ready', async () => {
    const answer = await ask('GET', '/ready');
    await expectShape(answer, { ready: 'boolean', redis_connected: 'boolean|null' });
    expect(answer.body).toMatchObject({ ready: true });
  });

  test('D3 GET /metrics as Prometheus text and as JSON', async () => {
    await ask('GET', '/data/BTCUSDT');
    const { body } = await ask('GET', '/metrics');
    for (const line of [
      /^market_data_updates_total\{.*symbol="BTCUSDT".*\} \d+$/m,
      /^market_data_latency_seconds_bucket\{le="\+Inf"\} \d+$/m,
      ...['messages_processed_total', 'data_points_stored_total', 'feed_errors_total', 'active_feeds'].map(
        (name) => new RegExp(`^marketdata_${name} \\d+$`, 'm'),
      ),
      ...['subscription_count', 'ingestion_rate_per_second', 'cache_hit_ratio'].map(
        (name) => new RegExp(`^marketdata_${name} [0-9.]+$`, 'm'),
      ),
      /^marketdata_processing_latency_seconds_count \d+$/m,
    ])
      expect(body).toMatch(line);
    const rates: Shape = { messages_per_second: 'number', data_points_per_second: 'number' };
    await expectShape(await ask('GET', '/metrics', undefined, { accept: 'application/json' }), {
      ...rates,
      total_messages: 'number',
      total_data_points: 'number',
      active_subscriptions: 'number',
      active_feeds: 'number',
      symbols_tracked: 'number',
      latency_stats: { min: 'number', max: 'number', avg: 'number', p95: 'number' },
      throughput_stats: rates,
      cache_size: 'number',
      engine_type: 'string',
      containerized: 'boolean',
    });
  });

  test('D4 POST /feeds, and again', async () => {
    const order = { symbol: 'TSLA', data_source: 'ibkr', data_types: ['tick', 'quote', 'bar'] };
    const created = await ask('POST', '/feeds', order);
    await expectShape(created, { status: 'string', feed_id: 'string', symbol: 'string', data_source: 'string' });
    expect(created.body).toMatchObject({ status: 'created', feed_id: 'feed_tsla_001', symbol: 'TSLA', data_source: 'ibkr' });
    expect((await ask('POST', '/feeds', order)).body).toMatchObject({ feed_id: 'feed_tsla_001' });
    const live = { symbol: 'BTC-USDT', data_source: 'binance-usdm' };
    expect((await ask('POST', '/feeds', live)).body).toMatchObject({ feed_id: 'feed_btcusdt_001', symbol: 'BTCUSDT' });
  });

  test('D5 GET /feeds', async () => {
    const answer = await ask('GET', '/feeds');
    await expectShape(answer, {
      feeds: [
        {
          feed_id: 'string',
          symbol: 'string',
          data_source: 'string',
          data_types: ['string'],
          is_active: 'boolean',
          last_update: 'time|null',
          message_count: 'number',
          error_count: 'number',
        },
      ],
      count: 'number',
      total_messages: 'number',
    });
    expect(answer.body).toMatchObject({ count: 9 });
  });

  test('D6 GET /data/{symbol}', async () => {
    for (const [type, shape] of [
      ['tick', TICK],
      ['quote', QUOTE],
    ] as const) {
      await until(`points of ${type}`, async () => {
        const { body } = await ask('GET', `/data/BTCUSDT?data_type=${type}&limit=1`);
        return (body as { count: number }).count > 0;
      });
      const answer = await ask('GET', `/data/BTCUSDT?data_type=${type}&limit=50`);
      await expectShape(answer, {
        symbol: 'string',
        data_type: 'string',
        data: [{ ...(POINT as object), data: shape }],
        count: 'number',
      });
    }
    const all = await ask('GET', '/data/BTCUSDT?data_type=all&limit=100');
    await expectShape(all, { symbol: 'string', data_type: 'string', data: [POINT], count: 'number' });
    const { data, count } = all.body as { data: { sequence: number }[]; count: number };
    expect(data.length).toBe(count);
    expect(data.map(({ sequence }) => sequence)).toEqual(data.map(({ sequence }) => sequence).sort((a, b) => a - b));
  });

  test('D7 POST /symbols/{symbol}/snapshot', async () => {
    const shape: Shape = {
      symbol: 'string',
      timestamp: 'time',
      snapshot: {
        last_trade: { price: 'number', size: 'number', timestamp: 'time' },
        quote: QUOTE,
        daily_stats: { open: 'number', high: 'number', low: 'number', volume: 'number' },
      },
    };
    await until('a whole snapshot', async () => {
      const { body } = await ask('POST', '/symbols/BTCUSDT/snapshot');
      return differences(body, shape).length === 0;
    });
    await expectShape(await ask('POST', '/symbols/BTCUSDT/snapshot'), shape);
  });

  test('D8 POST /data/ingest, and what was ingested comes out', async () => {
    const answer = await ask('POST', '/data/ingest', { data: [ROW] });
    await expectShape(answer, { status: 'string', count: 'number', total_stored: 'number' });
    expect(answer.body).toMatchObject({ status: 'ingested', count: 1 });
    // Rings and tables are read a few times a second; the shard of sources may have begun with this row.
    await until('the point is there', async () => ((await ask('GET', '/data/MSFT')).body as { count?: number }).count === 1);
    const { body } = await ask('GET', '/data/MSFT?data_type=tick');
    const point = { timestamp: '2025-08-24T10:30:15.123000000Z', data_type: 'tick', source: 'alpha_vantage' };
    expect(body).toMatchObject({ symbol: 'MSFT', count: 1, data: [{ ...point, data: { price: 420.75, size: 200 } }] });
    expect((await ask('GET', '/symbols')).body).toMatchObject({ symbols: expect.arrayContaining(['MSFT']) });
  });

  test('D9 POST, D10 GET, PATCH and DELETE /subscriptions', async () => {
    const order = {
      symbols: ['AAPL', 'GOOGL', 'MSFT'],
      data_types: ['tick', 'quote'],
      callback_url: 'https://api.example.com/webhooks/marketdata',
    };
    const created = await ask('POST', '/subscriptions', order);
    await expectShape(created, { status: 'string', subscription_id: 'string', symbols: ['string'], data_types: ['string'] });
    const { subscription_id: id } = created.body as { subscription_id: string };
    await expectShape(await ask('GET', '/subscriptions'), {
      subscriptions: [
        {
          subscription_id: 'string',
          symbols: ['string'],
          data_types: ['string'],
          callback_url: 'string|null',
          is_active: 'boolean',
          created_at: 'time',
        },
      ],
      count: 'number',
    });
    const changed = await ask('PATCH', `/subscriptions/${id}`, {
      add_symbols: ['TSLA'],
      remove_symbols: ['AAPL'],
      is_active: false,
    });
    expect(changed.body).toMatchObject({ symbols: ['GOOGL', 'MSFT', 'TSLA'], is_active: false });
    const batch = await ask('POST', '/subscriptions', { subscriptions: [order, order] });
    expect(batch.body).toMatchObject({ count: 2 });
    expect((await ask('DELETE', `/subscriptions/${id}`)).status).toBe(200);
    expect((await ask('GET', '/subscriptions')).body).toMatchObject({ count: 2 });
  });

  test('D10 DELETE /feeds/{id}', async () => {
    expect((await ask('DELETE', '/feeds/feed_tsla_001')).status).toBe(200);
    expect((await ask('DELETE', '/feeds/feed_tsla_001')).status).toBe(404);
    expect((await ask('GET', '/ready')).status).toBe(200);
  });

  test('D11 GET /symbols', async () => {
    const answer = await ask('GET', '/symbols');
    await expectShape(answer, { symbols: ['string'], count: 'number' });
    const { symbols, count } = answer.body as { symbols: string[]; count: number };
    expect(symbols.length).toBe(count);
  });

  const CANDLE: Shape = {
    timestamp: 'time',
    open: 'number',
    high: 'number',
    low: 'number',
    close: 'number',
    volume: 'number',
    flags: ['string'],
  };
  const CANDLES: Shape = { exchange: 'string', symbol: 'string', timeframe: 'string', candles: [CANDLE], count: 'number' };

  test.each(['BTC-USDT', 'btcusdt', 'BTC%2FUSDT'])('D12 GET …/%s/buffer/{timeframe}', async (symbol) => {
    const base = `/api/v1/market-data/binance/${symbol}/buffer`;
    await until('a trade', async () => (await candlesOf(`${base}/1m`)).length > 0);
    for (const timeframe of ['1m', '5m', '15m', '1h', '4h', '1d']) {
      const answer = await ask('GET', `${base}/${timeframe}`);
      await expectShape(answer, CANDLES);
      const { candles, count } = answer.body as { candles: Candle[]; count: number };
      expect(candles.length).toBe(count);
      expect(count).toBeGreaterThan(0);
      for (const { open, high, low, close, volume } of candles) {
        expect(low).toBeLessThanOrEqual(Math.min(open, close));
        expect(high).toBeGreaterThanOrEqual(Math.max(open, close));
        expect(volume).toBeGreaterThanOrEqual(0);
      }
    }
    expect((await ask('GET', `${base}/2m`)).status).toBe(404);
    expect((await ask('GET', `/api/v1/market-data/nowhere/${symbol}/buffer/1m`)).status).toBe(404);
  });

  test.each(['BTC-USDT', 'btcusdt', 'BTC%2FUSDT'])(
    'D13 GET …/%s/history: what memory holds, and what it does not',
    async (symbol) => {
      const path = `/api/v1/market-data/binance/${symbol}/history`;
      await until('a trade', async () => (await candlesOf(`${path}?timeframe=1m`)).length > 0);
      const answer = await ask('GET', `${path}?timeframe=1h&start=2025-01-01T00:00:00Z`);
      await expectShape(answer, { ...CANDLES, gaps: [{ start: 'time', end: 'time', reason: 'string' }] });
      expect((answer.body as { gaps: unknown[] }).gaps[0]).toMatchObject({ reason: 'not_in_memory' });
      for (const query of ['mode=generate', 'start=2025-01-01T00:00:00Z&end=2025-01-02T00:00:00Z']) {
        const refused = await ask('GET', `${path}?${query}`);
        expect([refused.status, refused.type]).toEqual([501, 'application/problem+json']);
      }
    },
  );

  interface Candle {
    readonly open: number;
    readonly high: number;
    readonly low: number;
    readonly close: number;
    readonly volume: number;
  }
  const candlesOf = async (path: string): Promise<Candle[]> => ((await ask('GET', path)).body as { candles: Candle[] }).candles;
});
