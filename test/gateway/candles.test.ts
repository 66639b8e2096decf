/** Candles: over HTTP and as topics, from the trades of a ring. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type BarMessage, TickringClient } from '../../src/client/node.js';
import type { Gateway } from '../../src/gateway/server.js';
import { Feed } from './feed.js';
import { eventually, JsonClient, startTestGateway } from './harness.js';

interface Candle {
  readonly timestamp: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly flags: readonly string[];
}
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly candles: readonly Candle[];
    readonly count: number;
    readonly gaps: readonly { readonly start: string; readonly end: string; readonly reason: string }[];
    readonly detail: string;
  };
}

let feed: Feed;
let gateway: Gateway;
beforeAll(async () => {
  feed = new Feed(['BTCUSDT', 'ETHUSDT']);
  feed.sync('BTCUSDT', [['100', '1']], [['101', '1']]);
  gateway = await startTestGateway(feed);
  for (const price of ['100.5', '102.25', '99', '101']) feed.trade('BTCUSDT', price, '0.3');
  await eventually('four trades', async () => volumeOf((await ask('BTCUSDT/buffer/1d')).body.candles) === 1.2);
});
afterAll(async () => {
  await gateway?.stop();
  feed.close();
});

async function ask(path: string, exchange = 'binance-usdm'): Promise<Answer> {
  const answer = await fetch(`${gateway.url}/api/v1/market-data/${exchange}/${path}`);
  const text = await answer.text();
  return { status: answer.status, text, body: JSON.parse(text) as Answer['body'] };
}
const volumeOf = (candles: readonly Candle[]): number => candles.reduce((sum, { volume }) => sum + volume * 10, 0) / 10;
const rangeOf = (candles: readonly Candle[]): [number, number] => [
  Math.min(...candles.map(({ low }) => low)),
  Math.max(...candles.map(({ high }) => high)),
];

describe('candles over HTTP', () => {
  it('hold all trades in every timeframe, without a break', async () => {
    for (const timeframe of ['1s', '1m', '5m', '15m', '1h', '4h', '1d']) {
      const { status, body } = await ask(`BTCUSDT/buffer/${timeframe}`);
      expect(status).toBe(200);
      const { candles } = body;
      expect(volumeOf(candles), timeframe).toBe(1.2);
      expect(rangeOf(candles)).toEqual([99, 102.25]);
      expect([candles[0]?.open, candles.at(-1)?.close]).toEqual([100.5, 101]);
      const times = candles.map(({ timestamp }) => Date.parse(timestamp));
      expect(new Set(times.slice(1).map((time, index) => time - (times[index] ?? 0))).size).toBeLessThanOrEqual(1);
      expect(candles[0]?.flags, 'trades before the first one were not seen').toContain('partial');
    }
  });

  it('take an exchange by its first word, and a symbol in any spelling', async () => {
    for (const path of ['btc-usdt/buffer/1d', 'BTC%2FUSDT/buffer/1d']) expect((await ask(path, 'Binance')).body.count).toBe(1);
    expect((await ask('BTCUSDT/buffer/1d', 'bin')).status).toBe(404);
    expect((await ask('XRPUSDT/buffer/1d')).status).toBe(404);
    expect((await ask('BTCUSDT/buffer/7m')).status).toBe(404);
  });

  it('are none before the first trade', async () => {
    expect((await ask('ETHUSDT/buffer/1m')).body).toMatchObject({ candles: [], count: 0 });
    expect((await ask('ETHUSDT/history')).body).toMatchObject({ candles: [], count: 0, gaps: [] });
    const gaps = (await ask('ETHUSDT/history?start=2026-01-01T00:00:00Z&end=2026-01-02T00:00:00Z')).body.gaps;
    expect(gaps).toEqual([
      { start: '2026-01-01T00:00:00.000000000Z', end: '2026-01-02T00:00:00.000000000Z', reason: 'not_in_memory' },
    ]);
  });

  it('of a range say what is missing of it', async () => {
    const whole = (await ask('BTCUSDT/history?timeframe=1d')).body;
    expect(whole.count).toBe(1);
    const [candle] = whole.candles;
    const start = candle?.timestamp ?? '';
    // From midnight to the first trade nothing was seen.
    expect(whole.gaps).toEqual([{ start, end: expect.any(String), reason: 'trades_missing' }]);
    const day = 86_400_000;
    const before = new Date(Date.parse(start) - day).toISOString();
    const { gaps } = (await ask(`BTCUSDT/history?timeframe=1d&start=${before}`)).body;
    expect(gaps[0]).toEqual({ start: before.replace('Z', '000000Z'), end: start, reason: 'not_in_memory' });
    const store = await ask(`BTCUSDT/history?timeframe=1d&start=${before}&end=${start.slice(0, 23)}Z`);
    expect([store.status, store.body.detail.includes('memory begins at')]).toEqual([501, true]);
    expect((await ask('BTCUSDT/history?mode=generate')).status).toBe(501);
    expect((await ask(`BTCUSDT/history?start=${before}&end=${before}`)).status).toBe(400);
    expect((await ask('BTCUSDT/history?start=yesterday')).status).toBe(400);
  });

  it('keep digits that a double would round', async () => {
    feed.trade('ETHUSDT', '1', '12345678901.00000001');
    const text = await eventually('the trade', async () => {
      const answer = await ask('ETHUSDT/buffer/1d');
      return answer.body.count > 0 && answer.text;
    });
    expect(text).toContain('"volume":12345678901.00000001');
  });
});

describe('minutes that the venue counts', { timeout: 120_000 }, () => {
  const MINUTE = 60_000;
  let own: Feed;
  let filled: Gateway;
  const asked = (): { fromMs: number; toMs: number }[] => own.asked.filter(({ op }) => op === 'minutes') as never;
  beforeAll(async () => {
    own = new Feed(['BTCUSDT']);
    own.sync('BTCUSDT', [['100', '1']], [['101', '1']]);
    filled = await startTestGateway(own);
  });
  afterAll(async () => {
    await filled?.stop();
    own.close();
  });

  it('take the place of ours, and make whole what began before us', async () => {
    // A trade of the minute before ours; one that is older than a minute is taken to have come now.
    const minute = await eventually('a minute that is young enough', () => {
      const ms = Date.now();
      return ms % MINUTE < 45_000 && ms - (ms % MINUTE);
    });
    const day = minute - (minute % 86_400_000);
    const buffer = async (timeframe: string): Promise<Candle[]> => {
      const answer = await fetch(`${filled.url}/api/v1/market-data/binance-usdm/BTCUSDT/buffer/${timeframe}`);
      return ((await answer.json()) as { candles: Candle[] }).candles;
    };
    // The venue is away at first.
    own.controlError = new Error('away');
    own.trade('BTCUSDT', '100.5', '1', false, minute - 1);
    own.trade('BTCUSDT', '103', '2');
    await eventually('it was asked', () => asked().length > 0);
    expect((await buffer('1m'))[0]?.flags).toContain('partial');
    own.answers = {
      minutes: ({ fromMs, toMs }: { fromMs: number; toMs: number }) =>
        Array.from({ length: (toMs - fromMs) / MINUTE }, (_, index) => {
          const prices = { open: '99.00', high: '105.50', low: '98.5', close: '100.50' };
          return { startMs: fromMs + index * MINUTE, ...prices, volume: '1.500', count: 3 };
        }),
    };
    own.controlError = undefined;
    const to = minute;
    const minutes = await eventually('the minute is whole', async () => {
      const candles = await buffer('1m');
      return candles.every(({ flags }) => !flags.includes('partial')) && candles;
    });
    const first = minutes.find(({ timestamp }) => Date.parse(timestamp) === to - MINUTE);
    expect(first).toMatchObject({ open: 99, high: 105.5, low: 98.5, close: 100.5, volume: 1.5 });
    // Every minute of the day up to ours, in parts, then our own trade.
    const [whole] = await eventually('the day is whole', async () => {
      const candles = await buffer('1d');
      return to - MINUTE < day || candles.at(-1)?.flags.includes('partial') === false ? candles.slice(-1) : undefined;
    });
    const count = Math.max(0, (to - day) / MINUTE);
    expect(whole?.volume).toBeCloseTo(count * 1.5 + 2, 9);
    expect(whole).toMatchObject({ close: 103, low: count > 0 ? 98.5 : 103 });
    for (const { fromMs, toMs } of asked())
      expect([fromMs >= day - 86_400_000, toMs - fromMs <= 1_000 * MINUTE]).toEqual([true, true]);
    expect(
      (await buffer('1s')).some(({ flags }) => flags.includes('partial')),
      'seconds are our own',
    ).toBe(true);
  });
});

describe('candles as topics', () => {
  it('begin with the newest, change with trades, and are followed by wildcard', async () => {
    const client = await JsonClient.open(gateway);
    const topic = 'bar.1m.binance-usdm.BTCUSDT';
    expect((await client.ask({ op: 'subscribe', topics: [topic] })).type).toBe('ack');
    const first = await eventually('the state', () => client.of(topic)[0]);
    expect([first.body_type, first.prev_seq]).toEqual(['bar', first.seq]);
    expect(first.body).toMatchObject({ timeframe: '1m', count: expect.any(String), closed: expect.any(Boolean) });
    feed.trade('BTCUSDT', '105', '2');
    const next = await eventually('a change', () => client.of(topic).find(({ body }) => body['close'] === '105'));
    expect(next.prev_seq).toBe(client.of(topic).at(-2)?.seq);
    expect((await client.ask({ op: 'subscribe', topics: ['bar.1d.binance-usdm.*'] })).type).toBe('ack');
    await eventually('both days', () => new Set(client.data.map((each) => each.topic)).size === 3);
    expect((await client.ask({ op: 'subscribe', topics: ['bar.2m.binance-usdm.BTCUSDT'] })).code).toBe('unknown-topic');
    client.close();
  });

  it('are read by the client library in every encoding alike', async () => {
    const bars: BarMessage[] = [];
    const clients = (['fb', 'msgpack', 'json'] as const).map((encoding) => {
      const client = new TickringClient(`${gateway.url.replace('http', 'ws')}/ws`, { encoding });
      client.on('bar', (bar) => bars.push(bar));
      client.subscribe('bar.1d.binance-usdm.BTCUSDT');
      return client;
    });
    await eventually('three states', () => bars.length >= 3);
    const [first, ...others] = bars.slice(0, 3).map(({ seq: _, prevSeq: __, ...bar }) => bar);
    for (const other of others) expect(other).toEqual(first);
    expect(first).toMatchObject({ type: 'bar', timeframe: '1d', closed: false, flags: ['partial'] });
    for (const client of clients) client.close();
  });

  it('come on the older stream as candles of a minute', async () => {
    const ws = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws/stream`);
    const texts: string[] = [];
    ws.on('message', (bytes: Buffer) => texts.push(bytes.toString('utf8')));
    await new Promise((resolve) => ws.once('open', resolve));
    ws.send('{"type":"subscribe","topics":["marketdata.bar.BTCUSDT"]}');
    await eventually('the answer', () => texts.length > 0);
    feed.trade('BTCUSDT', '106.5', '2');
    const text = await eventually('a bar', () => texts.find((each) => each.includes('"close":106.5')));
    const message = JSON.parse(text) as { topic: string; data: object; payload: { data_type: string; data: object } };
    expect(message.topic).toBe('marketdata.bar.BTCUSDT');
    expect(message.payload).toMatchObject({ symbol: 'BTCUSDT', data_type: 'bar', source: 'binance-usdm' });
    const values = { open: 'number', high: 'number', low: 'number', close: 'number', volume: 'number', timestamp: 'string' };
    for (const data of [message.data, message.payload.data]) {
      for (const [name, type] of Object.entries(values)) expect(typeof data[name as never], name).toBe(type);
    }
    ws.terminate();
  });
});
