import type { SymbolSpec } from '../market/symbols.js';
import { SymbolText, spotSymbols } from '../market/symbols.js';
import { readControl } from './binance-control.js';
import { binanceKline } from './binance-kline.js';
import { klinesBody, type RestShape, readRest, tradesBody } from './binance-rest.js';
import { binanceSpotSbe } from './binance-spot-sbe.js';
import { type Dialect, levelRows, type Route, type ServerLimits, timeText } from './dialect.js';
import { binanceWords } from './recorded.js';

const DAY_MS = 86_400_000;
const PAD_PLACES = 8;

const rest: RestShape = {
  prefix: '/api/v3',
  limitDefault: 100,
  exchangeInfoWeight: 20,
  depthWeight: (limit) => (limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1000 ? 50 : 250),
  klinesMax: 1000,
  klinesWeight: () => 2,
  aggTradesWeight: 4,
  historicalTradesWeight: 25,
  // Any number is taken; more than 5,000 gives 5,000.
  depthLimit: (limit) => (limit < 1 ? undefined : Math.min(limit, 5000)),
};

function route(path: string, query: URLSearchParams): Route | undefined {
  const [mode, ...rest] = path.split('/').slice(1);
  const micros = /^microsecond$/i.test(query.get('timeUnit') ?? '');
  const named = rest.filter((name) => name !== '');
  if (mode === 'ws') return { trafficClass: 'all', combined: false, streams: named, micros };
  if (mode !== 'stream' || named.length > 0) return undefined;
  const streams = (query.get('streams') ?? '').split('/').filter((name) => name !== '');
  return { trafficClass: 'all', combined: true, streams, micros };
}

function listing(spec: SymbolSpec): object {
  const text = new SymbolText(spec, PAD_PLACES);
  return {
    symbol: spec.symbol,
    status: 'TRADING',
    baseAsset: spec.baseAsset,
    baseAssetPrecision: 8,
    quoteAsset: spec.quoteAsset,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET'],
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: true,
    filters: [
      {
        filterType: 'PRICE_FILTER',
        minPrice: text.price(1),
        maxPrice: text.price(spec.startTick * 10),
        tickSize: text.price(1),
      },
      { filterType: 'LOT_SIZE', minQty: text.qty(1), maxQty: text.qty(1_000_000_000), stepSize: text.qty(1) },
      {
        filterType: 'NOTIONAL',
        minNotional: '5.00000000',
        applyMinToMarket: true,
        maxNotional: '9000000.00000000',
        applyMaxToMarket: false,
        avgPriceMins: 5,
      },
    ],
    permissions: [],
    permissionSets: [['SPOT', 'MARGIN']],
  };
}

const limits: ServerLimits = {
  pingIntervalMs: 20_000,
  pongTimeoutMs: 60_000,
  messagesPerSecond: 5,
  streamsMax: 1024,
  connectionsPer5Minutes: 300,
  connectionLifeMs: DAY_MS,
  shutdownNoticeMs: 5_000,
  restWeightPerMinute: 6000,
  refusalsBeforeBan: 10,
  banMs: 120_000,
};

/** Binance spot. Payloads and rules: the venue's reference of 2026-07-21, §§ 1–6. */
export const binanceSpot: Dialect = {
  name: 'binance-spot',
  symbols: spotSymbols,
  limits,
  announcesShutdown: true,
  padPlaces: PAD_PLACES,
  sparseIds: false,
  firstUpdateId: 50_000_000_000,
  firstTradeId: 3_700_000_000,
  depthCadences: [
    { suffix: '@100ms', clock: 'interval', every: [1] },
    { suffix: '', clock: 'interval', every: [10] },
  ],
  countsToRate: ({ kind, name }) => kind === 'bookTicker' || kind === 'trade' || name.endsWith('@depth@100ms'),
  recorded: binanceWords,
  binary: binanceSpotSbe,
  control: readControl,
  weightHeader: 'X-MBX-USED-WEIGHT-1M',
  route,
  serves: () => true,
  kline: binanceKline,
  // Bids descend in spot messages, asks ascend.
  depth: (text, spec, event, micros) =>
    `{"e":"depthUpdate","E":${timeText(event.eventUs, micros)},"s":"${spec.symbol}","U":${event.firstId},"u":${event.lastId},"b":${levelRows(text, event.bids.toReversed())},"a":${levelRows(text, event.asks)}}`,
  trade: (text, spec, event, micros) =>
    `{"e":"trade","E":${timeText(event.eventUs, micros)},"s":"${spec.symbol}","t":${event.id},"p":"${text.price(event.tick)}","q":"${text.qty(event.lots)}","T":${timeText(event.engineUs, micros)},"m":${event.buyerIsMaker},"M":true}`,
  aggTrade: (text, spec, event, micros) =>
    `{"e":"aggTrade","E":${timeText(event.eventUs, micros)},"s":"${spec.symbol}","a":${event.id},"p":"${text.price(event.tick)}","q":"${text.qty(event.lots)}","f":${event.firstTradeId},"l":${event.lastTradeId},"T":${timeText(event.engineUs, micros)},"m":${event.buyerIsMaker},"M":true}`,
  bookTicker: (text, spec, event) =>
    `{"u":${event.updateId},"s":"${spec.symbol}","b":"${text.price(event.bidTick)}","B":"${text.qty(event.bidLots)}","a":"${text.price(event.askTick)}","A":"${text.qty(event.askLots)}"}`,
  decorate: (message) => `${message.slice(0, -1)},"st":1}`,
  rest: (path, query, symbols) => readRest(rest, path, query, symbols),
  snapshotBody: (text, levels) =>
    `{"lastUpdateId":${levels.lastUpdateId},"bids":${levelRows(text, levels.bids)},"asks":${levelRows(text, levels.asks)}}`,
  klinesBody: (text, _, minutes) => klinesBody(text, minutes),
  tradesBody,
  exchangeInfoBody: (specs, nowUs, run) =>
    JSON.stringify({
      timezone: 'UTC',
      serverTime: Math.floor(nowUs / 1000),
      rateLimits: [
        { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: run.restWeightPerMinute },
        { rateLimitType: 'RAW_REQUESTS', interval: 'MINUTE', intervalNum: 5, limit: 61_000 },
      ],
      exchangeFilters: [],
      symbols: specs.map(listing),
    }),
};
