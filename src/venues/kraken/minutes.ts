import { z } from 'zod';
import type { VenueMinutes } from '../../model/venue.js';

const decimal = z.string();
/** Start in s, open, high, low, close, average, volume, number of trades; oldest first. */
const rows = z.array(z.tuple([z.int(), decimal, decimal, decimal, decimal, decimal, decimal, z.int().nonnegative()]));
/** Under the pair's name of old, which is not ours, beside `last`. Errors come with status 200. */
const answer = z.object({ error: z.tuple([]), result: z.record(z.string(), z.unknown()) });

/** REST knows assets by their old names: `BTC/USD` is XBTUSD there, `DOGE/EUR` XDGEUR. */
export function pairOf(symbol: string): string {
  const old = (asset: string): string => (asset === 'BTC' ? 'XBT' : asset === 'DOGE' ? 'XDG' : asset);
  return symbol.split('/').map(old).join('');
}

/** `/0/public/OHLC`, reference of 2026-11-21, §5: the newest 720, whatever is asked for; `since` is left out. */
export const krakenMinutes: VenueMinutes = {
  perRequest: 720,
  request: (symbol, fromMs) => ({
    path: `/0/public/OHLC?pair=${encodeURIComponent(pairOf(symbol))}&interval=1&since=${Math.floor(fromMs / 1_000) - 60}`,
    weight: 1,
  }),
  read: (body) => {
    const { result } = answer.parse(JSON.parse(body));
    const { last, ...pairs } = result;
    const [found, ...others] = Object.values(pairs);
    if (last === undefined || others.length > 0)
      throw new TypeError(`${others.length + 1} pairs are not one with its last minute`);
    return rows.parse(found).map(([start, open, high, low, close, , volume, count]) => ({
      startMs: start * 1_000,
      open,
      high,
      low,
      close,
      volume,
      count,
    }));
  },
};
