import { z } from 'zod';
import type { VenueMinutes } from '../../model/venue.js';

const column = z.array(z.number());
/** Columns, oldest first; minutes without a trade have the price before them. */
const chart = z.object({
  result: z.object({
    status: z.enum(['ok', 'no_data']),
    ticks: z.array(z.int()),
    ...{ open: column, high: column, low: column, close: column, volume: column, cost: column },
  }),
});

/** Digits behind the point at most. */
const PLACES_MAX = 12;

/** A number without an exponent. */
function plain(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(PLACES_MAX).replace(/\.?0+$/, '') : text;
}

/**
 * Futures settled in the coin trade amounts of USD, which are the `cost` here; amounts of all else are those of the coin: linear contracts and
 * spot, which have a `_`, and options.
 */
export const isInverse = (symbol: string): boolean => !symbol.includes('_') && !/-[CP]$/.test(symbol);

/** `get_tradingview_chart_data`, documents of 2026, §5: it does not tell how many trades there were. */
export const deribitMinutes: VenueMinutes = {
  request: (symbol, fromMs, toMs) => ({
    path: `/api/v2/public/get_tradingview_chart_data?instrument_name=${encodeURIComponent(symbol)}&start_timestamp=${fromMs}&end_timestamp=${toMs - 1}&resolution=1`,
    weight: 1,
  }),
  read: (body, symbol) => {
    const { ticks, open, high, low, close, volume, cost } = chart.parse(JSON.parse(body)).result;
    const amounts = isInverse(symbol) ? cost : volume;
    return ticks.map((startMs, at) => {
      const [o, h, l, c, amount] = [open, high, low, close, amounts].map((numbers) => {
        const value = numbers[at];
        if (value === undefined) throw new TypeError(`column ends before its minute ${at}`);
        return plain(value);
      }) as [string, string, string, string, string];
      return { startMs, open: o, high: h, low: l, close: c, volume: amount, count: 0 };
    });
  },
};
