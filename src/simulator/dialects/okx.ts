import type { DepthEvent } from '../market/events.js';
import { type MarketMinute, MINUTE_MS } from '../market/minutes.js';
import type { SymbolSpec } from '../market/symbols.js';
import { okxFuturesSymbols, okxSpotSymbols, okxSwapSymbols, SymbolText } from '../market/symbols.js';
import { type Dialect, type KlineStream, type RestCall, type ServerLimits, timeText } from './dialect.js';
import { readControl } from './okx-control.js';
import { type InstrumentType, okxFigures } from './okx-figures.js';
import { okxWords } from './recorded.js';

/** No limit is documented, or it is none of messages a second. */
const UNLIMITED = 1_000_000_000;

const limits: ServerLimits = {
  // The client pings.
  pingIntervalMs: UNLIMITED,
  pongTimeoutMs: UNLIMITED,
  messagesPerSecond: 100,
  idleMs: 30_000,
  requestsPerHour: 480,
  streamsMax: 1_000,
  connectionsPer5Minutes: 900,
  connectionLifeMs: UNLIMITED,
  shutdownNoticeMs: 60_000,
  restWeightPerMinute: 600,
  refusalsBeforeBan: 10,
  banMs: 600_000,
};

const SYMBOLS = { SPOT: okxSpotSymbols, SWAP: okxSwapSymbols, FUTURES: okxFuturesSymbols } as const;

/** Plain decimals without needless zeros; the third text is retired, the fourth counts orders. */
function rows(text: SymbolText, levels: DepthEvent['bids']): string {
  const row = ([tick, lots]: readonly [number, number]): string =>
    `["${text.canonicalLevel(tick, lots).replace(' ', '","')}","0","${lots === 0 ? 0 : 1}"]`;
  return `[${levels.map(row).join(',')}]`;
}

/** One message of a channel: `action` where the channel has one. */
function message(channel: string, { symbol }: SymbolSpec, action: string, data: string): string {
  const said = action === '' ? '' : `"action":"${action}",`;
  return `{"arg":{"channel":"${channel}","instId":"${symbol}"},${said}"data":[${data}]}`;
}

function book(text: SymbolText, spec: SymbolSpec, event: DepthEvent, action: string, previousId: number): string {
  const sides = `"bids":${rows(text, event.bids.toReversed())},"asks":${rows(text, event.asks)}`;
  const ids = `"ts":"${timeText(event.engineUs, false)}","seqId":${event.lastId},"prevSeqId":${previousId}`;
  return message('books', spec, action, `{${sides},${ids}}`);
}

/** The last text says whether a minute is over. What it was worth is that in the quote currency, also of contracts. */
function candleRow(
  text: SymbolText,
  { startMs, open, high, low, close, lots, worth }: MarketMinute,
  isClosed: boolean,
): string[] {
  const prices = [open, high, low, close].map((tick) => text.price(tick));
  return [String(startMs), ...prices, text.qty(lots), text.worth(worth), text.worth(worth), isClosed ? '1' : '0'];
}

/** Minutes, at an address of their own. */
const kline: KlineStream = {
  name: ({ symbol }) => `candle1m:${symbol}`,
  words: (text, spec, { minute, isClosed }) => message('candle1m', spec, '', JSON.stringify(candleRow(text, minute, isClosed))),
};

/** Addresses, and what they serve. */
const PATHS = new Map([
  ['/ws/v5/public', 'public'],
  ['/ws/v5/business', 'business'],
]);

function listing(type: InstrumentType, spec: SymbolSpec): object {
  const text = new SymbolText(spec, 0);
  const contract = type === 'SPOT' ? { ctVal: '', ctMult: '', ctType: '' } : { ctVal: '0.01', ctMult: '1', ctType: 'linear' };
  return {
    instType: type,
    instId: spec.symbol,
    baseCcy: type === 'SPOT' ? spec.baseAsset : '',
    quoteCcy: type === 'SPOT' ? spec.quoteAsset : '',
    ...contract,
    tickSz: text.price(1),
    lotSz: text.qty(1),
    minSz: text.qty(1),
    state: 'live',
  };
}

/** The newest ones between two times, which are left out themselves. */
function candles(symbol: string, query: URLSearchParams): RestCall {
  const limit = Math.min(Number(query.get('limit') ?? 100), 300);
  const before = Number(query.get('before') ?? -1) + 1;
  const after = Number(query.get('after') ?? Number.MAX_SAFE_INTEGER) - 1;
  const span = [Math.max(before, after - limit * 60_000 + 1), after] as const;
  const call = { endpoint: 'klines', weight: 1, symbols: [symbol], limit, span } as const;
  return query.get('bar') === '1m' ? call : { ...call, error: { status: 400, code: 51000, msg: 'Parameter bar error' } };
}

function rest(type: InstrumentType, path: string, query: URLSearchParams, symbols: ReadonlySet<string>): RestCall | undefined {
  const wantedBook = query.get('instId');
  if (path === '/api/v5/market/books' && wantedBook !== null && symbols.has(wantedBook))
    return { endpoint: 'depth', weight: 1, symbols: [wantedBook], limit: Number(query.get('sz') ?? 1) };
  if (path === '/api/v5/market/candles' && wantedBook !== null && symbols.has(wantedBook)) return candles(wantedBook, query);
  if (path !== '/api/v5/public/instruments' || query.get('instType') !== type) return undefined;
  const symbol = query.get('instId');
  const wanted = symbol === null || !symbols.has(symbol) ? [] : [symbol];
  return { endpoint: 'exchangeInfo', weight: 1, symbols: wanted, limit: 0 };
}

/** OKX v5, one kind of instrument. Payloads and rules: the venue's reference of 2026-11-21, §§ 1–6. */
function dialectOf(type: InstrumentType): Dialect {
  return {
    name: `okx-${type.toLowerCase() as Lowercase<InstrumentType>}`,
    symbols: SYMBOLS[type],
    limits,
    announcesShutdown: true,
    shutdownNotice:
      '{"event":"notice","code":"64008","msg":"The connection will soon be closed for a service upgrade. Please reconnect.","connId":"simulated"}',
    tooManyRequests: '{"event":"error","code":"60014","msg":"Requests too frequent","connId":"simulated"}',
    padPlaces: 0,
    sparseIds: true,
    idsCountMessages: true,
    firstUpdateId: 344_430_000_000,
    firstTradeId: 2_978_000_000,
    depthCadences: [{ suffix: '', clock: 'interval', every: [1] }],
    streamName: (symbol, kind) => {
      if (kind === 'aggTrade') return undefined;
      return `${{ depth: 'books', bookTicker: 'bbo-tbt', trade: 'trades' }[kind]}:${symbol}`;
    },
    figures: okxFigures(type),
    kline,
    countsToRate: ({ kind }) => kind !== 'aggTrade',
    recorded: okxWords,
    control: readControl,
    route: (path) => {
      const trafficClass = PATHS.get(path);
      return trafficClass === undefined ? undefined : { trafficClass, combined: false, streams: [], micros: false };
    },
    serves: (trafficClass, kind) => (trafficClass === 'business') === (kind === 'kline'),
    depth: (text, spec, event) => book(text, spec, event, 'update', event.previousId),
    wholeBook: (text, spec, event) => book(text, spec, event, 'snapshot', -1),
    trade: (text, spec, event) => {
      const [price, qty] = text.canonicalLevel(event.tick, event.lots).split(' ');
      const ids = `"instId":"${spec.symbol}","tradeId":"${event.id}"`;
      const side = event.buyerIsMaker ? 'sell' : 'buy';
      const print = `"px":"${price}","sz":"${qty}","side":"${side}","ts":"${timeText(event.engineUs, false)}"`;
      return message('trades', spec, '', `{${ids},${print},"count":"1","source":"0","seqId":${event.id}}`);
    },
    bookTicker: (text, spec, event) => {
      const bids = rows(text, [[event.bidTick, event.bidLots]]);
      const asks = rows(text, [[event.askTick, event.askLots]]);
      const ids = `"ts":"${timeText(event.eventUs, false)}","seqId":${event.updateId}`;
      return message('bbo-tbt', spec, '', `{"asks":${asks},"bids":${bids},${ids}}`);
    },
    decorate: (text) => `${text.slice(0, -1)},"st":1}`,
    rest: (path, query, symbols) => rest(type, path, query, symbols),
    snapshotBody: (text, levels, nowUs) => {
      const sides = `"asks":${rows(text, levels.asks)},"bids":${rows(text, levels.bids)}`;
      return `{"code":"0","msg":"","data":[{${sides},"ts":"${timeText(nowUs, false)}"}]}`;
    },
    // Newest first.
    klinesBody: (text, _, minutes, nowUs) => {
      const rows = minutes.map((minute) => candleRow(text, minute, minute.startMs + MINUTE_MS <= nowUs / 1_000));
      return JSON.stringify({ code: '0', msg: '', data: rows.reverse() });
    },
    exchangeInfoBody: (specs) => JSON.stringify({ code: '0', msg: '', data: specs.map((spec) => listing(type, spec)) }),
  };
}

export const okxSpot = dialectOf('SPOT');
export const okxSwap = dialectOf('SWAP');
export const okxFutures = dialectOf('FUTURES');
