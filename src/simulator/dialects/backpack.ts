import type { LevelUpdate } from '../market/events.js';
import { MINUTE_MS } from '../market/minutes.js';
import { backpackSymbols, type SymbolSpec, SymbolText } from '../market/symbols.js';
import type { ControlOutcome } from '../server/control-messages.js';
import { backpackFigures, message } from './backpack-figures.js';
import { type Dialect, type KlineStream, levelRows, type RestCall, type ServerLimits } from './dialect.js';
import { backpackWords } from './recorded.js';

/** No limit is documented. */
const UNLIMITED = 1_000_000_000;

const limits: ServerLimits = {
  pingIntervalMs: 60_000,
  pongTimeoutMs: 120_000,
  messagesPerSecond: 100,
  streamsMax: 1_000,
  connectionsPer5Minutes: 1_000,
  connectionLifeMs: UNLIMITED,
  shutdownNoticeMs: 0,
  restWeightPerMinute: 1_200,
  refusalsBeforeBan: 10,
  banMs: 600_000,
};

const DEPTH_LIMITS = [5, 10, 20, 50, 100, 500, 1_000];

/** No acknowledgement: only what does not exist is answered. */
function readControl(text: string, isKnown: (stream: string) => boolean): ControlOutcome {
  const { method, params } = parse(text);
  if ((method !== 'SUBSCRIBE' && method !== 'UNSUBSCRIBE') || !Array.isArray(params))
    return { ok: false, text: refusal(4000, 'Invalid request') };
  const streams = params.filter((name): name is string => typeof name === 'string' && isKnown(name));
  return {
    ok: true,
    subscribes: method === 'SUBSCRIBE',
    act: (target) => {
      if (method === 'SUBSCRIBE') target.subscribe(streams);
      else target.unsubscribe(streams);
      return streams.length < params.length ? refusal(4005, 'Invalid market') : '';
    },
    refusal,
  };
}

function refusal(code: number, what: string): string {
  return JSON.stringify({ id: null, error: { code, message: what } });
}

function parse(text: string): { readonly method?: unknown; readonly params?: unknown } {
  try {
    const request: unknown = JSON.parse(text);
    return typeof request === 'object' && request !== null ? request : {};
  } catch {
    return {};
  }
}

/** Most trades of an answer. */
const TRADES_MAX = 1_000;

function rest(path: string, query: URLSearchParams, symbols: ReadonlySet<string>): RestCall | undefined {
  if (path === '/api/v1/markets') return { endpoint: 'exchangeInfo', weight: 1, symbols: [], limit: 0 };
  const symbol = query.get('symbol') ?? '';
  const limit = Number(query.get('limit') ?? 1_000);
  if (path === '/api/v1/trades' && symbols.has(symbol)) {
    const newest = Math.min(limit, TRADES_MAX);
    return { endpoint: 'trades', weight: 1, symbols: [symbol], limit: newest, trades: { aggregated: false } };
  }
  if (path !== '/api/v1/depth') return undefined;
  const call = { endpoint: 'depth', weight: 1, symbols: [symbol], limit } as const;
  if (!symbols.has(symbol)) return { ...call, error: { status: 400, code: -1121, msg: 'Invalid market' } };
  if (!DEPTH_LIMITS.includes(limit)) return { ...call, error: { status: 400, code: -1130, msg: 'Invalid limit' } };
  return call;
}

function listing(spec: SymbolSpec): object {
  const text = new SymbolText(spec, 0);
  return {
    symbol: spec.symbol,
    baseSymbol: spec.baseAsset,
    quoteSymbol: spec.quoteAsset,
    marketType: spec.symbol.endsWith('_PERP') ? 'PERP' : 'SPOT',
    rwaMarketType: null,
    orderBookState: 'Open',
    visible: true,
    filters: {
      price: { minPrice: text.price(1), maxPrice: null, tickSize: text.price(1) },
      quantity: { minQuantity: text.qty(1), maxQuantity: null, stepSize: text.qty(1) },
    },
  };
}

/** Minutes, whose times are UTC without saying so. */
const kline: KlineStream = {
  name: ({ symbol }) => `kline.1m.${symbol}`,
  words: (text, { symbol }, { eventUs, minute, isClosed }) => {
    const { startMs, open, high, low, close, lots, count } = minute;
    const clock = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
    const times = `"t":"${clock(startMs)}","T":"${clock(startMs + MINUTE_MS)}"`;
    const prices = `"o":"${text.price(open)}","c":"${text.price(close)}","h":"${text.price(high)}","l":"${text.price(low)}"`;
    const data = `{"e":"kline","E":${eventUs},"s":"${symbol}",${times},${prices},"v":"${text.qty(lots)}","n":${count},"X":${isClosed}}`;
    return message(`kline.1m.${symbol}`, data);
  },
};

/** Backpack. Payloads and rules: the venue's reference of 2026, §§ 1–6. */
export const backpack: Dialect = {
  name: 'backpack',
  symbols: backpackSymbols,
  limits,
  announcesShutdown: false,
  padPlaces: 0,
  sparseIds: false,
  firstUpdateId: 1_662_000_000,
  firstTradeId: 12_000,
  depthCadences: [{ suffix: '', clock: 'step', every: [1] }],
  streamName: (symbol, kind) => (kind === 'aggTrade' ? undefined : `${kind}.${symbol}`),
  figures: backpackFigures,
  kline,
  countsToRate: ({ kind }) => kind !== 'aggTrade',
  recorded: backpackWords,
  control: readControl,
  route: (path) => (path === '/' ? { trafficClass: 'all', combined: false, streams: [], micros: false } : undefined),
  serves: () => true,
  depth: (text, spec, event) => {
    const sides = `"a":${levelRows(text, event.asks)},"b":${levelRows(text, event.bids)}`;
    const data = `{"e":"depth","E":${event.eventUs},"s":"${spec.symbol}",${sides},"U":${event.firstId},"u":${event.lastId},"T":${event.engineUs}}`;
    return message(`depth.${spec.symbol}`, data);
  },
  trade: (text, spec, event) => {
    const ids = `"b":"${event.id}1","a":"${event.id}2","t":${event.id}`;
    const data = `{"e":"trade","E":${event.eventUs},"s":"${spec.symbol}","p":"${text.price(event.tick)}","q":"${text.qty(event.lots)}",${ids},"T":${event.engineUs},"m":${event.buyerIsMaker}}`;
    return message(`trade.${spec.symbol}`, data);
  },
  bookTicker: (text, spec, event) => {
    const ask = `"a":"${text.price(event.askTick)}","A":"${text.qty(event.askLots)}"`;
    const bid = `"b":"${text.price(event.bidTick)}","B":"${text.qty(event.bidLots)}"`;
    const data = `{"e":"bookTicker","E":${event.eventUs},"s":"${spec.symbol}",${ask},${bid},"u":"${event.updateId}","T":${event.engineUs}}`;
    return message(`bookTicker.${spec.symbol}`, data);
  },
  decorate: (text) => `${text.slice(0, -2)},"st":1}}`,
  rest,
  // Both sides ascend by price, and the id is text.
  snapshotBody: (text, levels, nowUs) => {
    const ascending = (side: readonly LevelUpdate[]): string => levelRows(text, side);
    return `{"asks":${ascending(levels.asks)},"bids":${ascending(levels.bids.toReversed())},"lastUpdateId":"${levels.lastUpdateId}","timestamp":${nowUs}}`;
  },
  // Newest first, times in ms.
  tradesBody: (text, trades) => {
    const rows = trades.toReversed().map(({ id, tick, lots, buyerIsMaker, engineUs }) => {
      const numbers = `"price":"${text.price(tick)}","quantity":"${text.qty(lots)}","quoteQuantity":"0"`;
      return `{"id":${id},${numbers},"timestamp":${Math.floor(engineUs / 1_000)},"isBuyerMaker":${buyerIsMaker}}`;
    });
    return `[${rows.join(',')}]`;
  },
  exchangeInfoBody: (specs) => JSON.stringify(specs.map(listing)),
};
