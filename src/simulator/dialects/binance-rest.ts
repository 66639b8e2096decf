import type { AggregateTradeEvent, TradeEvent } from '../market/events.js';
import type { MarketMinute } from '../market/minutes.js';
import type { SymbolText } from '../market/symbols.js';
import type { RestCall, RestError } from './dialect.js';

/** Most rows of an answer with trades. */
const TRADES_MAX = 1_000;

/** What the two Binance REST interfaces differ in; sources: venues' REST pages §6. */
export interface RestShape {
  /** `/api/v3` or `/fapi/v1`. */
  readonly prefix: string;
  readonly limitDefault: number;
  readonly exchangeInfoWeight: number;
  depthWeight(limit: number): number;
  /** Most rows of `klines`, and what so many weigh. */
  readonly klinesMax: number;
  klinesWeight(limit: number): number;
  readonly aggTradesWeight: number;
  readonly historicalTradesWeight: number;
  /** The number of levels that a `limit` parameter gives, or `undefined` if the venue refuses it. */
  depthLimit(limit: number): number | undefined;
}

/** Reads one request; `undefined` for an unknown path. */
export function readRest(
  shape: RestShape,
  path: string,
  query: URLSearchParams,
  symbols: ReadonlySet<string>,
): RestCall | undefined {
  if (!path.startsWith(`${shape.prefix}/`)) return undefined;
  switch (path.slice(shape.prefix.length + 1)) {
    case 'ping':
      return { endpoint: 'ping', weight: 1, symbols: [], limit: 0 };
    case 'time':
      return { endpoint: 'time', weight: 1, symbols: [], limit: 0 };
    case 'exchangeInfo':
      return readListing(shape, query, symbols);
    case 'depth':
      return readDepth(shape, query, symbols);
    case 'klines':
      return readKlines(shape, query, symbols);
    case 'aggTrades':
      return readTrades(shape, query, symbols, true);
    case 'historicalTrades':
      return readTrades(shape, query, symbols, false);
    default:
      return undefined;
  }
}

/** By id alone, as missed trades are asked for. */
function readTrades(shape: RestShape, query: URLSearchParams, symbols: ReadonlySet<string>, aggregated: boolean): RestCall {
  const symbol = query.get('symbol') ?? '';
  const fromId = Number(query.get('fromId') ?? Number.NaN);
  const limit = Math.min(Number(query.get('limit') ?? 500), TRADES_MAX);
  let error = symbolError(symbol, symbols);
  if (error === undefined && ![limit, fromId].every((value) => Number.isSafeInteger(value) && value >= 0))
    error = refusal(-1100, 'Illegal characters found in a parameter.');
  const weight = aggregated ? shape.aggTradesWeight : shape.historicalTradesWeight;
  const call = { endpoint: 'trades', weight, symbols: [symbol], limit, trades: { fromId, aggregated } } as const;
  return error === undefined ? call : { ...call, error };
}

/** Rows of `aggTrades` or `historicalTrades`; quantities of the quote asset are not simulated. */
export function tradesBody(text: SymbolText, trades: readonly TradeEvent[], aggregated: boolean): string {
  const rows = trades.map((trade) => {
    const [price, qty, ms] = [text.price(trade.tick), text.qty(trade.lots), Math.floor(trade.engineUs / 1000)];
    if (!aggregated)
      return `{"id":${trade.id},"price":"${price}","qty":"${qty}","quoteQty":"0","time":${ms},"isBuyerMaker":${trade.buyerIsMaker}}`;
    const { firstTradeId, lastTradeId } = trade as AggregateTradeEvent;
    return `{"a":${trade.id},"p":"${price}","q":"${qty}","f":${firstTradeId},"l":${lastTradeId},"T":${ms},"m":${trade.buyerIsMaker}}`;
  });
  return `[${rows.join(',')}]`;
}

function readDepth(shape: RestShape, query: URLSearchParams, symbols: ReadonlySet<string>): RestCall {
  const symbol = query.get('symbol') ?? '';
  const asked = query.get('limit');
  const limit = asked === null ? shape.limitDefault : /^\d{1,9}$/.test(asked) ? shape.depthLimit(Number(asked)) : undefined;
  let error = symbolError(symbol, symbols);
  if (error === undefined && limit === undefined) error = refusal(-1130, "Data sent for parameter 'limit' is not valid.");
  const levels = limit ?? shape.limitDefault;
  const call = { endpoint: 'depth', weight: shape.depthWeight(levels), symbols: [symbol], limit: levels } as const;
  return error === undefined ? call : { ...call, error };
}

/** One minute is the only interval that is simulated. */
function readKlines(shape: RestShape, query: URLSearchParams, symbols: ReadonlySet<string>): RestCall {
  const symbol = query.get('symbol') ?? '';
  const limit = Math.min(Number(query.get('limit') ?? 500), shape.klinesMax);
  const [fromMs, toMs] = [Number(query.get('startTime') ?? 0), Number(query.get('endTime') ?? Number.MAX_SAFE_INTEGER)];
  let error = symbolError(symbol, symbols);
  if (error === undefined && query.get('interval') !== '1m') error = refusal(-1120, 'Invalid interval.');
  if (error === undefined && ![limit, fromMs, toMs].every((value) => Number.isSafeInteger(value) && value >= 0))
    error = refusal(-1100, 'Illegal characters found in a parameter.');
  const call = {
    endpoint: 'klines',
    weight: shape.klinesWeight(limit),
    symbols: [symbol],
    limit,
    span: [fromMs, toMs],
  } as const;
  return error === undefined ? call : { ...call, error };
}

/** Rows of `klines`: volume and number of trades are true, volumes of the quote asset and of takers are not simulated. */
export function klinesBody(text: SymbolText, minutes: readonly MarketMinute[]): string {
  const rows = minutes.map(({ startMs, open, high, low, close, lots, count }) => {
    const prices = [open, high, low, close].map((tick) => `"${text.price(tick)}"`).join(',');
    return `[${startMs},${prices},"${text.qty(lots)}",${startMs + 59_999},"0",${count},"0","0","0"]`;
  });
  return `[${rows.join(',')}]`;
}

function symbolError(symbol: string, symbols: ReadonlySet<string>): RestError | undefined {
  if (symbol === '') return refusal(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
  if (!/^[A-Z0-9_\-.]{1,20}$/.test(symbol))
    return refusal(-1100, "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'.");
  return symbols.has(symbol) ? undefined : refusal(-1121, 'Invalid symbol.');
}

function readListing(shape: RestShape, query: URLSearchParams, symbols: ReadonlySet<string>): RestCall {
  const call = { endpoint: 'exchangeInfo', weight: shape.exchangeInfoWeight, limit: 0 } as const;
  const one = query.get('symbol');
  const many = query.get('symbols');
  const wanted = one !== null ? [one] : many === null ? [] : readSymbolArray(many);
  if (wanted === undefined) {
    return { ...call, symbols: [], error: refusal(-1100, "Illegal characters found in parameter 'symbols'.") };
  }
  if (wanted.some((symbol) => !symbols.has(symbol))) return { ...call, symbols: [], error: refusal(-1121, 'Invalid symbol.') };
  return { ...call, symbols: wanted };
}

function readSymbolArray(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

function refusal(code: number, msg: string): RestError {
  return { status: 400, code, msg };
}
