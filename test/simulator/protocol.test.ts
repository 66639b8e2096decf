import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.js';
import { TestSocket, until, venueOf } from './venue-client.js';

const opened: Simulator[] = [];
async function start(options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator({ paused: true, epochMs: 1_767_225_600_000, seed: 42, ...options });
  opened.push(simulator);
  return simulator;
}
afterEach(async () => {
  for (const simulator of opened.splice(0)) await simulator.close();
});

const PRICE2 = '\\d+\\.\\d{2}';
const PAD8 = '\\d+\\.\\d{8}';
const rows = (price: string, qty: string): string => `\\[(\\["${price}","${qty}"\\](,\\["${price}","${qty}"\\])*)?\\]`;

describe('payload shapes and member order', () => {
  const shapes = {
    'binance-usdm': [
      [
        '/public/stream?streams=',
        'btcusdt@depth@100ms',
        `{"e":"depthUpdate","E":\\d{13},"T":\\d{13},"s":"BTCUSDT","U":\\d+,"u":\\d+,"pu":\\d+,"b":${rows(PRICE2, '\\d+\\.\\d{3}')},"a":${rows(PRICE2, '\\d+\\.\\d{3}')}}`,
      ],
      [
        '/public/stream?streams=',
        'solusdt@depth@0ms',
        `{"e":"depthUpdate","E":\\d{13},"T":\\d{13},"s":"SOLUSDT","U":\\d+,"u":\\d+,"pu":\\d+,"b":${rows('\\d+\\.\\d{2}00', '\\d+')},"a":${rows('\\d+\\.\\d{2}00', '\\d+')}}`,
      ],
      [
        '/public/stream?streams=',
        'btcusdt@bookTicker',
        `{"e":"bookTicker","u":\\d+,"E":\\d{13},"T":\\d{13},"s":"BTCUSDT","b":"${PRICE2}","B":"\\d+\\.\\d{3}","a":"${PRICE2}","A":"\\d+\\.\\d{3}"}`,
      ],
      [
        '/public/stream?streams=',
        'btcusdt@trade',
        `{"e":"trade","E":\\d{13},"T":\\d{13},"s":"BTCUSDT","t":\\d+,"p":"${PRICE2}","q":"\\d+\\.\\d{3}","X":"MARKET","m":(true|false)}`,
      ],
      [
        '/market/stream?streams=',
        'btcusdt@aggTrade',
        `{"e":"aggTrade","E":\\d{13},"a":\\d+,"s":"BTCUSDT","p":"${PRICE2}","q":"(\\d+\\.\\d{3})","nq":"\\d+\\.\\d{3}","f":\\d+,"l":\\d+,"T":\\d{13},"m":(true|false)}`,
      ],
    ],
    'binance-spot': [
      [
        '/stream?streams=',
        'btcusdt@depth@100ms',
        `{"e":"depthUpdate","E":\\d{13},"s":"BTCUSDT","U":\\d+,"u":\\d+,"b":${rows(PAD8, PAD8)},"a":${rows(PAD8, PAD8)}}`,
      ],
      [
        '/stream?streams=',
        'btcusdt@bookTicker',
        `{"u":\\d+,"s":"BTCUSDT","b":"${PAD8}","B":"${PAD8}","a":"${PAD8}","A":"${PAD8}"}`,
      ],
      [
        '/stream?streams=',
        'btcusdt@trade',
        `{"e":"trade","E":\\d{13},"s":"BTCUSDT","t":\\d+,"p":"${PAD8}","q":"${PAD8}","T":\\d{13},"m":(true|false),"M":true}`,
      ],
      [
        '/stream?streams=',
        'btcusdt@aggTrade',
        `{"e":"aggTrade","E":\\d{13},"s":"BTCUSDT","a":\\d+,"p":"${PAD8}","q":"${PAD8}","f":\\d+,"l":\\d+,"T":\\d{13},"m":(true|false),"M":true}`,
      ],
    ],
  } as const;
  const cases = Object.entries(shapes).flatMap(([venue, list]) =>
    list.map((row) => [venue as keyof typeof shapes, row[1], row[0], row[2]] as const),
  );

  test.each(cases)('%s %s is spelled as documented, wrapped and raw', async (name, stream, path, shape) => {
    const simulator = await start({ venues: [name] });
    const { wsUrl } = venueOf(simulator, name);
    const wrapped = await TestSocket.open(`${wsUrl}${path}${stream}`);
    const raw = await TestSocket.open(`${wsUrl}${path.replace('stream?streams=', 'ws/')}${stream}`);
    simulator.step(400);
    await until(() => wrapped.texts.length > 3 && raw.texts.length === wrapped.texts.length);
    const pattern = new RegExp(`^${shape.replace(/^\{/, '\\{').replace(/\}$/, '\\}')}$`);
    for (const text of raw.texts) expect(text).toMatch(pattern);
    expect(wrapped.texts).toEqual(raw.texts.map((text) => `{"stream":"${stream}","data":${text}}`));
    await Promise.all([wrapped.close(), raw.close()]);
  });

  test('futures depth ids are sparse and linked by pu on each stream name; spot ids are contiguous', async () => {
    const simulator = await start({});
    const usdm = await TestSocket.open(
      `${venueOf(simulator, 'binance-usdm').wsUrl}/public/stream?streams=btcusdt@depth@0ms/btcusdt@depth@100ms/btcusdt@depth/btcusdt@depth@500ms`,
    );
    const spot = await TestSocket.open(
      `${venueOf(simulator, 'binance-spot').wsUrl}/stream?streams=btcusdt@depth@100ms/btcusdt@depth`,
    );
    simulator.step(2_000);
    await until(() => usdm.events('btcusdt@depth@500ms').length > 20 && spot.events('btcusdt@depth').length > 10);
    for (const suffix of ['@0ms', '@100ms', '', '@500ms']) {
      const events = usdm.events(`btcusdt@depth${suffix}`) as { U: number; u: number; pu: number }[];
      expect(events.length).toBeGreaterThan(20);
      for (const [index, event] of events.entries()) {
        expect(event.U).toBeGreaterThan(event.pu);
        expect(event.u).toBeGreaterThanOrEqual(event.U);
        if (index > 0) expect(event.pu).toBe(events[index - 1]?.u);
      }
      expect(events.some((event) => event.U > event.pu + 1)).toBe(true);
    }
    for (const suffix of ['@100ms', '']) {
      const events = spot.events(`btcusdt@depth${suffix}`) as { U: number; u: number }[];
      for (const [index, event] of events.entries()) if (index > 0) expect(event.U).toBe((events[index - 1]?.u ?? 0) + 1);
    }
    await Promise.all([usdm.close(), spot.close()]);
  });

  test('timeUnit=MICROSECOND turns the times of spot into microseconds, and extra keys come when asked for', async () => {
    const simulator = await start({ extraKeys: true });
    const spot = await TestSocket.open(
      `${venueOf(simulator, 'binance-spot').wsUrl}/stream?streams=btcusdt@trade&timeUnit=MICROSECOND`,
    );
    const usdm = await TestSocket.open(`${venueOf(simulator, 'binance-usdm').wsUrl}/public/stream?streams=btcusdt@bookTicker`);
    simulator.step(400);
    await until(() => spot.texts.length > 20 && usdm.texts.length > 40);
    for (const { E } of spot.events('btcusdt@trade')) expect(String(E)).toMatch(/^17672256\d{8}$/);
    const quotes = usdm.events('btcusdt@bookTicker');
    expect(quotes.filter(({ st, ps }) => st === 1 && ps === 'BTCUSDT').length).toBeGreaterThan(1);
    expect(quotes.filter(({ st }) => st === undefined).length).toBeGreaterThan(10);
    await Promise.all([spot.close(), usdm.close()]);
  });
});

describe('control messages', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator({
      paused: true,
      limits: { 'binance-spot': { messagesPerSecond: 1_000 }, 'binance-usdm': { messagesPerSecond: 1_000 } },
    });
  });
  afterAll(() => simulator.close());

  test.each([
    ['binance-spot', '/ws'],
    ['binance-usdm', '/public/ws'],
  ] as const)('%s: subscribe, list, unsubscribe and the combined property work as documented', async (name, path) => {
    const socket = await TestSocket.open(venueOf(simulator, name).wsUrl + path);
    expect(
      await socket.ask({ method: 'SUBSCRIBE', params: ['btcusdt@depth@100ms', 'nonsense@nothing', 'BTCUSDT@trade'], id: 1 }),
    ).toBe('{"result":null,"id":1}');
    expect(await socket.ask({ method: 'LIST_SUBSCRIPTIONS', id: 'a1' })).toBe(
      '{"result":["btcusdt@depth@100ms","nonsense@nothing","BTCUSDT@trade"],"id":"a1"}',
    );
    expect(await socket.ask({ method: 'GET_PROPERTY', params: ['combined'], id: null })).toBe('{"result":false,"id":null}');
    expect(await socket.ask({ method: 'SET_PROPERTY', params: ['combined', true], id: 4 })).toBe('{"result":null,"id":4}');
    expect(await socket.ask({ method: 'GET_PROPERTY', params: ['combined'], id: 5 })).toBe('{"result":true,"id":5}');
    simulator.step(200, name);
    await until(() => socket.events('btcusdt@depth@100ms').length > 2);
    // Unknown and upper-case names were acknowledged and stay silent.
    expect(
      socket.texts.filter((text) => text.startsWith('{"stream":')).every((text) => text.includes('"btcusdt@depth@100ms"')),
    ).toBe(true);
    expect(await socket.ask({ method: 'UNSUBSCRIBE', params: ['btcusdt@depth@100ms'], id: 6 })).toBe('{"result":null,"id":6}');
    const heard = socket.texts.length;
    simulator.step(200, name);
    expect(await socket.ask({ method: 'LIST_SUBSCRIPTIONS', id: 7 })).toBe(
      '{"result":["nonsense@nothing","BTCUSDT@trade"],"id":7}',
    );
    expect(socket.texts.length).toBe(heard + 1);
    await socket.close();
  });

  test.each([
    ['{"method":', 3, 'Invalid JSON'],
    ['{"params":[],"id":1}', 2, 'missing field `method`'],
    ['{"method":"NOPE","id":1}', 2, 'unknown variant'],
    ['{"method":"SUBSCRIBE","params":[1],"id":1}', 2, 'must be a string'],
    ['{"method":"SUBSCRIBE","params":["x"],"id":1.5}', 2, 'request ID'],
    ['{"method":"SUBSCRIBE","params":["x"],"id":9223372036854775808}', 2, 'request ID'],
    ['{"method":"SUBSCRIBE","params":["x"],"id":"no-dashes"}', 2, 'request ID'],
    ['{"method":"SET_PROPERTY","params":[1,true],"id":1}', 2, 'must be a string'],
    ['{"method":"SET_PROPERTY","params":["combined",true,1],"id":1}', 2, 'too many parameters'],
    ['{"method":"SET_PROPERTY","params":["other",true],"id":1}', 0, 'Unknown property'],
    ['{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}', 1, 'Boolean'],
  ])('%s is answered with its code', async (message, code, words) => {
    const socket = await TestSocket.open(`${venueOf(simulator, 'binance-spot').wsUrl}/ws`);
    const reply = JSON.parse(await socket.ask(message)) as { code: number; msg: string };
    expect(Object.keys(reply)).toEqual(['code', 'msg']);
    expect(reply.code).toBe(code);
    expect(reply.msg).toContain(words);
    await socket.close();
  });

  test('an id beyond 2^53 comes back digit for digit', async () => {
    const socket = await TestSocket.open(`${venueOf(simulator, 'binance-spot').wsUrl}/ws`);
    expect(await socket.ask('{"method":"LIST_SUBSCRIPTIONS","id":9223372036854775807}')).toBe(
      '{"result":[],"id":9223372036854775807}',
    );
    await socket.close();
  });

  test('futures route classes: a stream of the wrong class is acknowledged and silent, un-routed addresses are public', async () => {
    const { wsUrl } = venueOf(simulator, 'binance-usdm');
    const both = ['btcusdt@aggTrade', 'btcusdt@bookTicker'];
    const heard: Record<string, string[]> = {};
    const sockets: TestSocket[] = [];
    for (const path of ['/public/stream', '/market/stream', '/private/stream', '/stream']) {
      const socket = await TestSocket.open(wsUrl + path);
      sockets.push(socket);
      expect(await socket.ask({ method: 'SUBSCRIBE', params: both, id: 1 })).toBe('{"result":null,"id":1}');
    }
    simulator.step(300, 'binance-usdm');
    for (const [index, path] of ['public', 'market', 'private', 'un-routed'].entries()) {
      const socket = sockets[index] as TestSocket;
      await socket.ask({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
      heard[path] = both.filter((stream) => socket.events(stream).length > 0);
      await socket.close();
    }
    expect(heard).toEqual({
      public: ['btcusdt@bookTicker'],
      market: ['btcusdt@aggTrade'],
      private: [],
      'un-routed': ['btcusdt@bookTicker'],
    });
  });

  test('there is nothing at an unknown path', async () => {
    for (const name of ['binance-spot', 'binance-usdm'] as const) {
      const socket = new TestSocket(`${venueOf(simulator, name).wsUrl}/elsewhere/ws`);
      await until(() => socket.closed !== undefined);
      expect(socket.closed?.code).toBe(1006);
    }
  });
});

describe('heartbeat, life and limits', () => {
  const quick = { pingIntervalMs: 60, pongTimeoutMs: 250, messagesPerSecond: 1_000 };

  test.each(['binance-spot', 'binance-usdm'] as const)(
    '%s: pings come with a payload; who answers stays, who does not is cut',
    async (name) => {
      const simulator = await start({ venues: [name], limits: { [name]: quick } });
      const url = `${venueOf(simulator, name).wsUrl}/ws`;
      const good = await TestSocket.open(url);
      const mute = await TestSocket.open(url, false);
      const odd = await TestSocket.open(url, false);
      odd.ws.on('ping', () => odd.ws.pong('unsolicited'));
      await until(() => mute.closed !== undefined && odd.closed !== undefined);
      await until(() => good.pings.length > 6);
      expect(good.closed).toBeUndefined();
      expect(good.pings[0]).toMatch(/^\d+$/);
      await good.close();
    },
  );

  test.each([
    ['binance-spot', 5],
    ['binance-usdm', 10],
  ] as const)('%s: message %i of a second is answered, one more closes with 1008', async (name, limit) => {
    const simulator = await start({ venues: [name] });
    const socket = await TestSocket.open(`${venueOf(simulator, name).wsUrl}/ws`);
    for (let index = 0; index < limit; index += 1) await socket.ask({ method: 'LIST_SUBSCRIPTIONS', id: index });
    socket.ws.ping('p');
    await until(() => socket.closed !== undefined);
    expect(socket.closed).toEqual({ code: 1008, reason: 'Too many requests' });
  });

  test('1,024 streams are served, one more closes with 1008', async () => {
    const simulator = await start({ venues: ['binance-spot'] });
    const socket = await TestSocket.open(`${venueOf(simulator, 'binance-spot').wsUrl}/ws`);
    const names = Array.from({ length: 1_024 }, (_, index) => `symbol${index}@trade`);
    expect(await socket.ask({ method: 'SUBSCRIBE', params: names, id: 1 })).toBe('{"result":null,"id":1}');
    socket.ws.send(JSON.stringify({ method: 'SUBSCRIBE', params: ['btcusdt@trade'], id: 2 }));
    await until(() => socket.closed !== undefined);
    expect(socket.closed?.code).toBe(1008);
  });

  test('a connection is cut at its age; spot announces it, wrapped or raw', async () => {
    const life = { connectionLifeMs: 300, shutdownNoticeMs: 150 };
    const simulator = await start({ limits: { 'binance-spot': life, 'binance-usdm': life } });
    const spot = venueOf(simulator, 'binance-spot').wsUrl;
    const raw = await TestSocket.open(`${spot}/ws`);
    const wrapped = await TestSocket.open(`${spot}/stream`);
    const usdm = await TestSocket.open(`${venueOf(simulator, 'binance-usdm').wsUrl}/public/stream`);
    await until(() => raw.closed !== undefined && wrapped.closed !== undefined && usdm.closed !== undefined);
    expect(raw.texts).toEqual(['{"e":"serverShutdown","E":1767225600000}']);
    expect(wrapped.texts).toEqual(['{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1767225600000}}']);
    expect(usdm.texts).toEqual([]);
    expect([raw.closed?.code, wrapped.closed?.code, usdm.closed?.code]).toEqual([1001, 1001, 1001]);
  });

  test('an address that connects too often is refused', async () => {
    const simulator = await start({ venues: ['binance-spot'], limits: { 'binance-spot': { connectionsPer5Minutes: 3 } } });
    const url = `${venueOf(simulator, 'binance-spot').wsUrl}/ws`;
    for (let index = 0; index < 3; index += 1) await (await TestSocket.open(url)).close();
    const refused = new TestSocket(url);
    let status = 0;
    refused.ws.on('unexpected-response', (_request, response) => {
      status = response.statusCode ?? 0;
      refused.ws.terminate();
    });
    await until(() => status !== 0);
    expect(status).toBe(429);
  });

  test('a client that does not read is cut, and another one is not held up', async () => {
    const simulator = await start({ venues: ['binance-usdm'], bufferedBytesMax: 256 * 1024 });
    const url = `${venueOf(simulator, 'binance-usdm').wsUrl}/public/stream?streams=btcusdt@depth@0ms/ethusdt@depth@0ms`;
    const slow = await TestSocket.open(url);
    const quick = await TestSocket.open(url);
    slow.ws.pause();
    while (simulator.stats().venues[0]?.counters.closedSlow === 0) {
      simulator.step(200);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    slow.ws.resume();
    await until(() => slow.closed !== undefined);
    const heard = quick.texts.length;
    simulator.step(300);
    await until(() => quick.texts.length > heard);
    expect(quick.closed).toBeUndefined();
    await quick.close();
  });
});
