/** Resources about candles: what memory holds of them, and by name what it does not. */
import type { Timeframe } from '../model/timeframes.js';
import type { Api } from './api.js';
import { timeText } from './point-json.js';
import { jsonText, Refusal, type Reply } from './problem.js';
import { candleAnswer, candleParams, historyAnswer, historyParams, historyQuery } from './schemas.js';

/** A candle; times in ns since the UNIX epoch, `end` not included, decimals as JSON numbers in their shortest exact form. */
export interface Candle {
  readonly start: bigint;
  readonly end: bigint;
  /** `start` as RFC 3339. */
  readonly timestamp: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly flags: readonly string[];
}

export interface CandleSpan {
  /** Oldest first, without a break. */
  readonly candles: readonly Candle[];
  /** Spans in which trades may be missing, ns, oldest first. */
  readonly holes: readonly { readonly from: bigint; readonly to: bigint }[];
}

/** Whoever keeps candles. Throws a `Refusal` 404 for an instrument that is not followed; spelling is up to it. */
export interface CandleSource {
  newest(exchange: string, symbol: string, timeframe: Timeframe): CandleSpan;
}

export function addCandleRoutes(api: Api, source: CandleSource): void {
  const base = '/api/v1/market-data/{exchange}/{symbol}';
  api.add({
    method: 'get',
    path: `${base}/buffer/{timeframe}`,
    summary: 'The newest 100 candles at most, oldest first and without a break, made of the trades that this gateway saw',
    params: candleParams,
    answers: { 200: candleAnswer },
    problems: [404],
    handle: ({ params: { exchange, symbol, timeframe } }) => {
      const { candles } = source.newest(exchange, symbol, timeframe);
      return answer({ exchange, symbol, timeframe }, candles);
    },
  });
  api.add({
    method: 'get',
    path: `${base}/history`,
    summary:
      'Candles of a time range as far as memory holds them, and by name what is missing; the store behind it is not there yet',
    params: historyParams,
    query: historyQuery,
    answers: { 200: historyAnswer },
    problems: [404, 501],
    handle: ({ params: { exchange, symbol }, query }) => {
      const { timeframe, mode } = query;
      if (mode === 'generate') throw new Refusal(501, 'candles are generated from the history store, which is not there yet');
      const span = source.newest(exchange, symbol, timeframe);
      const [start, end] = [nsOf(query.start), nsOf(query.end)];
      if (start !== undefined && end !== undefined && start >= end) throw new Refusal(400, 'query.start: is not before end');
      const first = span.candles[0]?.start;
      if (first !== undefined && end !== undefined && end <= first) {
        throw new Refusal(501, `memory begins at ${timeText(first)}, the history store behind it is not there yet`);
      }
      const candles = span.candles.filter(
        (candle) => (start ?? 0n) <= candle.start && (end === undefined || candle.start < end),
      );
      return answer({ exchange, symbol, timeframe, mode }, candles, gapsOf(span, start, end));
    },
  });
}

/** Milliseconds are what the query's times are exact to. */
const nsOf = (time: string | undefined): bigint | undefined =>
  time === undefined ? undefined : BigInt(Date.parse(time)) * 1_000_000n;

interface Gap {
  readonly from: bigint;
  readonly to: bigint;
  readonly reason: 'not_in_memory' | 'trades_missing';
}

/** What an answer for this range does not hold, or not for sure. */
function gapsOf({ candles, holes }: CandleSpan, start: bigint | undefined, end: bigint | undefined): Gap[] {
  const [first, last] = [candles[0]?.start, candles.at(-1)?.end];
  const to = end ?? last ?? start;
  if (to === undefined) return [];
  if (first === undefined || last === undefined)
    return start === undefined || start === to ? [] : [{ from: start, to, reason: 'not_in_memory' }];
  const gaps: Gap[] = start !== undefined && start < first ? [{ from: start, to: first, reason: 'not_in_memory' }] : [];
  const [least, most] = [start === undefined || start < first ? first : start, to < last ? to : last];
  for (const hole of holes) {
    const [from, until] = [hole.from < least ? least : hole.from, hole.to > most ? most : hole.to];
    if (from < until) gaps.push({ from, to: until, reason: 'trades_missing' });
  }
  return gaps;
}

/** As text: numbers keep their digits. */
function answer(asked: Record<string, string>, candles: readonly Candle[], gaps?: readonly Gap[]): Reply {
  const texts = candles.map(({ timestamp, open, high, low, close, volume, flags }) => {
    const values = `"open":${open},"high":${high},"low":${low},"close":${close},"volume":${volume}`;
    return `{"timestamp":"${timestamp}",${values},"flags":${JSON.stringify(flags)}}`;
  });
  const head = JSON.stringify(asked).slice(0, -1);
  const named = gaps?.map(({ from, to, reason }) => ({ start: timeText(from), end: timeText(to), reason }));
  const tail = named === undefined ? '' : `,"gaps":${JSON.stringify(named)}`;
  return jsonText(`${head},"candles":[${texts.join(',')}],"count":${texts.length}${tail}}`);
}
