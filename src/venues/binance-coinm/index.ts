import type { Venue } from '../../model/venue.js';
import { futures } from '../binance-futures.js';
import { CLASSES as classes, DEFAULTS as defaults, LIMITS as limits } from './endpoints.js';

/** Binance coin-margined futures: a contract is 100 or 10 USD. */
export const binanceCoinm: Venue = { ...futures('binance-coinm', '/dapi/v1', { defaults, classes, limits }), sizes: 'quote' };
