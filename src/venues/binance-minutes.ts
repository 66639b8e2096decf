/** Minutes as all Binance venues tell them: `klines`, venue documents §6, spot read 2026-07-21, USDT-M read 2026-05-28. */
import { z } from 'zod';
import { MINUTES_PER_REQUEST_MAX, type VenueMinutes } from '../model/venue.js';

const decimal = z.string();
/** Open time, open, high, low, close, volume, close time, volume of the quote asset, number of trades, more. */
const rows = z.array(
  z.tuple([z.int(), decimal, decimal, decimal, decimal, decimal, z.int(), decimal, z.int().nonnegative()]).rest(z.unknown()),
);

export function binanceMinutes(rest: string, weight: number): VenueMinutes {
  return {
    request: (symbol, fromMs, toMs) => ({
      path: `${rest}/klines?symbol=${encodeURIComponent(symbol)}&interval=1m&startTime=${fromMs}&endTime=${toMs - 1}&limit=${MINUTES_PER_REQUEST_MAX}`,
      weight,
    }),
    read: (body) =>
      rows
        .parse(JSON.parse(body))
        .map(([startMs, open, high, low, close, volume, , , count]) => ({ startMs, open, high, low, close, volume, count })),
  };
}
