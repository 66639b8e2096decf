import { z } from 'zod';
import type { VenueMinutes } from '../../model/venue.js';

const decimal = z.string();
/** Oldest first. Volume counts what sizes count. */
const answer = z.object({
  candles: z.array(z.object({ time: z.int(), open: decimal, high: decimal, low: decimal, close: decimal, volume: decimal })),
});

/** `/api/charts/v1/trade/{symbol}/1m`, page "Market candles": bounds in s; it does not tell how many trades there were. */
export const krakenFuturesMinutes: VenueMinutes = {
  request: (symbol, fromMs, toMs) => ({
    path: `/api/charts/v1/trade/${encodeURIComponent(symbol)}/1m?from=${Math.floor(fromMs / 1_000)}&to=${Math.ceil(toMs / 1_000) - 1}`,
    weight: 1,
  }),
  read: (body) =>
    answer
      .parse(JSON.parse(body))
      .candles.map(({ time, open, high, low, close, volume }) => ({ startMs: time, open, high, low, close, volume, count: 0 })),
};
