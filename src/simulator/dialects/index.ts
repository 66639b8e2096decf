import { backpack } from './backpack.js';
import { binanceCoinm } from './binance-coinm.js';
import { binanceSpot } from './binance-spot.js';
import { binanceUsdm } from './binance-usdm.js';
import { bybitInverse, bybitLinear, bybitSpot } from './bybit.js';
import { coinbase } from './coinbase.js';
import { deribit } from './deribit.js';
import type { Dialect, VenueName } from './dialect.js';
import { krakenSpot } from './kraken.js';
import { krakenFutures } from './kraken-futures.js';
import { okxFutures, okxSpot, okxSwap } from './okx.js';

/** The registry: one line for each simulated venue. */
export const dialects: Readonly<Record<VenueName, Dialect>> = {
  'binance-usdm': binanceUsdm,
  'binance-spot': binanceSpot,
  'binance-coinm': binanceCoinm,
  'bybit-linear': bybitLinear,
  'bybit-spot': bybitSpot,
  'bybit-inverse': bybitInverse,
  deribit,
  'okx-spot': okxSpot,
  'okx-swap': okxSwap,
  'okx-futures': okxFutures,
  'kraken-spot': krakenSpot,
  'kraken-futures': krakenFutures,
  coinbase,
  backpack,
};

/** Names of the streams that a client's message subscribes, as the venue reads it; none for any other message, and of a venue that is not simulated. */
export function streamsAskedFor(venue: string, message: string): string[] {
  const outcome = (dialects as Readonly<Record<string, Dialect>>)[venue]?.control(message, () => true);
  if (outcome?.ok !== true || !outcome.subscribes) return [];
  const streams: string[] = [];
  const nothing = (): void => {};
  const subscribe = (names: readonly string[]): void => void streams.push(...names);
  outcome.act({ subscribe, unsubscribe: nothing, list: () => streams, beat: nothing, proven: nothing, combined: false });
  return streams;
}
