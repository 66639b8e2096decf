/** Mark prices, funding, open interest, liquidations, states and bars: from simulated venues over real sockets to a reader of the ring. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ChannelName } from '#dist/model/config.js';
import { channelsServed } from '#dist/model/venue.js';
import { type EngineRecord, RingReader } from '#dist/reader/index.js';
import type { VenueName } from '#dist/simulator/index.js';
import { venueByName } from '#dist/venues/index.js';
import { eventually, Rig } from './rig.js';

/** Two symbols of each venue, and the kinds that its messages make. */
const PRICES = ['mark_price', 'index_price', 'funding'] as const;
const CASES: readonly (readonly [VenueName, readonly [string, string], readonly EngineRecord['kind'][]])[] = [
  ['binance-spot', ['BTCUSDT', 'ETHUSDT'], ['bar']],
  ['binance-usdm', ['BTCUSDT', 'ETHUSDT'], [...PRICES, 'liquidation', 'trading_status', 'bar']],
  ['binance-coinm', ['BTCUSD_PERP', 'ETHUSD_PERP'], [...PRICES, 'liquidation', 'trading_status', 'bar']],
  ['bybit-spot', ['BTCUSDT', 'ETHUSDT'], ['bar']],
  ['bybit-linear', ['BTCUSDT', 'ETHUSDT'], [...PRICES, 'open_interest', 'liquidation', 'bar']],
  ['bybit-inverse', ['BTCUSD', 'ETHUSD'], [...PRICES, 'open_interest', 'liquidation', 'bar']],
  ['okx-spot', ['BTC-USDT', 'ETH-USDT'], ['trading_status', 'bar']],
  ['okx-swap', ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'], [...PRICES, 'open_interest', 'liquidation', 'trading_status', 'bar']],
  [
    'okx-futures',
    ['BTC-USD-270326', 'ETH-USD-270326'],
    ['mark_price', 'index_price', 'open_interest', 'liquidation', 'trading_status', 'bar'],
  ],
  ['deribit', ['BTC-PERPETUAL', 'ETH-PERPETUAL'], [...PRICES, 'open_interest', 'trading_status', 'bar']],
  ['kraken-spot', ['BTC/USD', 'ETH/USD'], ['trading_status', 'bar']],
  ['kraken-futures', ['PI_XBTUSD', 'PF_ETHUSD'], [...PRICES, 'open_interest', 'liquidation', 'trading_status']],
  ['coinbase', ['BTC-USD', 'ETH-USD'], ['trading_status', 'bar']],
  ['backpack', ['BTC_USDC_PERP', 'SOL_USDC'], [...PRICES, 'open_interest', 'liquidation', 'bar']],
];

const COUNTERS: Partial<Record<EngineRecord['kind'], string>> = {
  mark_price: 'mark_prices',
  index_price: 'mark_prices',
  funding: 'fundings',
  open_interest: 'open_interests',
  liquidation: 'liquidations',
  trading_status: 'trading_statuses',
  bar: 'bars',
};

/** Venues that do not number their books. */
const IDS: Partial<Record<VenueName, { readonly ownIds?: true; readonly renumbers?: true }>> = {
  'kraken-spot': { ownIds: true },
  coinbase: { renumbers: true },
};

/** Messages a second: states change with every four hundredth step of a symbol. */
const RATE = 2_000;

/** Of each kind of stream one: some are shared by all symbols of a venue. */
const WANTED = [
  ['funding', 'funding'],
  ['liquidation', 'liquidation'],
  ['trading_status', 'status'],
] as const satisfies readonly (readonly [EngineRecord['kind'], ChannelName])[];

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

describe.each(CASES)('%s', (name, symbols, kinds) => {
  const venue = venueByName(name);
  if (venue === undefined) throw new Error(`no venue ${name}`);

  it('every kind of it reaches a reader, plausible and with exact numbers, beside books in sync', async () => {
    const started = await Rig.start({
      config: { shards: 1 },
      channels: channelsServed(venue),
      simulator: { venues: [name], symbols, rate: RATE },
      ...IDS[name],
    });
    rig = started;
    const reader = RingReader.open({ root: started.config.shmRoot, name: started.config.name, oldest: true });
    const seen = new Map<string, EngineRecord[]>();
    await eventually('every kind of every symbol', () => {
      const cursor = reader.poll(4_096);
      while (cursor.next()) {
        const record = cursor.object() as EngineRecord;
        const key = `${record.kind} ${record.instrument?.symbol}`;
        const known = seen.get(key);
        if (known === undefined) seen.set(key, [record]);
        else if (known.length < 50) known.push(record);
      }
      const of = (symbol: string, kind: string) => seen.get(`${kind} ${symbol}`) ?? [];
      // A minute in which nothing is traded yet is told too.
      const isTraded = (record: EngineRecord) => record.kind !== 'bar' || record.volume > 0n;
      return symbols.every((symbol) => kinds.every((kind) => of(symbol, kind).filter(isTraded).length >= 2));
    });
    reader.close();
    for (const record of [...seen.values()].flat()) expectPlausible(record);
    await started.inSync();
    expect(await started.counter('quarantined')).toBe(0);
    for (const kind of kinds) expect(await started.counter(COUNTERS[kind] ?? '')).toBeGreaterThan(0);
  });

  it('what is not among the channels of a feed is not published, nor what is told of symbols that it lacks', async () => {
    const [first] = symbols;
    const wanted = WANTED.filter(([kind]) => kinds.includes(kind));
    const started = await Rig.start({
      config: { shards: 1 },
      channels: ['book', 'trade', ...wanted.map(([, channel]) => channel)],
      configured: [first],
      simulator: { venues: [name], symbols, rate: RATE },
      ...IDS[name],
    });
    rig = started;
    const awaited = wanted.map(([kind]) => COUNTERS[kind] ?? '');
    const counts = (names: readonly string[]) => Promise.all(names.map((counter) => started.counter(counter)));
    await eventually('what was asked for', async () => (await counts(awaited)).every((count) => count > 3));
    const others = [...Object.values(COUNTERS), 'quotes', 'quarantined'].filter((counter) => !awaited.includes(counter));
    expect(await counts(others)).toEqual(others.map(() => 0));
    const reader = RingReader.open({ root: started.config.shmRoot, name: started.config.name, oldest: true });
    const told = new Set<string | undefined>();
    const cursor = reader.poll(4_096);
    while (cursor.next()) told.add((cursor.object() as EngineRecord).instrument?.symbol);
    reader.close();
    told.delete(undefined);
    expect([...told]).toEqual([first]);
  });
});

/** A stream that tells of all symbols, and what counts its records. */
const SHARED = [
  ['okx-swap', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP', 'liquidation', 'liquidations'],
  ['backpack', 'BTC_USDC_PERP', 'SOL_USDC', 'liquidation', 'liquidations'],
  ['kraken-spot', 'BTC/USD', 'ETH/USD', 'status', 'trading_statuses'],
] as const;

it.each(SHARED)('%s: a stream of all symbols is asked for with each, and goes on when one of them leaves', async (...each) => {
  const [name, stays, leaves, channel, counter] = each;
  const started = await Rig.start({
    config: { shards: 1 },
    channels: ['book', channel],
    // A message for each symbol.
    limits: { streamsPerMessage: 1 },
    simulator: { venues: [name], symbols: [stays, leaves], rate: RATE },
    ...IDS[name],
  });
  rig = started;
  await eventually('both are told', async () => (await started.counter(counter)) > 3);
  const feeds = await started.control.request('feeds');
  const feedId = feeds.find(({ symbol }) => symbol === leaves)?.feedId ?? '';
  expect(await started.control.request('feed_remove', { feedId })).toBe(true);
  await eventually('it is gone', async () => (await started.status()).instruments.length === 1);
  const before = await started.counter(counter);
  await eventually('the other one is told', async () => (await started.counter(counter)) > before + 3);
  expect(started.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect((await started.status()).connections.every(({ reconnects }) => reconnects <= 1)).toBe(true);
});

/** What bars tell beside prices and volume: worth in the quote currency or the coin, trades, when they were sent; their minutes where that is not one. */
const BYBIT = { turnover: 'quote', count: false, time: true };
const OKX = { turnover: 'quote', count: false, time: false };
const TELL: Readonly<
  Record<string, { readonly turnover?: string; readonly count: boolean; readonly time: boolean; readonly minutes?: bigint }>
> = {
  binance: { turnover: 'quote', count: true, time: true },
  'bybit-spot': BYBIT,
  'bybit-linear': BYBIT,
  'bybit-inverse': BYBIT,
  'okx-spot': OKX,
  'okx-swap': OKX,
  'okx-futures': OKX,
  deribit: { turnover: 'coin', count: false, time: false },
  'kraken-spot': { count: true, time: true },
  coinbase: { count: false, time: true, minutes: 5n },
  backpack: { count: true, time: true },
};

/** Within what the simulator makes up. */
function expectPlausible(record: EngineRecord): void {
  const number = (mantissa: bigint, exponent: number): number => Number(mantissa) * 10 ** exponent;
  if (record.kind === 'mark_price' || record.kind === 'index_price') {
    expect(record.exponent).toBeLessThanOrEqual(0);
    expect(number(record.price, record.exponent)).toBeGreaterThan(0);
  } else if (record.kind === 'funding') {
    expect(Math.abs(number(record.rate, record.exponent))).toBeLessThan(0.001);
    // One venue does not tell when.
    if (record.nextTs !== 0n) expect(record.nextTs).toBeGreaterThan(record.tsEvent);
    expect([0, 3_600, 8 * 3_600]).toContain(record.intervalS);
  } else if (record.kind === 'open_interest') {
    expect(number(record.qty, record.qtyExponent)).toBeGreaterThan(0);
    expect(record.value).toBeGreaterThanOrEqual(0n);
  } else if (record.kind === 'liquidation') {
    expect(number(record.price, record.priceExponent) * number(record.qty, record.qtyExponent)).toBeGreaterThan(0);
    expect(['buy', 'sell']).toContain(record.side);
    expect(record.id).toBe(0n);
  } else if (record.kind === 'bar') {
    const { open, high, low, close, startTs, intervalNs, tsEvent, closed } = record;
    const told = TELL[record.instrument?.venue ?? ''] ?? TELL['binance'];
    expect([open, close].every((price) => price >= low && price <= high)).toBe(true);
    expect([intervalNs, startTs % intervalNs]).toEqual([60_000_000_000n * (told?.minutes ?? 1n), 0n]);
    const isTraded = record.volume > 0n;
    expect(record.volume).toBeGreaterThanOrEqual(0n);
    const worth = number(low, record.priceExponent) * number(record.volume, record.qtyExponent);
    if (told?.turnover === 'quote')
      expect(number(record.turnover, record.turnoverExponent)).toBeGreaterThanOrEqual(worth * 0.999);
    else expect(record.turnover > 0n).toBe(isTraded && told?.turnover === 'coin');
    expect(record.count > 0n).toBe(isTraded && told?.count);
    expect(tsEvent === 0n).toBe(told?.time === false);
    if (closed && tsEvent !== 0n) expect(tsEvent).toBeGreaterThanOrEqual(startTs + intervalNs);
  } else if (record.kind === 'trading_status') expect(['trading', 'settling', 'halt', 'cancel_only']).toContain(record.state);
}
