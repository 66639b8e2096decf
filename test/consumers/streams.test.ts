/** What older consumers subscribe to, by redis-cli and as a WebSocket client, against a started product: member by member. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import WebSocket from 'ws';
import { Product } from '../lifecycle/product.js';
import { eventually, RedisServer, redisTest } from '../sinks/redis-server.js';
import { differences, type Shape } from './shapes.js';

const product = new Product();
const redis = new RedisServer();
let url = '';
const followers: ChildProcess[] = [];
const sockets: WebSocket[] = [];

/** Numbers as these bodies have them may be beyond what a double holds: the shape asks for the type alone. */
const BODIES: Readonly<Record<string, Shape>> = {
  'orderbook:BTCUSDT': {
    symbol: 'string',
    last_update_id: 'number',
    bids: [['number']],
    asks: [['number']],
    timestamp: 'string',
  },
  'market_data:BTCUSDT': {
    symbol: 'string',
    last_price: 'number',
    bid_price: 'number',
    ask_price: 'number',
    volume_24h: 'number',
    high_24h: 'number',
    low_24h: 'number',
    updated_at: 'string',
  },
  'trades:BTCUSDT': {
    symbol: 'string',
    trade_id: 'number',
    price: 'number',
    quantity: 'number',
    is_buyer_maker: 'boolean',
    timestamp: 'string',
  },
};

describe('subscriptions of older consumers', () => {
  beforeAll(async () => {
    await redis.start();
    const program = product.start({ TICKRING_REDIS_URL: redis.url });
    await product.inSync();
    url = (await product.url(program)).replace(/\/$/, '').replace('http', 'ws');
  });
  afterAll(async () => {
    for (const follower of followers) follower.kill();
    for (const ws of sockets) ws.terminate();
    await product.remove();
    await redis.remove();
  });

  /** What `redis-cli SUBSCRIBE` prints of a channel. */
  const subscribed = (channel: string): string[] => {
    const cli = spawn('redis-cli', ['-s', redis.socket, 'SUBSCRIBE', channel], { stdio: ['ignore', 'pipe', 'inherit'] });
    followers.push(cli);
    const lines: string[] = [];
    let rest = '';
    cli.stdout.setEncoding('utf8');
    cli.stdout.on('data', (text: string) => {
      const all = (rest + text).split('\n');
      rest = all.pop() ?? '';
      lines.push(...all);
    });
    return lines;
  };

  for (const [channel, shape] of Object.entries(BODIES)) {
    redisTest(`C2 redis-cli SUBSCRIBE ${channel}`, async () => {
      const lines = subscribed(channel);
      const text = await eventually('a message', () => lines.find((line) => line.includes('{')));
      const body: unknown = JSON.parse(text.slice(text.indexOf('{')));
      expect(differences(body, shape)).toEqual([]);
      expect(Object.keys(body as object)).toEqual(Object.keys(shape));
    });
  }

  redisTest('C2 redis-cli GET market_data:BTCUSDT, which expires within 300 s', async () => {
    const cli = (...args: string[]): string => execFileSync('redis-cli', ['-s', redis.socket, ...args], { encoding: 'utf8' });
    const text = await eventually('the key', () => cli('GET', 'market_data:BTCUSDT').trim() || undefined);
    expect(differences(JSON.parse(text), BODIES['market_data:BTCUSDT'] ?? '')).toEqual([]);
    const seconds = Number(cli('TTL', 'market_data:BTCUSDT'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(300);
  });

  const TICK: Shape = { price: 'number', size: 'number', timestamp: 'time' };
  const BAR: Shape = { open: 'number', high: 'number', low: 'number', close: 'number', volume: 'number', timestamp: 'time' };
  redisTest.each([
    ['marketdata.tick.BTCUSDT', 'tick', TICK],
    ['marketdata.bar.BTCUSDT', 'bar', BAR],
  ] as const)('C12, C3 /ws/stream %s', async (topic, type, data) => {
    const messages = await follow('/ws/stream', { type: 'subscribe', topics: [topic] });
    const ack = await eventually('the answer', () => messages.find((message) => message['type'] === 'subscribed'));
    expect(ack).toMatchObject({ topics: [topic] });
    const message = await eventually('a message', () => messages.find((each) => each['type'] === 'data'));
    const payload: Shape = { symbol: 'string', data_type: 'string', data, latency_ms: 'number', source: 'string' };
    const shape: Shape = { type: 'string', topic: 'string', data: { ...(data as object), latency_ms: 'number' }, payload };
    expect(differences(message, shape)).toEqual([]);
    expect(message).toMatchObject({ topic, payload: { symbol: 'BTCUSDT', data_type: type } });
  });

  redisTest('C10 /ws in JSON: an ack, the book as it is, then what changes', async () => {
    const messages = await follow('/ws', { op: 'subscribe', id: 1, topics: ['book.binance-usdm.BTCUSDT'] }, 'tickring.json.v1');
    const [ack, first, next] = await eventually('a change', () => messages.length > 2 && messages);
    expect(differences(ack, { type: 'string', op: 'string', id: 'number', topics: ['string'], stream: 'string' })).toEqual([]);
    const head: Shape = {
      topic: 'string',
      prev_seq: 'number',
      seq: 'number',
      ts_event: 'string',
      flags: 'array',
      body_type: 'string',
    };
    const levels: Shape = [['string']];
    const book: Shape = { last_update_id: 'string', hash: 'string', bids: levels, asks: levels };
    expect(differences(first, { ...(head as object), body: book })).toEqual([]);
    expect(first?.['body_type']).toBe('book_snapshot');
    expect(differences(next, head)).toEqual([]);
    expect(next?.['prev_seq']).toBe(first?.['seq']);
  });

  async function follow(path: string, request: object, protocol?: string): Promise<Record<string, unknown>[]> {
    const ws = new WebSocket(url + path, protocol === undefined ? [] : [protocol]);
    sockets.push(ws);
    const messages: Record<string, unknown>[] = [];
    ws.on('message', (bytes: Buffer) => messages.push(JSON.parse(bytes.toString('utf8')) as Record<string, unknown>));
    await new Promise((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('error', reject);
    });
    ws.send(JSON.stringify(request));
    return messages;
  }
});
