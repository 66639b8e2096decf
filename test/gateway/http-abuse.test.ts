/** Bodies and addresses that are wrong or too large; keys that come again; an event loop that is held up. */
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway/server.js';
import { Feed } from './feed.js';
import { eventually, startTestGateway } from './harness.js';
import { openSocket, rawRequest } from './raw-http.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const TIME = '2025-08-24T10:30:15.123Z';

describe('requests that write', () => {
  let feed: Feed;
  let gateway: Gateway;
  /** Rows that reached the engine. */
  let ingested: { values: Record<string, string>; ts: string }[] = [];
  let subscribed = 0;

  beforeAll(async () => {
    feed = new Feed(['BTCUSDT', 'ETHUSDT']);
    for (const symbol of ['BTCUSDT', 'ETHUSDT']) feed.sync(symbol, [['100', '1']], [['101', '1']]);
    feed.answers = {
      ingest: ({ rows }: { rows: typeof ingested }) => {
        ingested.push(...rows);
        return { accepted: rows.length, errors: [], shard: 9, events: ingested.length };
      },
      subscribe: ({ orders }: { orders: { symbols: string[] }[] }) =>
        orders.map((order) => {
          subscribed += 1;
          return { ...order, subscriptionId: `sub_${subscribed}`, isActive: true, createdAt: TIME };
        }),
    };
    gateway = await startTestGateway(feed);
    await eventually('ready', async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
  });
  afterAll(async () => {
    await gateway.stop();
    feed.close();
  });

  const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE): Promise<Response> =>
    fetch(gateway.url + path, { method: 'POST', body, headers });
  const row = (data: string): string =>
    `{"data":[{"symbol":"X","data_type":"tick","source":"internal","timestamp":"${TIME}","data":${data}}]}`;

  it('numbers are taken by their digits, not through a float', async () => {
    ingested = [];
    for (const [price, text] of [
      ['0.1000000000000000055511151231257827', '0.1000000000000000055511151231257827'],
      ['9007199254740993', '9007199254740993'],
      ['1.5e-7', '0.00000015'],
      ['"420.750"', '420.75'],
      ['12e2', '1200'],
    ]) {
      expect((await post('/data/ingest', row(`{"price":${price},"size":1}`))).status).toBe(200);
      expect(ingested.at(-1)?.values['price']).toBe(text);
      expect(ingested.at(-1)?.ts).toBe('1756031415123000000');
    }
  });

  it.each([
    ['no JSON', '{"data":', 400],
    ['nothing', '', 400],
    ['a list', '[]', 422],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 400],
    ['values nested too deep', `${'['.repeat(33)}${']'.repeat(33)}`, 400],
    ['a million brackets', '['.repeat(1_000_000), 400],
    ['an infinite number', row('{"price":1e400,"size":1}'), 422],
    ['a negative number', row('{"price":-1,"size":1}'), 422],
    ['text that is no number', row('{"price":"1,5","size":1}'), 422],
    ['a prototype', '{"__proto__":{"data":[]}}', 422],
    ['a time from tomorrow', row('{"price":1,"size":1}').replace('2025', '2999'), 422],
    ['more than may be', `{"data":"${'x'.repeat(1 << 20)}"}`, 413],
  ])('%s is refused as a problem', async (_, body, status) => {
    ingested = [];
    const answer = await post('/data/ingest', body);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    expect(await answer.json()).toMatchObject({ status, detail: expect.any(String), request_id: expect.any(String) });
    expect(ingested).toEqual([]);
  });

  it.each([
    ['/data/%', 400],
    ['/data/%ff', 400],
    ['/data/%00', 404],
    ['/data/..%2f..%2fetc%2fpasswd', 404],
    ['/data/../../etc/passwd', 404],
    ['/assets/..%2f..%2fserver.js', 404],
    ['/assets/%2e%2e/server.js', 404],
    [`/data/${'x'.repeat(200)}`, 404],
    ['/data/BTCUSDT?limit=1&limit=2', 400],
    ['/data/BTCUSDT?limit=1e9', 400],
    ['/data/BTCUSDT?limit=-1', 400],
    ['//data/BTCUSDT', 404],
  ])('the address %s is answered with %i', async (path, status) => {
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\n\r\n`;
    expect((await rawRequest(gateway.port, request)).status).toBe(status);
  });

  it('a day that no calendar has is refused', async () => {
    for (const [time, status] of [
      ['2024-02-29T23:59:59-05:00', 200],
      ['2025-02-29T00:00:00Z', 422],
      ['2025-02-30T00:00:00Z', 422],
      ['2025-04-31T00:00:00Z', 422],
    ] as const) {
      expect((await post('/data/ingest', row('{"price":1,"size":1}').replace(TIME, time))).status, time).toBe(status);
    }
  });

  it('a media type that is no JSON is refused; that of curl is taken', async () => {
    const body = row('{"price":1,"size":1}');
    expect((await post('/data/ingest', body, { 'content-type': 'application/xml' })).status).toBe(415);
    expect((await post('/data/ingest', body, { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(200);
  });

  it('callbacks that are not http or https are refused', async () => {
    const order = (url: string): string => JSON.stringify({ symbols: ['X'], callback_url: url });
    for (const url of ['ftp://x/y', 'file:///etc/passwd', 'javascript:alert(1)', 'https://u:p@x/', 'x', 'https://x/#y'])
      expect((await post('/subscriptions', order(url))).status).toBe(422);
    expect((await post('/subscriptions', order('https://x/y?z'))).status).toBe(201);
  });

  it('a key that comes again gets the first answer, once the first is in; with another body it is refused', async () => {
    const before = subscribed;
    const headers = { ...JSON_TYPE, 'idempotency-key': 'k1' };
    const answers = await Promise.all([1, 2, 3].map(() => post('/subscriptions', '{"symbols":["X"]}', headers)));
    for (const { status } of answers) expect([201, 409]).toContain(status);
    const again = await post('/subscriptions', '{"symbols":["X"]}', headers);
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true']);
    expect(await again.json()).toMatchObject({ subscription_id: `sub_${before + 1}` });
    expect(subscribed).toBe(before + 1);
    expect((await post('/subscriptions', '{"symbols":["Y"]}', headers)).status).toBe(422);
    expect((await post('/subscriptions', '{"symbols":["Y"]}', { ...headers, 'idempotency-key': 'k 2' })).status).toBe(400);
    const snapshot = '/symbols/BTCUSDT/snapshot?numbers=';
    expect((await post(`${snapshot}number`, '', headers)).status).toBe(200);
    expect((await post(`${snapshot}string`, '', headers)).status).toBe(422);
  });

  it('a request that two readers could end at different places is refused or cut off, and nothing behind it is read', async () => {
    const before = subscribed;
    const inner = `POST /subscriptions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 17\r\n\r\n{"symbols":["X"]}`;
    for (const lines of [
      'Content-Length: 2\r\nContent-Length: 200',
      'Content-Length: 2\r\ncontent-length: 2',
      'Content-Length: 2\r\nTransfer-Encoding: chunked',
      'Transfer-Encoding: identity\r\nContent-Length: 2',
      'Content-Length: +2',
      'Content-Length: 2, 200',
    ]) {
      const socket = await openSocket(gateway.port);
      let received = '';
      socket.on('data', (bytes: Buffer) => {
        received += bytes.toString('latin1');
      });
      const closed = once(socket, 'close');
      socket.write(`POST /data/ingest HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n\r\n{}${inner}`);
      await closed;
      expect(received.match(/HTTP\/1\.1 \d+/g) ?? ['HTTP/1.1 400'], lines).toEqual(['HTTP/1.1 400']);
    }
    expect(subscribed).toBe(before);
  });

  it('an id of the client is the id of its request, if it is one', async () => {
    const id = async (given: string): Promise<string | null> =>
      (await fetch(`${gateway.url}/symbols`, { headers: { 'x-request-id': given } })).headers.get('x-request-id');
    expect(await id('abc-1')).toBe('abc-1');
    expect(await id('a b')).not.toBe('a b');
  });

  it('an event loop that is held up for 2 s loses no point', async () => {
    const count = async (): Promise<number> => {
      const answer = await fetch(`${gateway.url}/data/ETHUSDT?data_type=tick&limit=1000`);
      return ((await answer.json()) as { count: number }).count;
    };
    expect(await count()).toBe(0);
    for (const end = performance.now() + 2_000, state = { left: 500 }; performance.now() < end; ) {
      if (state.left > 0) feed.trade('ETHUSDT', '100.5', '1');
      state.left -= 1;
    }
    await eventually('every trade can be asked for', async () => (await count()) === 500);
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toMatch(/^tickring_gateway_points_lapped_total 0$/m);
  });
});
