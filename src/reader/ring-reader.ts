/** The ring of a running engine for programs in Node. */
import { KINDS, type KindName, VENUE_NAMES } from '../model/codes.js';
import { TickringError } from '../model/errors.js';
import type { Level } from '../model/payloads.js';
import { tradingState } from '../model/subscribed.js';
import { NOTICES, RecordCursor, type RingRecord } from '../native/cursor.js';
import {
  RingReader as Addon,
  fromAddon,
  INSTRUMENT_COUNTERS,
  JOURNAL_COUNTERS,
  type LatestStats,
  type LatestTrade,
  native,
  type ReaderStatus,
  RING_COUNTERS,
  SHARD_COUNTERS,
  STAGES,
} from '../native/index.js';
import type { Instrument } from '../native/records.js';
import { Book, levels } from './book.js';
import {
  type CounterName,
  type Histogram,
  type HistogramOptions,
  type InstrumentCounterName,
  named,
  type StageName,
} from './counters.js';
import { DEFAULT_NAME, DEFAULT_ROOT } from './discovery.js';
import { Pace, type WaitOptions, within } from './pace.js';

/** Bytes of a poll: 256 records of the longest kinds that are common, or 30 of the longest of all. */
const BATCH_BYTES = 65_536;
/** Records of a poll unless told otherwise. */
const BATCH = 256;
const BATCH_MAX = 4_096;

export interface OpenOptions {
  /** Name of the engine, default `tickring`. */
  readonly name?: string;
  /** One shard; absent: all of them, merged by `ts_out`. */
  readonly shard?: number;
  /** Root of shared memory, default `/dev/shm/tickring`. */
  readonly root?: string;
  /** The user (uid) whose files are trusted beside root's; default: the one that this process runs as. */
  readonly owner?: number;
  /** Begins with the oldest records that still stand, not with what is published from now on. */
  readonly oldest?: boolean;
}

export interface RecordsOptions {
  /** Ends the loop; nothing is thrown. */
  readonly signal?: AbortSignal;
  readonly wait?: WaitOptions;
  /** Only these kinds; the reader's own notices (`lapped`, `generation`, `writer`) always come. */
  readonly kinds?: readonly KindName[];
  /** Only these instruments, as `SYMBOL` or `venue:SYMBOL`; notices always come. */
  readonly symbols?: readonly string[];
}

/** A shard's writer and where the reader is in its ring. */
export type ShardStatus = ReaderStatus & { readonly shard: number };

/** Newest state of an instrument; prices and quantities are mantissas. */
export interface Latest {
  readonly instrument: Instrument;
  /** Bits of `FLAGS`: stale, crossed, locked, partial. */
  readonly flags: number;
  readonly tsEvent: bigint;
  readonly tsRecv: bigint;
  readonly lastUpdateId: bigint;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** Levels of the full book. */
  readonly bidLevels: number;
  readonly askLevels: number;
  readonly trade: LatestTrade | undefined;
  readonly stats: LatestStats | undefined;
}

const NOTICE_KINDS = new Set<number>([NOTICES.lapped, NOTICES.generation, NOTICES.writer]);

/** Which records a loop wants. */
class Filter {
  readonly #kinds: ReadonlySet<number> | undefined;
  readonly #symbols: ReadonlySet<string> | undefined;

  constructor({ kinds, symbols }: RecordsOptions) {
    this.#symbols = symbols === undefined ? undefined : new Set(symbols);
    this.#kinds =
      kinds === undefined
        ? undefined
        : new Set(
            kinds.map((name) => {
              if (Object.hasOwn(KINDS, name)) return KINDS[name];
              throw new TickringError('ARGUMENT_RANGE', `kind ${String(name)} is none of ${Object.keys(KINDS).join(', ')}`);
            }),
          );
  }

  passes(cursor: RecordCursor): boolean {
    const { kind } = cursor;
    if (NOTICE_KINDS.has(kind)) return true;
    if (this.#kinds !== undefined && !this.#kinds.has(kind)) return false;
    if (this.#symbols === undefined) return true;
    const instrument = cursor.instrumentDefinition;
    return instrument !== undefined && [...spellings(instrument)].some((name) => this.#symbols?.has(name));
  }
}

function spellings({ venue, symbol }: Instrument): readonly string[] {
  return [symbol, `${venue}:${symbol}`];
}

function notWhole(what: string, value: number): TickringError {
  return new TickringError('ARGUMENT_RANGE', `${what} ${value} is not a whole number`);
}

/** Reads an engine's rings. Any number of readers may exist; none can hold up the engine. Belongs to the thread that opened it. */
export class RingReader implements AsyncIterable<RingRecord> {
  readonly name: string;
  readonly #addon: Addon;
  readonly #poll: ReturnType<Addon['poller']>;
  readonly #bytes = new Uint8Array(BATCH_BYTES);
  readonly #definitions = new Map<number, Instrument>();
  readonly #cursor: RecordCursor;
  #isClosed = false;

  private constructor(addon: Addon, name: string) {
    this.name = name;
    this.#addon = addon;
    this.#poll = addon.poller();
    this.#cursor = new RecordCursor(this.#bytes, { definitions: this.#definitions, learn: () => this.#learn() });
    this.#learn();
  }

  /**
   * Opens a running engine's rings. The first poll finds what is published after this call.
   *
   * Throws a `TickringError`: `SHM_NOT_FOUND` while no engine has published under the name; `SHM_PERMISSION` when the files are not
   * those of this user, of root, or of `owner`; `SHM_VERSION`, `SHM_CORRUPT` when they cannot be read by this build.
   */
  static open(options: OpenOptions = {}): RingReader {
    const { name = DEFAULT_NAME, root = DEFAULT_ROOT, shard, owner, oldest = false } = options;
    for (const [what, value] of Object.entries({ name, root }))
      if (typeof value !== 'string') throw new TickringError('ARGUMENT_RANGE', `${what} ${String(value)} is not a string`);
    for (const [what, value, most] of [
      ['shard', shard, 255],
      ['owner', owner, 2 ** 32 - 2],
    ] as const) {
      if (value !== undefined && !Number.isInteger(within(what, value, 0, most))) throw notWhole(what, value);
    }
    return native(() => {
      const addon = new Addon(root, name, shard, owner);
      if (oldest) addon.seekOldest();
      return new RingReader(addon, name);
    });
  }

  /**
   * Takes the next records, at most `max`, without waiting. The cursor stands before the first; it is the same one each time, and what
   * it says holds until the next poll. Records of the poll before that were not come to are given first: none is passed over.
   */
  poll(max: number = BATCH): RecordCursor {
    const cursor = this.#cursor;
    if (cursor.left > 0) return cursor;
    if (!Number.isInteger(within('max', max, 1, BATCH_MAX))) throw notWhole('max', max);
    let count: number;
    try {
      count = this.#poll(this.#bytes, max);
    } catch (error) {
      throw fromAddon(error);
    }
    cursor.begin(count);
    return cursor;
  }

  /** Goes back to the oldest records that still stand, in all shards that are read. Nothing counts as lost by it. */
  seekOldest(): void {
    this.#seek(() => this.#addon.seekOldest());
  }

  /** Goes behind the newest records, in all shards that are read. Nothing counts as lost by it. */
  seekNewest(): void {
    this.#seek(() => this.#addon.seekNewest());
  }

  #seek(seek: () => void): void {
    native(seek);
    // What was polled and not come to is of the place before, and so are definitions.
    this.#cursor.begin(0);
    this.#learn();
  }

  /** Every record from now on, as plain objects. Ends when `signal` is aborted or the reader closed. */
  [Symbol.asyncIterator](): AsyncGenerator<RingRecord, void, undefined> {
    return this.records();
  }

  /** As the loop over the reader itself, with options. */
  records(options: RecordsOptions = {}): AsyncGenerator<RingRecord, void, undefined> {
    // What is wrong with them is thrown here, not at the first record.
    return this.#follow(new Filter(options), new Pace(options.wait ?? {}, options.signal), options.signal);
  }

  async *#follow(filter: Filter, pace: Pace, signal: AbortSignal | undefined): AsyncGenerator<RingRecord, void, undefined> {
    const isOver = (): boolean => this.#isClosed || signal?.aborted === true;
    pace.begin();
    try {
      while (!isOver()) {
        const cursor = this.poll();
        if (cursor.left === 0) {
          if (!pace.spins()) await pace.rest();
          continue;
        }
        while (!isOver() && cursor.next()) {
          if (filter.passes(cursor)) yield cursor.object();
          if (pace.isTurnOver()) await pace.turn();
        }
      }
    } finally {
      pace.end();
    }
  }

  /** Shards that are read. */
  get shards(): readonly number[] {
    return native(() => this.#addon.shards());
  }

  /** Instruments of all shards that are read. */
  instruments(): Instrument[] {
    return native(() =>
      this.#addon.shards().flatMap((shard) =>
        this.#addon.instruments(shard).map(({ venue, trading, delisted, ...rest }) => ({
          ...rest,
          venue: (VENUE_NAMES as Readonly<Record<number, string>>)[venue] ?? String(venue),
          state: tradingState({ trading, delisted }),
        })),
      ),
    );
  }

  /** The instrument of that name, `SYMBOL` or `venue:SYMBOL`; throws `INSTRUMENT_UNKNOWN` if there is none, or more than one. */
  instrument(symbol: string): Instrument {
    const all = this.instruments();
    const [found, another] = all.filter((instrument) => spellings(instrument).includes(symbol));
    if (found !== undefined && another === undefined) return found;
    const names = (of: readonly Instrument[]): string => of.map((instrument) => spellings(instrument)[1]).join(', ');
    throw new TickringError(
      'INSTRUMENT_UNKNOWN',
      found === undefined
        ? `no instrument ${JSON.stringify(symbol)} in engine ${this.name}; it has ${names(all.slice(0, 10)) || 'none yet'}`
        : `${symbol} is traded at more than one venue: say ${names(all.filter((one) => one.symbol === symbol))}`,
    );
  }

  /** Newest state of an instrument: best levels, last trade, 24-hour figures; undefined while there is none. */
  latest(symbol: string): Latest | undefined {
    const instrument = this.instrument(symbol);
    const view = native(() => this.#addon.latest(instrument.id));
    if (view === null) return undefined;
    const { flags, tsEvent, tsRecv, lastUpdateId, bidLevels, askLevels, trade, stats, priceExponent, qtyExponent } = view;
    return {
      instrument: { ...instrument, priceExponent, qtyExponent },
      ...{ flags, tsEvent, tsRecv, lastUpdateId, bidLevels, askLevels, trade, stats },
      bids: levels(view.bids),
      asks: levels(view.asks),
    };
  }

  /** An instrument's full-depth book, which follows as this reader polls. */
  book(symbol: string): Book {
    const instrument = this.instrument(symbol);
    const book = native(() => this.#addon.book(instrument.id));
    if (book === null) throw new TickringError('INSTRUMENT_UNKNOWN', `instrument ${symbol} is not in the ring any more`);
    return new Book(book, instrument);
  }

  /** The engine's counters of a shard, or of the first one. */
  counters(shard?: number): Readonly<Record<CounterName, bigint>> {
    return native(() => ({
      ...named(RING_COUNTERS, this.#addon.ringCounters(shard)),
      ...named(SHARD_COUNTERS, this.#addon.counters(shard)),
      ...named(JOURNAL_COUNTERS, this.#addon.journalCounters(shard)),
    }));
  }

  /** The engine's counters of an instrument. */
  instrumentCounters(symbol: string): Readonly<Record<InstrumentCounterName, bigint>> {
    const { id } = this.instrument(symbol);
    return named(INSTRUMENT_COUNTERS, native(() => this.#addon.instrumentCounters(id)) ?? []);
  }

  /** A latency histogram of a shard's writer. */
  histogram(stage: StageName, options: HistogramOptions = {}): Histogram {
    const { shares = [0.5, 0.99, 0.999], shard } = options;
    for (const share of shares) within('share', share, 0, 1);
    const index = STAGES.findIndex(({ name }) => name === stage);
    const found = index < 0 ? null : native(() => this.#addon.histogramSummary(index, [...shares], shard));
    if (found !== null) return found;
    throw new TickringError('ARGUMENT_RANGE', `stage ${String(stage)} is none of ${STAGES.map(({ name }) => name).join(', ')}`);
  }

  /** How each shard's writer is doing, by this process's clock, and how far behind this reader is. */
  liveness(): ShardStatus[] {
    return native(() => this.#addon.shards().map((shard) => ({ shard, ...this.#addon.status(shard) })));
  }

  /** Slots published and not polled yet, in the shard where that is most. A ring's `slots` are in `liveness()`. */
  get lag(): number {
    return Math.max(...this.liveness().map(({ lag }) => lag));
  }

  /** Unmaps the rings; loops over the reader end. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#addon.close();
  }

  #learn(): void {
    for (const instrument of this.instruments()) this.#definitions.set(instrument.id, instrument);
  }
}
