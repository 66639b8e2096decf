/** tardis-dev's real-time client as its users run it, its feed given our addresses by its own registry: `streamNormalized` into its order books. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ended, rows, tell } from './report.mjs';

/** Its name for each venue, and what of the addresses is ours: path of the WebSocket, root of the REST interface. */
const EXCHANGES = {
  'binance-spot': ['binance', '/stream', '/api/v3'],
  'binance-usdm': ['binance-futures', '/stream', '/fapi/v1'],
  'bybit-spot': ['bybit-spot', '/v5/public/spot', ''],
  deribit: ['deribit', '/ws/api/v2', ''],
};

const require = createRequire(import.meta.url);
const tardis = require('tardis-dev');
const folder = dirname(require.resolve('tardis-dev'));
const { getRealTimeFeedFactory, setRealTimeFeedFactory } = require(join(folder, 'realtimefeeds'));

const { venue, ws, rest, symbols } = JSON.parse(process.argv[2]);
const [exchange, path, prefix] = EXCHANGES[venue];
setRealTimeFeedFactory(
  exchange,
  class extends getRealTimeFeedFactory(exchange) {
    constructor(...args) {
      super(...args);
      Object.defineProperty(this, 'wssURL', { value: ws + path });
      Object.defineProperty(this, 'httpURL', { value: rest + prefix });
    }
  },
);
const followed = new Map(symbols.map((symbol) => [symbol, new tardis.OrderBook()]));
let updates = 0;
const errors = [];

async function follow() {
  const options = { exchange, symbols, timeoutIntervalMS: 120_000, onError: (error) => errors.push(String(error)) };
  for await (const change of tardis.streamNormalized(options, tardis.normalizeBookChanges)) {
    if (change.type !== 'book_change') continue;
    followed.get(change.symbol)?.update(change);
    updates += 1;
  }
}

follow().catch((error) => errors.push(String(error)));
await ended();
const side = (levels) => rows([...levels].map(({ price, amount }) => [price, amount]));
const books = Object.fromEntries(
  [...followed].map(([symbol, book]) => [symbol, { bids: side(book.bids()), asks: side(book.asks()), id: null }]),
);
const { version } = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8'));
tell({ version, updates, errors, books });
