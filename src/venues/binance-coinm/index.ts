import { futures } from '../binance-futures.js';
import { CLASSES as classes, DEFAULTS as defaults, LIMITS as limits } from './endpoints.js';

/** Binance coin-margined futures. */
export const binanceCoinm = futures('binance-coinm', '/dapi/v1', { defaults, classes, limits });
