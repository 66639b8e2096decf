import type { DepthEvent, LevelUpdate, TradeEvent } from '../market/events.js';
import type { MarketMinute } from '../market/minutes.js';
import { deribitSymbols, type SymbolSpec, SymbolText } from '../market/symbols.js';
import { readControl } from './deribit-control.js';
import { deribitFigures } from './deribit-figures.js';
import { message, number } from './deribit-words.js';
import { type Dialect, type KlineStream, type RestCall, type ServerLimits, timeText } from './dialect.js';
import { deribitWords } from './recorded.js';

/** No limit is documented. */
const UNLIMITED = 1_000_000_000;

/** Most trades of one answer. */
const TRADES_MAX = 1_000;

/** Most minutes of one answer. */
const CHART_MAX = 5_000;

const limits: ServerLimits = {
  // Heartbeats are messages, and the client asks for them.
  pingIntervalMs: UNLIMITED,
  pongTimeoutMs: UNLIMITED,
  messagesPerSecond: 100,
  streamsMax: 10_000,
  connectionsPer5Minutes: 1_000,
  connectionLifeMs: UNLIMITED,
  shutdownNoticeMs: 0,
  restWeightPerMinute: 600,
  refusalsBeforeBan: 10,
  banMs: 600_000,
};

/** `[["new",price,amount],…]`; which level is new the market does not remember, and clients must not depend on it. */
function rows(text: SymbolText, levels: readonly LevelUpdate[], action: string): string {
  const row = ([tick, lots]: LevelUpdate): string =>
    `["${lots === 0 ? 'delete' : action}",${number(text.price(tick))},${number(text.qty(lots))}]`;
  return `[${levels.map(row).join(',')}]`;
}

function book(text: SymbolText, spec: SymbolSpec, event: DepthEvent, type: 'snapshot' | 'change'): string {
  const action = type === 'snapshot' ? 'new' : 'change';
  const prev = type === 'snapshot' ? '' : `"prev_change_id":${event.previousId},`;
  const sides = `"bids":${rows(text, event.bids.toReversed(), action)},"asks":${rows(text, event.asks, action)}`;
  const data = `{"type":"${type}","timestamp":${timeText(event.engineUs, false)},${prev}"instrument_name":"${spec.symbol}","change_id":${event.lastId},${sides}}`;
  return message(`book.${spec.symbol}.100ms`, data);
}

function listing(spec: SymbolSpec): object {
  const text = new SymbolText(spec, 0);
  return {
    instrument_name: spec.symbol,
    kind: 'future',
    base_currency: spec.baseAsset,
    quote_currency: spec.quoteAsset,
    settlement_period: 'perpetual',
    tick_size: Number(text.price(1)),
    tick_size_steps: [],
    contract_size: Number(text.qty(1)),
    min_trade_amount: Number(text.qty(1)),
    is_active: true,
    state: 'open',
  };
}

function tradeRow(text: SymbolText, symbol: string, event: TradeEvent): string {
  const [price, amount] = [number(text.price(event.tick)), number(text.qty(event.lots))];
  const direction = event.buyerIsMaker ? 'sell' : 'buy';
  return `{"timestamp":${timeText(event.engineUs, false)},"price":${price},"amount":${amount},"direction":"${direction}","instrument_name":"${symbol}","trade_seq":${event.id},"tick_direction":0,"contracts":${amount},"trade_id":"${event.id}"}`;
}

/** By sequence alone, as missed trades are asked for. */
function readTrades(query: URLSearchParams, symbols: ReadonlySet<string>): RestCall {
  const symbol = query.get('instrument_name') ?? '';
  const [fromId, last] = [Number(query.get('start_seq') ?? Number.NaN), Number(query.get('end_seq') ?? Number.NaN)];
  const limit = Math.min(Number(query.get('count') ?? 10), TRADES_MAX, last - fromId + 1);
  const call = { endpoint: 'trades', weight: 1, symbols: [symbol], limit, trades: { fromId, aggregated: false } } as const;
  const sound = symbols.has(symbol) && [limit, fromId].every((value) => Number.isSafeInteger(value) && value >= 0);
  return sound ? call : { ...call, error: { status: 400, code: -32602, msg: 'Invalid params' } };
}

/** Depths of a copy. */
const DEPTHS = new Set(['1', '5', '10', '20', '50', '100', '1000', '10000']);

function readBook(query: URLSearchParams, symbols: ReadonlySet<string>): RestCall {
  const [symbol, depth] = [query.get('instrument_name') ?? '', query.get('depth') ?? '5'];
  const call = { endpoint: 'depth', weight: 1, symbols: [symbol], limit: Number(depth) } as const;
  const sound = symbols.has(symbol) && DEPTHS.has(depth);
  return sound ? call : { ...call, error: { status: 400, code: -32602, msg: 'Invalid params' } };
}

/** Minutes alone. */
function readChart(query: URLSearchParams, symbols: ReadonlySet<string>): RestCall {
  const symbol = query.get('instrument_name') ?? '';
  const span = [Number(query.get('start_timestamp') ?? Number.NaN), Number(query.get('end_timestamp') ?? Number.NaN)] as const;
  const call = { endpoint: 'klines', weight: 1, symbols: [symbol], limit: CHART_MAX, span } as const;
  const sound = symbols.has(symbol) && query.get('resolution') === '1' && span.every(Number.isSafeInteger);
  return sound ? call : { ...call, error: { status: 400, code: -32602, msg: 'Invalid params' } };
}

/** Of a minute: amounts are those of the quote for futures settled in the coin, where the coin's are rounded. */
function amountsOf(text: SymbolText, symbol: string, { lots, close }: MarketMinute): { volume: string; cost: string } {
  const [amount, price] = [Number(text.qty(lots)), Number(text.price(close))];
  const other = (symbol.includes('_') ? amount * price : amount / price).toFixed(8);
  return symbol.includes('_') ? { volume: text.qty(lots), cost: other } : { volume: other, cost: text.qty(lots) };
}

/** Minutes; that one is over the next one tells. */
const kline: KlineStream = {
  name: ({ symbol }) => `chart.trades.${symbol}.1`,
  words: (text, { symbol }, { minute }) => {
    const { volume, cost } = amountsOf(text, symbol, minute);
    const price = (name: 'open' | 'high' | 'low' | 'close'): string => `"${name}":${number(text.price(minute[name]))}`;
    const prices = [price('open'), price('low'), price('high'), price('close')].join(',');
    const data = `{"volume":${number(volume)},"tick":${minute.startMs},${prices},"cost":${number(cost)}}`;
    return message(`chart.trades.${symbol}.1`, data);
  },
};

/** Deribit's JSON-RPC. Payloads and rules: the venue's reference of 2026, §§ 1–5. */
export const deribit: Dialect = {
  name: 'deribit',
  symbols: deribitSymbols,
  limits,
  announcesShutdown: false,
  padPlaces: 0,
  sparseIds: true,
  firstUpdateId: 136_000_000_000,
  firstTradeId: 403_000_000,
  depthCadences: [{ suffix: '100ms', clock: 'interval', every: [1] }],
  streamName: (symbol, kind, suffix) => {
    if (kind === 'aggTrade') return undefined;
    return { depth: `book.${symbol}.${suffix}`, bookTicker: `quote.${symbol}`, trade: `trades.${symbol}.100ms` }[kind];
  },
  figures: deribitFigures,
  kline,
  countsToRate: ({ kind }) => kind !== 'aggTrade',
  recorded: deribitWords,
  control: readControl,
  wantsProof: true,
  heartbeat: (proof) => `{"jsonrpc":"2.0","method":"heartbeat","params":{"type":"${proof ? 'test_request' : 'heartbeat'}"}}`,
  route: (path) => (path === '/ws/api/v2' ? { trafficClass: 'all', combined: false, streams: [], micros: false } : undefined),
  serves: () => true,
  depth: (text, spec, event) => book(text, spec, event, 'change'),
  wholeBook: (text, spec, event) => book(text, spec, event, 'snapshot'),
  trade: (text, spec, event) => message(`trades.${spec.symbol}.100ms`, `[${tradeRow(text, spec.symbol, event)}]`),
  bookTicker: (text, spec, event) => {
    const ask = `"best_ask_price":${number(text.price(event.askTick))},"best_ask_amount":${number(text.qty(event.askLots))}`;
    const bid = `"best_bid_price":${number(text.price(event.bidTick))},"best_bid_amount":${number(text.qty(event.bidLots))}`;
    const data = `{"timestamp":${timeText(event.engineUs, false)},"instrument_name":"${spec.symbol}",${ask},${bid}}`;
    return message(`quote.${spec.symbol}`, data);
  },
  decorate: (text) => `${text.slice(0, -1)},"usOut":1}`,
  rest: (path, query, symbols) => {
    if (path === '/api/v2/public/get_instruments') return { endpoint: 'exchangeInfo', weight: 1, symbols: [], limit: 0 };
    if (path === '/api/v2/public/get_order_book') return readBook(query, symbols);
    if (path === '/api/v2/public/get_tradingview_chart_data') return readChart(query, symbols);
    return path === '/api/v2/public/get_last_trades_by_instrument' ? readTrades(query, symbols) : undefined;
  },
  snapshotBody: (text, { lastUpdateId, bids, asks }, nowUs) => {
    const side = (levels: readonly LevelUpdate[]): string =>
      `[${levels.map(([tick, lots]) => `[${number(text.price(tick))},${number(text.qty(lots))}]`).join(',')}]`;
    const book = `"change_id":${lastUpdateId},"bids":${side(bids)},"asks":${side(asks)}`;
    return `{"jsonrpc":"2.0","result":{"timestamp":${timeText(nowUs, false)},"state":"open",${book},"instrument_name":"${text.symbol}"}}`;
  },
  // Columns.
  klinesBody: (text, { symbol }, minutes) => {
    const of = (texts: readonly string[]): string => `[${texts.map(number).join(',')}]`;
    const prices = (['open', 'high', 'low', 'close'] as const).map(
      (name) => `"${name}":${of(minutes.map((minute) => text.price(minute[name])))}`,
    );
    const traded = minutes.map((minute) => amountsOf(text, symbol, minute));
    const ticks = minutes.map(({ startMs }) => startMs).join(',');
    const columns = `"ticks":[${ticks}],${prices.join(',')},"volume":${of(traded.map(({ volume }) => volume))},"cost":${of(traded.map(({ cost }) => cost))}`;
    return `{"jsonrpc":"2.0","result":{"status":"${minutes.length === 0 ? 'no_data' : 'ok'}",${columns}},"usIn":0,"usOut":0,"usDiff":0,"testnet":false}`;
  },
  tradesBody: (text, trades, _, symbol) =>
    `{"jsonrpc":"2.0","result":{"trades":[${trades.map((trade) => tradeRow(text, symbol, trade)).join(',')}],"has_more":false}}`,
  assetsBody: (path, assets) =>
    path === '/api/v2/public/get_currencies'
      ? JSON.stringify({ jsonrpc: '2.0', result: assets.map((currency) => ({ currency, currency_long: currency })) })
      : undefined,
  joinListings: (bodies) => {
    const parts = bodies.map((body) => JSON.parse(body) as { readonly result: readonly unknown[] });
    return JSON.stringify({ ...parts[0], result: parts.flatMap(({ result }) => result) });
  },
  exchangeInfoBody: (specs) =>
    JSON.stringify({ jsonrpc: '2.0', result: specs.map(listing), usIn: 0, usOut: 0, usDiff: 0, testnet: false }),
};
