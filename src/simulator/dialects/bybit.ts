import type { DepthEvent } from '../market/events.js';
import { MINUTE_MS } from '../market/minutes.js';
import type { SymbolSpec } from '../market/symbols.js';
import { inverseSymbols, SymbolText, spotSymbols, usdmSymbols } from '../market/symbols.js';
import { readControl } from './bybit-control.js';
import {
  type Dialect,
  type FigureStream,
  type KlineStream,
  levelRows,
  type RestCall,
  type ServerLimits,
  timeText,
} from './dialect.js';
import { bybitWords } from './recorded.js';

/** Families of products, each with its address. */
export type Category = 'linear' | 'spot' | 'inverse';

/** No limit is documented. */
const UNLIMITED = 1_000_000_000;

const limits: ServerLimits = {
  // The client pings.
  pingIntervalMs: UNLIMITED,
  pongTimeoutMs: UNLIMITED,
  messagesPerSecond: 100,
  streamsMax: 1_000,
  connectionsPer5Minutes: 500,
  connectionLifeMs: UNLIMITED,
  shutdownNoticeMs: 0,
  restWeightPerMinute: 7_200,
  refusalsBeforeBan: 10,
  banMs: 600_000,
};

const SYMBOLS = { linear: usdmSymbols, spot: spotSymbols, inverse: inverseSymbols } as const;

/** `type` and `ts` stand in the other order on spot. */
function envelope(category: Category, topic: string, type: string, us: number): string {
  const ts = `"ts":${timeText(us, false)}`;
  return `{"topic":"${topic}",${category === 'spot' ? `${ts},"type":"${type}"` : `"type":"${type}",${ts}`},"data":`;
}

function book(category: Category, text: SymbolText, spec: SymbolSpec, event: DepthEvent, type: string): string {
  const sides = `"b":${levelRows(text, event.bids.toReversed())},"a":${levelRows(text, event.asks)}`;
  const ids = `"u":${event.lastId},"seq":${timeText(event.engineUs, false)}`;
  return `${envelope(category, `orderbook.1000.${spec.symbol}`, type, event.eventUs)}{"s":"${spec.symbol}",${sides},${ids}},"cts":${timeText(event.engineUs, false)}}`;
}

/** Trades of spot have numbers, those of futures UUIDs: here the number is their first half. */
function tradeId(category: Category, id: number): string {
  if (category === 'spot') return String(id);
  const hex = id.toString(16).padStart(16, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12)}-9112-a178eb6023af`;
}

/** Minutes; it does not tell how many trades there were. */
const klineOf = (category: Category): KlineStream => ({
  name: ({ symbol }) => `kline.1.${symbol}`,
  words: (text, { symbol }, { eventUs, minute, isClosed }) => {
    const { startMs, open, high, low, close, lots, worth } = minute;
    const prices = `"open":"${text.price(open)}","close":"${text.price(close)}","high":"${text.price(high)}","low":"${text.price(low)}"`;
    const traded = `"volume":"${text.qty(lots)}","turnover":"${text.worth(worth)}","confirm":${isClosed}`;
    const row = `{"start":${startMs},"end":${startMs + MINUTE_MS - 1},"interval":"1",${prices},${traded},"timestamp":${timeText(eventUs, false)}}`;
    return `${envelope(category, `kline.1.${symbol}`, 'snapshot', eventUs)}[${row}]}`;
  },
});

function listing(category: Category, spec: SymbolSpec): object {
  const text = new SymbolText(spec, 0);
  const lots = { minOrderQty: text.qty(1), maxOrderQty: text.qty(1_000_000) };
  return {
    symbol: spec.symbol,
    ...(category === 'spot' ? {} : { contractType: category === 'linear' ? 'LinearPerpetual' : 'InversePerpetual' }),
    status: 'Trading',
    baseCoin: spec.baseAsset,
    quoteCoin: spec.quoteAsset,
    priceFilter: { tickSize: text.price(1) },
    lotSizeFilter: category === 'spot' ? { basePrecision: text.qty(1), ...lots } : { qtyStep: text.qty(1), ...lots },
  };
}

function rest(category: Category, path: string, query: URLSearchParams, symbols: ReadonlySet<string>): RestCall | undefined {
  if (query.get('category') !== category) return undefined;
  const symbol = query.get('symbol');
  if (path === '/v5/market/kline' && query.get('interval') === '1' && symbol !== null && symbols.has(symbol)) {
    const [fromMs, toMs] = [Number(query.get('start') ?? 0), Number(query.get('end') ?? Number.MAX_SAFE_INTEGER)];
    const limit = Math.min(Number(query.get('limit') ?? 200), 1000);
    return { endpoint: 'klines', weight: 1, symbols: [symbol], limit, span: [fromMs, toMs] };
  }
  if (path === '/v5/market/orderbook' && symbol !== null && symbols.has(symbol)) {
    const limit = Number(query.get('limit') ?? (category === 'spot' ? 1 : 25));
    return { endpoint: 'depth', weight: 1, symbols: [symbol], limit };
  }
  if (path !== '/v5/market/instruments-info') return undefined;
  const wanted = symbol === null || !symbols.has(symbol) ? [] : [symbol];
  return { endpoint: 'exchangeInfo', weight: 1, symbols: wanted, limit: 0 };
}

/** Tickers, which begin with all and then tell what has changed, and liquidations, whose side is that of the position. */
const figures: readonly FigureStream[] = [
  {
    kind: 'mark',
    greets: true,
    name: ({ symbol }) => `tickers.${symbol}`,
    words: (_, { symbol }, event) => {
      const parts = [
        `"markPrice":"${event.mark}","indexPrice":"${event.index}"`,
        `"openInterest":"${event.openInterest}","openInterestValue":"${event.openInterestValue}"`,
        `"nextFundingTime":"${event.nextFundingMs}","fundingRate":"${event.rate}"`,
        `"fundingIntervalHour":"${event.fundingIntervalMs / 3_600_000}"`,
      ];
      const told = event.isWhole ? parts.join() : parts[event.turn % 3];
      const type = event.isWhole ? 'snapshot' : 'delta';
      return `{"topic":"tickers.${symbol}","type":"${type}","data":{"symbol":"${symbol}",${told}},"cs":${timeText(event.engineUs, false)},"ts":${timeText(event.eventUs, false)}}`;
    },
  },
  {
    kind: 'liquidation',
    name: ({ symbol }) => `allLiquidation.${symbol}`,
    words: (_, { symbol }, event) =>
      `{"topic":"allLiquidation.${symbol}","type":"snapshot","ts":${timeText(event.eventUs, false)},"data":[{"T":${timeText(event.engineUs, false)},"s":"${symbol}","S":"${event.sells ? 'Buy' : 'Sell'}","v":"${event.qty}","p":"${event.price}"}]}`,
  },
];

/** Bybit v5, one category. Payloads and rules: the venue's reference of 2026-07-24, §§ 1–5. */
function dialectOf(category: Category): Dialect {
  return {
    name: `bybit-${category}`,
    symbols: SYMBOLS[category],
    limits,
    announcesShutdown: false,
    padPlaces: 0,
    sparseIds: false,
    idsCountMessages: true,
    firstUpdateId: 18_000_000,
    firstTradeId: 2_290_000_000_000_000,
    depthCadences: [{ suffix: '1000', clock: 'interval', every: [2] }],
    streamName: (symbol, kind, suffix) => {
      if (kind === 'aggTrade') return undefined;
      const topic = { depth: `orderbook.${suffix}`, bookTicker: 'orderbook.1', trade: 'publicTrade' }[kind];
      return `${topic}.${symbol}`;
    },
    kline: klineOf(category),
    ...(category === 'spot' ? {} : { figures }),
    countsToRate: ({ kind }) => kind !== 'aggTrade',
    recorded: bybitWords,
    control: (text, isKnown) => readControl(category, text, isKnown),
    route: (path) =>
      path === `/v5/public/${category}` ? { trafficClass: 'all', combined: false, streams: [], micros: false } : undefined,
    serves: () => true,
    depth: (text, spec, event) => book(category, text, spec, event, 'delta'),
    wholeBook: (text, spec, event) => book(category, text, spec, event, 'snapshot'),
    trade: (text, spec, event) => {
      const row = `{"T":${timeText(event.engineUs, false)},"s":"${spec.symbol}","S":"${event.buyerIsMaker ? 'Sell' : 'Buy'}","v":"${text.qty(event.lots)}","p":"${text.price(event.tick)}","i":"${tradeId(category, event.id)}","BT":false,"RPI":false,"seq":${event.id}}`;
      return `${envelope(category, `publicTrade.${spec.symbol}`, 'snapshot', event.eventUs)}[${row}]}`;
    },
    bookTicker: (text, spec, event) => {
      const bid = levelRows(text, [[event.bidTick, event.bidLots]]);
      const ask = levelRows(text, [[event.askTick, event.askLots]]);
      const ids = `"u":${event.updateId},"seq":${timeText(event.engineUs, false)}`;
      return `${envelope(category, `orderbook.1.${spec.symbol}`, 'snapshot', event.eventUs)}{"s":"${spec.symbol}","b":${bid},"a":${ask},${ids}},"cts":${timeText(event.engineUs, false)}}`;
    },
    decorate: (message) => `${message.slice(0, -1)},"st":1}`,
    rest: (path, query, symbols) => rest(category, path, query, symbols),
    snapshotBody: (text, levels, nowUs) => {
      const [ts, sides] = [timeText(nowUs, false), `"b":${levelRows(text, levels.bids)},"a":${levelRows(text, levels.asks)}`];
      const result = `{"s":"${text.symbol}",${sides},"ts":${ts},"u":${levels.lastUpdateId},"seq":${ts},"cts":${ts}}`;
      return `{"retCode":0,"retMsg":"OK","result":${result},"retExtInfo":{},"time":${ts}}`;
    },
    klinesBody: (text, spec, minutes, nowUs) => {
      const rows = minutes.map(({ startMs, open, high, low, close, lots }) => [
        ...[String(startMs), ...[open, high, low, close].map((tick) => text.price(tick)), text.qty(lots)],
        '0',
      ]);
      const result = { category, symbol: spec.symbol, list: rows.reverse() };
      return JSON.stringify({ retCode: 0, retMsg: 'OK', result, retExtInfo: {}, time: Math.floor(nowUs / 1000) });
    },
    exchangeInfoBody: (specs, nowUs) =>
      JSON.stringify({
        retCode: 0,
        retMsg: 'OK',
        result: { category, list: specs.map((spec) => listing(category, spec)), nextPageCursor: '' },
        retExtInfo: {},
        time: Math.floor(nowUs / 1000),
      }),
  };
}

export const bybitLinear = dialectOf('linear');
export const bybitSpot = dialectOf('spot');
export const bybitInverse = dialectOf('inverse');
