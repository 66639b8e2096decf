import { z } from 'zod';
import type { VenueMinutes } from '../../model/venue.js';

const decimal = z.string();
/** Start, open, high, low, close, volume (contracts, or the coin of spot), more; newest first. A refusal has another code. */
const candles = z.object({
  code: z.literal('0'),
  data: z.array(z.tuple([z.string().regex(/^\d{1,15}$/), decimal, decimal, decimal, decimal, decimal]).rest(z.unknown())),
});

/** `/api/v5/market/candles`, reference of 2026-11-21, §6: 1,440 minutes back; bounds are left out; it does not tell how many trades there were. */
export const okxMinutes: VenueMinutes = {
  perRequest: 300,
  request: (symbol, fromMs, toMs) => ({
    path: `/api/v5/market/candles?instId=${encodeURIComponent(symbol)}&bar=1m&before=${fromMs - 1}&after=${toMs}&limit=300`,
    weight: 1,
  }),
  read: (body) =>
    candles
      .parse(JSON.parse(body))
      .data.map(([start, open, high, low, close, volume]) => ({
        ...{ startMs: Number(start), open, high, low, close, volume },
        count: 0,
      }))
      // As documented newest first; a fixture has them the other way round.
      .sort((one, other) => one.startMs - other.startMs),
};
