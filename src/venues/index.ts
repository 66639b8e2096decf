import type { Venue } from '../model/venue.js';
import { backpack } from './backpack/index.js';
import { binanceCoinm } from './binance-coinm/index.js';
import { binanceSpot } from './binance-spot/index.js';
import { binanceUsdm } from './binance-usdm/index.js';
import { bybitInverse, bybitLinear, bybitSpot } from './bybit/index.js';
import { coinbase } from './coinbase/index.js';
import { deribit } from './deribit/index.js';
import { krakenSpot } from './kraken/index.js';
import { krakenFutures } from './kraken-futures/index.js';
import { okxFutures, okxSpot, okxSwap } from './okx/index.js';

/** The registry: every venue that a feed can name. */
export const venues: readonly Venue[] = [
  binanceSpot,
  binanceUsdm,
  binanceCoinm,
  bybitLinear,
  bybitSpot,
  bybitInverse,
  deribit,
  okxSpot,
  okxSwap,
  okxFutures,
  krakenSpot,
  krakenFutures,
  coinbase,
  backpack,
];

/** The venue with this name. */
export function venueByName(name: string): Venue | undefined {
  return venues.find((venue) => venue.name === name);
}
