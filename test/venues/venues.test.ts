import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isListingOf, streamsOfMessage, subscriptionsOf, symbolOfBook } from '#dist/cli/replay/streams.js';
import { CHANNELS as CHANNEL_BITS, VENUES } from '#dist/model/codes.js';
import { CHANNEL_NAMES, type ChannelName } from '#dist/model/config.js';
import { channelsServed, type RestRequest, type Venue, type VenueMinute } from '#dist/model/venue.js';
import { parseListings } from '#dist/native/index.js';
import type { Dialect } from '#dist/simulator/dialects/dialect.js';
import { dialects } from '#dist/simulator/dialects/index.js';
import { startSimulator, type VenueName } from '#dist/simulator/index.js';
import { venueByName, venues } from '#dist/venues/index.js';
import { controlOf, streamsOf } from './spelled.js';

const CHANNELS: readonly ChannelName[] = ['book', 'trade', 'quote'];

/** The simulated side of a venue. */
function dialectOf(name: string): Dialect {
  const dialect = (dialects as Readonly<Record<string, Dialect>>)[name];
  if (dialect === undefined) throw new Error(`${name} has no line in src/simulator/dialects/index.ts`);
  return dialect;
}

/** The first symbol that is simulated. */
function symbolOf(name: string): string {
  const [symbol] = dialectOf(name).symbols.keys();
  if (symbol === undefined) throw new Error(`the dialect of ${name} has no symbols`);
  return symbol;
}

/** Every REST request that the venue knows for a symbol. */
function requestsOf(venue: Venue, symbol: string): RestRequest[] {
  const snapshot = venue.snapshotRequest?.(symbol);
  return [venue.listingRequest(), ...(snapshot === undefined ? [] : [snapshot])];
}

describe.each(venues.map((venue) => [venue.name, venue] as const))('%s', (name, venue) => {
  it('is found by its name, with the number of the addon', () => {
    expect(venueByName(name)).toBe(venue);
    expect(venue.id).toBe(VENUES[name as keyof typeof VENUES]);
  });

  it('stands in the tables of the documents', () => {
    const lacking = ['src/venues', 'src/simulator', 'src/cli'].filter((room) => {
      const lines = readFileSync(new URL(`../../${room}/README.md`, import.meta.url), 'utf8').split('\n');
      // What is in blocks of code is an example.
      return !lines.some((line) => /^(\||\*\*)/.test(line) && line.includes(name));
    });
    expect(lacking, `READMEs that do not name ${name}`).toEqual([]);
  });

  it('serves every channel on exactly one class of connections', () => {
    const served = venue.classes.flatMap(({ channels }) => channels);
    expect(new Set(served).size).toBe(served.length);
    expect(served).toEqual(expect.arrayContaining([...CHANNELS]));
  });

  it('joins addresses without a double or a missing slash', () => {
    for (const root of [venue.defaults.wsUrl, venue.defaults.restUrl]) expect(root).not.toMatch(/\/$/);
    for (const { path } of venue.classes) expect(new URL(venue.defaults.wsUrl + path).protocol).toBe('wss:');
    for (const { path, weight } of requestsOf(venue, 'BTCUSDT')) {
      expect(new URL(venue.defaults.restUrl + path).protocol).toBe('https:');
      expect(weight).toBeGreaterThan(0);
    }
  });

  it('escapes symbols in addresses, and names one stream a channel', () => {
    const odd = '币安&limit=5';
    for (const { path } of requestsOf(venue, odd).filter(({ path }) => path !== venue.listingRequest().path))
      expect([...new URL(path, 'http://venue').searchParams.values()], `symbols are escaped in ${path}`).toContain(odd);
    const streams = venue.streams('BTCUSDT', CHANNELS);
    expect(new Set(streams).size).toBe(CHANNELS.length);
    for (const stream of venue.streams('BTCUSDT', channelsServed(venue))) expect(stream).toMatch(streamsOf(name));
    const lacking = CHANNEL_NAMES.filter((channel) => !channelsServed(venue).includes(channel));
    for (const channel of lacking) expect(() => venue.streams('BTCUSDT', [channel])).toThrow(`no stream of channel ${channel}`);
    expect(venue.streams('BTCUSDT', [])).toEqual([]);
  });

  it('writes control messages whose id comes back', () => {
    const { subscribe, unsubscribe } = controlOf(name);
    expect(JSON.parse(venue.subscribeFrame(3, ['a:"b']))).toEqual(subscribe);
    expect(JSON.parse(venue.unsubscribeFrame(4, ['a:b']))).toEqual(unsubscribe);
    if (venue.keepAlive !== undefined) expect(venue.keepAlive.intervalMs).toBeGreaterThan(venue.limits.silenceTimeoutMs);
  });

  it('is understood in recordings: what they subscribed, and the listing in them', () => {
    const symbol = symbolOf(name);
    for (const channel of CHANNELS) {
      const message = venue.subscribeFrame(1, venue.streams(symbol, [channel]));
      const [asked] = subscriptionsOf(streamsOfMessage(name, message));
      expect(asked?.symbol, `src/cli/replay/streams.ts or the dialect's control does not read ${message}`).toBe(symbol);
      expect((asked?.channels ?? 0) & CHANNEL_BITS[channel]).toBe(CHANNEL_BITS[channel]);
    }
    const of = ({ path }: RestRequest): URL => new URL(venue.defaults.restUrl + path);
    expect(isListingOf(venue, of(venue.listingRequest()))).toBe(true);
    if (venue.snapshotRequest !== undefined) expect(symbolOfBook(venue, of(venue.snapshotRequest(symbol)))).toBe(symbol);
    expect(symbolOfBook(venue, of(venue.listingRequest()))).toBeUndefined();
  });

  it('reads the used weight where the venue tells it, and nothing from what is no weight', () => {
    const { weightHeader } = dialectOf(name);
    if (weightHeader !== undefined) expect(venue.usedWeight({ [weightHeader.toLowerCase()]: '17' })).toBe(17);
    for (const header of ['', 'x', '-1', '9'.repeat(30), undefined, ['1', '2']])
      expect(venue.usedWeight({ 'x-mbx-used-weight-1m': header })).toBeUndefined();
    expect(venue.usedWeight({})).toBeUndefined();
  });

  it('is what its simulated venue speaks: listing, weights, and every stream of every class', async () => {
    const symbol = symbolOf(name);
    const simulator = await startSimulator({ venues: [name as VenueName], symbols: [symbol], rate: 400 });
    const [address] = simulator.venues;
    if (address === undefined) throw new Error(`${name} is not simulated`);
    const weights: number[] = [];
    for (const { path, weight } of requestsOf(venue, symbol)) {
      const answer = await fetch(address.restUrl + path);
      expect(answer.status).toBe(200);
      const before = weights.at(-1) ?? 0;
      const used = venue.usedWeight(Object.fromEntries(answer.headers));
      if (dialectOf(name).weightHeader !== undefined) expect((used ?? Number.NaN) - before).toBe(weight);
      weights.push(used ?? 0);
      if (path === venue.listingRequest().path)
        expect(parseListings(venue.id, Buffer.from(await answer.arrayBuffer())).map((row) => row.symbol)).toEqual([symbol]);
    }
    for (const { path, channels } of venue.classes) {
      const streams = venue.streams(symbol, channels);
      const seen = await listen(address.wsUrl + path, venue.subscribeFrame(9, streams), streams.length, dialectOf(name));
      expect(seen).toEqual(new Set(streams));
    }
    await simulator.close();
  });

  it.skipIf(venue.minutes === undefined)(
    'tells minutes that are those of its trades, as its simulated venue counts them',
    async () => {
      const symbol = symbolOf(name);
      const epochMs = 1_767_225_640_000;
      const simulator = await startSimulator({
        venues: [name as VenueName],
        symbols: [symbol],
        rate: 20,
        paused: true,
        epochMs,
      });
      const [address] = simulator.venues;
      const { minutes } = venue;
      if (address === undefined || minutes === undefined) throw new Error(`${name} is not simulated`);
      const { default: WebSocket } = await import('ws');
      const [line] = venue.classes.filter(({ channels }) => channels.includes('trade'));
      const socket = new WebSocket(address.wsUrl + (line?.path ?? ''));
      const texts: string[] = [];
      socket.on('message', (data) => texts.push(String(data)));
      const replies = (): number => texts.filter((text) => /"(result|success|event)"/.test(text)).length;
      const ask = async (id: number): Promise<void> => {
        socket.send(venue.subscribeFrame(id, venue.streams(symbol, ['trade'])));
        const before = replies();
        while (replies() === before) await new Promise((resolve) => setTimeout(resolve, 2));
      };
      await once(socket, 'open');
      await ask(1);
      // Some minutes; what was said before the answer to the second request is everything.
      simulator.step(2_000);
      await ask(2);
      const expected = minutesOf(texts);
      expect(expected.size).toBeGreaterThan(2);
      const starts = [...expected.keys()];
      const [first, last] = [Math.min(...starts), Math.max(...starts)];
      const read = async (fromMs: number, toMs: number): Promise<VenueMinute[]> => {
        const request = minutes.request(symbol, fromMs, toMs);
        const answer = await fetch(address.restUrl + request.path);
        if (dialectOf(name).weightHeader !== undefined)
          expect(request.weight).toBe(venue.usedWeight(Object.fromEntries(answer.headers)));
        return minutes.read(await answer.text(), symbol);
      };
      const told = await read(first - 300_000, last + 60_000);
      const decimals = ({ open, high, low, close, volume }: VenueMinute) => [
        ...[open, high, low, close].map(spelled),
        Number(volume).toFixed(6),
      ];
      expect(new Map(told.map((minute) => [minute.startMs, decimals(minute)]))).toEqual(expected);
      expect(told.map(({ startMs }) => startMs)).toEqual(starts.toSorted((a, b) => a - b));
      expect((await fetch(address.restUrl + minutes.request(symbol, first + 60_000, last).path)).status).toBe(200);
      expect(() => minutes.read('{"retCode":10001,"retMsg":"params error","result":{}}', symbol)).toThrow();
      expect(() => minutes.read('{"error":["EQuery:Unknown asset pair"],"code":"51001","data":[]}', symbol)).toThrow();
      expect(() => minutes.read('[[1,2]]', symbol)).toThrow();
      socket.terminate();
      await simulator.close();
    },
  );
});

const binary = venues.flatMap((venue) =>
  Object.entries(venue.formats ?? {}).map(([format, other]) => ({ venue, format, other })),
);

describe.each(binary)('$venue.name as $format', ({ venue, other }) => {
  it('is the same venue at another address, with a key', () => {
    expect([other.id, other.name]).toEqual([venue.id, venue.name]);
    // It may lack channels.
    expect(other.classes.map(({ path }) => path)).toEqual(venue.classes.map(({ path }) => path));
    expect(channelsServed(venue)).toEqual(expect.arrayContaining(channelsServed(other)));
    expect(requestsOf(other, 'BTCUSDT')).toEqual(requestsOf(venue, 'BTCUSDT'));
    expect(other.defaults.restUrl).toBe(venue.defaults.restUrl);
    expect(other.defaults.wsUrl).not.toBe(venue.defaults.wsUrl);
    expect(other.key?.variable).toMatch(/^[A-Z_]+_API_KEY$/);
    expect(other.formats).toBeUndefined();
  });

  it('is what its simulated venue speaks: every stream, each message as its manifest says', async () => {
    const simulator = await startSimulator({ venues: [venue.name as VenueName], symbols: ['BTCUSDT'], rate: 400 });
    const { default: WebSocket } = await import('ws');
    const headers = { [other.key?.header ?? '']: 'key' };
    const socket = new WebSocket(`${simulator.venues[0]?.binaryUrl}${other.classes[0]?.path}`, { headers });
    const kinds = new Set<string | undefined>();
    const texts: string[] = [];
    socket.on('open', () => socket.send(other.subscribeFrame(9, other.streams('BTCUSDT', CHANNELS))));
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject).on('message', (data: Buffer, isBinary: boolean) => {
        const members = other.manifest?.open?.(data);
        if (!isBinary) texts.push(String(data));
        else kinds.add(members && other.manifest?.kindOf(members));
        expect(isBinary).toBe(members !== undefined);
        const known = other.manifest?.members[String(members?.['template'])];
        if (members !== undefined) expect(Object.keys(members).join(' ')).toBe(known);
        if (kinds.size === CHANNELS.length) resolve();
      });
    });
    expect(texts).toEqual(['{"result":null,"id":9}']);
    expect([...kinds].sort()).toEqual(['10000', '10001', '10003']);
    socket.terminate();
    await simulator.close();
  });
});

type Json = Record<string, unknown>;

/** Rows of a message, whatever they are of. */
function tradesOf(message: { data?: Json | Json[]; params?: { data?: Json | Json[] }; feed?: string }): Json[] {
  const { data, params, feed } = message;
  const rows = data ?? params?.data ?? (feed === 'trade' ? message : []);
  return Array.isArray(rows) ? rows : [rows];
}

/** A number or its text in one spelling; undefined if there is none. */
function spelled(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(Number(value)) : undefined;
}

/** OHLCV by minute of trades as they stand in messages. */
function minutesOf(texts: readonly string[]): Map<number, readonly string[]> {
  const minutes = new Map<number, { open: string; high: string; low: string; close: string; volume: number; count: number }>();
  for (const text of texts) {
    for (const trade of tradesOf(JSON.parse(text))) {
      const [price, qty] = [
        trade['p'] ?? trade['px'] ?? trade['price'],
        trade['q'] ?? trade['v'] ?? trade['sz'] ?? trade['qty'] ?? trade['amount'],
      ].map(spelled);
      const time = trade['T'] ?? trade['ts'] ?? trade['timestamp'] ?? trade['time'];
      const ms = typeof time === 'string' && time.includes('-') ? Date.parse(time) : Number(time);
      if (price === undefined || qty === undefined) continue;
      const start = Number(ms) - (Number(ms) % 60_000);
      const minute = minutes.get(start) ?? { open: price, high: price, low: price, close: price, volume: 0, count: 0 };
      if (Number(price) > Number(minute.high)) minute.high = price;
      if (Number(price) < Number(minute.low)) minute.low = price;
      minute.close = price;
      minute.volume += Number(qty);
      minute.count += 1;
      minutes.set(start, minute);
    }
  }
  return new Map(
    [...minutes].map(([start, { open, high, low, close, volume }]) => [start, [open, high, low, close, volume.toFixed(6)]]),
  );
}

/** Names of the streams that speak, once `count` of them did. */
async function listen(url: string, subscribe: string, count: number, { recorded }: Dialect): Promise<Set<string>> {
  const { default: WebSocket } = await import('ws');
  const socket = new WebSocket(url);
  const seen = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    const watchdog = setTimeout(() => reject(new Error(`watchdog: only ${[...seen].join()}`)), 20_000);
    socket.on('open', () => socket.send(subscribe));
    socket.on('error', reject);
    socket.on('message', (data) => {
      for (const named of recorded.namesOf(String(data))) seen.add(named);
      if (seen.size < count) return;
      clearTimeout(watchdog);
      resolve();
    });
  });
  socket.terminate();
  return seen;
}
