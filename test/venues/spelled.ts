/** How each protocol spells its streams and control messages: written by hand from its documents, so that contract and dialect do not prove each other. */

interface Control {
  readonly subscribe: object;
  readonly unsubscribe: object;
}

/** Streams of `BTCUSDT`, all that a venue has, by what the names of a protocol's venues begin with; the first that fits counts. */
const STREAMS: Readonly<Record<string, RegExp>> = {
  binance: /^(btcusdt@[a-zA-Z0-9@_]+|!contractInfo)$/,
  bybit: /^(orderbook\.(1|1000)|publicTrade|tickers|allLiquidation|kline\.1)\.BTCUSDT$/,
  coinbase: /^(level2|market_trades|ticker|status|candles):BTCUSDT$/,
  backpack: /^((depth|trade|bookTicker|markPrice|openInterest|kline\.1m)\.BTCUSDT|liquidation)$/,
  deribit: /^((book|trades|ticker)\.BTCUSDT\.100ms|quote\.BTCUSDT|chart\.trades\.BTCUSDT\.1|instrument\.state\.any\.any)$/,
  okx: /^((books|bbo-tbt|trades|mark-price|index-tickers|funding-rate|open-interest|candle1m):BTCUSDT|(liquidation-orders|instruments):(SPOT|SWAP|FUTURES))$/,
  'kraken-futures': /^(book|trade|ticker):BTCUSDT$/,
  kraken: /^((book|ticker|trade|ohlc):BTCUSDT|instrument)$/,
};

/** Message 3 subscribes the stream `a:"b`, message 4 gives up `a:b`. */
const CONTROL: Readonly<Record<string, Control>> = {
  binance: {
    subscribe: { method: 'SUBSCRIBE', params: ['a:"b'], id: 3 },
    unsubscribe: { method: 'UNSUBSCRIBE', params: ['a:b'], id: 4 },
  },
  bybit: {
    subscribe: { req_id: '3', op: 'subscribe', args: ['a:"b'] },
    unsubscribe: { req_id: '4', op: 'unsubscribe', args: ['a:b'] },
  },
  coinbase: {
    subscribe: { type: 'subscribe', product_ids: ['"b'], channel: 'a' },
    unsubscribe: { type: 'unsubscribe', product_ids: ['b'], channel: 'a' },
  },
  backpack: {
    subscribe: { method: 'SUBSCRIBE', params: ['a:"b'] },
    unsubscribe: { method: 'UNSUBSCRIBE', params: ['a:b'] },
  },
  deribit: {
    subscribe: { jsonrpc: '2.0', id: 3_001, method: 'public/subscribe', params: { channels: ['a:"b'] } },
    unsubscribe: { jsonrpc: '2.0', id: 4_000, method: 'public/unsubscribe', params: { channels: ['a:b'] } },
  },
  okx: {
    subscribe: { id: '3', op: 'subscribe', args: [{ channel: 'a', instId: '"b' }] },
    unsubscribe: { id: '4', op: 'unsubscribe', args: [{ channel: 'a', instId: 'b' }] },
  },
  'kraken-futures': {
    subscribe: { event: 'subscribe', feed: 'a', product_ids: ['"b'] },
    unsubscribe: { event: 'unsubscribe', feed: 'a', product_ids: ['b'] },
  },
  kraken: {
    subscribe: { method: 'subscribe', params: { channel: 'a', symbol: ['"b'] }, req_id: 3 },
    unsubscribe: { method: 'unsubscribe', params: { channel: 'a', symbol: ['b'] }, req_id: 4 },
  },
};

function entryOf<T>(table: Readonly<Record<string, T>>, name: string, of: string): T {
  const found = Object.entries(table).find(([protocol]) => name.startsWith(protocol));
  if (found === undefined) throw new Error(`${name} has no entry in ${of} of test/venues/spelled.ts`);
  return found[1];
}

export const streamsOf = (name: string): RegExp => entryOf(STREAMS, name, 'STREAMS');
export const controlOf = (name: string): Control => entryOf(CONTROL, name, 'CONTROL');
