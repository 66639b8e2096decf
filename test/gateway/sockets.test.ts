import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Gateway } from '../../src/gateway/server.js';
import { Feed } from './feed.js';
import { type ControlReply, eventually, JsonClient, startTestGateway } from './harness.js';
import { rawRequest, upgradeRequest } from './raw-http.js';

const BOOK = 'book.binance-usdm.BTCUSDT';

describe('WebSocket', () => {
  let feed: Feed;
  let gateway: Gateway;
  const upgrade = async (changes: Record<string, string | undefined>): Promise<number> =>
    (await rawRequest(gateway.port, upgradeRequest(gateway.port, changes))).status;

  beforeAll(async () => {
    feed = new Feed(['BTCUSDT']);
    feed.sync('BTCUSDT', [['100', '1']], [['101', '1']]);
    gateway = await startTestGateway(feed);
  });
  afterAll(async () => {
    await gateway.stop();
    feed.close();
  });

  it('opens for programs, and for pages of this server alone', async () => {
    const host = `127.0.0.1:${gateway.port}`;
    const own = [undefined, `http://${host}`, `HTTP://${host}`];
    const foreign = ['null', 'http://evil.example', `http://${host}.evil.example`, 'http://127.0.0.1', `http://127.0.0.1:1`];
    foreign.push(
      `https://${host}`,
      `http://localhost:${gateway.port}`,
      `http://user@${host}`,
      `http://xn--127-0-0-1.example`,
      `${host}`,
      `http://${host}/`,
    );
    for (const origin of own) expect(await upgrade({ Origin: origin }), `origin ${origin}`).toBe(101);
    for (const origin of foreign) expect(await upgrade({ Origin: origin }), `origin ${origin}`).toBe(403);
  });

  it('opens for hosts of its own alone, even if the page is of the same name', async () => {
    expect(await upgrade({ Host: `localhost:${gateway.port}`, Origin: `http://localhost:${gateway.port}` })).toBe(101);
    expect(await upgrade({ Host: 'rebound.example', Origin: 'http://rebound.example' })).toBe(421);
    // An empty Host is refused by the parser already.
    expect(await upgrade({ Host: '' })).toBeGreaterThanOrEqual(400);
  });

  it('takes the first subprotocol that it knows, JSON without any, and refuses when it knows none', async () => {
    const chosen = async (offer: string): Promise<string | undefined> =>
      (await rawRequest(gateway.port, upgradeRequest(gateway.port, { 'Sec-WebSocket-Protocol': offer }))).headers.get(
        'sec-websocket-protocol',
      );
    expect(await chosen('tickring.fb.v1')).toBe('tickring.fb.v1');
    expect(await chosen('other, tickring.json.v1, tickring.fb.v1')).toBe('tickring.json.v1');
    for (const offer of ['other', 'tickring.fb.v2', 'TICKRING.JSON.V1', '__proto__', ',']) {
      expect(await upgrade({ 'Sec-WebSocket-Protocol': offer }), offer).toBe(400);
    }
    const client = await JsonClient.open(gateway, []);
    expect((await client.ask({ op: 'ping' })).type).toBe('ack');
    client.close();
  });

  it('a plain request to it is told to upgrade', async () => {
    const response = await fetch(`${gateway.url}/ws`);
    expect([response.status, response.headers.get('content-type')]).toEqual([426, 'application/problem+json']);
  });

  it('answers malformed messages with an error, and lives', async () => {
    const client = await JsonClient.open(gateway);
    const bad: [string | Buffer, string][] = [
      ['', 'bad-message'],
      ['{', 'bad-message'],
      ['[]', 'bad-message'],
      ['null', 'bad-message'],
      ['"subscribe"', 'bad-message'],
      ['{"op":"subscribe"}', 'bad-message'],
      ['{"op":"subscribe","topics":[]}', 'bad-message'],
      ['{"op":"subscribe","topics":"book"}', 'bad-message'],
      ['{"op":"subscribe","topics":[1]}', 'bad-message'],
      [`{"op":"subscribe","topics":["${'x'.repeat(200)}"]}`, 'bad-message'],
      ['{"op":"ping","id":{}}', 'bad-message'],
      ['{"op":"ping","id":1e400}', 'bad-message'],
      [`${'['.repeat(8_000)}`, 'bad-message'],
      [`{"op":"ping","x":${'['.repeat(3_000)}${']'.repeat(3_000)}}`, 'bad-message'],
      ['{"op":"__proto__"}', 'unknown-op'],
      ['{"op":"constructor"}', 'unknown-op'],
      ['{"__proto__":{"op":"ping"}}', 'unknown-op'],
      ['{"op":"subscribe","topics":["__proto__"]}', 'unknown-topic'],
      [`{"op":"subscribe","topics":["${BOOK}","book.none"]}`, 'unknown-topic'],
      [Buffer.from('{"op":"ping"}'), 'bad-message'],
    ];
    for (const [index, [message, code]] of bad.entries()) {
      client.ws.send(message);
      const reply = await eventually(`answer to ${String(message).slice(0, 60)}`, () => client.replies[index]);
      expect({ message: String(message).slice(0, 60), code: reply.code }).toEqual({
        message: String(message).slice(0, 60),
        code,
      });
    }
    expect(await client.ask({ op: 'ping' })).toMatchObject({ type: 'ack', op: 'ping' });
    expect(await client.ask({ op: 'list' })).toMatchObject({ subscribed: [] });
    expect(({} as Record<string, unknown>)['op']).toBeUndefined();
    client.close();
  });

  it('text that is not UTF-8 and messages over 16 KiB end the socket, and no other', async () => {
    const [bystander, large, broken] = await Promise.all([
      JsonClient.open(gateway),
      JsonClient.open(gateway),
      JsonClient.open(gateway),
    ]);
    large.ws.send(`{"op":"ping","x":"${'x'.repeat(17_000)}"}`);
    broken.ws.send(Buffer.from([0xff, 0xfe]), { binary: false });
    await eventually('both are closed', () => large.closed !== undefined && broken.closed !== undefined);
    expect((await bystander.ask({ op: 'ping' })).type).toBe('ack');
    bystander.close();
  });

  it('messages that come too fast are refused, then the socket is closed', async () => {
    const client = await JsonClient.open(gateway);
    for (let count = 0; count < 60; count += 1) client.ws.send('{"op":"ping"}');
    await eventually('refusal', () => client.replies.some(({ code }) => code === 'rate-limited'));
    expect(client.replies.filter(({ op }) => op === 'ping').length).toBeGreaterThanOrEqual(40);
    for (let count = 0; count < 300; count += 1) client.ws.send('{"op":"ping"}');
    await eventually('close', () => client.closed !== undefined);
    expect(client.closed).toEqual({ code: 1008, reason: 'messages come too fast' });
  });

  it('holds each topic once, gives its id back, and sends nothing after unsubscribe', async () => {
    const client = await JsonClient.open(gateway);
    const subscribe = { op: 'subscribe', topics: [BOOK, BOOK] };
    expect(await client.ask(subscribe)).toMatchObject({ type: 'ack', topics: [BOOK] });
    expect(await client.ask(subscribe)).toMatchObject({ type: 'ack' });
    await eventually('snapshot', () => client.of(BOOK).length > 0);
    feed.depth('BTCUSDT', [['99', '1']], []);
    await eventually('delta', () => client.of(BOOK).length === 2);
    client.ws.send(JSON.stringify({ op: 'unsubscribe', topics: [BOOK, 'book.none'], id: 'mine' }));
    for (let count = 0; count < 100; count += 1) feed.depth('BTCUSDT', [['98', `${count + 1}`]], []);
    const reply: ControlReply = await eventually('answer', () => client.replies.find(({ id }) => id === 'mine'));
    expect(reply).toMatchObject({ type: 'ack', op: 'unsubscribe' });
    const received = client.of(BOOK).length;
    feed.depth('BTCUSDT', [['97', '1']], []);
    expect(await client.ask({ op: 'list' })).toMatchObject({ subscribed: [] });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.of(BOOK)).toHaveLength(received);
    expect(client.order.lastIndexOf('data')).toBeLessThan(client.order.length - 1);
    client.close();
  });

  it('says farewell with 1001 to all clients when it ends', async () => {
    const other = await startTestGateway(feed);
    const clients = await Promise.all(Array.from({ length: 20 }, () => JsonClient.open(other)));
    await other.stop();
    await eventually('all are closed', () => clients.every(({ closed }) => closed !== undefined));
    expect(new Set(clients.map(({ closed }) => closed?.code))).toEqual(new Set([1001]));
    const late = new WebSocket(`${other.url.replace('http', 'ws')}/ws`);
    await new Promise((resolve) => late.once('error', resolve));
  });
});
