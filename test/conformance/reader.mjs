/** The conformance suite's reader in Node: requests on stdin, one a line; outcomes on stdout, one a line, and a dot behind each answer. */
import { argv, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import { EPOCH_REASONS, GAP_STREAMS, MARKET_STATES, SIDES, TRADING_STATES, VENUES } from '../../dist/model/codes.js';
import { CODES, engines, GAP_REASONS, NOTICES, RingReader, STATES, shards, TickringError } from '../../dist/reader/index.js';

const root = argv[2];
let reader;
let books = [];

/** As the other languages print it: bigints in full. */
function text(value) {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(text).join(',')}]`;
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, of]) => `"${name}":${text(of)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}

const levels = (side) => side.map(({ price, qty }) => [price, qty]);
const definition = (of) => [
  VENUES[of.venue],
  TRADING_STATES[of.state],
  of.priceExponent,
  of.qtyExponent,
  of.tickSize,
  of.lotSize,
  of.changeCount,
  of.symbol,
];

const PAYLOADS = {
  trade: (of) => [of.price, of.qty, of.tradeId],
  quote: (of) => [of.bidPrice, of.bidQty, of.askPrice, of.askQty],
  book_delta: (of) => [of.prevUpdateId, of.lastUpdateId, of.part, of.parts, levels(of.bids), levels(of.asks)],
  book_snapshot: (of) => PAYLOADS.book_delta(of),
  stats_24h: (of) => [of.open, of.high, of.low, of.close, of.volume, of.count],
  instrument: (of) => definition(of.instrument),
  status: (of) => [STATES[of.state], of.connection, of.code === null ? 0 : CODES[of.code].number, of.detail],
  gap: (of) => [GAP_STREAMS[of.stream], GAP_REASONS[of.reason], of.first, of.last],
  epoch_start: (of) => [of.prevEpoch, of.lastDurable, EPOCH_REASONS[of.reason]],
  mark_price: (of) => [of.price, of.exponent],
  index_price: (of) => [of.price, of.exponent],
  funding: (of) => [of.rate, of.nextTs, of.exponent, of.intervalS],
  open_interest: (of) => [of.qty, of.value, of.qtyExponent, of.valueExponent],
  liquidation: (of) => [of.price, of.qty, of.id, of.priceExponent, of.qtyExponent, SIDES[of.side]],
  trading_status: (of) => [MARKET_STATES[of.state]],
  bar: (of) => [
    of.open,
    of.high,
    of.low,
    of.close,
    of.volume,
    of.turnover,
    of.count,
    of.startTs,
    of.intervalNs,
    of.priceExponent,
    of.qtyExponent,
    of.turnoverExponent,
    Number(of.closed),
  ],
};

function outcome(cursor) {
  const { kind, shard, flags, instrument, index } = cursor;
  const of = cursor.object();
  if (kind === NOTICES.lapped) return { lapped: of.lost, shard };
  if (kind === NOTICES.generation) return { generation: [of.prevEpoch, of.epoch], shard };
  if (kind === NOTICES.writer) return { writer: of.state, shard };
  const { sequence, frameSeq, tsEvent, tsRecv, tsOut } = of;
  const head = { kind, shard, flags, instrument, index, sequence, frame_seq: frameSeq };
  return { ...head, ts_event: tsEvent, ts_recv: tsRecv, ts_out: tsOut, payload: PAYLOADS[of.kind](of) };
}

/** Generations and states of writers are told in the stream. */
function drain(most = Number.POSITIVE_INFINITY) {
  const out = [];
  while (out.length < most) {
    const cursor = reader.poll(Math.min(most - out.length, 256));
    if (cursor.left === 0) break;
    while (cursor.next()) out.push(outcome(cursor));
  }
  return out;
}

function latest(symbol) {
  const of = reader.latest(symbol);
  if (of === undefined) return [null];
  const { instrument, trade, stats } = of;
  const head = [instrument.id, of.flags, of.tsEvent, of.tsRecv, of.lastUpdateId];
  return [
    [
      head,
      [instrument.priceExponent, instrument.qtyExponent, of.bidLevels, of.askLevels],
      trade === undefined ? [0, 0, 0, 0, 0] : [trade.price, trade.qty, trade.id, trade.tsEvent, trade.flags],
      stats === undefined ? [0, 0, 0, 0, 0, 0] : [stats.open, stats.high, stats.low, stats.close, stats.volume, stats.count],
      levels(of.bids),
      levels(of.asks),
    ],
  ];
}

function bookLine(book) {
  const { state, lastUpdateId, priceExponent, qtyExponent, hash, joins, checks, failures } = book.status();
  const { bids, asks } = book.levels();
  const counts = [joins, checks, failures];
  return [state, lastUpdateId, priceExponent, qtyExponent, hash, counts, levels(bids), levels(asks)];
}

function open(name, shard, ...options) {
  reader?.close();
  books = [];
  const owner = options.find((option) => option.startsWith('owner='))?.slice('owner='.length);
  reader = RingReader.open({
    name,
    root,
    oldest: options.includes('oldest'),
    ...(shard === 'all' ? {} : { shard: Number(shard) }),
    ...(owner === undefined ? {} : { owner: Number(owner) }),
  });
  return [{ open: true }];
}

/** What is polled meanwhile is given by the next poll. */
function wait(ms) {
  const until = performance.now() + Number(ms);
  while (performance.now() < until) if (reader.poll(1).left > 0) return [{ there: true }];
  return [{ there: reader.poll(1).left > 0 }];
}

function info() {
  const [{ state, epoch, position, sequence, lag, slots }] = reader.liveness();
  return [{ state, epoch, position, next: sequence ?? 0n, lag, slots }];
}

const REQUESTS = {
  open,
  drain: (most) => drain(most === undefined ? undefined : Number(most)),
  info,
  instruments: () => reader.instruments().map((of) => [of.id, definition(of)]),
  latest,
  seek: (where) => {
    if (where === 'oldest') reader.seekOldest();
    else reader.seekNewest();
    return [];
  },
  counters: () => Object.entries(reader.counters()),
  instrument_counters: (symbol) => Object.entries(reader.instrumentCounters(symbol)),
  histograms: () =>
    ['receive_to_ring', 'venue_to_receive', 'receive', 'parse', 'book', 'ring', 'line_lead'].map((stage) => {
      const { count, sum, max, percentiles } = reader.histogram(stage, { shares: [0, 0.5, 0.99, 1] });
      return [stage, count, sum, max, percentiles];
    }),
  lists: (name) => [engines(root), shards(name, root)],
  final: () => [reader.liveness()[0].finalSequence ?? null],
  book: (symbol) => {
    books.push(reader.book(symbol));
    return [{ book: true }];
  },
  books: () => books.map(bookLine),
  wait,
};

for await (const request of createInterface({ input: stdin })) {
  const [name, ...args] = request.split(' ');
  let out;
  try {
    out = REQUESTS[name](...args);
  } catch (error) {
    if (!(error instanceof TickringError)) throw error;
    out = [{ error: error.code, says: error.message }];
  }
  stdout.write(`${[...out.map(text), '.'].join('\n')}\n`);
}
