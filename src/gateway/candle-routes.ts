/** Resources about candles. What keeps them is joined here by whoever has it. */
import type { Api } from './api.js';
import { json, Refusal } from './problem.js';
import { candleAnswer, candleParams, historyParams, historyQuery, type TIMEFRAMES } from './schemas.js';

export type Timeframe = (typeof TIMEFRAMES)[number];

/** A candle in the shape that it is served in; decimals as text. */
export interface Candle {
  /** RFC 3339 time of its beginning. */
  readonly timestamp: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly flags: readonly string[];
}

/** The newest candles of an instrument, oldest first; undefined for one that is not followed. Spelling is up to the source. */
export interface CandleSource {
  buffer(exchange: string, symbol: string, timeframe: Timeframe): readonly Candle[] | undefined;
}

export function addCandleRoutes(api: Api, candles: CandleSource | undefined): void {
  const base = '/api/v1/market-data/{exchange}/{symbol}';
  api.add({
    method: 'get',
    path: `${base}/buffer/{timeframe}`,
    summary: 'The newest 100 candles',
    params: candleParams,
    answers: { 200: candleAnswer },
    problems: [404, 501],
    handle: ({ params: { exchange, symbol, timeframe } }) => {
      if (candles === undefined) throw new Refusal(501, 'no candles are kept by this build');
      const list = candles.buffer(exchange, symbol, timeframe);
      if (list === undefined) throw new Refusal(404, 'no such resource');
      // Older consumers read numbers; the digits of these are exact.
      const numbers = list.map((candle) => ({
        ...candle,
        ...Object.fromEntries(
          (['open', 'high', 'low', 'close', 'volume'] as const).map((name) => [name, Number(candle[name])]),
        ),
      }));
      return json({ exchange, symbol, timeframe, candles: numbers, count: numbers.length });
    },
  });
  api.add({
    method: 'get',
    path: `${base}/history`,
    summary: 'Candles of the past; needs the history store',
    params: historyParams,
    query: historyQuery,
    answers: {},
    problems: [501],
    handle: () => {
      throw new Refusal(501, 'no history is kept by this build');
    },
  });
}
