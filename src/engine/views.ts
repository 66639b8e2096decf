import { CHANNELS, FLAGS, VENUES, type VenueName } from '../model/codes.js';
import type { EngineConfig, ViewConfig, ViewLeg } from '../model/config.js';
import { decimalText } from '../model/decimal.js';
import type { ViewStatus } from '../model/status.js';
import { instrumentCounter } from '../native/counters.js';
import { type InstrumentDefinition, type LatestView, native, RingReader, type ShardRequest } from '../native/index.js';
import type { Logger } from './log.js';
import type { FeedTask } from './shard-contract.js';
import type { ShardHost } from './shard-host.js';

/** Sources are looked at this often: what a view is behind them at most, besides their own way to the ring. */
const TURN_MS = 5;
/** Sources that are not there, or not any more, are looked for this often. */
const SEARCH_MS = 100;
/** So many times within its tolerance a leg that only lives says so. */
const HEARD_PER_TOLERANCE = 4;
/** Time passes for a view so many times within the shortest tolerance, and at most every turn. */
const TICKS_PER_TOLERANCE = 4;
/** As the core caps them. */
const DEPTH_MAX = 100;

const SOURCE = instrumentCounter('source');
const SWITCHES = instrumentCounter('source_switches');
const IN_SYNC = instrumentCounter('in_sync');

/** Name of the views' pseudo venue, of their feed, and of what is published of them. */
export const VIEW = 'view';
/** Behind a view's symbol: its best quote net of fees. */
export const NET = '@net';

export const legSymbol = (view: ViewConfig, leg: ViewLeg): string => `${view.symbol}@${leg.venue}`;

/** Symbols of all that is published of a view. */
export function viewSymbols(view: ViewConfig): string[] {
  return [view.symbol, `${view.symbol}${NET}`, ...view.legs.map((leg) => legSymbol(view, leg))];
}

/** Decimals of views; the core widens where a venue has more. */
const EXPONENTS = { priceExponent: -8, qtyExponent: -8 } as const;

export function viewInstrument(id: number, symbol: string): InstrumentDefinition {
  return {
    id,
    venue: VENUES.view,
    symbol,
    ...EXPONENTS,
    tickSize: 0n,
    lotSize: 0n,
    trading: true,
    changeCount: 0,
  };
}

/** A multiplier as it is applied: mantissa × 10^exponent. */
function factorOf(multiplier: string): {
  readonly mantissa: bigint;
  readonly exponent: number;
} {
  const decimals = multiplier.split('.')[1]?.length ?? 0;
  return {
    mantissa: BigInt(multiplier.replace('.', '')),
    exponent: decimals === 0 ? 0 : -decimals,
  };
}

interface Leg {
  readonly leg: ViewLeg;
  readonly symbol: string;
  readonly depth: number;
  readonly toleranceNs: bigint;
  readonly factor: ReturnType<typeof factorOf>;
  /** Where its source is, once found. */
  source: { readonly shard: number; readonly instrument: number } | undefined;
  /** What was said of it last. */
  isStale: boolean;
  updateId: bigint;
  heard: bigint;
}

/**
 * The views of a derived shard. Reads the rings of the engine's other shards and hands what it takes to the core, in order, as
 * canonical frames: the core merges, and the journal of this shard holds all that the merging depends on.
 */
export class Views {
  readonly #host: ShardHost;
  readonly #config: EngineConfig;
  readonly #logger: Logger;
  readonly #nextConnection: () => number;
  readonly #readers = new Map<number, RingReader>();
  /** Shards whose writer does not turn, or is gone: what they say is old. */
  readonly #stalled = new Set<number>();
  /** Epochs of writers that are gone. */
  readonly #gone = new Map<number, bigint>();
  #instruments: readonly InstrumentDefinition[] = [];
  #legs: Leg[] = [];
  #connection = 0;
  #timer: NodeJS.Timeout | undefined;
  #searched = Number.NEGATIVE_INFINITY;
  #ticked = 0;
  #tickMs = SEARCH_MS;

  constructor(host: ShardHost, config: EngineConfig, logger: Logger, nextConnection: () => number) {
    this.#host = host;
    this.#config = config;
    this.#logger = logger;
    this.#nextConnection = nextConnection;
  }

  /** Venue number of the connection that stands for what is taken; undefined for another. */
  venueOf(connection: number): number | undefined {
    return connection === this.#connection && connection !== 0 ? VENUES.view : undefined;
  }

  /** Takes up the views. They are the same for as long as the engine runs. */
  take({ instruments }: FeedTask): void {
    if (this.#timer !== undefined) return;
    this.#instruments = instruments;
    this.#connection = this.#nextConnection();
    const views = this.#config.views ?? [];
    this.#legs = views.flatMap((view) => view.legs.map((leg) => legOf(view, leg)));
    this.#tickMs = Math.max(TURN_MS, Math.min(SEARCH_MS, ...views.map((view) => view.toleranceMs / TICKS_PER_TOLERANCE)));
    for (const definition of instruments) this.#host.add({ definition, venueName: VIEW });
    this.#announce();
    this.#timer = setInterval(() => this.#turn(), TURN_MS);
  }

  /** After the shard was rebuilt: says everything again. */
  announce(): void {
    if (this.#timer !== undefined) this.#announce();
  }

  /** A view follows another leg, or has none, or has again the one that it had. */
  switched({ instrument, first, last, code }: ShardRequest): void {
    const symbolOf = (id: number): string => this.#instruments.find((known) => known.id === id)?.symbol ?? '';
    const venueOf = (id: bigint): string | null => symbolOf(Number(id)).split('@')[1] ?? null;
    const fields = { view: symbolOf(instrument), from: venueOf(first), to: venueOf(last) };
    if (last === 0n) this.#logger.error({ ...fields, code }, 'no source of the view is fit; its last book stays');
    else if (code === 'VIEW_SOURCE_LOST') this.#logger.warn({ ...fields, code }, 'a view has lost its source for another one');
    else if (code === '') this.#logger.info(fields, 'the source of the view is fit again');
    else this.#logger.info({ ...fields, code }, 'a view follows a preferred source');
  }

  /** The worker of a source's shard is gone; its ring says so only once the next one has begun. */
  gone(shard: number): void {
    const epoch = this.#readers.get(shard)?.status().epoch;
    if (epoch === undefined) return;
    this.#gone.set(shard, epoch);
    this.#stalled.add(shard);
  }

  status(): ViewStatus[] {
    const ids = new Map(this.#instruments.map(({ id, symbol }) => [symbol, id]));
    const counter = (symbol: string, place: number): number => {
      const values = this.#host.instrumentCounters(ids.get(symbol) ?? 0);
      return Number(values?.[place] ?? 0n);
    };
    if (this.#timer === undefined) return [];
    return (this.#config.views ?? []).map((view) => {
      const { symbol, legs, failover } = view;
      const source = counter(symbol, SOURCE);
      return {
        symbol,
        mode: failover === undefined ? 'merge' : 'failover',
        inSync: counter(symbol, IN_SYNC) === 1,
        source: legs.find((leg) => source !== 0 && ids.get(legSymbol(view, leg)) === source)?.venue ?? null,
        switches: counter(symbol, SWITCHES),
        legs: legs.map((leg) => ({
          venue: leg.venue,
          symbol: leg.symbol,
          isIn: counter(legSymbol(view, leg), IN_SYNC) === 1,
        })),
      };
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const shard of [...this.#readers.keys()]) this.#forget(shard);
  }

  #announce(): void {
    this.#host.connect(this.#connection);
    for (const { id, symbol } of this.#instruments) {
      this.#host.subscribe(this.#connection, id, symbol.endsWith(NET) ? CHANNELS.quote : CHANNELS.book | CHANNELS.quote);
      this.#host.ack(this.#connection, id, true);
    }
    for (const view of this.#config.views ?? []) {
      for (const leg of view.legs) {
        this.#say({
          e: 'join',
          s: legSymbol(view, leg),
          view: view.symbol,
          fee: leg.feePpm,
          tolerance: view.toleranceMs * 1_000_000,
          deviation: view.deviationBps,
          depth: Math.min(view.depth, DEPTH_MAX),
          // What has no value is left out of the frame.
          hold: view.failover === undefined ? undefined : view.failover.holdMs * 1_000_000,
        });
      }
    }
    for (const leg of this.#legs) [leg.isStale, leg.updateId, leg.heard] = [true, 0n, 0n];
  }

  #turn(): void {
    const now = performance.now();
    if (now - this.#searched >= SEARCH_MS) {
      this.#searched = now;
      this.#search();
    }
    for (const leg of this.#legs) this.#look(leg);
    if (now - this.#ticked < this.#tickMs) return;
    this.#ticked = now;
    this.#host.tick();
  }

  /** Opens shards that have begun, leaves those that ended, and finds instruments. */
  #search(): void {
    for (let shard = 0; shard < Math.min(this.#config.shards, this.#config.feeds.length); shard++) {
      const reader = this.#open(shard);
      if (reader === undefined) continue;
      const waiting = this.#legs.filter(({ source }) => source === undefined);
      if (waiting.length === 0) continue;
      const known = new Map(reader.instruments().map(({ id, venue, symbol }) => [`${venue}:${symbol}`, id]));
      for (const leg of waiting) {
        const instrument = known.get(`${VENUES[leg.leg.venue as VenueName]}:${leg.leg.symbol}`);
        if (instrument !== undefined) leg.source = { shard, instrument };
      }
    }
  }

  #open(shard: number): RingReader | undefined {
    try {
      const reader = this.#readers.get(shard) ?? native(() => new RingReader(this.#config.shmRoot, this.#config.name, shard));
      this.#readers.set(shard, reader);
      const { state, epoch } = reader.status();
      if (state === 'stalled' || this.#gone.get(shard) === epoch) this.#stalled.add(shard);
      else this.#stalled.delete(shard);
      if (state === 'live' || state === 'stalled') return reader;
    } catch (error) {
      this.#logger.debug({ err: error, source: shard }, 'a source of views cannot be read yet');
    }
    this.#forget(shard);
    return undefined;
  }

  /** Its instruments may stand elsewhere in the next ring. */
  #forget(shard: number): void {
    this.#readers.get(shard)?.close();
    this.#readers.delete(shard);
    this.#stalled.delete(shard);
    for (const leg of this.#legs) if (leg.source?.shard === shard) leg.source = undefined;
  }

  /** Says what is new of a leg. */
  #look(leg: Leg): void {
    const latest = this.#latest(leg);
    if (latest === null || (latest.flags & FLAGS.stale) !== 0) {
      if (!leg.isStale) this.#say({ e: 'stale', s: leg.symbol });
      leg.isStale = true;
      return;
    }
    if (leg.isStale || latest.lastUpdateId !== leg.updateId) {
      this.#host.frame(this.#connection, bookFrame(leg, latest));
    } else if (latest.tsRecv - leg.heard >= leg.toleranceNs / BigInt(HEARD_PER_TOLERANCE)) {
      this.#host.frame(this.#connection, Buffer.from(`{"e":"heard","s":${JSON.stringify(leg.symbol)},"R":${latest.tsRecv}}`));
    } else return;
    [leg.isStale, leg.updateId, leg.heard] = [false, latest.lastUpdateId, latest.tsRecv];
  }

  #latest({ source }: Leg): LatestView | null {
    if (source === undefined || this.#stalled.has(source.shard)) return null;
    try {
      const latest = this.#readers.get(source.shard)?.latest(source.instrument) ?? null;
      // Before its first book an instrument is not stale, and has nothing.
      return latest === null || latest.lastUpdateId === 0n ? null : latest;
    } catch (error) {
      this.#logger.debug({ err: error, source: source.shard }, 'a source of views cannot be read');
      this.#forget(source.shard);
      return null;
    }
  }

  #say(message: object): void {
    this.#host.frame(this.#connection, Buffer.from(JSON.stringify(message)));
  }
}

function legOf(view: ViewConfig, leg: ViewLeg): Leg {
  return {
    leg,
    symbol: legSymbol(view, leg),
    depth: Math.min(view.depth, DEPTH_MAX),
    toleranceNs: BigInt(view.toleranceMs) * 1_000_000n,
    factor: factorOf(leg.multiplier),
    source: undefined,
    isStale: true,
    updateId: 0n,
    heard: 0n,
  };
}

/** As `native/core/src/venue/view.rs` reads it. */
function bookFrame({ symbol, depth, factor }: Leg, latest: LatestView): Buffer {
  const { tsEvent, tsRecv, lastUpdateId, priceExponent, qtyExponent } = latest;
  const side = (pairs: BigInt64Array): string => {
    const rows: string[] = [];
    for (let at = 0; at + 1 < pairs.length && rows.length < depth; at += 2) {
      const qty = decimalText((pairs[at + 1] ?? 0n) * factor.mantissa, qtyExponent + factor.exponent);
      rows.push(`["${decimalText(pairs[at] ?? 0n, priceExponent)}","${qty}"]`);
    }
    return `[${rows.join(',')}]`;
  };
  const head = `{"e":"leg","s":${JSON.stringify(symbol)},"T":${tsEvent},"R":${tsRecv},"u":${lastUpdateId}`;
  return Buffer.from(`${head},"b":${side(latest.bids)},"a":${side(latest.asks)}}`);
}
