import { afterEach, describe, expect, test } from 'vitest';
import { malform } from '../../src/simulator/faults/malform.js';
import type { MalformKind } from '../../src/simulator/faults/script.js';
import {
  type FaultInput,
  malformKinds,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/index.js';
import { Random } from '../../src/simulator/market/random.js';
import { TestSocket, until, venueOf } from './venue-client.js';

const opened: Simulator[] = [];
const sockets: TestSocket[] = [];
const STREAM = 'btcusdt@depth@100ms';

async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({
    paused: true,
    seed: 4,
    epochMs: 1_767_225_600_000,
    venues: ['binance-spot'],
    ...options,
  });
  opened.push(simulator);
  return simulator;
}
async function connect(simulator: Simulator, path = `/stream?streams=${STREAM}`): Promise<TestSocket> {
  const socket = await TestSocket.open(venueOf(simulator, 'binance-spot').wsUrl + path);
  sockets.push(socket);
  return socket;
}
afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.close();
  for (const simulator of opened.splice(0)) await simulator.close();
});

/** Runs the same steps with and without faults; gives what a client got each time. */
async function compare(faults: FaultInput[]): Promise<{ plain: Buffer[]; faulty: Buffer[]; socket: TestSocket }> {
  const runs: TestSocket[] = [];
  for (const list of [[], faults]) {
    const simulator = await start();
    const socket = await connect(simulator);
    simulator.step(100);
    for (const fault of list) simulator.inject(fault);
    simulator.step(400);
    const sent = simulator.stats().venues[0]?.counters.sent ?? 0;
    await until(() => socket.raw.length === sent);
    runs.push(socket);
  }
  const [plain, faulty] = runs as [TestSocket, TestSocket];
  return { plain: plain.raw, faulty: faulty.raw, socket: faulty };
}

const strings = (list: Buffer[]): string[] => list.map((bytes) => bytes.toString('latin1'));
/** First index at which two runs differ. */
const turn = (plain: Buffer[], faulty: Buffer[]): number =>
  plain.findIndex((bytes, index) => !bytes.equals(faulty[index] ?? Buffer.alloc(0)));

describe('messages', () => {
  test('drop: n messages are missing, all others are the same', async () => {
    const { plain, faulty } = await compare([{ fault: 'drop', args: { symbol: 'BTCUSDT', n: 3 } }]);
    const at = turn(plain, faulty);
    expect(strings(faulty)).toEqual([...strings(plain).slice(0, at), ...strings(plain).slice(at + 3)]);
  });

  test('duplicate: each of n comes copies times more; a range comes again as a whole', async () => {
    const each = await compare([{ fault: 'duplicate', args: { symbol: 'BTCUSDT', n: 2, copies: 2 } }]);
    let at = turn(each.plain, each.faulty) - 1;
    let texts = strings(each.plain);
    expect(strings(each.faulty)).toEqual([
      ...texts.slice(0, at),
      ...Array(3).fill(texts[at]),
      ...Array(3).fill(texts[at + 1]),
      ...texts.slice(at + 2),
    ]);
    const range = await compare([{ fault: 'duplicate', args: { symbol: 'BTCUSDT', n: 3, mode: 'range' } }]);
    at = turn(range.plain, range.faulty) - 3;
    texts = strings(range.plain);
    expect(strings(range.faulty)).toEqual([...texts.slice(0, at + 3), ...texts.slice(at, at + 3), ...texts.slice(at + 3)]);
  });

  test('corrupt: a share of the quantities is another, and nothing else', async () => {
    const { plain, faulty } = await compare([{ fault: 'corrupt', args: { share: 0.2, n: 1_000 } }]);
    const bare = (frames: Buffer[]): string[] => strings(frames).map((text) => text.replace(/(\["[\d.]+",")[\d.]+/g, '$1'));
    expect(bare(faulty)).toEqual(bare(plain));
    const quantities = (frames: Buffer[]): string[] =>
      strings(frames).flatMap((text) => [...text.matchAll(/\["[\d.]+","([\d.]+)/g)].map(([, qty = '']) => qty));
    const before = quantities(plain);
    const after = quantities(faulty);
    const [staying, changed] = [before.filter((qty) => Number(qty) > 0), after.filter((qty, at) => qty !== before[at])];
    expect(changed.every((qty) => Number(qty) > 0)).toBe(true);
    // A fifth of those after the first hundred steps of five hundred.
    expect(changed.length / staying.length).toBeGreaterThan(0.08);
    expect(changed.length / staying.length).toBeLessThan(0.24);
  });

  test('reorder: a message comes after k later ones', async () => {
    const { plain, faulty } = await compare([{ fault: 'reorder', args: { symbol: 'BTCUSDT', k: 3 } }]);
    const at = turn(plain, faulty);
    const texts = strings(plain);
    expect(strings(faulty)).toEqual([...texts.slice(0, at), ...texts.slice(at + 1, at + 4), texts[at], ...texts.slice(at + 4)]);
  });

  /** Binance has no checksum that could be another one. */
  type Met = Exclude<(typeof malformKinds)[number], `checksum_${string}`>;
  const met = malformKinds.filter((kind): kind is Met => !kind.startsWith('checksum'));
  test.each(met)('malformed (%s): one message is spoilt that way, the others are the same', async (kind) => {
    const { plain, faulty, socket } = await compare([{ fault: 'malformed', args: { symbol: 'BTCUSDT', kind } }]);
    expect(faulty.length).toBe(plain.length);
    if (kind === 'binary') {
      expect(socket.binaryFrames).toBe(1);
      return;
    }
    const at = turn(plain, faulty);
    const [good, bad] = [plain[at] as Buffer, faulty[at] as Buffer];
    expect(strings(faulty.slice(at + 1))).toEqual(strings(plain.slice(at + 1)));
    const text = bad.toString('latin1');
    const decode = (): string => new TextDecoder('utf-8', { fatal: true }).decode(bad);
    const checks: Record<Exclude<Met, 'binary'>, () => void> = {
      truncated: () => expect([bad.length < good.length, good.subarray(0, bad.length).equals(bad)]).toEqual([true, true]),
      bitflip: () => expect([bad.length, bad.filter((byte, index) => byte !== good[index]).length]).toEqual([good.length, 1]),
      wrong_type: () => expect(text).toMatch(/\["\d+\.\d+",\d+\.\d+\]/),
      exponent: () => expect(text).toContain('"1e400"'),
      decimals20: () => expect(text).toMatch(/"\d+\.\d{8}1{20}"/),
      negative: () => expect(text).toMatch(/"-\d+\.\d{8}"/),
      invalid_utf8: () => expect(decode).toThrow(),
      huge: () => expect([bad.length, JSON.parse(text).stream]).toEqual([8 * 1024 * 1024, STREAM]),
      deep: () => expect(text).toContain('['.repeat(100_000)),
      empty: () => expect(bad.length).toBe(0),
      levels: () => expect(Math.max(JSON.parse(text).data.b.length, JSON.parse(text).data.a.length)).toBeGreaterThan(49_999),
      unknown_type: () => expect(JSON.parse(text).data.e).toBe('novelty'),
      more_members: () => expect(JSON.parse(text).data.novelty).toBe(7),
      missing_member: () => expect(Object.keys(JSON.parse(text).data)).toContain('b_renamed'),
      same_member: () => expect(text).toMatch(/^\{"__proto__":.*"__proto__":/),
    };
    checks[kind]();
  });

  test.each([
    ['kraken', '{"channel":"book","data":[{"symbol":"BTC/USD","checksum":2439117997,"timestamp":"2026-11-22T09:00:00.1Z"}]}'],
    ['okx', '{"arg":{"channel":"books"},"data":[{"asks":[],"ts":"1","seqId":5,"prevSeqId":4}]}'],
  ])('%s: a checksum of another value, of zero, and none', (_, text) => {
    const told = (kind: MalformKind): number | undefined => {
      const spoilt = malform(kind, {}, new Random(1, 'test'))(Buffer.from(text)).toString();
      expect(() => JSON.parse(spoilt)).not.toThrow();
      const found = /"checksum":(-?\d+)/.exec(spoilt)?.[1];
      return found === undefined ? undefined : Number(found);
    };
    expect(told('checksum_wrong')).toBeGreaterThan(0);
    expect(text).not.toContain(`"checksum":${told('checksum_wrong')}`);
    expect(told('checksum_zero')).toBe(0);
    expect(told('checksum_absent')).toBeUndefined();
  });

  test('malformed with extra: the good message follows; at a given byte it is cut there; trades can be met too', async () => {
    const { plain, faulty } = await compare([
      { fault: 'malformed', args: { symbol: 'BTCUSDT', kind: 'truncated', byte: 10, extra: true } },
    ]);
    const at = turn(plain, faulty);
    expect([faulty[at]?.length, faulty[at + 1]?.equals(plain[at] as Buffer)]).toEqual([10, true]);
    const simulator = await start();
    const socket = await connect(simulator, '/stream?streams=ethusdt@trade');
    simulator.inject({ fault: 'malformed', args: { stream: 'trade', symbol: 'ETHUSDT', kind: 'negative' } });
    simulator.step(200);
    await until(() => socket.texts.length > 3);
    expect(socket.texts[0]).toMatch(/"q":"-\d/);
    expect(socket.texts[1]).not.toMatch(/"q":"-/);
  });

  test('crossed: a bid above every ask; bad_time: the event time moves', async () => {
    const crossed = await compare([{ fault: 'crossed', args: { symbol: 'BTCUSDT' } }]);
    let at = turn(crossed.plain, crossed.faulty);
    const bids = JSON.parse((crossed.faulty[at] as Buffer).toString()).data.b as [string, string][];
    expect(Number(bids[0]?.[0])).toBeGreaterThan(900_000);
    const moved = await compare([{ fault: 'bad_time', args: { symbol: 'BTCUSDT', offset_ms: -5_000 } }]);
    at = turn(moved.plain, moved.faulty);
    const time = (list: Buffer[]): number => JSON.parse((list[at] as Buffer).toString()).data.E;
    expect(time(moved.faulty)).toBe(time(moved.plain) - 5_000);
  });

  test('one connection can be met alone, and a fault waits for its time or message', async () => {
    const simulator = await start();
    const [one, two] = [await connect(simulator), await connect(simulator)];
    const [first] = simulator.stats().venues[0]?.connections ?? [];
    simulator.inject({ fault: 'drop', args: { connection: first?.id, symbol: 'BTCUSDT', n: 2 } });
    simulator.step(300);
    await until(() => two.texts.length > 5);
    await until(() => one.texts.length === two.texts.length - 2);
    simulator.inject({ fault: 'disconnect', at_ms: simulator.stats().venues[0]?.elapsedMs ?? 0 + 100 });
    simulator.inject({ fault: 'ack_lost', after_frames: 100_000 });
    expect(simulator.stats().venues[0]?.waitingFaults).toBe(2);
    simulator.step(200);
    await until(() => one.closed !== undefined && two.closed !== undefined);
    expect(simulator.stats().venues[0]?.waitingFaults).toBe(1);
  });

  test('a script of the start repeats a fault on the virtual clock', async () => {
    const simulator = await start({
      rate: 1_000,
      script: [{ fault: 'drop', args: { symbol: 'BTCUSDT' }, at_ms: 100, every_ms: 200, times: 4 }],
    });
    await connect(simulator);
    simulator.step(2_000);
    expect(simulator.stats().venues[0]?.faults).toEqual({ drop: 4 });
    expect(simulator.stats().venues[0]?.counters.lost).toBe(4);
  });
});

describe('connections', () => {
  test('stall: the connection stays open and silent, pings are answered, and the ids jump when it ends', async () => {
    const simulator = await start({ rate: 1_000 });
    const socket = await connect(simulator);
    simulator.step(200);
    simulator.inject({ fault: 'stall', args: { ms: 1_000 } });
    const silent = socket.texts.length;
    let pong = false;
    socket.ws.on('pong', () => {
      pong = true;
    });
    socket.ws.ping('alive');
    await until(() => pong);
    const before = socket.texts.length;
    simulator.step(50);
    // A connection made meanwhile is not stalled.
    const fresh = await connect(simulator);
    simulator.step(50);
    await until(() => fresh.texts.length > 0);
    expect(socket.texts.length).toBe(before);
    expect(before).toBeGreaterThanOrEqual(silent);
    simulator.step(1_500);
    await until(() => socket.texts.length > before + 1);
    const ids = socket.events(STREAM) as { U: number; u: number }[];
    expect(ids.filter(({ U }, index) => index > 0 && U !== (ids[index - 1]?.u ?? 0) + 1)).toHaveLength(1);
  });

  test('stall without pings: nothing is answered, not even a ping or a control message', async () => {
    const simulator = await start({ limits: { 'binance-spot': { pingIntervalMs: 30 } } });
    const socket = await connect(simulator);
    await until(() => socket.pings.length > 1);
    simulator.inject({ fault: 'stall', args: { ms: 60_000, pings: false } });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [pings, texts] = [socket.pings.length, socket.texts.length];
    let pong = false;
    socket.ws.on('pong', () => {
      pong = true;
    });
    socket.ws.ping('anyone');
    socket.ws.send('{"method":"LIST_SUBSCRIPTIONS","id":1}');
    simulator.step(300);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect([pong, socket.pings.length, socket.texts.length, socket.closed]).toEqual([false, pings, texts, undefined]);
  });

  test('disconnect: with a code, or hard; with an outage nobody gets in until it is over', async () => {
    const simulator = await start();
    const soft = await connect(simulator);
    simulator.inject({ fault: 'disconnect', args: { code: 1012 } });
    await until(() => soft.closed !== undefined);
    expect(soft.closed?.code).toBe(1012);
    const hard = await connect(simulator);
    simulator.inject({ fault: 'disconnect', args: { hard: true, outage_ms: 150 } });
    await until(() => hard.closed !== undefined);
    expect(hard.closed?.code).toBe(1006);
    const { restUrl } = venueOf(simulator, 'binance-spot');
    await expect(TestSocket.open(`${venueOf(simulator, 'binance-spot').wsUrl}/ws`)).rejects.toThrow();
    await expect(fetch(`${restUrl}/api/v3/ping`)).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 160));
    expect((await fetch(`${restUrl}/api/v3/ping`)).status).toBe(200);
    await connect(simulator);
  });

  test('outage with a status: upgrades and requests are answered with it and with Retry-After', async () => {
    const simulator = await start();
    simulator.inject({ fault: 'outage', args: { ms: 60_000, status: 503, retry_after: 9 } });
    const answer = await fetch(`${venueOf(simulator, 'binance-spot').restUrl}/api/v3/ping`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '9']);
    const refused = new TestSocket(`${venueOf(simulator, 'binance-spot').wsUrl}/ws`);
    let seen: (string | number | undefined)[] = [];
    refused.ws.on('unexpected-response', (_request, response) => {
      seen = [response.statusCode, response.headers['retry-after']];
      refused.ws.terminate();
    });
    await until(() => seen.length > 0);
    expect(seen).toEqual([503, '9']);
  });

  test('server_shutdown: announced, then closed after the delay; restart: closed, away, and back with lower ids', async () => {
    const simulator = await start();
    const socket = await connect(simulator);
    simulator.inject({ fault: 'server_shutdown', args: { delay_ms: 50 } });
    await until(() => socket.closed !== undefined);
    expect(socket.texts).toEqual(['{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1767225600000}}']);
    const before = await connect(simulator);
    simulator.step(100);
    simulator.inject({ fault: 'restart', args: { ms: 100 } });
    await until(() => before.closed !== undefined);
    await expect(TestSocket.open(`${venueOf(simulator, 'binance-spot').wsUrl}/ws`)).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 110));
    const after = await connect(simulator);
    simulator.step(100);
    await until(() => after.texts.length > 2);
    expect((after.events(STREAM)[0] as { u: number }).u).toBeLessThan(10_000);
  });

  test('ack lost or refused: the reply is missing with or without the subscription, or an error', async () => {
    const simulator = await start();
    const socket = await connect(simulator, '/stream');
    const subscribe = (id: number): void => socket.ws.send(`{"method":"SUBSCRIBE","params":["${STREAM}"],"id":${id}}`);
    simulator.inject({ fault: 'ack_lost', args: { apply: false } });
    simulator.inject({ fault: 'ack_error', args: { code: 2, msg: 'denied' } });
    simulator.inject({ fault: 'ack_lost' });
    subscribe(1);
    expect(await socket.ask({ method: 'LIST_SUBSCRIPTIONS', id: 9 })).toBe('{"result":[],"id":9}');
    subscribe(2);
    await until(() => socket.texts.includes('{"code":2,"msg":"denied"}'));
    subscribe(3);
    expect(await socket.ask({ method: 'LIST_SUBSCRIPTIONS', id: 10 })).toBe(`{"result":["${STREAM}"],"id":10}`);
    expect(socket.texts.filter((text) => text.startsWith('{"result":null'))).toEqual([]);
  });

  test('burst: messages follow each other faster for a while, and the virtual clock shows it', async () => {
    const simulator = await start({ rate: 100 });
    const advance = (): number => {
      const before = simulator.stats().venues[0];
      simulator.step(300);
      const after = simulator.stats().venues[0];
      return ((after?.elapsedMs ?? 0) - (before?.elapsedMs ?? 0)) / ((after?.frames ?? 0) - (before?.frames ?? 0));
    };
    expect(advance()).toBeCloseTo(10, 6);
    simulator.inject({ fault: 'burst', args: { factor: 100, ms: 3_000 } });
    expect(advance()).toBeCloseTo(0.1, 6);
  });
});
