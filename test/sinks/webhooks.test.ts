/** Callbacks: signed, in batches, tried again, and never to an address that is not a public one. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallbackConfig } from '../../src/model/config.js';
import type { Subscription } from '../../src/model/feeds.js';
import type { Sink } from '../../src/model/sink.js';
import { callbackSecret } from '../../src/sinks/index.js';
import { HostGate } from '../../src/sinks/webhook/host-gate.js';
import { Outbox } from '../../src/sinks/webhook/outbox.js';
import { startCallbackSink } from '../../src/sinks/webhook/sink.js';
import { TargetRefused, Targets } from '../../src/sinks/webhook/target.js';
import { Feed } from '../gateway/feed.js';
import { eventually, memoryLogger } from '../gateway/harness.js';

const KEY = 'key of this installation';

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: { readonly subscription_id: string; readonly data: Row[]; readonly count: number; readonly missed: number };
}
interface Row {
  readonly symbol: string;
  readonly data_type: string;
  readonly source: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, number | string>>;
  readonly latency_ms: number;
}

const CONFIG: CallbackConfig = {
  keyFile: '',
  allowHttp: false,
  ports: [443, 8_443],
  allowAddresses: [],
  intervalMs: 5,
  backoffMs: 5,
};

describe('callbacks', () => {
  let folder: string;
  let feed: Feed;
  let server: Server;
  let port: number;
  let sink: Sink;
  let subscriptions: Subscription[];
  const got: Got[] = [];
  /** Statuses of the next answers; 200 where there are none. */
  const statuses: number[] = [];
  let location = '';

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tickring-callback-'));
    const keyFile = join(folder, 'callback.key');
    writeFileSync(keyFile, `${KEY}\n`, { mode: 0o600 });
    got.length = 0;
    statuses.length = 0;
    location = '';
    server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => {
        text += chunk;
      });
      request.on('end', () => {
        got.push({ headers: request.headers, text, body: JSON.parse(text) as Got['body'] });
        response.writeHead(statuses.shift() ?? 200, location === '' ? {} : { location });
        response.end('x'.repeat(100_000));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
    feed = new Feed(['BTCUSDT', 'ETHUSDT']);
    subscriptions = [subscription({})];
    const config = { ...CONFIG, keyFile, allowHttp: true, ports: [port], allowAddresses: ['127.0.0.1'] };
    sink = startCallbackSink({
      config,
      venues: [],
      shmRoot: feed.root,
      engine: feed.name,
      logger: memoryLogger() as never,
      subscriptions: () => Promise.resolve(subscriptions),
      hostEveryMs: 1,
    });
  });
  afterEach(async () => {
    await sink.stop(1_000);
    server.close();
    feed.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const subscription = (change: Partial<Subscription>): Subscription => ({
    subscriptionId: 'sub_1',
    symbols: ['btc-usdt'],
    dataTypes: ['tick', 'quote'],
    callbackUrl: `http://127.0.0.1:${port}/hook?a=1`,
    isActive: true,
    createdAt: '',
    owner: null,
    ...change,
  });
  const rows = (): Row[] => got.flatMap(({ body }) => body.data);
  /** Trades until something has come. */
  const first = (): Promise<unknown> =>
    eventually('a callback', () => {
      feed.trade('BTCUSDT', '100.5', '0.25');
      return got.length > 0;
    });

  it('bring trades and quotes of the wanted symbols, signed as Standard Webhooks says', async () => {
    await first();
    feed.trade('ETHUSDT', '7', '1');
    feed.quote('BTCUSDT', ['100', '1'], ['101', '2']);
    await eventually('a quote', () => rows().some(({ data_type }) => data_type === 'quote'));
    const quote = rows().find(({ data_type }) => data_type === 'quote');
    expect(quote).toMatchObject({
      symbol: 'BTCUSDT',
      source: 'binance-usdm',
      data: { bid: 100, ask: 101, bid_size: 1, ask_size: 2 },
    });
    expect(rows()[0]).toEqual({
      symbol: 'BTCUSDT',
      data_type: 'tick',
      source: 'binance-usdm',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      data: { price: 100.5, size: 0.25, exchange: 'binance-usdm' },
      latency_ms: expect.any(Number),
    });
    expect(new Set(rows().map(({ symbol }) => symbol))).toEqual(new Set(['BTCUSDT']));
    const secret = Buffer.from(callbackSecret(KEY, 'sub_1').replace('whsec_', ''), 'base64');
    for (const { headers, text, body } of got) {
      const [id, time] = [headers['webhook-id'], headers['webhook-timestamp']];
      const mac = createHmac('sha256', secret).update(`${id}.${time}.${text}`).digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${mac}`);
      expect(body).toMatchObject({ subscription_id: 'sub_1', count: body.data.length, missed: 0 });
    }
    expect(sink.status()).toMatchObject({ sink: 'webhooks', connected: true, dropped: 0 });
  });

  it('are tried again with the same id, and nothing is lost or comes twice', async () => {
    statuses.push(500, 503);
    await first();
    await eventually('the third attempt', () => got.length >= 3);
    const [one, two, three] = got;
    expect(two?.text).toBe(one?.text);
    expect(three?.text).toBe(one?.text);
    expect(new Set([one, two, three].map((each) => each?.headers['webhook-id'])).size).toBe(1);
    await eventually('an account of it', () => sink.status().reconnects === 2);
  });

  it('follow no redirect, and tell what was given up', async () => {
    location = `http://127.0.0.1:${port}/elsewhere`;
    statuses.push(...new Array<number>(8).fill(302));
    await first();
    await eventually('eight attempts', () => got.length >= 8);
    feed.trade('BTCUSDT', '101', '1');
    const next = await eventually('the next body', () => got.find(({ body }) => body.missed > 0));
    expect(next.body.missed).toBe(got[0]?.body.count);
    expect(sink.status().dropped).toBe(next.body.missed);
  });

  it('end with 410, with the subscription, and while it is paused', async () => {
    statuses.push(410);
    await first();
    await eventually('an end', () => sink.status().dropped > 0);
    const count = got.length;
    subscriptions = [subscription({ subscriptionId: 'sub_2' })];
    await eventually('another one', () => {
      feed.trade('BTCUSDT', '100', '1');
      return got.some(({ body }) => body.subscription_id === 'sub_2');
    });
    expect(got.filter(({ body }) => body.subscription_id === 'sub_1')).toHaveLength(count);
    subscriptions = [subscription({ subscriptionId: 'sub_2', isActive: false })];
    await eventually('silence', async () => {
      const before = got.length;
      feed.trade('BTCUSDT', '100', '1');
      await new Promise((resolve) => setTimeout(resolve, 300));
      return got.length === before;
    });
    expect(sink.status().outboxMessages).toBe(0);
  });
});

describe('targets', () => {
  const targets = (addresses: readonly string[], change: Partial<CallbackConfig> = {}): Targets =>
    new Targets({ ...CONFIG, ...change }, () =>
      Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))),
    );

  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'https://example.com:22/',
    'https://user@example.com/',
    'https://example.com/#part',
    'no address',
    `https://example.com/${'a'.repeat(2_048)}`,
  ])('%.40s is never called', async (url) => {
    await expect(targets(['93.184.216.34']).find(url)).rejects.toThrow(TargetRefused);
  });

  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2001::1',
    '2001:db8::1',
    '2002:a00:1::1',
    'fc00::1',
    'fe80::1',
    'ff02::1',
    'localhost',
  ])('nobody is called at %s, also where another address is a good one', async (address) => {
    for (const addresses of [[address], ['93.184.216.34', address]])
      await expect(targets(addresses).find('https://example.com/')).rejects.toThrow('not a public one');
  });

  it.each([
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://①②⑦.⓪.⓪.①/',
    'https://[::1]/',
  ])('%s is this host, however it is spelt', async (url) => {
    await expect(new Targets(CONFIG).find(url)).rejects.toThrow('not a public one');
  });

  it('a public address is taken as it was judged, one of this network where it is allowed', async () => {
    const target = await targets(['93.184.216.34', '2606:2800:220:1::1']).find('https://example.com:8443/a');
    expect([target.address, target.family, target.url.href]).toEqual(['93.184.216.34', 4, 'https://example.com:8443/a']);
    const inside = targets(['10.1.2.3'], { allowAddresses: ['10.1.0.0/16'] });
    expect((await inside.find('https://example.com/')).address).toBe('10.1.2.3');
    await expect(targets([]).find('https://example.com/')).rejects.toThrow('no address');
  });
});

describe('outbox', () => {
  it('holds so many rows, the oldest go and are counted; of quotes the newest waits', () => {
    const held = { rows: 0, bytes: 0 };
    const outbox = new Outbox(held);
    for (let count = 0; count < 1_003; count += 1) outbox.trade(`{"n":${count}}`);
    expect([outbox.size, outbox.missed, outbox.dropped, held.rows]).toEqual([1_000, 3, 3, 1_000]);
    expect(outbox.batch()[0]).toBe('{"n":3}');
    outbox.clear();
    expect(held).toEqual({ rows: 0, bytes: 0 });
    outbox.quote(1, 'old');
    outbox.quote(2, 'other');
    outbox.quote(1, 'newest');
    expect(outbox.batch()).toEqual(['newest', 'other']);
    outbox.quote(1, 'again');
    expect(outbox.batch()).toEqual(['again']);
    expect(held).toEqual({ rows: 0, bytes: 0 });
  });

  it('gives bodies below 20 kB, but never none', () => {
    const outbox = new Outbox({ rows: 0, bytes: 0 });
    for (let count = 0; count < 5; count += 1) outbox.trade('é'.repeat(4_000));
    outbox.trade('x'.repeat(30_000));
    expect([outbox.batch().length, outbox.batch().length, outbox.batch().length, outbox.batch().length]).toEqual([2, 2, 1, 1]);
    expect(outbox.batch()).toEqual([]);
  });
});

it('a host gets two requests at once at most, however many ask', async () => {
  const gate = new HostGate(0);
  let active = 0;
  let most = 0;
  const one = async (): Promise<void> => {
    active += 1;
    most = Math.max(most, active);
    await new Promise((resolve) => setTimeout(resolve, 2));
    active -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => gate.through('a', one)));
  expect([most, active]).toEqual([2, 0]);
  await expect(gate.through('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await Promise.all(Array.from({ length: 4 }, () => gate.through('a', one)));
  expect(most).toBe(2);
});
