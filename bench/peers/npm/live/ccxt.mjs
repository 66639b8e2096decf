/** ccxt pro as its users run it, with its addresses set: `watchOrderBook` of each symbol until stdin ends, then its books. */
import { readFileSync } from 'node:fs';
import ccxt from 'ccxt';
import { ended, rows, tell } from './report.mjs';

/** ccxt's name for each venue, and what keeps it from asking for what is not served. */
const EXCHANGES = {
  'binance-spot': ['binance', { defaultType: 'spot', fetchMarkets: { types: ['spot'] } }],
  'binance-usdm': ['binanceusdm', { fetchMarkets: { types: ['linear'] } }],
  'bybit-linear': ['bybit', { defaultType: 'swap', fetchMarkets: { types: ['linear'] } }],
  'bybit-spot': ['bybit', { defaultType: 'spot', fetchMarkets: { types: ['spot'] } }],
  'okx-spot': ['okx', { fetchMarkets: { types: ['spot'] } }],
  'okx-swap': ['okx', { fetchMarkets: { types: ['swap'] } }],
  'okx-futures': ['okx', { fetchMarkets: { types: ['future'] } }],
  'kraken-spot': ['kraken', {}],
  deribit: ['deribit', {}],
  coinbase: ['coinbase', {}],
};
/** What a book is asked for: the deepest that the venue's stream has. */
const LIMITS = { 'binance-spot': 5_000, 'binance-usdm': 1_000, 'bybit-linear': 200, 'bybit-spot': 200, 'kraken-spot': 1_000 };

/** All addresses below an object, in place. */
function turn(urls, ws, rest) {
  for (const [key, value] of Object.entries(urls)) {
    if (typeof value === 'string') urls[key] = value.replace(/^wss?:\/\/[^/]+/, ws).replace(/^https?:\/\/[^/]+/, rest);
    else turn(value, ws, rest);
  }
}

const { venue, ws, rest, symbols } = JSON.parse(process.argv[2]);
const [name, options] = EXCHANGES[venue];
const exchange = new ccxt.pro[name]({ options });
turn(exchange.urls.api, ws, rest);
// What its documentation asks for before addresses without TLS.
await exchange.loadHttpProxyAgent();
await exchange.loadMarkets();
const markets = symbols.map((id) => [id, exchange.safeMarket(id, undefined, undefined, options.defaultType ?? '').symbol]);
let updates = 0;
const errors = [];

/** One loop a book; `watchOrderBook` comes back at each change, or at what it makes of several. */
async function follow(symbol) {
  for (;;) {
    await exchange.watchOrderBook(symbol, LIMITS[venue]);
    updates += 1;
  }
}

for (const [, symbol] of markets) follow(symbol).catch((error) => errors.push(String(error)));
await ended();
const books = {};
for (const [id, symbol] of markets) {
  const book = exchange.orderbooks[symbol];
  if (book !== undefined) books[id] = { bids: rows(book.bids), asks: rows(book.asks), id: book.nonce ?? null };
}
// `ccxt.version` is that of the release before.
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.resolve('ccxt')), 'utf8'));
tell({ version, updates, errors, books });
