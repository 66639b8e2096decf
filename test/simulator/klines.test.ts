/** Klines of the simulated Binance markets against the trades of the same stream, on the market's virtual clock. */
import { expect, test } from 'vitest';
import { dialects } from '../../src/simulator/dialects/index.js';
import type { Frame } from '../../src/simulator/market/channel.js';
import { VenueMarket } from '../../src/simulator/market/venue-market.js';

const MINUTE_MS = 60_000;
const EPOCH_MS = 1_767_225_600_000;

interface Kline {
  readonly e: string;
  readonly E: number;
  readonly k: Readonly<Record<'o' | 'h' | 'l' | 'c' | 'v' | 'q' | 'i', string>> &
    Readonly<Record<'t' | 'T' | 'f' | 'L' | 'n', number>> & { readonly x: boolean };
}
interface Trade {
  readonly t: number;
  readonly T: number;
  readonly p: string;
  readonly q: string;
}

/** Exact, in units of 10^-16. */
function units(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(16, '0'));
}

test.each(['binance-spot', 'binance-usdm', 'binance-coinm'] as const)('%s: minutes are those of its trades', (name) => {
  const dialect = dialects[name];
  const [spec] = [...dialect.symbols.values()];
  if (spec === undefined) throw new Error('a dialect has symbols');
  const klines: Kline[] = [];
  const trades: Trade[] = [];
  const publish = (frame: Frame): void => {
    const message: unknown = JSON.parse(frame.payload(false, false).bytes.toString());
    if (frame.channel.kind === 'kline') klines.push(message as Kline);
    else trades.push(message as Trade);
  };
  const options = { dialect, symbols: [spec], seed: 7, rate: 40, epochMs: EPOCH_MS, historyChanges: 50_000, extraKeys: false };
  const market = new VenueMarket({ ...options, publish });
  for (const stream of ['kline_1m', 'trade']) {
    const channel = market.channels.get(`${spec.symbol.toLowerCase()}@${stream}`);
    channel?.subscribers.add({ deliver: () => {}, expect: () => {} });
  }
  while (market.elapsedMs < 3.5 * MINUTE_MS) market.step();

  const closed = klines.filter(({ k }) => k.x);
  expect(closed.map(({ k }) => k.t)).toEqual([0, 1, 2].map((minute) => EPOCH_MS + minute * MINUTE_MS));
  for (const { e, E, k } of closed) {
    const of = trades.filter(({ T }) => T >= k.t && T <= k.T);
    const prices = of.map(({ p }) => units(p));
    const sorted = prices.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    expect([e, k.i, k.T, k.n, k.f, k.L]).toEqual(['kline', '1m', k.t + MINUTE_MS - 1, of.length, of[0]?.t, of.at(-1)?.t]);
    expect([k.o, k.c, k.l, k.h].map(units)).toEqual([prices[0], prices.at(-1), sorted[0], sorted.at(-1)]);
    expect(units(k.v)).toBe(of.reduce((sum, { q }) => sum + units(q), 0n));
    const worth = of.reduce((sum, { p, q }) => sum + units(p) * units(q), 0n);
    expect(units(k.q) * 10n ** 16n).toBe(worth);
    expect(E).toBeGreaterThanOrEqual(k.t + MINUTE_MS);
  }
  const open = klines.filter(({ k }) => !k.x);
  expect(open.length).toBeGreaterThan(100);
  for (const [index, { E, k }] of open.entries()) {
    const before = open[index - 1];
    if (before?.k.t !== k.t) continue;
    expect(E - before.E).toBeGreaterThanOrEqual(1_000);
    expect(k.n).toBeGreaterThan(before.k.n);
  }
});
