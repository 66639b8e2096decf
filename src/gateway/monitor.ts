/** What the shared memory tells about the engine, looked at a few times a second. */

import { VENUE_NAMES } from '../model/codes.js';
import { toNumber } from '../model/decimal.js';
import { hasNoBook, REMOVED_BIT } from '../model/subscribed.js';
import { instrumentCounter } from '../native/counters.js';
import type { LatestView } from '../native/index.js';
import { JOURNAL_COUNTERS, SHARD_COUNTERS } from '../native/layout.js';
import { histogramSum } from './histogram.js';
import type { Logger } from './logger.js';
import type { FanoutSource, ReaderSource, RingSource } from './ring.js';

/** A heartbeat older than this makes the gateway unready, ms. */
const HEARTBEAT_MS_MAX = 2_000;
/** A venue that sent something within this is an active feed, ns. */
const ACTIVE_WITHIN_NS = 10_000_000_000n;
/** Looks over which rates are taken. */
const RATE_SAMPLES = 10;
/** Reasons listed in an answer; the rest is counted. */
const REASONS_MAX = 20;

export interface ShardView {
  readonly shard: number;
  /** `live`, `stalled`, `dead`, `closed` or `away`. */
  readonly state: string;
  readonly epoch: bigint;
  /** Slots that the writer has published. */
  readonly position: number;
  /** Slots that the fan-out has not read yet. */
  readonly lag: number;
  /** Null where no heartbeat can be seen. */
  readonly heartbeatAgeMs: number | null;
  /** In the order of `SHARD_COUNTERS`; empty where nothing can be read. */
  readonly counters: readonly bigint[];
  /** In the order of `JOURNAL_COUNTERS`; empty where nothing can be read. */
  readonly journal: readonly bigint[];
}

export interface InstrumentView {
  readonly id: number;
  readonly venue: string;
  readonly symbol: string;
  readonly shard: number;
  readonly inSync: boolean;
  readonly lastTsRecv: bigint;
  /** In the order of `INSTRUMENT_COUNTERS`. */
  readonly counters: readonly bigint[];
}

export interface Rates {
  readonly frames: number;
  readonly events: number;
}

const shardCounter = (name: (typeof SHARD_COUNTERS)[number]['name']): number =>
  SHARD_COUNTERS.findIndex((counter) => counter.name === name);

const SUBSCRIBED = instrumentCounter('channels');
const IN_SYNC = instrumentCounter('in_sync');
const LAST_TS_RECV = instrumentCounter('last_ts_recv');
const JOURNAL_STATE = JOURNAL_COUNTERS.findIndex(({ name }) => name === 'journal_state');
const JOURNAL_DEGRADED = 2n;

export class Monitor {
  readonly #rings: RingSource;
  readonly #logger: Logger;
  readonly #readers = new Map<number, ReaderSource>();
  #samples: { readonly at: number; readonly frames: number; readonly events: number }[] = [];
  shards: readonly ShardView[] = [];
  instruments: readonly InstrumentView[] = [];

  constructor(rings: RingSource, logger: Logger) {
    this.#rings = rings;
    this.#logger = logger;
  }

  /** Looks at all shards that the fan-out knows. */
  look(fanout: FanoutSource, now: number): void {
    const instruments: InstrumentView[] = [];
    this.shards = fanout.status().map(({ shard, state, epoch, lag }) => {
      const away = {
        shard,
        state: state === 'live' ? 'away' : state,
        epoch,
        position: 0,
        lag,
        heartbeatAgeMs: null,
        counters: [],
        journal: [],
      };
      try {
        return this.#shard(shard, lag, instruments) ?? away;
      } catch (error) {
        this.#logger.debug({ err: error, shard }, 'shard cannot be read');
        this.#forget(shard);
        return away;
      }
    });
    this.instruments = instruments;
    this.#sample(now);
  }

  #shard(shard: number, lag: number, instruments: InstrumentView[]): ShardView | undefined {
    const reader = this.#readers.get(shard) ?? this.#rings.reader(shard);
    this.#readers.set(shard, reader);
    const status = reader.status();
    if (status.state === 'superseded') {
      // The engine made a new segment; the next look opens that.
      this.#forget(shard);
      return undefined;
    }
    for (const { id, venue, symbol } of reader.instruments()) {
      const counters = reader.instrumentCounters(id);
      // One that left its shard keeps its place in the tables, and is nobody's business.
      if (counters === null || (Number(counters[SUBSCRIBED] ?? 0n) & REMOVED_BIT) !== 0) continue;
      const name = (VENUE_NAMES as Readonly<Record<number, string>>)[venue] ?? `venue-${venue}`;
      const channels = Number(counters[SUBSCRIBED] ?? 0n);
      const inSync = counters[IN_SYNC] === 1n || hasNoBook(channels);
      instruments.push({ id, venue: name, symbol, shard, inSync, lastTsRecv: counters[LAST_TS_RECV] ?? 0n, counters });
    }
    return {
      shard,
      state: status.state,
      epoch: status.epoch,
      position: Number(status.position) + status.lag,
      lag,
      heartbeatAgeMs: status.heartbeatAgeMs ?? null,
      counters: reader.counters(),
      journal: reader.journalCounters(),
    };
  }

  #forget(shard: number): void {
    this.#readers.get(shard)?.close();
    this.#readers.delete(shard);
  }

  #sample(at: number): void {
    this.#samples.push({ at, frames: this.total('frames'), events: this.total('events') });
    if (this.#samples.length > RATE_SAMPLES) this.#samples.shift();
  }

  /** A shard counter, all shards together. */
  total(name: (typeof SHARD_COUNTERS)[number]['name']): number {
    const index = shardCounter(name);
    return this.shards.reduce((sum, { counters }) => sum + Number(counters[index] ?? 0n), 0);
  }

  /** Events of the shards that are asked for. */
  events(isCounted: (shard: number) => boolean): number {
    const index = shardCounter('events');
    return this.shards.reduce((sum, { shard, counters }) => sum + (isCounted(shard) ? Number(counters[index] ?? 0n) : 0), 0);
  }

  /** A second, over the last few seconds. */
  get rates(): Rates {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return { frames: 0, events: 0 };
    const seconds = (last.at - first.at) / 1000;
    // A restarted engine counts from zero.
    const rate = (to: number, from: number): number => Math.max(0, to - from) / seconds;
    return { frames: rate(last.frames, first.frames), events: rate(last.events, first.events) };
  }

  /** Venues that sent something lately. */
  get activeFeeds(): number {
    const since = BigInt(Date.now()) * 1_000_000n - ACTIVE_WITHIN_NS;
    return new Set(this.instruments.filter(({ lastTsRecv }) => lastTsRecv >= since).map(({ venue }) => venue)).size;
  }

  /** Symbols, each once, however many venues list it. */
  get symbols(): string[] {
    return [...new Set(this.instruments.map(({ symbol }) => symbol))].sort();
  }

  /** The newest state of an instrument; null while its shard cannot be read. */
  latest({ id, shard }: InstrumentView): LatestView | null {
    return this.#readers.get(shard)?.latest(id) ?? null;
  }

  /** Price of the last trade; undefined where there was none. */
  lastPrice(venue: string, symbol: string): number | undefined {
    const instrument = this.instruments.find((each) => each.venue === venue && each.symbol === symbol);
    const latest = instrument === undefined ? null : this.latest(instrument);
    return latest?.trade === undefined ? undefined : toNumber(latest.trade.price, latest.priceExponent);
  }

  /** Counts of a latency histogram by bucket, all shards together. */
  histogram(stage: number): Float64Array {
    return histogramSum([...this.#readers.values()].map((reader) => reader.histogram(stage)?.counts));
  }

  /** `live` if every shard is; else the state of the first that is not; `away` while there is none. */
  get engineState(): string {
    return this.shards.find(({ state }) => state !== 'live')?.state ?? (this.shards.length > 0 ? 'live' : 'away');
  }

  /** Why no truthful data can be served now; empty when it can. */
  get reasons(): string[] {
    const reasons = this.shards.length === 0 ? ['engine away'] : this.shards.flatMap(shardReasons);
    // A view says itself which venues it has left out.
    const lost = this.instruments.filter(({ inSync, venue }) => !inSync && venue !== 'view');
    reasons.push(...lost.map(({ venue, symbol }) => `book ${venue}.${symbol} out of sync`));
    if (this.shards.length > 0 && this.instruments.length === 0) reasons.push('no instruments yet');
    const more = reasons.length - REASONS_MAX;
    return more > 0 ? [...reasons.slice(0, REASONS_MAX), `${more} more`] : reasons;
  }

  /** Shards whose journal does not keep up: they are served truthfully, and may not be kept. */
  get unkept(): number[] {
    return this.shards.flatMap(({ shard, journal }) => (journal[JOURNAL_STATE] === JOURNAL_DEGRADED ? [shard] : []));
  }

  close(): void {
    for (const shard of [...this.#readers.keys()]) this.#forget(shard);
  }
}

function shardReasons({ shard, state, heartbeatAgeMs }: ShardView): string[] {
  if (state !== 'live') return [`shard ${shard} ${state}`];
  if (heartbeatAgeMs === null || heartbeatAgeMs <= HEARTBEAT_MS_MAX) return [];
  return [`shard ${shard} heartbeat ${Math.round(heartbeatAgeMs)} ms old`];
}
