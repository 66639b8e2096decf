import type { SymbolSpec } from '../market/symbols.js';
import { SymbolText, usdmSymbols } from '../market/symbols.js';
import { readControl } from './binance-control.js';
import { binanceKline } from './binance-kline.js';
import { klinesBody, type RestShape, readRest, tradesBody } from './binance-rest.js';
import { type Dialect, type FigureStream, levelRows, type Route, type ServerLimits, timeText } from './dialect.js';
import { binanceWords } from './recorded.js';

const DAY_MS = 86_400_000;

/** Its REST interface; COIN-M has the same at another address. */
export const futuresRest: RestShape = {
  prefix: '/fapi/v1',
  limitDefault: 500,
  exchangeInfoWeight: 1,
  depthWeight: (limit) => (limit <= 50 ? 2 : limit <= 100 ? 5 : limit <= 500 ? 10 : 20),
  klinesMax: 1500,
  klinesWeight: (limit) => (limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10),
  aggTradesWeight: 20,
  historicalTradesWeight: 20,
  depthLimit: (limit) => ([5, 10, 20, 50, 100, 500, 1000].includes(limit) ? limit : undefined),
};

/**
 * The routed addresses: `/public`, `/market` and `/private`, each with `ws` and `stream`. The un-routed ones answer
 * as the public class does, which is what a client that never moved gets since 2026-04-23.
 */
function route(path: string, query: URLSearchParams): Route | undefined {
  const parts = path.split('/').slice(1);
  const routed = parts[0] === 'public' || parts[0] === 'market' || parts[0] === 'private';
  const trafficClass = routed ? (parts.shift() as string) : 'public';
  const mode = parts.shift();
  if (mode === 'ws') return { trafficClass, combined: false, streams: parts.filter((name) => name !== ''), micros: false };
  if (mode !== 'stream' || parts.some((part) => part !== '')) return undefined;
  const streams = (query.get('streams') ?? '').split('/').filter((name) => name !== '');
  return { trafficClass, combined: true, streams, micros: false };
}

/** A row of the listing. */
export function futuresListing(spec: SymbolSpec) {
  const text = new SymbolText(spec, 0);
  return {
    symbol: spec.symbol,
    pair: spec.symbol,
    contractType: 'PERPETUAL',
    deliveryDate: 4_133_404_800_000,
    onboardDate: 1_569_398_400_000,
    status: 'TRADING',
    baseAsset: spec.baseAsset,
    quoteAsset: spec.quoteAsset,
    marginAsset: spec.quoteAsset,
    // The venue warns that the two precisions are not tick and step; a client that takes them as such should notice.
    pricePrecision: spec.pricePlaces,
    quantityPrecision: spec.qtyPlaces,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    filters: [
      {
        filterType: 'PRICE_FILTER',
        minPrice: text.price(1),
        maxPrice: text.price(spec.startTick * 10),
        tickSize: text.price(1),
      },
      { filterType: 'LOT_SIZE', minQty: text.qty(1), maxQty: text.qty(1_000_000), stepSize: text.qty(1) },
      { filterType: 'MARKET_LOT_SIZE', minQty: text.qty(1), maxQty: text.qty(100_000), stepSize: text.qty(1) },
      { filterType: 'MIN_NOTIONAL', notional: '5' },
    ],
  };
}

const limits: ServerLimits = {
  pingIntervalMs: 180_000,
  pongTimeoutMs: 600_000,
  messagesPerSecond: 10,
  streamsMax: 1024,
  connectionsPer5Minutes: 300,
  connectionLifeMs: DAY_MS,
  shutdownNoticeMs: 0,
  restWeightPerMinute: 2400,
  refusalsBeforeBan: 10,
  banMs: 120_000,
};

/** Mark price with index and funding, the largest liquidation, states of all contracts. */
const figures: readonly FigureStream[] = [
  {
    kind: 'mark',
    name: ({ symbol }) => `${symbol.toLowerCase()}@markPrice@1s`,
    words: (_, { symbol }, event) =>
      `{"e":"markPriceUpdate","E":${timeText(event.eventUs, false)},"s":"${symbol}","p":"${event.mark}","ap":"${event.mark}","i":"${event.index}","P":"${event.index}","r":"${event.rate}","T":${event.nextFundingMs}}`,
  },
  {
    kind: 'liquidation',
    name: ({ symbol }) => `${symbol.toLowerCase()}@forceOrder`,
    words: (_, { symbol }, event) =>
      `{"e":"forceOrder","E":${timeText(event.eventUs, false)},"o":{"s":"${symbol}","S":"${event.sells ? 'SELL' : 'BUY'}","o":"LIMIT","f":"IOC","q":"${event.qty}","p":"${event.price}","ap":"${event.price}","X":"FILLED","l":"${event.qty}","z":"${event.qty}","T":${timeText(event.engineUs, false)}}}`,
  },
  {
    kind: 'status',
    isShared: true,
    name: () => '!contractInfo',
    words: (_, { symbol }, event) =>
      `{"e":"contractInfo","E":${timeText(event.eventUs, false)},"s":"${symbol}","ps":"${symbol}","ct":"PERPETUAL","dt":4133404800000,"ot":1569398400000,"cs":"${event.isHalted ? 'SETTLING' : 'TRADING'}"}`,
  },
];

/** Binance USDⓈ-M futures. Payloads and rules: the venue's reference of 2026-05-28, §§ 1–6. */
export const binanceUsdm: Dialect = {
  name: 'binance-usdm',
  symbols: usdmSymbols,
  limits,
  announcesShutdown: false,
  padPlaces: 0,
  sparseIds: true,
  firstUpdateId: 5_000_000_000_000,
  firstTradeId: 5_000_000_000,
  depthCadences: [
    { suffix: '@0ms', clock: 'step', every: [1] },
    { suffix: '@100ms', clock: 'interval', every: [1] },
    { suffix: '', clock: 'interval', every: [2, 3] },
    { suffix: '@500ms', clock: 'interval', every: [5] },
  ],
  countsToRate: ({ kind, name }) => kind === 'bookTicker' || kind === 'aggTrade' || name.endsWith('@depth@100ms'),
  recorded: binanceWords,
  control: readControl,
  weightHeader: 'X-MBX-USED-WEIGHT-1M',
  route,
  serves: (trafficClass, kind) =>
    ['depth', 'bookTicker', 'trade'].includes(kind) ? trafficClass === 'public' : trafficClass === 'market',
  kline: binanceKline,
  figures,
  depth: (text, spec, event, micros) =>
    `{"e":"depthUpdate","E":${timeText(event.eventUs, micros)},"T":${timeText(event.engineUs, micros)},"s":"${spec.symbol}","U":${event.firstId},"u":${event.lastId},"pu":${event.previousId},"b":${levelRows(text, event.bids)},"a":${levelRows(text, event.asks)}}`,
  trade: (text, spec, event, micros) =>
    `{"e":"trade","E":${timeText(event.eventUs, micros)},"T":${timeText(event.engineUs, micros)},"s":"${spec.symbol}","t":${event.id},"p":"${text.price(event.tick)}","q":"${text.qty(event.lots)}","X":"MARKET","m":${event.buyerIsMaker}}`,
  aggTrade: (text, spec, event, micros) => {
    const qty = text.qty(event.lots);
    return `{"e":"aggTrade","E":${timeText(event.eventUs, micros)},"a":${event.id},"s":"${spec.symbol}","p":"${text.price(event.tick)}","q":"${qty}","nq":"${qty}","f":${event.firstTradeId},"l":${event.lastTradeId},"T":${timeText(event.engineUs, micros)},"m":${event.buyerIsMaker}}`;
  },
  bookTicker: (text, spec, event, micros) =>
    `{"e":"bookTicker","u":${event.updateId},"E":${timeText(event.eventUs, micros)},"T":${timeText(event.engineUs, micros)},"s":"${spec.symbol}","b":"${text.price(event.bidTick)}","B":"${text.qty(event.bidLots)}","a":"${text.price(event.askTick)}","A":"${text.qty(event.askLots)}"}`,
  // Seen on this venue in mid-2026 and in no document: `st` on many events, `ps` on depth and quotes.
  decorate: (message, { kind, symbol }) =>
    `${message.slice(0, -1)},"st":1${kind === 'depth' || kind === 'bookTicker' ? `,"ps":"${symbol}"` : ''}}`,
  rest: (path, query, symbols) => readRest(futuresRest, path, query, symbols),
  snapshotBody: (text, levels, nowUs) =>
    `{"lastUpdateId":${levels.lastUpdateId},"E":${timeText(nowUs + 1_000, false)},"T":${timeText(nowUs, false)},"bids":${levelRows(text, levels.bids)},"asks":${levelRows(text, levels.asks)}}`,
  klinesBody: (text, _, minutes) => klinesBody(text, minutes),
  tradesBody,
  exchangeInfoBody: (specs, nowUs, run) =>
    JSON.stringify({
      timezone: 'UTC',
      serverTime: Math.floor(nowUs / 1000),
      futuresType: 'U_MARGINED',
      rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: run.restWeightPerMinute }],
      exchangeFilters: [],
      assets: [],
      symbols: specs.map(futuresListing),
    }),
};
