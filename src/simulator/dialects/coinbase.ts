import type { DepthEvent, LevelUpdate } from '../market/events.js';
import { type MarketMinute, MINUTE_MS } from '../market/minutes.js';
import { coinbaseSymbols, type SymbolSpec, SymbolText } from '../market/symbols.js';
import type { ControlOutcome, ControlTarget } from '../server/control-messages.js';
import type { Dialect, FigureStream, KlineStream, ServerLimits } from './dialect.js';
import { coinbaseWords } from './recorded.js';

/** No limit is documented. */
const UNLIMITED = 1_000_000_000;
const HEARTBEAT_MS = 1_000;
/** Time of messages that no client reads it of. */
const UNTIMED = 0;
/** What a connection's number is written over. */
const UNNUMBERED = '"sequence_num":0,';
const NUMBER = /"sequence_num":\s*\d+/;

const limits: ServerLimits = {
  // Heartbeats are messages, and the client asks for them.
  pingIntervalMs: UNLIMITED,
  pongTimeoutMs: UNLIMITED,
  messagesPerSecond: 100,
  firstSubscriptionMs: 5_000,
  streamsMax: 1_000,
  connectionsPer5Minutes: 2_400,
  connectionLifeMs: UNLIMITED,
  shutdownNoticeMs: 0,
  restWeightPerMinute: 600,
  refusalsBeforeBan: 10,
  banMs: 600_000,
};

/** Products of other types are not here: no symbol is called so. */
const NO_SYMBOL = [''];

const CHANNEL = { depth: 'level2', trade: 'market_trades', bookTicker: 'ticker' } as const;

/** µs since 1970 as the venue writes times. */
function clock(us: number): string {
  return `${new Date(Math.floor(us / 1_000)).toISOString().slice(0, 19)}.${String(us % 1_000_000).padStart(6, '0')}Z`;
}

function message(channel: string, us: number, events: string): string {
  return `{"channel":"${channel}","client_id":"","timestamp":"${clock(us)}",${UNNUMBERED}"events":[${events}]}`;
}

function book(text: SymbolText, spec: SymbolSpec, event: DepthEvent, type: 'snapshot' | 'update'): string {
  const row = (side: string, [tick, lots]: readonly [number, number]): string =>
    `{"side":"${side}","event_time":"${clock(event.engineUs)}","price_level":"${text.price(tick)}","new_quantity":"${text.qty(lots)}"}`;
  const bids = event.bids.toReversed().map((level) => row('bid', level));
  const rows = [...bids, ...event.asks.map((level) => row('offer', level))];
  return message('l2_data', event.eventUs, `{"type":"${type}","product_id":"${spec.symbol}","updates":[${rows.join(',')}]}`);
}

/** States of products, each of those that were asked for; the venue repeats them all, now and then. */
const states: FigureStream = {
  kind: 'status',
  greets: true,
  name: ({ symbol }) => `status:${symbol}`,
  words: (text, spec, event) => {
    const assets = `"base_currency":"${spec.baseAsset}","quote_currency":"${spec.quoteAsset}"`;
    const steps = `"base_increment":"${text.qty(1)}","quote_increment":"${text.price(1)}"`;
    const state = `"display_name":"${spec.baseAsset}/${spec.quoteAsset}","status":"${event.isHalted ? 'offline' : 'online'}","status_message":""`;
    const row = `{"product_type":"SPOT","id":"${spec.symbol}",${assets},${steps},${state},"min_market_funds":"1"}`;
    return message('status', event.eventUs, `{"type":"${event.isWhole ? 'snapshot' : 'update'}","products":[${row}]}`);
  },
};

function bars(text: SymbolText, { symbol }: SymbolSpec, type: string, us: number, minutes: readonly MarketMinute[]): string {
  const rows = minutes.map(({ startMs, open, high, low, close, lots }) => {
    const prices = `"high":"${text.price(high)}","low":"${text.price(low)}","open":"${text.price(open)}","close":"${text.price(close)}"`;
    return `{"start":"${startMs / 1_000}",${prices},"volume":"${text.qty(lots)}","product_id":"${symbol}"}`;
  });
  return message('candles', us, `{"type":"${type}","candles":[${rows.join(',')}]}`);
}

/** Bars of five minutes, those of the past when subscribed; that one is over the next one tells. */
const candles: KlineStream = {
  intervalMs: 5 * MINUTE_MS,
  name: ({ symbol }) => `candles:${symbol}`,
  words: (text, spec, { eventUs, minute }) => bars(text, spec, 'update', eventUs, [minute]),
  whole: (text, spec, minutes, nowUs) => bars(text, spec, 'snapshot', nowUs, minutes.toReversed()),
};

interface Request {
  readonly type?: unknown;
  readonly channel?: unknown;
  readonly product_ids?: unknown;
}

/** One channel a message; the answer is the list of all that is subscribed: the venue's reference §A2. */
function readControl(text: string, isKnown: (stream: string) => boolean): ControlOutcome {
  const refused = (what: string): ControlOutcome => ({ ok: false, text: refusal(0, what) });
  const { type, channel, product_ids: products = [] } = parse(text);
  if (type !== 'subscribe' && type !== 'unsubscribe') return refused('invalid type');
  if (typeof channel !== 'string') return refused('no channel');
  if (!Array.isArray(products)) return refused('invalid product_ids');
  const streams = products.map((product) => `${channel}:${product}`);
  const missing = channel === 'heartbeats' ? undefined : streams.find((stream) => !isKnown(stream));
  if (missing !== undefined) return refused(`${missing} is not a valid product`);
  const act = (target: ControlTarget): string => {
    if (channel === 'heartbeats') target.beat(HEARTBEAT_MS);
    else if (type === 'subscribe') target.subscribe(streams);
    else target.unsubscribe(streams);
    const subscriptions: Record<string, string[]> = {};
    for (const stream of target.list()) {
      const [of = '', product = ''] = stream.split(':');
      subscriptions[of] = [...(subscriptions[of] ?? []), product];
    }
    return message('subscriptions', UNTIMED, JSON.stringify({ subscriptions }));
  };
  return { ok: true, subscribes: type === 'subscribe' && channel !== 'heartbeats', act, refusal };
}

function refusal(_: number, what: string): string {
  return JSON.stringify({ type: 'error', message: what });
}

function parse(text: string): Request {
  try {
    const request: unknown = JSON.parse(text);
    return typeof request === 'object' && request !== null ? request : {};
  } catch {
    return {};
  }
}

function listing(spec: SymbolSpec): object {
  const text = new SymbolText(spec, 0);
  return {
    product_id: spec.symbol,
    base_increment: text.qty(1),
    quote_increment: text.price(1),
    price_increment: text.price(1),
    base_min_size: text.qty(1),
    status: 'online',
    is_disabled: false,
    trading_disabled: false,
    product_type: 'SPOT',
    alias: '',
    base_currency_id: spec.baseAsset,
    quote_currency_id: spec.quoteAsset,
  };
}

/** Coinbase Advanced Trade. Payloads and rules: the venue's reference of 2026, §A. */
export const coinbase: Dialect = {
  name: 'coinbase',
  symbols: coinbaseSymbols,
  limits,
  announcesShutdown: false,
  padPlaces: 0,
  sparseIds: false,
  firstUpdateId: 1_000_000,
  firstTradeId: 995_000_000,
  depthCadences: [{ suffix: '', clock: 'step', every: [1] }],
  streamName: (symbol, kind) => (kind === 'aggTrade' ? undefined : `${CHANNEL[kind]}:${symbol}`),
  figures: [states],
  kline: candles,
  countsToRate: ({ kind }) => kind !== 'aggTrade',
  recorded: coinbaseWords,
  control: readControl,
  heartbeat: () => message('heartbeats', UNTIMED, '{"current_time":"","heartbeat_counter":1}'),
  stamp: (text, number) => text.replace(NUMBER, `"sequence_num":${number}`),
  route: (path) => (path === '/' ? { trafficClass: 'all', combined: false, streams: [], micros: false } : undefined),
  serves: () => true,
  depth: (text, spec, event) => book(text, spec, event, 'update'),
  wholeBook: (text, spec, event) => book(text, spec, event, 'snapshot'),
  // `side` is the maker's.
  trade: (text, spec, event) => {
    const row = `{"trade_id":"${event.id}","product_id":"${spec.symbol}","price":"${text.price(event.tick)}","size":"${text.qty(event.lots)}","side":"${event.buyerIsMaker ? 'BUY' : 'SELL'}","time":"${clock(event.engineUs)}"}`;
    return message('market_trades', event.eventUs, `{"type":"update","trades":[${row}]}`);
  },
  bookTicker: (text, spec, event) => {
    const bid = `"best_bid":"${text.price(event.bidTick)}","best_bid_quantity":"${text.qty(event.bidLots)}"`;
    const ask = `"best_ask":"${text.price(event.askTick)}","best_ask_quantity":"${text.qty(event.askLots)}"`;
    const row = `{"type":"ticker","product_id":"${spec.symbol}","price":"${text.price(event.bidTick)}",${bid},${ask}}`;
    return message('ticker', event.eventUs, `{"type":"update","tickers":[${row}]}`);
  },
  decorate: (text) => `${text.slice(0, -1)},"st":1}`,
  rest: (path, query, symbols) => {
    const product = query.get('product_id') ?? '';
    if (path === '/api/v3/brokerage/market/product_book' && symbols.has(product))
      return { endpoint: 'depth', weight: 1, symbols: [product], limit: Number(query.get('limit') ?? 250) };
    if (path !== '/api/v3/brokerage/market/products') return undefined;
    const isSpot = (query.get('product_type') ?? 'SPOT') === 'SPOT';
    return { endpoint: 'exchangeInfo', weight: 1, symbols: isSpot ? [] : NO_SYMBOL, limit: 0 };
  },
  snapshotBody: (text, { bids, asks }, nowUs) => {
    const side = (levels: readonly LevelUpdate[]): object[] =>
      levels.map(([tick, lots]) => ({ price: text.price(tick), size: text.qty(lots) }));
    return JSON.stringify({ pricebook: { product_id: text.symbol, bids: side(bids), asks: side(asks), time: clock(nowUs) } });
  },
  assetsBody: (path, assets) => {
    if (path === '/v2/currencies') return JSON.stringify({ data: [] });
    if (path === '/v2/currencies/crypto')
      return JSON.stringify({ data: assets.map((code) => ({ asset_id: code, code, name: code })) });
    return path === '/v2/exchange-rates' ? JSON.stringify({ data: { currency: 'USD', rates: {} } }) : undefined;
  },
  exchangeInfoBody: (specs) => JSON.stringify({ products: specs.map(listing), num_products: specs.length }),
};
