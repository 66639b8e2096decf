/** Mark prices, funding, open interest, liquidations and states: from simulated venues over real sockets to a reader of the ring. */
import { afterEach, describe, expect, it } from 'vitest';
import { channelsServed } from '#dist/model/venue.js';
import { type EngineRecord, RingReader } from '#dist/reader/index.js';
import type { VenueName } from '#dist/simulator/index.js';
import { venueByName } from '#dist/venues/index.js';
import { eventually, Rig } from './rig.js';

/** Two symbols of each venue, and the kinds that its messages make. */
const PRICES = ['mark_price', 'index_price', 'funding'] as const;
const CASES: readonly (readonly [VenueName, readonly [string, string], readonly EngineRecord['kind'][]])[] = [
  ['binance-usdm', ['BTCUSDT', 'ETHUSDT'], [...PRICES, 'liquidation', 'trading_status']],
  ['binance-coinm', ['BTCUSD_PERP', 'ETHUSD_PERP'], [...PRICES, 'liquidation', 'trading_status']],
  ['bybit-linear', ['BTCUSDT', 'ETHUSDT'], [...PRICES, 'open_interest', 'liquidation']],
  ['bybit-inverse', ['BTCUSD', 'ETHUSD'], [...PRICES, 'open_interest', 'liquidation']],
];

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
      simulator: { venues: [name], symbols },
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
      return symbols.every((symbol) => kinds.every((kind) => (seen.get(`${kind} ${symbol}`)?.length ?? 0) >= 2));
    });
    reader.close();
    for (const record of [...seen.values()].flat()) expectPlausible(record);
    await started.inSync();
    expect(await started.counter('quarantined')).toBe(0);
    for (const counter of ['mark_prices', 'fundings', 'liquidations'])
      expect(await started.counter(counter)).toBeGreaterThan(0);
  });

  it('what is not among the channels of a feed is not published', async () => {
    const started = await Rig.start({
      config: { shards: 1 },
      channels: ['book', 'trade', 'funding'],
      simulator: { venues: [name], symbols },
    });
    rig = started;
    await eventually('fundings', async () => (await started.counter('fundings')) > 10);
    for (const counter of ['mark_prices', 'open_interests', 'liquidations', 'trading_statuses', 'quotes'])
      expect(await started.counter(counter)).toBe(0);
  });
});

/** Within what the simulator makes up. */
function expectPlausible(record: EngineRecord): void {
  const number = (mantissa: bigint, exponent: number): number => Number(mantissa) * 10 ** exponent;
  if (record.kind === 'mark_price' || record.kind === 'index_price') {
    expect(record.exponent).toBeLessThanOrEqual(0);
    expect(number(record.price, record.exponent)).toBeGreaterThan(0);
  } else if (record.kind === 'funding') {
    expect(Math.abs(number(record.rate, record.exponent))).toBeLessThan(0.001);
    expect(record.nextTs).toBeGreaterThan(record.tsEvent);
    expect([0, 8 * 3_600]).toContain(record.intervalS);
  } else if (record.kind === 'open_interest') {
    expect(number(record.qty, record.qtyExponent)).toBeGreaterThan(0);
    expect(record.value).toBeGreaterThan(0n);
  } else if (record.kind === 'liquidation') {
    expect(number(record.price, record.priceExponent) * number(record.qty, record.qtyExponent)).toBeGreaterThan(0);
    expect(['buy', 'sell']).toContain(record.side);
    expect(record.id).toBe(0n);
  } else if (record.kind === 'trading_status') expect(['trading', 'settling']).toContain(record.state);
}
