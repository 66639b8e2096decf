import type { RestCall, RestError } from './dialect.js';

/** What the two Binance REST interfaces differ in; sources: venues' REST pages §6. */
export interface RestShape {
  /** `/api/v3` or `/fapi/v1`. */
  readonly prefix: string;
  readonly limitDefault: number;
  readonly exchangeInfoWeight: number;
  depthWeight(limit: number): number;
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
    default:
      return undefined;
  }
}

function readDepth(shape: RestShape, query: URLSearchParams, symbols: ReadonlySet<string>): RestCall {
  const symbol = query.get('symbol') ?? '';
  const asked = query.get('limit');
  const limit = asked === null ? shape.limitDefault : /^\d{1,9}$/.test(asked) ? shape.depthLimit(Number(asked)) : undefined;
  let error: RestError | undefined;
  if (symbol === '') error = refusal(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.");
  else if (!/^[A-Z0-9_\-.]{1,20}$/.test(symbol)) {
    error = refusal(-1100, "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'.");
  } else if (!symbols.has(symbol)) error = refusal(-1121, 'Invalid symbol.');
  else if (limit === undefined) error = refusal(-1130, "Data sent for parameter 'limit' is not valid.");
  const levels = limit ?? shape.limitDefault;
  const call = { endpoint: 'depth', weight: shape.depthWeight(levels), symbols: [symbol], limit: levels } as const;
  return error === undefined ? call : { ...call, error };
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
