import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { VENUES } from '#dist/model/codes.js';
import { CHANNEL_NAMES, type ChannelName } from '#dist/model/config.js';
import { channelsServed, type RestRequest, type Venue, type VenueMinute } from '#dist/model/venue.js';
import { parseListings } from '#dist/native/index.js';
import { startSimulator, type VenueName } from '#dist/simulator/index.js';
import { venueByName, venues } from '#dist/venues/index.js';

const CHANNELS: readonly ChannelName[] = ['book', 'trade', 'quote'];

/** What differs by protocol: how streams are spelled, and control messages. */
const STREAM = {
  binance: /^(btcusdt@[a-zA-Z0-9@_]+|!contractInfo)$/,
  bybit: /^(orderbook\.(1|1000)|publicTrade|tickers|allLiquidation|kline\.1)\.BTCUSDT$/,
  coinbase: /^(level2|market_trades|ticker|status|candles):BTCUSDT$/,
  backpack: /^((depth|trade|bookTicker|markPrice|openInterest|kline\.1m)\.BTCUSDT|liquidation)$/,
  deribit: /^((book|trades|ticker)\.BTCUSDT\.100ms|quote\.BTCUSDT|chart\.trades\.BTCUSDT\.1|instrument\.state\.any\.any)$/,
  okx: /^((books|bbo-tbt|trades|mark-price|index-tickers|funding-rate|open-interest|candle1m):BTCUSDT|(liquidation-orders|instruments):(SPOT|SWAP|FUTURES))$/,
  'kraken-futures': /^(book|trade|ticker):BTCUSDT$/,
  kraken: /^((book|ticker|trade|ohlc):BTCUSDT|instrument)$/,
} as const;
const CONTROL = {
  binance: {
    subscribe: { method: 'SUBSCRIBE', params: ['a:"b'], id: 3 },
    unsubscribe: { method: 'UNSUBSCRIBE', params: ['a:b'], id: 4 },
  },
  bybit: {
    subscribe: { req_id: '3', op: 'subscribe', args: ['a:"b'] },
    unsubscribe: { req_id: '4', op: 'unsubscribe', args: ['a:b'] },
  },
  coinbase: {
    subscribe: { type: 'subscribe', product_ids: ['"b'], channel: 'a' },
    unsubscribe: { type: 'unsubscribe', product_ids: ['b'], channel: 'a' },
  },
  backpack: {
    subscribe: { method: 'SUBSCRIBE', params: ['a:"b'] },
    unsubscribe: { method: 'UNSUBSCRIBE', params: ['a:b'] },
  },
  deribit: {
    subscribe: { jsonrpc: '2.0', id: 3_001, method: 'public/subscribe', params: { channels: ['a:"b'] } },
    unsubscribe: { jsonrpc: '2.0', id: 4_000, method: 'public/unsubscribe', params: { channels: ['a:b'] } },
  },
  okx: {
    subscribe: { id: '3', op: 'subscribe', args: [{ channel: 'a', instId: '"b' }] },
    unsubscribe: { id: '4', op: 'unsubscribe', args: [{ channel: 'a', instId: 'b' }] },
  },
  'kraken-futures': {
    subscribe: { event: 'subscribe', feed: 'a', product_ids: ['"b'] },
    unsubscribe: { event: 'unsubscribe', feed: 'a', product_ids: ['b'] },
  },
  kraken: {
    subscribe: { method: 'subscribe', params: { channel: 'a', symbol: ['"b'] }, req_id: 3 },
    unsubscribe: { method: 'unsubscribe', params: { channel: 'a', symbol: ['b'] }, req_id: 4 },
  },
} as const;

function protocolOf(name: string): keyof typeof STREAM {
  return (Object.keys(STREAM) as (keyof typeof STREAM)[]).find((protocol) => name.startsWith(protocol)) ?? 'binance';
}

/** A simulated symbol, where it is not BTCUSDT. */
const SYMBOL: Readonly<Record<string, string>> = {
  'bybit-inverse': 'BTCUSD',
  'binance-coinm': 'BTCUSD_PERP',
  deribit: 'BTC-PERPETUAL',
  'okx-spot': 'BTC-USDT',
  'okx-swap': 'BTC-USDT-SWAP',
  'okx-futures': 'BTC-USD-270326',
  'kraken-spot': 'BTC/USD',
  'kraken-futures': 'PI_XBTUSD',
  coinbase: 'BTC-USD',
  backpack: 'BTC_USDC_PERP',
};

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
    const escaped = 'symbol=%E5%B8%81%E5%AE%89%26limit%3D5&limit=';
    if (venue.snapshotRequest !== undefined) expect(venue.snapshotRequest('币安&limit=5').path).toContain(escaped);
    const streams = venue.streams('BTCUSDT', CHANNELS);
    expect(new Set(streams).size).toBe(CHANNELS.length);
    for (const stream of venue.streams('BTCUSDT', channelsServed(venue))) expect(stream).toMatch(STREAM[protocolOf(name)]);
    const lacking = CHANNEL_NAMES.filter((channel) => !channelsServed(venue).includes(channel));
    for (const channel of lacking) expect(() => venue.streams('BTCUSDT', [channel])).toThrow(`no stream of channel ${channel}`);
    expect(venue.streams('BTCUSDT', [])).toEqual([]);
  });

  it('writes control messages whose id comes back', () => {
    const { subscribe, unsubscribe } = CONTROL[protocolOf(name)];
    expect(JSON.parse(venue.subscribeFrame(3, ['a:"b']))).toEqual(subscribe);
    expect(JSON.parse(venue.unsubscribeFrame(4, ['a:b']))).toEqual(unsubscribe);
    if (venue.keepAlive !== undefined) expect(venue.keepAlive.intervalMs).toBeGreaterThan(venue.limits.silenceTimeoutMs);
  });

  it('reads the used weight where the venue tells it, and nothing from what is no weight', () => {
    if (protocolOf(name) === 'binance') expect(venue.usedWeight({ 'x-mbx-used-weight-1m': '17' })).toBe(17);
    for (const header of ['', 'x', '-1', '9'.repeat(30), undefined, ['1', '2']])
      expect(venue.usedWeight({ 'x-mbx-used-weight-1m': header })).toBeUndefined();
    expect(venue.usedWeight({})).toBeUndefined();
  });

  it('is what its simulated venue speaks: listing, weights, and every stream of every class', async () => {
    const symbol = SYMBOL[name] ?? 'BTCUSDT';
    const simulator = await startSimulator({ venues: [name as VenueName], symbols: [symbol], rate: 400 });
    const [address] = simulator.venues;
    if (address === undefined) throw new Error(`${name} is not simulated`);
    const weights: number[] = [];
    for (const { path, weight } of requestsOf(venue, symbol)) {
      const answer = await fetch(address.restUrl + path);
      expect(answer.status).toBe(200);
      const before = weights.at(-1) ?? 0;
      const used = venue.usedWeight(Object.fromEntries(answer.headers));
      if (protocolOf(name) === 'binance') expect((used ?? Number.NaN) - before).toBe(weight);
      weights.push(used ?? 0);
      if (path === venue.listingRequest().path)
        expect(parseListings(venue.id, Buffer.from(await answer.arrayBuffer())).map((row) => row.symbol)).toEqual([symbol]);
    }
    for (const { path, channels } of venue.classes) {
      const streams = venue.streams(symbol, channels);
      const seen = await listen(address.wsUrl + path, venue.subscribeFrame(9, streams), streams.length);
      expect(seen).toEqual(new Set(streams));
    }
    await simulator.close();
  });

  it.skipIf(venue.minutes === undefined)(
    'tells minutes that are those of its trades, as its simulated venue counts them',
    async () => {
      const symbol = SYMBOL[name] ?? 'BTCUSDT';
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
        if (protocolOf(name) === 'binance') expect(request.weight).toBe(venue.usedWeight(Object.fromEntries(answer.headers)));
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

/** What messages name their stream with, by venue. */
interface Spoken {
  readonly stream?: string;
  readonly topic?: string;
  readonly arg?: { readonly channel: string; readonly instId?: string; readonly instType?: string };
  readonly data?: unknown;
  readonly params?: { readonly channel?: string };
  readonly channel?: string;
  readonly feed?: string;
  readonly product_id?: string;
  readonly events?: readonly { readonly product_id?: string; readonly [list: string]: unknown }[];
}

type Product = { readonly product_id?: string; readonly id?: string } | undefined;

const COINBASE: Readonly<Record<string, string>> = {
  l2_data: 'level2',
  market_trades: 'market_trades',
  ticker: 'ticker',
  status: 'status',
  candles: 'candles',
};

function streamOf({
  stream,
  topic,
  arg,
  data,
  params,
  channel,
  feed,
  product_id: product,
  events,
}: Spoken): string | undefined {
  const ofArgument = arg === undefined || data === undefined ? undefined : `${arg.channel}:${arg.instId ?? arg.instType}`;
  const [first] = Array.isArray(data) ? (data as { symbol?: string }[]) : [];
  const ofData = first?.symbol === undefined ? undefined : `${channel}:${first.symbol}`;
  const [event] = events ?? [];
  const rows = (event?.['trades'] ?? event?.['tickers'] ?? event?.['products'] ?? event?.['candles'] ?? [event]) as Product[];
  const ofEvent =
    event === undefined || COINBASE[channel ?? ''] === undefined
      ? undefined
      : `${COINBASE[channel ?? '']}:${rows[0]?.product_id ?? rows[0]?.id}`;
  const ofFeed = product === undefined ? undefined : `${feed?.replace('_snapshot', '')}:${product}`;
  const ofAll = channel === 'instrument' ? channel : undefined;
  return ofFeed ?? stream ?? topic ?? params?.channel ?? ofArgument ?? ofAll ?? ofData ?? ofEvent;
}

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
async function listen(url: string, subscribe: string, count: number): Promise<Set<string>> {
  const { default: WebSocket } = await import('ws');
  const socket = new WebSocket(url);
  const seen = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    const watchdog = setTimeout(() => reject(new Error(`watchdog: only ${[...seen].join()}`)), 20_000);
    socket.on('open', () => socket.send(subscribe));
    socket.on('error', reject);
    socket.on('message', (data) => {
      const named = streamOf(JSON.parse(String(data)) as Spoken);
      if (named !== undefined) seen.add(named);
      if (seen.size < count) return;
      clearTimeout(watchdog);
      resolve();
    });
  });
  socket.terminate();
  return seen;
}
