/**
 * ccxt pro's clients of several venues, from the socket's message event on. Argument: a folder of frames, which our own measuring program writes
 * for all. Speaks `block NAME NS`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import ccxt from 'ccxt';

/** Limit of a book that is made from a fetched one. */
const DEPTH = 1_000;

const SWAP = { type: 'swap', swap: true, contract: true, linear: true };
const SPOT = { type: 'spot', spot: true };

/** By a row's name up to its comma: the exchange's id, and the shapes that its markets have. */
const EXCHANGES = {
  'Binance COIN-M': ['binancecoinm', [{ ...SWAP, linear: false, inverse: true }]],
  'Binance USDT-M': ['binanceusdm', [SWAP]],
  'Binance spot': ['binance', [SPOT]],
  Bybit: ['bybit', [SWAP, SPOT]],
  Coinbase: ['coinbase', [SPOT]],
  Deribit: ['deribit', [SWAP]],
  Kraken: ['kraken', [SPOT]],
  OKX: ['okx', [SWAP]],
};

const SYMBOL = /"(?:s|symbol|instId|instrument_name|product_id)":"([^"]+)"/;

function load(path) {
  const lines = readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const addresses = new Map(lines.filter(({ address }) => address !== undefined).map(({ conn, address }) => [conn, address]));
  const books = lines.filter(({ book }) => book !== undefined);
  // Arrays are of Kraken's v1, which the client no longer reads; a confirmation would be looked for among its own subscriptions.
  const frames = lines.filter(({ data }) => data?.startsWith('{') && !/"(?:event|op|result|success)":/.test(data));
  return {
    books,
    frames: frames.map(({ conn, data, counts }) => ({ address: addresses.get(conn), data: Buffer.from(data), counts })),
    ids: [...new Set(frames.map(({ data }) => SYMBOL.exec(data)?.[1]).filter((id) => id !== undefined))],
    counted: frames.filter(({ counts }) => counts).length,
  };
}

function marketsOf(exchange, ids, shapes) {
  return ids.flatMap((id) =>
    shapes.map((shape) => {
      // Names of its own would be guessed from the venue's; the id is as good, and a swap's differs from that of spot.
      const symbol = shape.spot ? id : `${id}:`;
      return exchange.safeMarketStructure({ id, symbol, base: id, quote: '', baseId: id, quoteId: '', active: true, ...shape });
    }),
  );
}

/** A client that begins anew, and how often it told its caller something. */
function begin(recording, [id, shapes]) {
  const exchange = new ccxt.pro[id]({ newUpdates: true });
  exchange.setMarkets(marketsOf(exchange, recording.ids, shapes));
  const told = { count: 0 };
  for (const { symbol, book } of recording.books) {
    const body = JSON.parse(book);
    const market = exchange.safeMarket(symbol);
    const numbers = (levels) => levels.map(([price, qty]) => [Number(price), Number(qty)]);
    const fresh = exchange.orderBook({}, DEPTH);
    fresh.reset({ bids: numbers(body.bids), asks: numbers(body.asks), nonce: body.lastUpdateId, symbol: market.symbol });
    exchange.orderbooks[market.symbol] = fresh;
  }
  const clients = new Map();
  for (const { address } of recording.frames) {
    if (clients.has(address)) continue;
    const client = exchange.client(address);
    client.resolve = () => {
      told.count++;
    };
    client.reject = (error) => {
      throw error;
    };
    clients.set(address, client);
  }
  return { clients, told, exchange };
}

function cpuNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

function pass(recording, exchange) {
  const { clients, told } = begin(recording, exchange);
  let [spent, since] = [0, undefined];
  for (const { address, data, counts } of recording.frames) {
    if (counts && since === undefined) since = cpuNs();
    if (!counts && since !== undefined) {
      spent += cpuNs() - since;
      since = undefined;
    }
    clients.get(address).onMessage({ data });
  }
  if (since !== undefined) spent += cpuNs() - since;
  if (told.count < recording.counted / 4) throw new Error(`only ${told.count} of ${recording.counted} frames told anything`);
  return spent / recording.counted;
}

const [folder] = process.argv.slice(2);
const paths = new Map();
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl'))
  .sort()) {
  const name = file.slice(0, -'.jsonl'.length);
  if (Object.hasOwn(EXCHANGES, name.split(',')[0])) paths.set(name, join(folder, file));
}

const recordings = new Map();

function block(name, ns) {
  if (!recordings.has(name)) recordings.set(name, load(paths.get(name)));
  const recording = recordings.get(name);
  const passes = [];
  for (let spent = 0; passes.length === 0 || spent < ns; ) {
    const each = pass(recording, EXCHANGES[name.split(',')[0]]);
    spent += each * recording.counted;
    passes.push(each);
  }
  passes.sort((a, b) => a - b);
  return { ns_per_frame: passes[passes.length >> 1], passes: passes.length };
}

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
say({ names: [...paths.keys()] });
for await (const line of createInterface(process.stdin)) {
  const [, name, ns] = /^block (.+) ([\d.e+]+)$/.exec(line) ?? [];
  try {
    say(block(name, Number(ns)));
  } catch (error) {
    say({ error: String(error.stack ?? error).slice(0, 600) });
  }
}
process.exit(0);
