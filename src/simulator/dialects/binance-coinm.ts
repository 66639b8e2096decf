import { coinmSymbols } from '../market/symbols.js';
import { readRest } from './binance-rest.js';
import { binanceUsdm, futuresListing, futuresRest } from './binance-usdm.js';
import type { Dialect, Route } from './dialect.js';

const REST = { ...futuresRest, prefix: '/dapi/v1' };

function route(path: string, query: URLSearchParams): Route | undefined {
  if (path !== '/stream') return undefined;
  const streams = (query.get('streams') ?? '').split('/').filter((name) => name !== '');
  return { trafficClass: 'all', combined: true, streams, micros: false };
}

/** Messages name the pair behind the symbol. */
function withPair(message: string, symbol: string): string {
  return message.replace(`"s":"${symbol}",`, `"s":"${symbol}","ps":"${symbol.split('_')[0]}",`);
}

/** Binance coin-margined futures: as USDT-M, one address, as recorded on 2021-07-22. */
export const binanceCoinm: Dialect = {
  ...binanceUsdm,
  name: 'binance-coinm',
  symbols: coinmSymbols,
  route,
  serves: () => true,
  depth: (text, spec, event, micros) => withPair(binanceUsdm.depth(text, spec, event, micros), spec.symbol),
  bookTicker: (text, spec, event, micros) => withPair(binanceUsdm.bookTicker(text, spec, event, micros), spec.symbol),
  decorate: (message) => `${message.slice(0, -1)},"st":1}`,
  snapshotBody: (text, levels, nowUs) => {
    const [pair = ''] = text.symbol.split('_');
    const body = binanceUsdm.snapshotBody?.(text, levels, nowUs) ?? '';
    return body.replace(',"E"', `,"symbol":"${text.symbol}","pair":"${pair}","E"`);
  },
  rest: (path, query, symbols) => readRest(REST, path, query, symbols),
  exchangeInfoBody: (specs, nowUs, run) =>
    JSON.stringify({
      timezone: 'UTC',
      serverTime: Math.floor(nowUs / 1000),
      rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: run.restWeightPerMinute }],
      exchangeFilters: [],
      symbols: specs.map((spec) => {
        const { status, ...row } = futuresListing(spec);
        return { ...row, pair: spec.symbol.split('_')[0], contractStatus: status, contractSize: 100 };
      }),
    }),
};
