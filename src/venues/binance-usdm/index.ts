import { futures } from '../binance-futures.js';
import { CLASSES as classes, DEFAULTS as defaults, LIMITS as limits } from './endpoints.js';

/** Binance USDT-margined futures. */
export const binanceUsdm = futures('binance-usdm', '/fapi/v1', { defaults, classes, limits });
