import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { type OracleRecord, type Simulator, startSimulator, type VenueName } from '../../src/simulator/index.js';
import { BookClient, TestSocket, until, venueOf } from './venue-client.js';

const names: VenueName[] = ['binance-usdm', 'binance-spot'];
const symbols = ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT'];
const classPath: Partial<Record<VenueName, string>> = { 'binance-usdm': '/public', 'binance-spot': '' };

const restPath: Partial<Record<VenueName, string>> = { 'binance-usdm': '/fapi/v1', 'binance-spot': '/api/v3' };

/** A socket with one reference client for each symbol, on one depth stream. */
async function follow(
  simulator: Simulator,
  name: VenueName,
  suffix: string,
): Promise<{ socket: TestSocket; clients: BookClient[] }> {
  const venue = venueOf(simulator, name);
  const clients = symbols.map((symbol) => new BookClient(venue, symbol));
  const streams = symbols.map((symbol) => `${symbol.toLowerCase()}@depth${suffix}`).join('/');
  const socket = await TestSocket.open(`${venue.wsUrl}${classPath[name]}/stream?streams=${streams}`);
  socket.onText = (text) => {
    const message = JSON.parse(text).data;
    clients.find(({ symbol }) => symbol === message.s)?.receive(message);
  };
  return { socket, clients };
}

test.each([
  ['binance-usdm', '@100ms'],
  ['binance-usdm', '@0ms'],
  ['binance-spot', '@100ms'],
] as const)(
  '%s depth%s: a client that follows the venue steps holds the true book at every update id it reaches',
  async (name, suffix) => {
    const simulator = await startSimulator({ venues: [name], rate: 2_000, seed: 99 });
    const { socket, clients } = await follow(simulator, name, suffix);
    const agrees = (client: BookClient): boolean => client.text() === simulator.bookAt(name, client.symbol, client.lastId);
    await until(() => clients.every(({ synced }) => synced));
    for (let check = 0; check < 10; check += 1) {
      const before = clients.map(({ applied }) => applied);
      await until(() => clients.every(({ applied }, index) => applied > (before[index] ?? 0) + 10));
      for (const client of clients) expect(agrees(client)).toBe(true);
    }
    expect(clients.map(({ gaps }) => gaps)).toEqual([0, 0, 0, 0]);
    await socket.close();
    await simulator.close();
  },
);

test.each(names)(
  '%s: after drops, duplicates, reorderings, rollbacks and broken snapshots the book is true again',
  async (name) => {
    const simulator = await startSimulator({ venues: [name], rate: 2_000, seed: 5 });
    const { socket, clients } = await follow(simulator, name, '@100ms');
    const settled = async (): Promise<void> => {
      const before = clients.map(({ applied }) => applied);
      await until(() => clients.every(({ synced, applied }, index) => synced && applied > (before[index] ?? 0) + 15));
      for (const client of clients) expect(client.text() === simulator.bookAt(name, client.symbol, client.lastId)).toBe(true);
    };
    await settled();
    const gaps = (): number => clients.reduce((sum, client) => sum + client.gaps, 0);
    for (const [fault, args, makesGap] of [
      ['drop', { n: 1 }, true],
      ['drop', { n: 10, symbol: 'ETHUSDT' }, true],
      ['reorder', { k: 3 }, true],
      ['duplicate', { n: 5, copies: 2 }, name === 'binance-usdm'],
      ['duplicate', { n: 5, mode: 'range' }, name === 'binance-usdm'],
    ] as const) {
      const before = gaps();
      simulator.inject({ fault, args });
      await settled();
      if (makesGap) {
        await until(() => gaps() > before);
        await settled();
      } else expect(gaps()).toBe(before);
    }
    simulator.inject({ fault: 'snapshot_stale', args: { n: 2 } });
    simulator.inject({ fault: 'snapshot_error', args: { n: 2 } });
    simulator.inject({ fault: 'snapshot_malformed', args: { n: 2, kind: 'truncated' } });
    const failures = clients.reduce((sum, client) => sum + client.failures, 0);
    simulator.inject({ fault: 'drop' });
    await until(() => clients.reduce((sum, client) => sum + client.failures, 0) >= failures + 4);
    await settled();
    await socket.close();
    await simulator.close();
  },
);

test.each(names)('%s: after a rollback new ids are lower while times go on, and the oracle answers for them', async (name) => {
  const simulator = await startSimulator({ venues: [name], paused: true });
  const venue = venueOf(simulator, name);
  const socket = await TestSocket.open(`${venue.wsUrl}${classPath[name]}/stream?streams=btcusdt@depth@100ms`);
  simulator.step(500);
  simulator.inject({ fault: 'rollback', args: { symbol: 'BTCUSDT', to: 1_000 } });
  simulator.step(500);
  const events = (): { E: number; U: number; u: number }[] =>
    socket.events('btcusdt@depth@100ms') as { E: number; U: number; u: number }[];
  await until(() => (events().at(-1)?.u ?? Number.POSITIVE_INFINITY) < 1_000_000);
  const list = events();
  const turn = list.findIndex(({ u }, index) => index > 0 && u < (list[index - 1]?.u ?? 0));
  expect(list[turn]?.U).toBeGreaterThan(1_000);
  expect(list[turn]?.E).toBeGreaterThanOrEqual(list[turn - 1]?.E ?? 0);
  const last = list.at(-1)?.u ?? 0;
  expect(simulator.bookAt(name, 'BTCUSDT', last)).toMatch(/^B \d/);
  const body = (await (await fetch(`${venue.restUrl}${restPath[name]}/depth?symbol=BTCUSDT`)).json()) as {
    lastUpdateId: number;
  };
  expect(body.lastUpdateId).toBeLessThan(1_000_000);
  await socket.close();
  await simulator.close();
});

test('the oracle log names every message of every connection with its ids, bytes, checksum and fate', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
  const path = join(folder, 'oracle.jsonl');
  const simulator = await startSimulator({ paused: true, seed: 3, venues: ['binance-usdm'], oracleLog: path });
  const { wsUrl } = venueOf(simulator, 'binance-usdm');
  const one = await TestSocket.open(`${wsUrl}/public/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker`);
  const two = await TestSocket.open(`${wsUrl}/public/ws/btcusdt@depth@100ms`);
  for (const [fault, args] of [
    ['drop', { n: 2 }],
    ['malformed', { kind: 'truncated' }],
    ['duplicate', {}],
    ['reorder', { k: 2 }],
  ] as const) {
    simulator.inject({ fault, args: { symbol: 'BTCUSDT', ...args } });
    simulator.step(300);
  }
  // Two that meet the same message: the log names both.
  simulator.inject({ fault: 'crossed', args: { symbol: 'BTCUSDT' } });
  simulator.inject({ fault: 'duplicate', args: { symbol: 'BTCUSDT' } });
  simulator.step(300);
  const sent = simulator.stats().venues[0]?.counters.sent ?? 0;
  await until(() => one.raw.length + two.raw.length === sent);
  await simulator.close();
  const records = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as OracleRecord);
  for (const [connection, socket] of [
    [1, one],
    [2, two],
  ] as const) {
    const own = records.filter((record) => record.connection === connection && record.fate !== 'dropped');
    expect(own.map(({ bytes, crc32: sum }) => [bytes, sum])).toEqual(socket.raw.map((bytes) => [bytes.length, crc32(bytes)]));
    const fates = records
      .filter((record) => record.connection === connection && record.fate !== 'sent')
      .map(({ fate }) => fate);
    expect(fates.toSorted()).toEqual([
      'crossed',
      'crossed+duplicated',
      'dropped',
      'dropped',
      'duplicated',
      'malformed:truncated',
      'reordered',
    ]);
  }
  const depth = records.find(({ stream, fate }) => stream === 'btcusdt@depth@100ms' && fate === 'sent') as OracleRecord;
  expect(Object.keys(depth)).toEqual([
    'venue',
    'connection',
    'stream',
    'symbol',
    'first_id',
    'last_id',
    'bytes',
    'crc32',
    'fate',
    'time_us',
  ]);
  rmSync(folder, { recursive: true });
});
