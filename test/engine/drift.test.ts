/** What venues change is noticed, named and counted; what they do not change is not. */
import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { DriftSentinel } from '../../src/engine/drift.js';
import { firstMessage } from '../../src/engine/frame-sample.js';
import { type RouteLine, SilentRoutes } from '../../src/engine/silent-routes.js';
import type { Drift } from '../../src/model/drift.js';
import type { VenueManifest } from '../../src/model/manifest.js';
import type { Venue } from '../../src/model/venue.js';
import { startSimulator, type VenueName } from '../../src/simulator/index.js';
import { venueByName, venues } from '../../src/venues/index.js';
import { memoryLogger } from './memory-logger.js';
import { FRAME, frame } from './raw-venue.js';

let now = 0;
function sentinel() {
  const kept: { readonly drift: Drift; readonly text: string }[] = [];
  const logger = memoryLogger();
  const keep = (drift: Drift, bytes: Uint8Array): void => void kept.push({ drift, text: Buffer.from(bytes).toString() });
  return { watch: new DriftSentinel({ logger, keep, now: () => now }), kept, logger };
}

function known(name: string): Venue {
  const venue = venueByName(name);
  if (venue === undefined) throw new Error(`${name} is not in the registry`);
  return venue;
}

/** The venue as it was known before it said something new about its instruments. */
function before(name: string, ...states: readonly string[]): Venue {
  const venue = known(name);
  const manifest = venue.manifest as VenueManifest;
  const older = manifest.states.known.filter((state) => !states.includes(state));
  return { ...venue, manifest: { ...manifest, states: { ...manifest.states, known: older } } };
}

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const told = (list: readonly Drift[]): string[] => list.map(({ kind, what, count }) => `${kind}: ${what}: ${count}`);

test.each(venues.map(({ name }) => name))('%s: every message of the simulated venue is as the manifest says', async (name) => {
  const venue = known(name);
  const simulator = await startSimulator({ venues: [name as VenueName], rate: 400 });
  const [served] = simulator.venues;
  const { watch } = sentinel();
  let count = 0;
  const kinds = new Set<string | undefined>();
  const sockets = venue.classes.map((connectionClass) => {
    const socket = new WebSocket(`${served?.wsUrl}${connectionClass.path}`);
    const [symbol = ''] = Object.keys(simulator.stats().venues[0]?.symbols ?? {});
    socket.on('open', () => {
      for (const text of venue.opening ?? []) socket.send(text);
      socket.send(venue.subscribeFrame(1, venue.streams(symbol, connectionClass.channels)));
    });
    socket.on('message', (data: Buffer) => {
      count += 1;
      if (data[0] === 0x7b) kinds.add(venue.manifest?.kindOf(JSON.parse(data.toString())));
      watch.sample(venue, data);
    });
    return socket;
  });
  while (count < 300 || ![...Object.keys(venue.manifest?.members ?? {})].every((kind) => kinds.has(kind)))
    await new Promise((resolve) => setTimeout(resolve, 20));
  watch.listing(venue, Buffer.from(await (await fetch(`${served?.restUrl}${venue.listingRequest().path}`)).arrayBuffer()));
  for (const socket of sockets) socket.close();
  await simulator.close();
  expect(told(watch.list())).toEqual([]);
});

const TRADE = { e: 'trade', E: 1, s: 'BTCUSDT', t: 1, p: '1', q: '1', T: 1, m: true, M: true };

test('new, missing and unknown things are counted by name; bytes and a line once a minute', () => {
  const { watch, kept, logger } = sentinel();
  const spot = known('binance-spot');
  const combined = (data: object) => bytes({ stream: 'btcusdt@trade', data });
  const { M, ...without } = TRADE;
  expect(M).toBe(true);
  for (let count = 0; count < 3; count += 1) watch.sample(spot, combined({ ...TRADE, novelty: { deep: [{ er: 1 }] } }));
  watch.sample(spot, combined(without));
  watch.refused(spot, 'UNKNOWN_EVENT', combined({ e: 'novelty' }));
  watch.refused(spot, 'FRAME_NOT_JSON', Buffer.from('{'));
  watch.sample(spot, Buffer.from('pong'));
  watch.sample(spot, bytes({ result: null, id: 1, novelty: 1 }));
  expect(told(watch.list())).toEqual([
    'new_member: trade data.novelty: 3',
    'new_member: trade data.novelty.deep: 3',
    'new_member: trade data.novelty.deep[].er: 3',
    'missing_member: trade data.M: 1',
    'unknown_message: trade: 1',
  ]);
  expect(logger.lines.map(({ fields }) => fields)).toHaveLength(5);
  expect(kept.map(({ drift }) => drift.what)).toHaveLength(5);
  expect(kept[0]?.text).toContain('"novelty"');
  now += 60_000;
  watch.sample(spot, combined({ ...TRADE, novelty: 1 }));
  expect(logger.lines).toHaveLength(6);
  expect(logger.lines[5]?.fields).toMatchObject({ venue: 'binance-spot', what: 'trade data.novelty', count: 4 });
});

/** A message of figures of each venue, and a member of it that none is without. */
const FIGURES: readonly (readonly [string, object, string])[] = [
  [
    'binance-usdm',
    { stream: 'btcusdt@markPrice@1s', data: { e: 'markPriceUpdate', E: 1, s: 'X', p: '1', i: '1', P: '1', r: '0', T: 1 } },
    'markPrice data.r',
  ],
  [
    'binance-coinm',
    {
      stream: '!contractInfo',
      data: { e: 'contractInfo', E: 1, s: 'X', ps: 'X', ct: 'PERPETUAL', dt: 1, ot: 1, cs: 'TRADING' },
    },
    '!contractInfo data.cs',
  ],
  [
    'bybit-inverse',
    { topic: 'allLiquidation.X', type: 'snapshot', ts: 1, data: [{ T: 1, s: 'X', S: 'Buy', v: '1', p: '1' }] },
    'allLiquidation data[].S',
  ],
  [
    'okx-swap',
    { arg: { channel: 'mark-price', instId: 'X' }, data: [{ instType: 'SWAP', instId: 'X', markPx: '1', ts: '1' }] },
    'mark-price data[].markPx',
  ],
  [
    'deribit',
    {
      ...{ jsonrpc: '2.0', method: 'subscription' },
      params: { channel: 'instrument.state.any.any', data: { timestamp: 1, state: 'open', instrument_name: 'X' } },
    },
    'instrument.state params.data.state',
  ],
  [
    'kraken-futures',
    { feed: 'trade', product_id: 'X', uid: '0', side: 'buy', type: 'fill', seq: 1, time: 1, qty: 1, price: 1 },
    'trade uid',
  ],
  ['backpack', { stream: 'openInterest.X', data: { e: 'openInterest', E: 1, s: 'X', o: '1' } }, 'openInterest data.o'],
];

test.each(FIGURES)('%s: a member of figures that is new or gone is named', (name, message, path) => {
  const { watch } = sentinel();
  const [venue, text] = [known(name), JSON.stringify(message)];
  watch.sample(venue, Buffer.from(text));
  expect(told(watch.list())).toEqual([]);
  const [member = ''] = /[^. ]+$/.exec(path) ?? [];
  watch.sample(venue, Buffer.from(text.replace(`"${member}":`, '"novelty":')));
  const added = path.replace(/[^. ]+$/, 'novelty');
  expect(told(watch.list())).toEqual([`new_member: ${added}: 1`, `missing_member: ${path}: 1`]);
});

test('a ticker of Bybit is whole at first, and then tells changes alone', () => {
  const { watch } = sentinel();
  const linear = known('bybit-linear');
  const ticker = (type: string, data: object) =>
    bytes({ topic: 'tickers.X', type, data: { symbol: 'X', ...data }, cs: 1, ts: 1 });
  watch.sample(linear, ticker('delta', { markPrice: '1' }));
  expect(told(watch.list())).toEqual([]);
  watch.sample(
    linear,
    ticker('snapshot', { markPrice: '1', indexPrice: '1', openInterest: '1', openInterestValue: '1', fundingRate: '0' }),
  );
  expect(told(watch.list())).toEqual(['missing_member: tickers snapshot data.nextFundingTime: 1']);
});

test('binary messages are told apart by their headers', () => {
  const { watch, kept } = sentinel();
  const sbe = known('binance-spot').formats?.sbe as Venue;
  const header = (...words: number[]): Buffer => Buffer.concat([Buffer.from(Uint16Array.from(words).buffer), Buffer.alloc(60)]);
  watch.sample(sbe, header(26, 10_003, 1, 0));
  watch.sample(sbe, bytes({ result: null, id: 1 }));
  watch.sample(sbe, header(7, 7, 7, 7));
  expect(told(watch.list())).toEqual([]);
  watch.sample(sbe, header(34, 10_003, 1, 1));
  watch.refused(sbe, 'UNKNOWN_EVENT', header(18, 10_004, 1, 0));
  watch.refused(sbe, 'FRAME_NOT_JSON', header(26, 10_003, 1, 0));
  expect(told(watch.list())).toEqual([
    'new_member: 10003 root_34: 1',
    'new_member: 10003 version_1: 1',
    'missing_member: 10003 root_26: 1',
    'missing_member: 10003 version_0: 1',
    'unknown_message: 10004: 1',
  ]);
  expect(kept).toHaveLength(5);
  const whole = frame(FRAME.binary, header(26, 10_003, 1, 0));
  expect(firstMessage(whole, 0, whole.length)).toHaveLength(68);
});

test('a venue that changes names all the time fills no memory', () => {
  const { watch } = sentinel();
  for (let count = 0; count < 1_000; count += 1)
    watch.sample(known('binance-spot'), bytes({ stream: 'a@trade', data: { ...TRADE, [`novelty${count}`]: 1 } }));
  const list = watch.list();
  expect(list).toHaveLength(257);
  expect(list.at(-1)).toMatchObject({ what: '(others)', count: 1_000 - 256 });
});

test('a message of more members, or of deeper ones, than any venue sends is looked at in part', () => {
  const trade = (more: string) =>
    Buffer.from(
      `{"stream":"x@trade","data":{"e":"trade","E":1,"s":"X","t":1,"p":"1","q":"1","T":1,"m":true,"M":true,${more}}}`,
    );
  const name = 'n'.repeat(200_000);
  const wide = Array.from({ length: 50_000 }, (_, index) => `"a${index}":1`).join(',');
  for (const more of [`"x":${'{"x":'.repeat(50_000)}1${'}'.repeat(50_000)}`, wide, `"${name}":{${wide}}`]) {
    const { watch } = sentinel();
    watch.sample(known('binance-spot'), trade(more));
    const named = watch.list();
    expect(named.length).toBeGreaterThan(0);
    expect(named.every(({ kind }) => kind === 'new_member')).toBe(true);
  }
});

test('Binance 2026-07-07: CANCEL_ONLY is told when the manifest does not know it, and not since it does', () => {
  const listing = bytes({
    symbols: [{ symbol: 'A', status: 'TRADING' }, ...['B', 'C'].map((symbol) => ({ symbol, status: 'CANCEL_ONLY' }))],
  });
  const { watch } = sentinel();
  watch.listing(known('binance-spot'), listing);
  expect(watch.list()).toEqual([]);
  watch.listing(before('binance-spot', 'CANCEL_ONLY'), listing);
  expect(told(watch.list())).toEqual(['new_state: status CANCEL_ONLY: 2']);
});

test('Deribit 2026-01-13: states of instruments become others', () => {
  const listing = bytes({ result: ['open', 'locked', 'archivized'].map((state) => ({ instrument_name: state, state })) });
  const { watch } = sentinel();
  watch.listing(before('deribit', 'settlement', 'delivered', 'inactive', 'locked', 'halted', 'archivized'), listing);
  expect(told(watch.list())).toEqual(['new_state: state locked: 1', 'new_state: state archivized: 1']);
});

test('OKX 2026-06-23: a checksum of 0 beside ids is nothing new; ids that are gone are', () => {
  const { watch } = sentinel();
  const row = { bids: [], asks: [], ts: '1', seqId: 2, prevSeqId: 1 };
  const books = (data: object) => bytes({ arg: { channel: 'books', instId: 'BTC-USDT' }, action: 'update', data: [data] });
  for (const checksum of [0, -1_404_728_636]) watch.sample(known('okx-spot'), books({ ...row, checksum }));
  expect(watch.list()).toEqual([]);
  const { seqId, prevSeqId, ...older } = row;
  expect([seqId, prevSeqId]).toEqual([2, 1]);
  watch.sample(known('okx-spot'), books(older));
  expect(told(watch.list())).toEqual(['missing_member: books data[].seqId: 1', 'missing_member: books data[].prevSeqId: 1']);
});

test('a sample is a whole message at the beginning of a read, or none', () => {
  const text = Buffer.from('{"a":1}');
  const long = Buffer.alloc(1_000, 'l');
  const whole = Buffer.concat([frame(FRAME.text, text), frame(FRAME.text, long)]);
  expect(firstMessage(whole, 0, whole.length)).toEqual(text);
  expect(firstMessage(whole, 9, whole.length)).toEqual(long);
  for (const [from, to] of [
    [0, 8],
    [1, 20],
    [9, 500],
    [0, 0],
  ] as const)
    expect(firstMessage(whole, from, to)).toBeUndefined();
  const huge = frame(FRAME.text, Buffer.alloc(70_000, 'x'));
  expect(firstMessage(huge, 0, huge.length)).toBeUndefined();
});

const LINES: readonly RouteLine[] = [
  { connection: 1, connectionClass: 'public', channels: ['book', 'quote'], instruments: [{ id: 1 }, { id: 2 }], isOpen: true },
  { connection: 2, connectionClass: 'market', channels: ['trade'], instruments: [{ id: 1 }, { id: 2 }], isOpen: true },
];

/** Looks once a second for so long; `speaks` gives a channel's messages in the second that ends now. */
function watched(seconds: number, speaks: (channel: string, second: number) => number): string[] {
  const counts = new Map<string, number>();
  const heard: string[] = [];
  let second = 0;
  const routes = new SilentRoutes({
    arrived: (instrument, channel) => (instrument === 1 ? (counts.get(channel) ?? 0) : 0),
    silent: ({ connectionClass }, channel, silentMs) =>
      void heard.push(`${second}: ${channel} of ${connectionClass}, ${silentMs} ms`),
    now: () => second * 1_000,
  });
  for (; second < seconds; second += 1) {
    for (const channel of ['book', 'quote', 'trade']) counts.set(channel, (counts.get(channel) ?? 0) + speaks(channel, second));
    routes.check(LINES);
  }
  return heard;
}

test('a channel that had a rhythm and is silent while others speak is told once, within ten looks', () => {
  expect(watched(120, (channel, second) => (channel === 'trade' && second >= 60 ? 0 : 40))).toEqual([
    '65: trade of market, 6000 ms',
  ]);
});

test('it is told again when it came back and fell silent once more', () => {
  const speaks = (channel: string, second: number): number => (channel === 'trade' && second % 60 >= 40 ? 0 : 40);
  expect(watched(120, speaks).map((text) => text.split(':')[0])).toHaveLength(2);
});

test('slow channels, pauses between bursts, and a venue that is silent altogether are no changed routes', () => {
  expect(watched(3_600, (channel, second) => (channel === 'trade' ? Number(second % 30 === 0) : 40))).toEqual([]);
  expect(watched(3_600, (channel, second) => (channel === 'trade' ? (second % 20 < 10 ? 5 : 0) : 40))).toEqual([]);
  expect(watched(120, (_, second) => (second < 60 ? 40 : 0))).toEqual([]);
});
