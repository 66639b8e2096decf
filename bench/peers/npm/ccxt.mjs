/** ccxt pro for USDT-M futures: its own client, message routing, sequence check and book. */
import { sink } from './json.mjs';
import { Sequence } from './protocol.mjs';

const URL = 'wss://fstream.binance.com/public/stream';

/** Limit of the book that `watchOrderBook` asks for. */
const DEPTH = 1_000;

async function exchangeOf({ symbol, snapshot }) {
  const { default: ccxt } = await import('ccxt');
  const exchange = new ccxt.pro.binanceusdm();
  const base = symbol.slice(0, 3).toUpperCase();
  const shape = { type: 'swap', swap: true, linear: true, contract: true, spot: false, active: true };
  const names = { base, quote: 'USDT', settle: 'USDT', baseId: base, quoteId: 'USDT', symbol: `${base}/USDT:USDT` };
  const market = exchange.safeMarketStructure({ id: `${base}USDT`, ...names, ...shape });
  exchange.setMarkets([market]);
  const numbers = (levels) => levels.map(([price, qty]) => [Number(price), Number(qty)]);
  const fresh = () => {
    const book = exchange.orderBook({}, DEPTH);
    const [bids, asks] = [numbers(snapshot.bids), numbers(snapshot.asks)];
    book.reset({ bids, asks, nonce: snapshot.lastUpdateId, timestamp: snapshot.E, symbol: market.symbol });
    return book;
  };
  return { exchange, market, fresh };
}

const text = (side) => side.slice(0, 20).map((level) => level.slice(0, 2).map(String));
const top = (book) => [text(book.bids), text(book.asks)];

/** The whole of it, from the socket's message event on. */
export async function ccxtClient(corpus) {
  const { exchange, market, fresh } = await exchangeOf(corpus);
  const client = exchange.client(URL);
  client.reject = (error) => {
    throw error;
  };
  let book;
  return {
    begin() {
      book = fresh();
      exchange.orderbooks = { [market.symbol]: book };
    },
    frame(bytes) {
      client.onMessage({ data: bytes });
      sink.value ^= book.bids[0][0] + book.asks[0][0];
    },
    top: () => top(book),
  };
}

/** Only JSON.parse and the function that applies a message. */
export async function ccxtMessage(corpus) {
  const { exchange, fresh } = await exchangeOf(corpus);
  let [book, sequence] = [];
  return {
    begin() {
      book = fresh();
      sequence = new Sequence(corpus.snapshot.lastUpdateId);
    },
    frame(bytes) {
      const { data } = JSON.parse(bytes.toString());
      sequence.check(data);
      exchange.handleOrderBookMessage({}, data, book);
      sink.value ^= book.bids[0][0] + book.asks[0][0];
    },
    top: () => top(book),
  };
}
