import { App, us_listen_socket_close, us_socket_local_port } from 'uWebSockets.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Exchange, readRequest } from '../../src/gateway/exchange.js';
import { type Gateway, startGateway } from '../../src/gateway/server.js';
import { TickringError } from '../../src/model/errors.js';
import { Feed } from './feed.js';
import { eventually, freePort, memoryLogger, startTestGateway } from './harness.js';
import { rawRequest } from './raw-http.js';

describe('HTTP', () => {
  const logger = memoryLogger();
  let feed: Feed;
  let gateway: Gateway;
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(gateway.url + path, { headers });
  const json = async (path: string): Promise<Record<string, unknown>> =>
    (await get(path)).json() as Promise<Record<string, unknown>>;
  const ready = (): Promise<boolean> => eventually('ready', async () => (await get('/readyz')).status === 200);

  beforeAll(async () => {
    feed = new Feed(['BTCUSDT', 'ETHUSDT']);
    for (const symbol of ['BTCUSDT', 'ETHUSDT']) feed.sync(symbol, [['100', '1']], [['101', '1']]);
    gateway = await startTestGateway(feed, { logger });
    await ready();
  });
  afterAll(async () => {
    await gateway.stop();
    feed.close();
  });

  it('health tells true figures in the documented shape', async () => {
    feed.trade('BTCUSDT', '100.5', '1');
    const health = await eventually('counted trade', async () => {
      const answer = await json('/health');
      return answer['messages_processed'] === 3 && answer;
    });
    expect(health).toMatchObject({
      service: 'market-data',
      status: 'healthy',
      version: '0.0.0-test',
      messages_processed: 3,
      active_feeds: 1,
      symbols_tracked: 2,
      messagebus_connected: null,
    });
    expect(health['data_points_stored']).toBeGreaterThan(3);
    expect(Object.keys(health)).toEqual(expect.arrayContaining(['subscriptions_served', 'uptime_seconds']));
  });

  it('symbols are listed once each, with their count', async () => {
    expect(await json('/symbols')).toMatchObject({ symbols: ['BTCUSDT', 'ETHUSDT'], count: 2, engine: 'live' });
  });

  it('JSON statistics have every documented member, null where nothing is measured', async () => {
    const byQuery = await json('/metrics?format=json');
    const byAccept = (await (await get('/metrics', { accept: 'application/json' })).json()) as Record<string, unknown>;
    const members = [
      'messages_per_second',
      'data_points_per_second',
      'total_messages',
      'total_data_points',
      'active_subscriptions',
    ];
    members.push(
      'active_feeds',
      'symbols_tracked',
      'latency_stats',
      'throughput_stats',
      'cache_size',
      'engine_type',
      'containerized',
    );
    for (const answer of [byQuery, byAccept]) expect(Object.keys(answer)).toEqual(expect.arrayContaining(members));
    expect(byQuery).toMatchObject({ cache_size: 1, engine_type: 'tickring', total_messages: 3 });
    expect(byQuery['latency_stats']).toMatchObject({ unit: 'ms', min: expect.any(Number), p95: expect.any(Number) });
  });

  it('a book out of sync makes it unready and degraded until the book is back', async () => {
    feed.depth('ETHUSDT', [['99', '1']], [], 5);
    const answer = await eventually('unready', async () => {
      const response = await get('/readyz');
      return response.status === 503 && response;
    });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({
      ready: false,
      redis_connected: null,
      reasons: ['book binance-usdm.ETHUSDT out of sync'],
    });
    expect(await json('/health')).toMatchObject({ status: 'degraded' });
    feed.sync('ETHUSDT', [['99', '1']], [['101', '1']]);
    await ready();
    expect(await json('/ready')).toMatchObject({ ready: true, redis_connected: null, reasons: [] });
  });

  it('a writer that stops makes it unready, and live again when it goes on', async () => {
    feed.stopTicks();
    const state = await eventually('unready', async () => {
      const answer = await json('/readyz');
      return answer['ready'] === false && answer;
    });
    expect(JSON.stringify(state['reasons'])).toMatch(/shard 0 (stalled|heartbeat)/);
    expect((await get('/livez')).status).toBe(200);
    expect(await json('/symbols')).toMatchObject({ count: 2 });
    feed.startTicks();
    await ready();
  });

  it('status comes from the engine, and is 503 with Retry-After while the engine is away', async () => {
    expect(await json('/status')).toEqual({ name: 'test', pid: 1 });
    feed.controlError = new TickringError('ENGINE_AWAY', 'no engine answers');
    const away = await get('/status');
    expect(away.status).toBe(503);
    expect(away.headers.get('retry-after')).toBe('1');
    expect(away.headers.get('content-type')).toBe('application/problem+json');
    feed.controlError = new Error('secret path /etc/passwd');
    const failed = await get('/status');
    feed.controlError = undefined;
    expect(failed.status).toBe(500);
    expect(await failed.text()).not.toContain('secret');
    expect(JSON.stringify(logger.lines)).toContain('request failed');
  });

  it('every unknown resource gets the same problem, but for its request id', async () => {
    const shapes = await Promise.all(
      ['/nothing', '/assets/nothing.js', '/assets/../server.ts', '/status/1', '/%2e%2e/etc/passwd'].map(async (path) => {
        const response = await get(path);
        const problem = (await response.json()) as Record<string, unknown>;
        expect(response.headers.get('x-request-id')).toBe(problem['request_id']);
        return [response.status, response.headers.get('content-type'), { ...problem, request_id: '' }];
      }),
    );
    expect(new Set(shapes.map((shape) => JSON.stringify(shape))).size).toBe(1);
    expect(shapes[0]?.[0]).toBe(404);
  });

  it('methods that a resource lacks are refused with those that it has', async () => {
    const response = await fetch(`${gateway.url}/health`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const options = await fetch(`${gateway.url}/health`, { method: 'OPTIONS', headers: { origin: 'http://evil.example' } });
    expect(options.status).toBe(405);
    expect([...options.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const head = await fetch(`${gateway.url}/health`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(50);
  });

  it('only hosts of its own are answered', async () => {
    const own = [`127.0.0.1:${gateway.port}`, `localhost:${gateway.port}`, 'LOCALHOST', '[::1]:8080'];
    const foreign = [
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      'localhost.',
      '127.0.0.1:x',
      '0.0.0.0',
      'a@localhost',
    ];
    for (const host of [...own, ...foreign]) {
      const { status } = await rawRequest(gateway.port, `GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(status, host).toBe(own.includes(host) ? 200 : 421);
    }
  });

  it('the page is served with a strict policy and revalidated by its tag', async () => {
    const page = await get('/');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    const tag = page.headers.get('etag') ?? '';
    expect((await get('/', { 'if-none-match': tag })).status).toBe(304);
    expect((await get('/', { 'if-none-match': '"other"' })).status).toBe(200);
    const paths = [...(await page.text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(paths.length).toBeGreaterThan(2);
    for (const path of paths) expect((await get(path)).status, path).toBe(200);
  });

  it('refuses to bind what is not loopback, and a port on which somebody answers', async () => {
    const deps = { logger, control: feed.control, version: '0' };
    const config = { name: feed.name, shmRoot: feed.root, port: 0 };
    for (const host of ['0.0.0.0', '::', '192.168.1.1', 'example.com', '128.0.0.1', '']) {
      await expect(startGateway({ ...config, host }, deps), host).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    }
    const taken = { ...config, host: '127.0.0.1', port: gateway.port };
    await expect(startGateway(taken, deps)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    const again = { ...config, host: '127.0.0.1', port: await freePort() };
    for (let round = 0; round < 2; round += 1) {
      const other = await startGateway(again, deps);
      expect((await fetch(`${other.url}/livez`)).status).toBe(200);
      await other.stop();
    }
  });
});

describe('exchange', () => {
  it('answers for a route that takes too long, once', async () => {
    const exchange = new Exchange(memoryLogger(), 20);
    let late: (() => void) | undefined;
    const app = App().any('/*', (res, req) =>
      exchange.answer(
        res,
        readRequest(req),
        () =>
          new Promise((resolve) => {
            late = () => resolve({ status: 200, headers: {}, body: 'late' });
          }),
      ),
    );
    const listening = await new Promise<object>((resolve) => app.listen('127.0.0.1', 0, (socket) => resolve(socket as object)));
    const response = await fetch(`http://127.0.0.1:${us_socket_local_port(listening)}/`);
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ status: 504, title: 'Gateway Timeout' });
    late?.();
    await Promise.resolve();
    expect(exchange.counts.pending).toBe(0);
    us_listen_socket_close(listening);
    app.close();
  });
});
