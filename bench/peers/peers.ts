/** Who is measured, against what, and which target of PERFORMANCE that has. */

/** Programs that measure; see programs.ts. */
export type ProgramName =
  | 'books'
  | 'barter'
  | 'nautilus'
  | 'npm'
  | 'cpp'
  | 'go'
  | 'cryptofeed'
  | 'nautilus-trader'
  | 'ipc'
  | 'java'
  | 'bench'
  | 'logs';

export interface Peer {
  /** As given to `npm run bench:peers -- NAME`. */
  readonly name: string;
  readonly program: ProgramName;
  /** Its name in the program. */
  readonly contender: string;
  /** Package whose version the lock file of the program's ecosystem says. */
  readonly package: string | undefined;
  readonly what: string;
  /** A peer that keeps a book is compared with our whole path, a parser with our parser, a book on parsed levels with our book. */
  readonly keeps: 'book' | 'nothing' | 'levels';
  /** Row of PERFORMANCE, and at least so many times our time. */
  readonly target: { readonly row: '1' | '2' | '4'; readonly ratio: number } | undefined;
}

type Options = Partial<Pick<Peer, 'contender' | 'package' | 'target'>>;

function peer(program: ProgramName, name: string, keeps: Peer['keeps'], what: string, options: Options = {}): Peer {
  return { name, program, contender: name, package: undefined, what, keeps, target: undefined, ...options };
}

function row1(ratio: number): Peer['target'] {
  return { row: '1', ratio };
}

function row2(ratio: number): Peer['target'] {
  return { row: '2', ratio };
}

function row4(ratio: number): Peer['target'] {
  return { row: '4', ratio };
}

export const PEERS: readonly Peer[] = [
  peer('books', 'floor', 'book', 'prototype: AVX-512 index, ladder, one ring record, 20×2 slot; not hardened', {
    target: row1(1),
  }),
  peer('books', 'floor-parse', 'nothing', 'prototype: its parser alone'),
  peer('books', 'touch', 'nothing', 'control: every byte is read'),
  peer('books', 'hftbacktest-roi', 'book', 'sonic-rs into f64, ROIVectorMarketDepth', {
    package: 'hftbacktest',
    target: row1(6),
  }),
  peer('books', 'hftbacktest-hash', 'book', 'sonic-rs into f64, HashMapMarketDepth', { package: 'hftbacktest' }),
  peer('books', 'hftbacktest-btree', 'book', 'sonic-rs into f64, BTreeMarketDepth', { package: 'hftbacktest' }),
  peer('books', 'sonic-rs-vec', 'book', 'typed, fixed point, sorted vectors', { package: 'sonic-rs' }),
  peer('books', 'sonic-rs-btree', 'book', 'typed, fixed point, BTreeMap', { package: 'sonic-rs' }),
  peer('books', 'serde_json-btree', 'book', 'typed, fixed point, BTreeMap', { package: 'serde_json' }),
  peer('books', 'simd-json-vec', 'book', 'typed, fixed point, sorted vectors; copies the frame', { package: 'simd-json' }),
  peer('books', 'simd-json-tape-vec', 'book', 'tape, fixed point, sorted vectors; copies the frame', { package: 'simd-json' }),
  peer('books', 'sonic-rs-parse', 'nothing', 'typed, fixed point', { package: 'sonic-rs', target: row2(9) }),
  peer('books', 'serde_json-parse', 'nothing', 'typed, fixed point', { package: 'serde_json', target: row2(12) }),
  peer('books', 'simd-json-parse', 'nothing', 'typed, fixed point; copies the frame', { package: 'simd-json' }),
  peer('books', 'floor-levels', 'levels', 'prototype: its ladder alone'),
  peer('books', 'hftbacktest-roi-levels', 'levels', 'ROIVectorMarketDepth alone', {
    package: 'hftbacktest',
    target: row4(2.7),
  }),
  peer('books', 'vec-levels', 'levels', 'sorted vectors, best last', { target: row4(16) }),
  peer('books', 'btree-levels', 'levels', 'BTreeMap', { target: row4(18) }),
  peer('barter', 'barter-data', 'book', 'typed Decimals, its transformer and OrderBook', { package: 'barter-data' }),
  peer('barter', 'barter-data-parse', 'nothing', 'typed Decimals', { package: 'barter-data' }),
  peer('nautilus', 'nautilus-binance', 'book', "the adapter's frame handler, deltas, OrderBook", {
    package: 'nautilus-binance',
    target: row1(45),
  }),
  peer('nautilus', 'nautilus-binance-parse', 'nothing', "the adapter's frame handler; prices stay text", {
    package: 'nautilus-binance',
  }),
  peer('npm', 'json-parse', 'nothing', 'JSON.parse(buffer.toString()); prices stay text'),
  // PERFORMANCE sets JSON.parse alone against the whole path.
  peer('npm', 'json-parse-whole', 'book', 'JSON.parse alone, beside our whole path', {
    contender: 'json-parse',
    target: row1(22),
  }),
  peer('npm', 'json-map', 'book', 'JSON.parse, a Map a side, unsorted', { target: row1(35) }),
  peer('npm', 'json-arrays', 'book', 'JSON.parse, sorted arrays of numbers, best prices'),
  peer('npm', 'ccxt-pro', 'book', 'Client.onMessage of pro.binanceusdm and all that follows', {
    package: 'ccxt',
    target: row1(150),
  }),
  peer('npm', 'ccxt-pro-message', 'book', 'JSON.parse, handleOrderBookMessage', { package: 'ccxt' }),
  peer('npm', 'orderbooks', 'book', 'JSON.parse, OrderBooksStore with the whole book', { package: 'orderbooks' }),
  peer('npm', 'orderbooks-250', 'book', 'JSON.parse, OrderBooksStore with 250 levels a side, its default', {
    package: 'orderbooks',
  }),
  peer('npm', 'tardis-dev', 'book', 'JSON.parse, normalizeBookChanges, OrderBook, best prices', {
    package: 'tardis-dev',
    target: row1(100),
  }),
  peer('npm', 'tardis-dev-snapshots', 'book', 'JSON.parse, computeBookSnapshots of depth 20', { package: 'tardis-dev' }),
  peer('cpp', 'simdjson-ondemand', 'book', 'On-Demand, fixed point, sorted vectors', { target: row1(11) }),
  peer('cpp', 'simdjson-dom', 'book', 'DOM, fixed point, sorted vectors'),
  peer('cpp', 'simdjson-parse', 'nothing', 'On-Demand, fixed point', { target: row2(4.4) }),
  peer('go', 'go-binance', 'book', "the package's own handler, fixed point, B-trees"),
  peer('go', 'go-json-btree', 'book', 'encoding/json, fixed point, B-trees'),
  peer('go', 'go-binance-parse', 'nothing', "the package's own handler; prices stay text"),
  peer('go', 'go-json-parse', 'nothing', 'encoding/json, typed; prices stay text'),
  peer('cryptofeed', 'cryptofeed', 'book', 'BinanceFutures.message_handler to its callback', {
    package: 'cryptofeed',
    target: row1(150),
  }),
  peer('nautilus-trader', 'nautilus-trader', 'book', 'typed decoding, deltas, OrderBook', {
    package: 'nautilus-trader',
    target: row1(600),
  }),
  peer('nautilus-trader', 'nautilus-trader-parse', 'nothing', 'typed decoding by msgspec; prices stay text', {
    package: 'nautilus-trader',
  }),
];
