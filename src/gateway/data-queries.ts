/** Answers about symbols from memory: points, snapshots. */

import { FLAGS, VENUE_NAMES } from '../model/codes.js';
import { isSource, plainSymbol } from '../model/feeds.js';
import { instrumentCounter } from '../native/counters.js';
import { RECORD_OFFSETS as AT } from '../native/layout.js';
import type { InstrumentView, Monitor } from './monitor.js';
import { decimalJson, type NumberStyle, newestQuote, pointRenderer, timeText } from './point-json.js';
import type { PointRing, Render } from './point-ring.js';
import type { PointKind, Points } from './points.js';
import { notFound } from './problem.js';

const COUNTER_OF: Readonly<Record<PointKind, number>> = {
  tick: instrumentCounter('trades'),
  quote: instrumentCounter('quotes'),
};

/** Kinds of points behind the names that consumers use. */
const KINDS_OF: Readonly<Record<string, readonly PointKind[]>> = {
  all: ['tick', 'quote'],
  tick: ['tick'],
  trade: ['tick'],
  trades: ['tick'],
  quote: ['quote'],
  ticker: ['quote'],
};

export interface DataQuery {
  readonly data_type: string;
  readonly limit: number;
  readonly source?: string | undefined;
  readonly numbers: NumberStyle;
}

/** One kind of points of one instrument, from the newest on. */
interface Stream {
  readonly ring: PointRing;
  readonly render: Render;
  readonly isKept: boolean;
  back: number;
  /** When that point reached the ring. */
  out: bigint;
}

export class DataQueries {
  readonly #monitor: Monitor;
  readonly #points: Points;
  /** Requests for points, and how many of them memory answered in full. */
  readonly counts = { requests: 0, whole: 0 };
  readonly #renderers = new Map<string, ReturnType<typeof pointRenderer>>();

  constructor(monitor: Monitor, points: Points) {
    this.#monitor = monitor;
    this.#points = points;
  }

  /**
   * The instrument that a symbol names: `venue:SYMBOL`, or a symbol in any spelling; `binance` for a venue means all whose names
   * begin with `binance-`. Where several venues have it, exchanges come
   * before sources, and the one that was listed first wins.
   */
  instrument(symbol: string, source?: string): InstrumentView {
    const all = this.#monitor.instruments;
    const [venue, name] = symbol.includes(':') ? symbol.split(':', 2) : [source, symbol];
    const of = (isIt: (each: InstrumentView) => boolean): InstrumentView[] => all.filter(isIt);
    const exactly = of((each) => each.venue === venue);
    // `binance` means its spot and futures markets.
    const candidates =
      venue === undefined ? all : exactly.length > 0 ? exactly : of((each) => each.venue.startsWith(`${venue}-`));
    const plain = plainSymbol(name ?? '');
    const exact = candidates.filter((each) => each.symbol === name);
    const named = exact.length > 0 ? exact : candidates.filter((each) => plainSymbol(each.symbol) === plain);
    const rank = (each: InstrumentView): number => (isSource(each.venue) ? 2 ** 32 : 0) + each.id;
    const [first] = named.sort((a, b) => rank(a) - rank(b));
    if (first === undefined) throw notFound();
    return first;
  }

  /** `GET /data/{symbol}`, as it is sent: the points are in their JSON already. Oldest first. */
  data(symbol: string, query: DataQuery): Uint8Array {
    const instrument = this.instrument(symbol, query.source);
    const kinds = KINDS_OF[query.data_type] ?? [];
    const streams = kinds.flatMap((kind) => this.#stream(instrument, kind, query.numbers));
    const { count, parts } = pointsOf(streams, query.limit);
    // What was published and is no longer, or not yet, in memory would have been part of the answer.
    const published = kinds.reduce((sum, kind) => sum + Number(instrument.counters[COUNTER_OF[kind]] ?? 0n), 0);
    const truncated = count < query.limit && published > count;
    this.counts.requests += 1;
    if (!truncated) this.counts.whole += 1;
    const head = `{"symbol":${JSON.stringify(instrument.symbol)},"data_type":"${query.data_type}","data":[`;
    const last = parts.pop();
    // Without the comma behind it.
    if (last !== undefined) parts.push(last.subarray(0, -1));
    return Buffer.concat([Buffer.from(head), ...parts, Buffer.from(`],"count":${count},"truncated":${truncated}}`)]);
  }

  /** `POST /symbols/{symbol}/snapshot`, as text. */
  snapshot(symbol: string, source: string | undefined, style: NumberStyle): string {
    const instrument = this.instrument(symbol, source);
    const latest = this.#monitor.latest(instrument);
    const time = timeText(BigInt(Date.now()) * 1_000_000n);
    const head = `{"symbol":${JSON.stringify(instrument.symbol)},"timestamp":"${time}","source":"${instrument.venue}"`;
    if (latest === null) return `${head},"snapshot":{"last_trade":null,"quote":null,"daily_stats":null}}`;
    const { priceExponent, qtyExponent, trade, stats, bids, asks, flags } = latest;
    const price = (mantissa: bigint): string => decimalJson(mantissa, priceExponent, style);
    const qty = (mantissa: bigint): string => decimalJson(mantissa, qtyExponent, style);
    const lastTrade =
      trade === undefined
        ? 'null'
        : `{"price":${price(trade.price)},"size":${qty(trade.qty)},"timestamp":"${timeText(trade.tsEvent)}"}`;
    const [bid, bidQty, ask, askQty] = [bids[0], bids[1], asks[0], asks[1]];
    const isBook = bid !== undefined && bidQty !== undefined && ask !== undefined && askQty !== undefined;
    const quote = isBook
      ? `{"bid":${price(bid)},"ask":${price(ask)},"bid_size":${qty(bidQty)},"ask_size":${qty(askQty)}}`
      : newestQuote(this.#points.of(instrument.id, 'quote'), style);
    const daily =
      stats === undefined
        ? 'null'
        : `{"open":${price(stats.open)},"high":${price(stats.high)},"low":${price(stats.low)},"volume":${qty(stats.volume)}}`;
    const isStale = isBook && (flags & FLAGS.stale) !== 0;
    const isPartial = (flags & FLAGS.partial) !== 0;
    const snapshot = `{"last_trade":${lastTrade},"quote":${quote},"daily_stats":${daily}}`;
    return `${head},"stale":${isStale},"partial":${isPartial},"snapshot":${snapshot}}`;
  }

  #stream(instrument: InstrumentView, kind: PointKind, style: NumberStyle): Stream[] {
    const ring = this.#points.of(instrument.id, kind);
    if (ring === undefined || ring.size === 0) return [];
    const key = `${kind} ${instrument.venue} ${style}`;
    const render = this.#renderers.get(key) ?? pointRenderer(kind, instrument.venue, style);
    this.#renderers.set(key, render);
    const stream = { ring, render, isKept: style === 'number', back: 0, out: 0n };
    stream.out = outOf(stream);
    return [stream];
  }
}

/** The JSON of the newest points of all streams, at most `limit`, oldest first, in pieces that end with a comma. */
function pointsOf(streams: readonly Stream[], limit: number): { count: number; parts: Uint8Array[] } {
  const [only] = streams;
  if (only?.isKept === true && streams.length === 1) {
    const count = Math.min(limit, only.ring.size);
    return { count, parts: count === 0 ? [] : [only.ring.json(count - 1, count, only.render)] };
  }
  const parts: Uint8Array[] = [];
  while (parts.length < limit) {
    const newest = newestOf(streams);
    if (newest === undefined) break;
    const { ring, back, render, isKept } = newest;
    parts.push(isKept ? ring.json(back, 1, render) : Buffer.from(`${render(ring, ring.at(back))},`));
    newest.back += 1;
    newest.out = outOf(newest);
  }
  return { count: parts.length, parts: parts.reverse() };
}

/** The stream whose next point is the newest: all of an instrument are of one shard, so the ring's own time orders them. */
function newestOf(streams: readonly Stream[]): Stream | undefined {
  let newest: Stream | undefined;
  for (const stream of streams) {
    if (stream.back >= stream.ring.size) continue;
    if (newest === undefined || stream.out > newest.out) newest = stream;
  }
  return newest;
}

/** When a stream's next point reached the ring; 0 behind its oldest. */
function outOf({ ring, back }: Stream): bigint {
  return back < ring.size ? ring.view.getBigUint64(ring.at(back) + AT.tsOut, true) : 0n;
}

/** Names of venues are printed without escapes. */
for (const name of Object.values(VENUE_NAMES)) {
  if (!/^[a-z0-9_-]+$/.test(name)) throw new Error(`invariant: venue ${name} needs no escapes in JSON`);
}
