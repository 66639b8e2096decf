import type { DepthEvent, FigureEvent, LevelUpdate, QuoteEvent } from '../market/events.js';
import { krakenFuturesSymbols, type SymbolSpec, SymbolText } from '../market/symbols.js';
import { number } from './deribit-words.js';
import { type Dialect, type RestCall, type ServerLimits, timeText } from './dialect.js';
import { readControl } from './kraken-futures-control.js';
import { krakenFuturesWords } from './recorded.js';

/** No limit is documented. */
const UNLIMITED = 1_000_000_000;
const HOUR_MS = 3_600_000;
/** Most minutes of one answer. */
const CANDLES_MAX = 2_000;
/** One trade of so many closes a position by force. */
const FORCED_OF = 25;

const limits: ServerLimits = {
  // The client pings.
  pingIntervalMs: UNLIMITED,
  pongTimeoutMs: UNLIMITED,
  idleMs: 60_000,
  idleOfClient: true,
  messagesPerSecond: 100,
  streamsMax: 10_000,
  connectionsPer5Minutes: 1_000,
  connectionLifeMs: UNLIMITED,
  shutdownNoticeMs: 0,
  restWeightPerMinute: 3_000,
  refusalsBeforeBan: 10,
  banMs: 600_000,
};

function rows(text: SymbolText, levels: readonly LevelUpdate[]): string {
  const row = ([tick, lots]: LevelUpdate): string => `{"price":${number(text.price(tick))},"qty":${number(text.qty(lots))}}`;
  return `[${levels.map(row).join(',')}]`;
}

/** One level. */
function level(text: SymbolText, { symbol }: SymbolSpec, { bids, asks, lastId, engineUs }: DepthEvent): string {
  const [side, [tick, lots]] = bids[0] === undefined ? ['sell', asks[0] ?? [0, 0]] : ['buy', bids[0]];
  const told = `"price":${number(text.price(tick))},"qty":${number(text.qty(lots))}`;
  return `{"feed":"book","product_id":"${symbol}","side":"${side}","seq":${lastId},${told},"timestamp":${timeText(engineUs, false)}}`;
}

function wholeBook(text: SymbolText, { symbol }: SymbolSpec, event: DepthEvent): string {
  const sides = `"bids":${rows(text, event.bids.toReversed())},"asks":${rows(text, event.asks)}`;
  const head = `"timestamp":${timeText(event.engineUs, false)},"seq":${event.lastId},"tickSize":null`;
  return `{"feed":"book_snapshot","product_id":"${symbol}",${head},${sides}}`;
}

/** A UUID that the number of a trade makes. */
function uid(id: number): string {
  const digits = id.toString(16).padStart(16, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12)}-8000-000000000000`;
}

/** Rates of zero are left out. */
function funding({ rate, engineUs }: FigureEvent): string {
  const next = (Math.floor(engineUs / 1_000 / HOUR_MS) + 1) * HOUR_MS;
  const rates = Number(rate) === 0 ? '' : `"funding_rate":${number(rate)},"relative_funding_rate":${number(rate)},`;
  return `${rates}"next_funding_rate_time":${next},`;
}

/** The venue sends one a second at most, and here each change of the best prices makes one. */
function ticker(text: SymbolText, { symbol, baseAsset, quoteAsset }: SymbolSpec, event: QuoteEvent): string {
  const { figures } = event;
  if (figures === undefined) throw new Error('invariant: quotes of this venue have figures');
  const bid = `"bid":${number(text.price(event.bidTick))},"bid_size":${number(text.qty(event.bidLots))}`;
  const ask = `"ask":${number(text.price(event.askTick))},"ask_size":${number(text.qty(event.askLots))}`;
  const prices = `"index":${number(figures.index)},"markPrice":${number(figures.mark)},"openInterest":${number(figures.openInterest)}`;
  const state = `"suspended":${figures.isHalted},"post_only":false`;
  const others = `"volume":1.0,"dtm":0,"leverage":"50x","maturityTime":0,"tag":"perpetual","pair":"${baseAsset}:${quoteAsset}"`;
  return `{"time":${timeText(event.engineUs, false)},"product_id":"${symbol}",${funding(figures)}"feed":"ticker",${bid},${ask},${others},${prices},${state}}`;
}

function listing(spec: SymbolSpec): object {
  const text = new SymbolText(spec, 0);
  return {
    symbol: spec.symbol,
    type: spec.symbol.startsWith('PI') ? 'futures_inverse' : 'flexible_futures',
    tickSize: Number(text.price(1)),
    contractSize: 1,
    tradeable: true,
    contractValueTradePrecision: spec.qtyPlaces,
    postOnly: false,
    base: spec.baseAsset,
    quote: spec.quoteAsset,
    pair: `${spec.baseAsset}:${spec.quoteAsset}`,
  };
}

const CHART = /^\/api\/charts\/v1\/trade\/([^/]+)\/1m$/;

function rest(path: string, query: URLSearchParams, symbols: ReadonlySet<string>): RestCall | undefined {
  if (path === '/derivatives/api/v3/instruments') return { endpoint: 'exchangeInfo', weight: 1, symbols: [], limit: 0 };
  const symbol = query.get('symbol') ?? CHART.exec(path)?.[1] ?? '';
  if (!symbols.has(symbol)) return undefined;
  if (path === '/derivatives/api/v3/orderbook') return { endpoint: 'depth', weight: 1, symbols: [symbol], limit: CANDLES_MAX };
  const span = [Number(query.get('from') ?? 0) * 1_000, Number(query.get('to') ?? 1e12) * 1_000] as const;
  return CHART.test(path) ? { endpoint: 'klines', weight: 1, symbols: [symbol], limit: CANDLES_MAX, span } : undefined;
}

/** Kraken futures, WebSocket v1. Payloads and rules: the venue's documents of 2026, the recording of 2021-07-22. */
export const krakenFutures: Dialect = {
  name: 'kraken-futures',
  symbols: krakenFuturesSymbols,
  limits,
  announcesShutdown: false,
  hello: '{"event":"info","version":1}',
  padPlaces: 0,
  sparseIds: false,
  tellsChanges: true,
  quotesTellFigures: true,
  firstUpdateId: 326_000_000,
  firstTradeId: 650_000,
  depthCadences: [],
  streamName: (symbol, kind) =>
    kind === 'aggTrade' ? undefined : `${{ depth: 'book', bookTicker: 'ticker', trade: 'trade' }[kind]}:${symbol}`,
  countsToRate: ({ kind }) => kind !== 'aggTrade',
  recorded: krakenFuturesWords,
  control: readControl,
  heartbeat: () => '{"feed":"heartbeat","time":1534262350627}',
  route: (path) => (path === '/ws/v1' ? { trafficClass: 'all', combined: false, streams: [], micros: false } : undefined),
  serves: () => true,
  depth: level,
  wholeBook,
  trade: (text, { symbol }, { id, tick, lots, buyerIsMaker, engineUs }) => {
    const kind = `"side":"${buyerIsMaker ? 'sell' : 'buy'}","type":"${id % FORCED_OF === 0 ? 'liquidation' : 'fill'}"`;
    const print = `"time":${timeText(engineUs, false)},"qty":${number(text.qty(lots))},"price":${number(text.price(tick))}`;
    return `{"feed":"trade","product_id":"${symbol}","uid":"${uid(id)}",${kind},"seq":${id},${print}}`;
  },
  bookTicker: ticker,
  decorate: (text) => `${text.slice(0, -1)},"st":1}`,
  rest,
  // Ascending by distance, as the fixture has it; no number that would line up with the stream.
  snapshotBody: (text, { bids, asks }, nowUs) => {
    const side = (levels: readonly LevelUpdate[]): string =>
      `[${levels.map(([tick, lots]) => `[${number(text.price(tick))},${number(text.qty(lots))}]`).join(',')}]`;
    const serverTime = new Date(Math.floor(nowUs / 1_000)).toISOString();
    return `{"result":"success","orderBook":{"bids":${side(bids)},"asks":${side(asks)}},"serverTime":"${serverTime}"}`;
  },
  klinesBody: (text, _, minutes) => {
    const candles = minutes.map(({ startMs, open, high, low, close, lots }) => {
      const prices = { open: text.price(open), high: text.price(high), low: text.price(low), close: text.price(close) };
      return { time: startMs, ...prices, volume: text.qty(lots) };
    });
    return JSON.stringify({ candles, more_candles: false });
  },
  exchangeInfoBody: (specs, nowUs) =>
    JSON.stringify({
      result: 'success',
      instruments: specs.map(listing),
      serverTime: new Date(Math.floor(nowUs / 1_000)).toISOString(),
    }),
};
