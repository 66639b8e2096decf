import { afterEach, describe, expect, it } from 'vitest';
import { eventually, Rig } from './rig.js';
import type { GapRecord } from './ring-log.js';

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

const count = (gaps: readonly GapRecord[]): number => gaps.reduce((sum, { first, last }) => sum + last - first + 1, 0);

/** Numbers that were told missing and not told recovered, over all instruments. */
function outstanding({ ring }: Rig): number {
  ring.drain();
  const told = [...ring.gaps.values()].flat().filter(({ stream }) => stream === 'trade');
  return count(told) - count([...ring.closings.values()].flat());
}

/** Every trade since the first is on the ring exactly once, and the late ones are exactly those of the closings. */
function complete({ ring }: Rig): void {
  let total = 0;
  for (const [instrument, live] of ring.trades) {
    const late = ring.lateTrades.get(instrument) ?? [];
    const ids = [...live, ...late].sort((left, right) => left - right);
    expect(new Set(ids).size).toBe(ids.length);
    expect((ids.at(-1) ?? 0) - (ids[0] ?? 0) + 1).toBe(ids.length);
    expect(late).toEqual((ring.closings.get(instrument) ?? []).flatMap(({ first, last }) => range(first, last)));
    total += ids.length;
  }
  expect(ring.tradeCount).toBe(total);
}

const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Venues that give their newest thousand trades: an outage must not have more. */
const NEWEST: readonly string[] = ['kraken-spot', 'backpack'];

describe.each([
  ['binance-usdm', ['BTCUSDT', 'ETHUSDT']],
  ['binance-spot', ['BTCUSDT', 'ETHUSDT']],
  ['binance-coinm', ['BTCUSD_PERP', 'ETHUSD_PERP']],
  ['deribit', ['BTC-PERPETUAL', 'ETH-PERPETUAL']],
  ['kraken-spot', ['BTC/USD', 'ETH/USD']],
  ['backpack', ['BTC_USDC_PERP', 'SOL_USDC']],
] as const)('%s (A15)', (venue, symbols) => {
  const start = async (): Promise<Rig> => {
    const limits = { [venue]: { restWeightPerMinute: 1_000_000 } };
    const rate = NEWEST.includes(venue) ? 300 : 1_500;
    const simulator = { venues: [venue], symbols, rate, seed: 23, limits };
    rig = await Rig.start({ simulator, config: { shards: 1 }, ownIds: venue === 'kraken-spot' });
    return rig;
  };

  /** What stands before the first trade is no hole. */
  const firstTrades = ({ ring }: Rig): Promise<unknown> =>
    eventually('trades of both', () => {
      ring.drain();
      return ring.trades.size === symbols.length;
    });

  it('trades of an outage under load come from the venue by number, each once', async () => {
    const engine = await start();
    await firstTrades(engine);
    for (const outageMs of [200, 2_500]) {
      const before = engine.ring.gaps.size === 0 ? 0 : count([...engine.ring.closings.values()].flat());
      engine.inject('disconnect', { outage_ms: outageMs });
      await eventually('trades came late', () => {
        engine.ring.drain();
        return count([...engine.ring.closings.values()].flat()) > before;
      });
      await eventually('nothing is missing', () => outstanding(engine) === 0);
      complete(engine);
    }
    expect([...engine.ring.closings.values()].flat().some(({ reason }) => reason === 'disconnect')).toBe(true);
  });

  it('single messages that were lost come as well', async () => {
    const engine = await start();
    const stream = venue.startsWith('binance') && venue !== 'binance-spot' ? 'aggTrade' : 'trade';
    await firstTrades(engine);
    engine.inject('drop', { n: 3, stream });
    await eventually('trades came late', () => {
      engine.ring.drain();
      return count([...engine.ring.closings.values()].flat()) >= 6;
    });
    await eventually('nothing is missing', () => outstanding(engine) === 0);
    complete(engine);
  });
});

it('a venue that is away is asked until it tells them, and the log says so', async () => {
  const limits = { 'binance-usdm': { restWeightPerMinute: 1_000_000 } };
  rig = await Rig.start({ simulator: { venues: ['binance-usdm'], rate: 600, limits }, config: { shards: 1 } });
  const engine = rig;
  engine.inject('drop', { n: 2, stream: 'aggTrade' });
  engine.inject('outage', { ms: 1_000, status: 503, retry_after: 1 });
  await eventually('the log tells', () => engine.lines.some(({ message }) => message === 'missed trades did not come'));
  await eventually('nothing is missing after all', () => outstanding(engine) === 0 && engine.ring.closings.size > 0);
  complete(engine);
});
