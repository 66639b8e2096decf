/** Topics of the message bus: events that no ring carries, and names that stand for topics of the ring. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { TickringClient } from '../../src/client/node.js';
import { BUS_TOPICS, Bus } from '../../src/gateway/bus.js';
import type { BusClient } from '../../src/gateway/client.js';
import type { Gateway } from '../../src/gateway/server.js';
import { Feed } from './feed.js';
import { eventually, freePort, JsonClient, startTestGateway } from './harness.js';

const ERROR = 'marketdata.error';
const STATUS = 'marketdata.feed.status';
const LATENCY = 'marketdata.latency.alert';

interface Event {
  readonly type: string;
  readonly topic: string;
  readonly seq: number;
  readonly data?: Record<string, unknown>;
  readonly payload: {
    readonly symbol: string | null;
    readonly data_type: string;
    readonly data: Record<string, unknown>;
    readonly latency_ms: number;
    readonly source: string;
  };
}

let feed: Feed;
let gateway: Gateway;
beforeEach(async () => {
  feed = new Feed(['BTCUSDT', 'ETHUSDT']);
  feed.sync('BTCUSDT', [['100', '1']], [['101', '1']]);
  gateway = await startTestGateway(feed);
});
afterEach(async () => {
  await gateway?.stop();
  feed.close();
});

/** Follows topics at `/ws/stream`. */
async function follow(topics: readonly string[]): Promise<{ readonly events: Event[]; readonly ws: WebSocket }> {
  const ws = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws/stream`);
  const events: Event[] = [];
  ws.on('message', (bytes: Buffer) => events.push(JSON.parse(bytes.toString('utf8')) as Event));
  await new Promise((resolve) => ws.once('open', resolve));
  ws.send(JSON.stringify({ type: 'subscribe', topics }));
  await eventually('the answer', () => events.some(({ type }) => type === 'subscribed'));
  return { events, ws };
}
const eventsOf = (client: JsonClient): Event[] => (client.replies as unknown as Event[]).filter(({ type }) => type === 'event');
/** The points are read beside: what stood on the ring before is nobody's news. */
const caughtUp = (): Promise<unknown> =>
  eventually('points', async () => {
    feed.trade('BTCUSDT', '100', '1');
    const { count } = (await (await fetch(`${gateway.url}/data/BTCUSDT`)).json()) as { count: number };
    return count > 0;
  });

describe('events of the message bus', () => {
  it('tell gaps and states of feeds, on both sockets, with the same numbers', async () => {
    await caughtUp();
    const client = await JsonClient.open(gateway);
    const reply = await client.ask({ op: 'subscribe', topics: [...BUS_TOPICS] });
    expect(reply).toMatchObject({ type: 'ack', topics: BUS_TOPICS });
    const older = await follow([STATUS]);
    feed.depth('BTCUSDT', [], [], 5);
    const gap = await eventually('a gap', () => eventsOf(client).find(({ payload }) => payload.data['status'] === 'gap'));
    expect(gap).toEqual({
      type: 'event',
      topic: STATUS,
      seq: expect.any(Number),
      payload: {
        symbol: 'BTCUSDT',
        data_type: 'feed_status',
        data: {
          status: 'gap',
          stream: 'book',
          reason: 'sequence',
          first: expect.stringMatching(/^\d+$/),
          last: expect.stringMatching(/^\d+$/),
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        },
        latency_ms: 0,
        source: 'binance-usdm',
      },
    });
    await eventually('the resync', () => eventsOf(client).some(({ payload }) => payload.data['status'] === 'resync'));
    const same = await eventually('the same', () => older.events.find(({ topic, seq }) => topic === STATUS && seq === gap.seq));
    expect(same).toEqual({ ...gap, type: 'data', data: { ...gap.payload.data, latency_ms: 0 } });
    const numbers = eventsOf(client).map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    client.close();
    older.ws.terminate();
  });

  it('tell what was quarantined as an error, and that the engine went and came', async () => {
    await caughtUp();
    const { events, ws } = await follow([ERROR, STATUS]);
    feed.garbage('{"stream":"btcusdt@trade","data":{"e":"trade"');
    const error = await eventually('an error', () => events.find(({ topic }) => topic === ERROR));
    expect(error.payload).toMatchObject({ data_type: 'error', data: { error: 'quarantined', code: expect.any(String) } });
    feed.closeShard();
    await eventually('its end', () => events.some(({ payload }) => payload?.data['status'] === 'engine_closed'));
    feed.restart();
    await eventually('its return', () => events.some(({ payload }) => payload?.data['status'] === 'engine_live'));
    ws.terminate();
  });

  it('tell latencies over the threshold', async () => {
    await gateway.stop();
    const config = { name: feed.name, shmRoot: feed.root, host: '127.0.0.1', port: 0, latencyAlertMs: 0 };
    gateway = await startTestGateway(feed, {}, config);
    const client = new TickringClient(`${gateway.url.replace('http', 'ws')}/ws`);
    const alerts: unknown[] = [];
    client.on('event', ({ topic, payload }) => topic === LATENCY && alerts.push(payload));
    client.subscribe(LATENCY);
    await eventually('an alert', () => {
      feed.trade('BTCUSDT', '100', '1');
      return alerts.length > 0;
    });
    expect(alerts[0]).toMatchObject({
      symbol: null,
      data_type: 'latency_alert',
      source: 'tickring',
      data: { stage: expect.any(String), threshold_ms: 0, count: expect.any(Number), max_ms: expect.any(Number) },
    });
    client.close();
  });

  it('come no more once they are left, and are listed', async () => {
    const client = await JsonClient.open(gateway);
    await client.ask({ op: 'subscribe', topics: [STATUS] });
    const list = await client.ask({ op: 'list' });
    expect(list).toMatchObject({ subscribed: [STATUS], topics: expect.arrayContaining([...BUS_TOPICS]) });
    await client.ask({ op: 'unsubscribe', topics: [STATUS] });
    expect(await client.ask({ op: 'list' })).toMatchObject({ subscribed: [] });
    expect((await client.ask({ op: 'subscribe', topics: ['marketdata.weather'] })).code).toBe('unknown-topic');
    client.close();
  });
});

describe('names of the message bus', () => {
  it('stand for topics of the ring, and the answer says for which', async () => {
    const client = await JsonClient.open(gateway);
    const topics = ['marketdata.tick.BTCUSDT', 'marketdata.quote.binance-usdm:ETHUSDT', 'marketdata.bar.BTCUSDT'];
    expect(await client.ask({ op: 'subscribe', topics })).toMatchObject({
      type: 'ack',
      as: {
        'marketdata.tick.BTCUSDT': 'trade.binance-usdm.BTCUSDT',
        'marketdata.quote.binance-usdm:ETHUSDT': 'quote.binance-usdm.ETHUSDT',
        'marketdata.bar.BTCUSDT': 'bar.1m.binance-usdm.BTCUSDT',
      },
    });
    feed.trade('BTCUSDT', '100', '1');
    await eventually('a trade', () => client.of('trade.binance-usdm.BTCUSDT').length > 0);
    await client.ask({ op: 'unsubscribe', topics });
    expect(await client.ask({ op: 'list' })).toMatchObject({ subscribed: [] });
    client.close();
  });

  it('are followed by the client library, also after a reconnection', async () => {
    await gateway.stop();
    const config = { name: feed.name, shmRoot: feed.root, host: '127.0.0.1', port: await freePort() };
    gateway = await startTestGateway(feed, {}, config);
    const client = new TickringClient(`${gateway.url.replace('http', 'ws')}/ws`);
    const prices: bigint[] = [];
    client.on('trade', ({ price }) => prices.push(price));
    client.subscribe('marketdata.tick.BTCUSDT');
    await eventually('trades', () => {
      feed.trade('BTCUSDT', '100', '1');
      return prices.length > 2;
    });
    await gateway.stop();
    gateway = await startTestGateway(feed, {}, config);
    await eventually('trades again', () => {
      feed.trade('BTCUSDT', '123', '1');
      return prices.some((price) => price > (prices[0] ?? 0n));
    });
    client.close();
  });
});

describe('a storm', () => {
  it('is told up to a rate, and its size by the numbers', () => {
    const bus = new Bus(0);
    const seen: number[] = [];
    const follower: BusClient = {
      inform: (text) => {
        seen.push((JSON.parse(text) as Event).seq);
        return true;
      },
    };
    const full: BusClient = { inform: () => false };
    bus.join(follower, [STATUS]);
    bus.join(full, [STATUS]);
    const event = { symbol: null, source: 'tickring', data: {}, at: 0n };
    for (let count = 0; count < 1_000; count += 1) bus.tell(STATUS, event, 0);
    bus.tell(STATUS, event, 1_000);
    expect(seen).toEqual([...Array.from({ length: 200 }, (_, index) => index + 1), 1_001]);
    expect(bus.counts).toEqual({ events: 1_001, dropped: 201, passedOver: 800 });
    bus.leave(follower, BUS_TOPICS);
    bus.tell(STATUS, event, 2_000);
    expect(seen).toHaveLength(201);
  });
});
