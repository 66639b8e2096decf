import { crc32 } from 'node:zlib';
import type { DepthEvent, LevelUpdate } from '../market/events.js';
import { MINUTE_MS } from '../market/minutes.js';
import { krakenSymbols, type SymbolSpec, SymbolText } from '../market/symbols.js';
import type { Dialect, FigureStream, KlineStream, RestCall, ServerLimits } from './dialect.js';
import { readControl } from './kraken-control.js';
import { krakenWords } from './recorded.js';

/** No limit is documented. */
const UNLIMITED = 1_000_000_000;
/** Levels a side that a checksum is made of. */
const SUMMED = 10;

const limits: ServerLimits = {
  // Heartbeats are messages, and come where nothing else does.
  pingIntervalMs: UNLIMITED,
  pongTimeoutMs: UNLIMITED,
  messagesPerSecond: 100,
  quietMs: 1_000,
  streamsMax: 1_000,
  connectionsPer5Minutes: 75,
  connectionLifeMs: UNLIMITED,
  shutdownNoticeMs: 0,
  restWeightPerMinute: 60,
  refusalsBeforeBan: 10,
  banMs: 600_000,
};

/** RFC 3339 with µs. */
function clock(us: number): string {
  const micros = String(us % 1_000).padStart(3, '0');
  return new Date(Math.floor(us / 1_000)).toISOString().replace('Z', `${micros}Z`);
}

function rows(text: SymbolText, levels: readonly LevelUpdate[]): string {
  return `[${levels.map(([tick, lots]) => `{"price":${text.price(tick)},"qty":${text.qty(lots)}}`).join(',')}]`;
}

/** Ten asks, then ten bids, as digits without the point and leading zeros. */
function checksum(text: SymbolText, { best }: DepthEvent): number {
  const digits = (number: string): string => number.replace('.', '').replace(/^0+/, '');
  const side = (levels: readonly LevelUpdate[] = []): string =>
    levels
      .slice(0, SUMMED)
      .map(([tick, lots]) => digits(text.price(tick)) + digits(text.qty(lots)))
      .join('');
  return crc32(side(best?.asks) + side(best?.bids));
}

function book(text: SymbolText, spec: SymbolSpec, event: DepthEvent, type: string): string {
  const sides = `"bids":${rows(text, event.bids.toReversed())},"asks":${rows(text, event.asks)}`;
  const proof = `"checksum":${checksum(text, event)},"timestamp":"${clock(event.engineUs)}"`;
  return `{"channel":"book","type":"${type}","data":[{"symbol":"${spec.symbol}",${sides},${proof}}]}`;
}

/** REST and v1 know BTC as XBT. */
const oldAsset = (asset: string): string => (asset === 'BTC' ? 'XBT' : asset);
const oldName = (symbol: string): string => symbol.split('/').map(oldAsset).join('');

/** The listing names assets as v1 does. */
function pair(spec: SymbolSpec): readonly [string, object] {
  const [base = '', quote = ''] = spec.symbol.split('/');
  const old = oldAsset(base);
  const text = new SymbolText(spec, 0);
  const decimals = { pair_decimals: spec.pricePlaces, lot_decimals: spec.qtyPlaces };
  const assets = { base: `X${old}`, quote: `Z${quote}` };
  const row = {
    ...assets,
    altname: old + quote,
    wsname: `${old}/${quote}`,
    ...decimals,
    tick_size: text.price(1),
    status: 'online',
  };
  return [`X${old}Z${quote}`, row];
}

/** States of all pairs; the first message of a subscription has one pair of them here, the venue's all. */
const states: FigureStream = {
  kind: 'status',
  isShared: true,
  greets: true,
  name: () => 'instrument',
  words: (text, { symbol, pricePlaces, qtyPlaces }, event) => {
    const [base = '', quote = ''] = symbol.split('/');
    const names = `"symbol":"${symbol}","base":"${base}","quote":"${quote}","status":"${event.isHalted ? 'cancel_only' : 'online'}"`;
    const qty = `"qty_precision":${qtyPlaces},"qty_increment":${text.qty(1)},"qty_min":${text.qty(1)}`;
    const price = `"price_precision":${pricePlaces},"price_increment":${text.price(1)}`;
    const more = '"cost_precision":5,"cost_min":0.5,"marginable":false,"has_index":true';
    const type = event.isWhole ? 'snapshot' : 'update';
    return `{"channel":"instrument","type":"${type}","data":{"assets":[],"pairs":[{${names},${qty},${price},${more}}]}}`;
  },
};

/** Minutes; that one is over the next one tells. The mean price is that of the close here. */
const ohlc: KlineStream = {
  name: ({ symbol }) => `ohlc:${symbol}`,
  words: (text, { symbol }, { eventUs, minute }) => {
    const { startMs, open, high, low, close, lots, count } = minute;
    const prices = `"open":${text.price(open)},"high":${text.price(high)},"low":${text.price(low)},"close":${text.price(close)}`;
    const traded = `"trades":${count},"volume":${text.qty(lots)},"vwap":${text.price(close)}`;
    const times = `"interval_begin":"${clock(startMs * 1_000)}","interval":1,"timestamp":"${clock((startMs + MINUTE_MS) * 1_000)}"`;
    const row = `{"symbol":"${symbol}",${prices},${traded},${times}}`;
    return `{"channel":"ohlc","type":"update","timestamp":"${clock(eventUs)}","data":[${row}]}`;
  },
};

/** More minutes than are kept. */
const ALL_MINUTES = 10_000;
/** Newest minutes of an answer. */
const OHLC_MAX = 720;

/** Most trades of an answer. */
const TRADES_MAX = 1_000;
/** Most levels of a copy. */
const COPY_MAX = 500;

function rest(path: string, query: URLSearchParams, symbols: ReadonlySet<string>): RestCall | undefined {
  const symbol = [...symbols].find((each) => oldName(each) === query.get('pair'));
  if (path === '/0/public/Depth' && symbol !== undefined) {
    const limit = Math.min(Number(query.get('count') ?? 100), COPY_MAX);
    return { endpoint: 'depth', weight: 1, symbols: [symbol], limit };
  }
  if (path === '/0/public/Trades' && symbol !== undefined) {
    const limit = Math.min(Number(query.get('count') ?? TRADES_MAX), TRADES_MAX);
    return { endpoint: 'trades', weight: 1, symbols: [symbol], limit, trades: { aggregated: false } };
  }
  if (path === '/0/public/OHLC') {
    const since = Number(query.get('since') ?? 0) * 1_000;
    const span = [since + 1, Number.MAX_SAFE_INTEGER] as const;
    return symbol === undefined || query.get('interval') !== '1'
      ? undefined
      : { endpoint: 'klines', weight: 1, symbols: [symbol], limit: ALL_MINUTES, span };
  }
  return path === '/0/public/AssetPairs' ? { endpoint: 'exchangeInfo', weight: 1, symbols: [], limit: 0 } : undefined;
}

/** Kraken spot, WebSocket v2. Payloads and rules: the venue's reference of 2026-11-21, §§ 1–5. */
export const krakenSpot: Dialect = {
  name: 'kraken-spot',
  symbols: krakenSymbols,
  limits,
  announcesShutdown: false,
  hello:
    '{"channel":"status","type":"update","data":[{"system":"online","api_version":"v2","connection_id":13834774380200032777,"version":"2.0.10"}]}',
  padPlaces: 0,
  sparseIds: false,
  idsCountMessages: true,
  sumsBest: true,
  firstUpdateId: 1_000_000,
  firstTradeId: 10_000_000,
  depthCadences: [{ suffix: '', clock: 'interval', every: [1] }],
  streamName: (symbol, kind) =>
    kind === 'aggTrade' ? undefined : `${{ depth: 'book', bookTicker: 'ticker', trade: 'trade' }[kind]}:${symbol}`,
  figures: [states],
  kline: ohlc,
  countsToRate: ({ kind }) => kind !== 'aggTrade',
  recorded: krakenWords,
  control: readControl,
  heartbeat: () => '{"channel":"heartbeat"}',
  route: (path) => (path === '/v2' ? { trafficClass: 'all', combined: false, streams: [], micros: false } : undefined),
  serves: () => true,
  depth: (text, spec, event) => book(text, spec, event, 'update'),
  wholeBook: (text, spec, event) => book(text, spec, event, 'snapshot'),
  trade: (text, spec, event) => {
    const side = event.buyerIsMaker ? 'sell' : 'buy';
    const print = `"side":"${side}","price":${text.price(event.tick)},"qty":${text.qty(event.lots)},"ord_type":"limit"`;
    const ids = `"trade_id":${event.id},"timestamp":"${clock(event.engineUs)}"`;
    return `{"channel":"trade","type":"update","data":[{"symbol":"${spec.symbol}",${print},${ids}}]}`;
  },
  bookTicker: (text, spec, event) => {
    const bid = `"bid":${text.price(event.bidTick)},"bid_qty":${text.qty(event.bidLots)}`;
    const ask = `"ask":${text.price(event.askTick)},"ask_qty":${text.qty(event.askLots)}`;
    const rest = `"last":${text.price(event.bidTick)},"volume":0.0,"change":-0.1,"timestamp":"${clock(event.eventUs)}"`;
    return `{"channel":"ticker","type":"update","data":[{"symbol":"${spec.symbol}",${bid},${ask},${rest}}]}`;
  },
  decorate: (text) => `${text.slice(0, -1)},"st":1}`,
  rest,
  assetsBody: (path, assets) => {
    const named = assets.map((asset) => (asset === 'BTC' ? 'XBT' : asset));
    const row = (altname: string) => ({ aclass: 'currency', altname, decimals: 10, display_decimals: 5, status: 'enabled' });
    return path === '/0/public/Assets'
      ? JSON.stringify({ error: [], result: Object.fromEntries(named.map((asset) => [`X${asset}`, row(asset)])) })
      : undefined;
  },
  // Under a name of old, and each level with the second of its last change.
  snapshotBody: (text, { bids, asks }, nowUs) => {
    const side = (levels: readonly LevelUpdate[]): unknown[] =>
      levels.map(([tick, lots]) => [text.price(tick), text.qty(lots), Math.floor(nowUs / 1_000_000)]);
    return JSON.stringify({ error: [], result: { XXBTZUSD: { asks: side(asks), bids: side(bids) } } });
  },
  tradesBody: (text, trades) => {
    const rows = trades.map(({ id, tick, lots, buyerIsMaker, engineUs }) => {
      const seconds = `${Math.floor(engineUs / 1e6)}.${String(engineUs % 1e6).padStart(6, '0')}`;
      return `["${text.price(tick)}","${text.qty(lots)}",${seconds},"${buyerIsMaker ? 's' : 'b'}","l","",${id}]`;
    });
    return `{"error":[],"result":{"XXBTZUSD":[${rows.join(',')}],"last":"${(trades.at(-1)?.engineUs ?? 0) * 1_000}"}}`;
  },
  klinesBody: (text, { symbol }, minutes) => {
    const rows = minutes.slice(-OHLC_MAX).map(({ startMs, open, high, low, close, lots, count }) => {
      const prices = [open, high, low, close, close].map((tick) => text.price(tick));
      return [startMs / 1_000, ...prices, text.qty(lots), count];
    });
    const [base = '', quote = ''] = symbol.split('/');
    const last = Number(rows.at(-2)?.[0] ?? 0);
    return JSON.stringify({ error: [], result: { [`X${oldAsset(base)}Z${quote}`]: rows, last } });
  },
  exchangeInfoBody: (specs) => JSON.stringify({ error: [], result: Object.fromEntries(specs.map(pair)) }),
};
