/** The candles that memory holds, as the fan-out keeps them. */
import { TIMEFRAMES, type Timeframe } from '../model/timeframes.js';
import type { Candle as RingCandle } from '../native/index.js';
import type { CandleSource, CandleSpan } from './candle-routes.js';
import type { DataQueries } from './data-queries.js';
import { decimalJson, timeText } from './point-json.js';
import type { FanoutSource } from './ring.js';

/** As many as are kept. */
const CANDLES_MAX = 100;

function flagsOf({ closed, partial, count, late }: RingCandle): string[] {
  return [
    ...(closed ? [] : ['open']),
    ...(partial ? ['partial'] : []),
    ...(count === 0n ? ['empty'] : []),
    ...(late > 0 ? ['late'] : []),
  ];
}

export class MemoryCandles implements CandleSource {
  readonly #queries: DataQueries;
  readonly #fanout: () => FanoutSource;

  constructor(queries: DataQueries, fanout: () => FanoutSource) {
    this.#queries = queries;
    this.#fanout = fanout;
  }

  newest(exchange: string, symbol: string, timeframe: Timeframe): CandleSpan {
    const { id } = this.#queries.instrument(symbol, exchange.toLowerCase());
    const ns = BigInt(TIMEFRAMES[timeframe]) * 1_000_000_000n;
    const found = this.#fanout().candles(id, timeframe, CANDLES_MAX);
    if (found === null) return { candles: [], holes: [] };
    const price = (mantissa: bigint): string => decimalJson(mantissa, found.priceExponent, 'number');
    const candles = found.candles.map((candle) => ({
      start: candle.start,
      end: candle.start + ns,
      timestamp: timeText(candle.start),
      open: price(candle.open),
      high: price(candle.high),
      low: price(candle.low),
      close: price(candle.close),
      volume: decimalJson(candle.volume, found.qtyExponent, 'number'),
      flags: flagsOf(candle),
    }));
    const holes = found.holes.map(([from = 0n, to = 0n]) => ({ from, to }));
    return { candles, holes };
  }
}
