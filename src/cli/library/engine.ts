/** `createEngine`: an engine for a program, and what it tells. */
import { setImmediate as turn } from 'node:timers/promises';
import { GAP_REASON_NAMES, GAP_STREAM_NAMES, KINDS, STATE_NAMES } from '../../model/codes.js';
import type { Config } from '../../model/config.js';
import { TickringError } from '../../model/errors.js';
import { NOTICES, type RecordCursor } from '../../native/cursor.js';
import { nameIn } from '../../native/record-bytes.js';
import type { EngineRecord } from '../../native/records.js';
import { RingFeed } from '../../sinks/ring-feed.js';
import { Buffers } from './buffers.js';
import { Followed } from './instruments.js';
import { Listeners, type Origin } from './listeners.js';
import type { Processes } from './processes.js';
import type { DataType, EventName, Listener, Messages, PerformanceStats, StatusMessage } from './types.js';

const BUFFER_SIZE = 1_000;
const BUFFER_SIZE_MAX = 1_000_000;
const BUFFER_BYTES_MAX = 100e6;

export interface EngineOptions {
  /** YAML file, as for `tickring start`. */
  readonly configFile?: string;
  /** Keys of that file, which win over it: `{ name: 'mine', feeds: […] }`. Without a feed anywhere, venues are simulated. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Reads an engine that runs already, and starts none. */
  readonly attach?: boolean;
  /** Messages that are kept of each instrument and type for `getLatestData`, default 1,000; 0 keeps none. */
  readonly bufferSize?: number;
  /** Most that all of them may take together, bytes, default 100,000,000. */
  readonly bufferBytesMax?: number;
  /** Gets what the engine's process writes, its log lines mostly; default: standard error. */
  readonly output?: (text: string) => void;
}

const NOBODY: Omit<Origin, 'failed'> = { exchange: null, symbol: null };
const IGNORE = (): void => {};

function whole(what: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new TickringError('ARGUMENT_RANGE', `${what} ${String(value)} is no whole number of 0 ..= ${most}`);
}

export class Engine {
  readonly #options: EngineOptions;
  readonly #listeners = new Listeners();
  readonly #buffers: Buffers;
  /** By instrument id. */
  #followed = new Map<number, Followed>();
  #byKey = new Map<string, Followed>();
  /** Shards that nobody writes now. */
  readonly #away = new Set<number>();
  #config: Config | undefined;
  #processes: Processes | undefined;
  #feed: RingFeed | undefined;
  #initialized: Promise<void> | undefined;
  #closed: Promise<void> | undefined;
  #otherErrors = 0;

  /** See `createEngine`. */
  constructor(options: EngineOptions) {
    this.#options = options;
    const { bufferSize = BUFFER_SIZE, bufferBytesMax = BUFFER_BYTES_MAX } = options;
    this.#buffers = new Buffers(
      whole('bufferSize', bufferSize, BUFFER_SIZE_MAX),
      whole('bufferBytesMax', bufferBytesMax, Number.MAX_SAFE_INTEGER),
    );
  }

  /**
   * Starts the engine and begins to listen. Resolves when the engine works; venues may still be on their way, and listeners may be
   * added before and after.
   *
   * @throws TickringError `CONFIG_INVALID`, `SHM_HELD` when another engine has the name, and whatever else keeps it from starting.
   */
  initialize(): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(new TickringError('CLOSED', 'the engine was closed'));
    this.#initialized ??= this.#start();
    return this.#initialized;
  }

  async #start(): Promise<void> {
    const { configFile: file, settings: options = {}, attach = false, output } = this.#options;
    // Loaded when it is needed: whoever only reads a ring has no use for it.
    const [{ loadConfig }, { Processes }, { checkStateDir }] = await Promise.all([
      import('../config.js'),
      import('./processes.js'),
      import('../state-dir.js'),
    ]);
    const say = output ?? ((text: string) => process.stderr.write(text));
    const { config, warnings } = loadConfig({ ...(file === undefined ? {} : { file }), env: process.env, options });
    for (const warning of warnings) say(`tickring: warning: ${warning}\n`);
    this.#config = config;
    if (!attach) {
      checkStateDir(config.engine.stateDir);
      const failed = (error: TickringError): void => {
        say(`tickring: ${error.message} (${error.code})\n`);
        this.#status({ type: 'status', exchange: null, symbol: null, state: 'engine_away' });
      };
      this.#processes = new Processes({ config, output: say, failed });
      await this.#processes.start();
    }
    if (this.#closed !== undefined) return;
    const { shmRoot: root, name } = config.engine;
    const line = (level: string) => (fields: object, message: string) =>
      say(`tickring: ${level}: ${message} ${JSON.stringify(fields)}\n`);
    const logger = { debug: IGNORE, info: IGNORE, warn: line('warning'), error: line('error') };
    const listener = {
      take: (cursor: RecordCursor, feed: RingFeed) => this.#take(cursor, feed),
      opened: (feed: RingFeed, again: boolean) => this.#opened(feed, again),
    };
    this.#feed = new RingFeed({ root, name, logger, listener });
  }

  /** Calls `listener` for each message from now on. One that throws or rejects is counted, told as `error`, and disturbs nobody. */
  on<Name extends EventName>(event: Name, listener: Listener<Name>): this {
    this.#listeners.add(event, listener);
    return this;
  }

  off<Name extends EventName>(event: Name, listener: Listener<Name>): this {
    this.#listeners.remove(event, listener);
    return this;
  }

  /**
   * The newest messages of an instrument, oldest of them first; empty while there are none. `exchange` is a venue's name
   * (`binance-usdm`), or its first part where that is enough: `binance` is the first such feed that has the symbol.
   */
  getLatestData<Type extends DataType>(exchange: string, symbol: string, type: Type, count = 1): Messages[Type][] {
    whole('count', count, BUFFER_SIZE_MAX);
    return count === 0 ? [] : this.#buffers.newest(this.#keyOf(exchange, symbol), type, count);
  }

  /** Figures of each instrument by `venue:SYMBOL`; a venue's first part alone is understood, too, but not listed. */
  getPerformanceStats(): Readonly<Record<string, PerformanceStats>> {
    const stats: Record<string, PerformanceStats> = {};
    for (const [key, followed] of this.#byKey) stats[key] = followed.stats;
    for (const { exchange, symbol, stats: figures } of this.#ranked()) {
      const short = `${exchange.split('-')[0]}:${symbol}`;
      if (!(short in stats)) Object.defineProperty(stats, short, { value: figures, enumerable: false });
    }
    return stats;
  }

  /** Listeners of `lost`, `status` and `error` that failed: they belong to no instrument. */
  get otherErrorCount(): number {
    return this.#otherErrors;
  }

  /** What `getLatestData` can give, bytes, about. */
  get bufferBytes(): number {
    return this.#buffers.bytes;
  }

  /** Ends the engine, if it is this program's own, and what it tells. `getLatestData` still answers. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#stop();
    return this.#closed;
  }

  async #stop(): Promise<void> {
    await this.#initialized?.catch(IGNORE);
    // A listener may have called this in the midst of a record.
    await turn();
    this.#feed?.stop(0, IGNORE);
    await this.#processes?.stop();
  }

  /** Instruments in the order of the feeds. */
  #ranked(): Followed[] {
    const order = this.#config?.engine.feeds.map(({ venue }) => venue) ?? [];
    const rank = ({ exchange }: Followed): number => (order.includes(exchange) ? order.indexOf(exchange) : order.length);
    return [...this.#byKey.values()].sort((a, b) => rank(a) - rank(b));
  }

  #keyOf(exchange: string, symbol: string): string {
    const key = `${exchange}:${symbol}`;
    if (this.#byKey.has(key)) return key;
    const found = this.#ranked().find((one) => one.symbol === symbol && one.exchange.split('-')[0] === exchange);
    return found?.key ?? key;
  }

  #opened(feed: RingFeed, again: boolean): void {
    for (const id of feed.definitions.keys()) this.#follow(id, feed);
    for (const shard of [...this.#away]) this.#shardIs(shard, true);
    if (again) this.#listeners.tell('lost', { type: 'lost', count: null }, this.#other);
  }

  readonly #other: Origin = {
    ...NOBODY,
    failed: () => {
      this.#otherErrors += 1;
    },
  };

  #follow(id: number, feed: RingFeed): Followed | undefined {
    const instrument = feed.definitions.get(id);
    if (instrument === undefined) return undefined;
    const before = this.#byKey.get(`${instrument.venue}:${instrument.symbol}`);
    const followed = new Followed(instrument, this.#config?.engine.orderBookDepth ?? 0, before);
    followed.book = feed.book(id);
    this.#followed.set(id, followed);
    this.#byKey.set(followed.key, followed);
    return followed;
  }

  #take(cursor: RecordCursor, feed: RingFeed): void {
    const { kind } = cursor;
    if (kind === NOTICES.lapped) this.#listeners.tell('lost', { type: 'lost', count: cursor.lost }, this.#other);
    else if (kind === NOTICES.writer) this.#shardIs(cursor.shard, cursor.writer === 'live');
    else if (kind === NOTICES.generation) {
      this.#followed.clear();
      this.#shardIs(cursor.shard, true);
    } else if (kind === KINDS.instrument) this.#follow(cursor.instrument, feed);
    else this.#record(cursor, feed);
  }

  /** The engine is away while one of its shards is; told when that changes. A shard that begins anew is there again. */
  #shardIs(shard: number, isThere: boolean): void {
    const wasAway = this.#away.size > 0;
    if (isThere) this.#away.delete(shard);
    else this.#away.add(shard);
    const isAway = this.#away.size > 0;
    if (isAway === wasAway) return;
    this.#status({ type: 'status', exchange: null, symbol: null, state: isAway ? 'engine_away' : 'engine_back' });
  }

  #record(cursor: RecordCursor, feed: RingFeed): void {
    const { kind } = cursor;
    const followed = this.#followed.get(cursor.instrument) ?? this.#follow(cursor.instrument, feed);
    if (kind === KINDS.book_delta || kind === KINDS.book_snapshot) {
      const { part, parts } = cursor.book;
      if (followed === undefined || part + 1 < parts) return;
      // Its row may not have been there when the definition was read.
      followed.book ??= feed.book(cursor.instrument);
      const message = followed.bookMessage(cursor);
      if (message !== undefined) this.#tell(followed, message);
      return;
    }
    const record = cursor.object() as EngineRecord;
    if (record.kind === 'status') {
      const { exchange = null, symbol = null } = followed ?? {};
      this.#status({ type: 'status', exchange, symbol, state: nameIn(STATE_NAMES, cursor.status.state) ?? 'unknown' });
    } else if (followed === undefined) return;
    else if (record.kind === 'trade') this.#tell(followed, followed.trade(record));
    else if (record.kind === 'quote') this.#tell(followed, followed.quote(record));
    else if (record.kind === 'gap') {
      const stream = nameIn(GAP_STREAM_NAMES, cursor.gap.stream) ?? 'book';
      const reason = nameIn(GAP_REASON_NAMES, cursor.gap.reason) ?? 'unknown';
      const ids = { first: String(record.first), last: String(record.last) };
      this.#listeners.tell('gap', { type: 'gap', ...followed.head(record), stream, reason, ...ids }, followed);
    }
  }

  #tell(followed: Followed, message: Messages[DataType]): void {
    this.#buffers.push(followed.key, message);
    this.#listeners.tell(message.type, message, followed);
    followed.handedOver(message);
  }

  #status(message: StatusMessage): void {
    this.#listeners.tell('status', message, this.#other);
  }
}

/** An engine for this program: a process of its own that ends with it, or one that runs already. Nothing happens before `initialize`. */
export function createEngine(options: EngineOptions = {}): Engine {
  return new Engine(options);
}
