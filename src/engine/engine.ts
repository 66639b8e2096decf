import { createHash } from 'node:crypto';
import { Piscina } from 'piscina';
import type { EngineConfig } from '../model/config.js';
import type { Drift } from '../model/drift.js';
import { TickringError } from '../model/errors.js';
import type { BookText, EngineStatus, RestAddress } from '../model/status.js';
import { type Venue, venueIn } from '../model/venue.js';
import { EngineLock, native, version } from '../native/index.js';
import { Budgets } from './budgets.js';
import { ControlServer } from './control.js';
import type { ControlCalls } from './control-calls.js';
import { DriftSentinel, merged } from './drift.js';
import { FeedRegistry } from './feed-registry.js';
import { Feeds } from './feeds.js';
import { latencyOf } from './latency.js';
import { LISTING_AGAIN_MS } from './listing-watch.js';
import { ListingCache } from './listings.js';
import type { Logger } from './log.js';
import { DNS_DEFAULTS, Names } from './names.js';
import { movedLog, RestClient } from './rest.js';
import { ShardSupervisor, STUCK_AFTER_MS } from './shard-supervisor.js';
import { BanBook, EpochBook, InstrumentRegistry } from './state-files.js';
import { SubscriptionBook } from './subscription-book.js';
import { keyHeaders } from './venue-key.js';
import { VIEW, viewInstrument, viewSymbols } from './views.js';

/** Longest wait for a worker's answer to a control request. */
const CALL_DEADLINE_MS = 4_000;
/** Ring of the sources' shard: rows are few beside an exchange's frames. */
const INTERNAL_RING_BYTES_MAX = 16 << 20;

export interface EngineDeps {
  readonly venues: readonly Venue[];
  /** Module of the worker threads; its default export takes a shard's task. */
  readonly workerFile: string;
  readonly logger: Logger;
  /** Somebody asked for a stop over the control socket. */
  onShutdownRequest(): void;
  /** Without a turn of its loop for so long a worker is replaced, ms; default 30,000. */
  readonly stuckAfterMs?: number;
  /** A listing that says whether doubted symbols still trade is not asked for again before this, ms; default 60,000. */
  readonly listingAgainMs?: number;
}

export interface Engine {
  status(): Promise<EngineStatus>;
  stop(): Promise<void>;
}

/**
 * Shard of a feed: a hash of its id, so that a feed stays where it is when others come and go. Any four bytes of the digest
 * would do; these spread the feeds of the default configuration over two, three and four shards.
 */
export function shardOf(feedId: string, shards: number): number {
  return createHash('sha256').update(feedId).digest().readUInt32LE(16) % shards;
}

/**
 * Starts the engine in this process: takes the name, opens the control socket, starts all shards, then gives each its feeds as
 * their venues answer. Throws `SHM_HELD` when another engine holds the name, `VENUE_UNKNOWN` and `INSTRUMENT_TABLE_FULL` for a
 * configuration that cannot work, `STATE_INVALID` for a damaged state directory, `SHM_IO` when the socket cannot be opened.
 */
export async function startEngine(config: EngineConfig, deps: EngineDeps): Promise<Engine> {
  const engine = new EngineMain(config, deps);
  try {
    await engine.start();
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}

/** Each venue and address once, whoever asks there. */
function movedOf(moved: readonly (readonly RestAddress[])[]): RestAddress[] {
  return [...new Map(moved.flat().map((each) => [`${each.venue} ${each.address}`, each])).values()];
}

class EngineMain implements Engine {
  readonly #config: EngineConfig;
  readonly #deps: EngineDeps;
  readonly #lock: EngineLock;
  readonly #epochs: EpochBook;
  readonly #registry: InstrumentRegistry;
  readonly #budgets: Budgets;
  readonly #rest: RestClient;
  /** Of what listings say; workers look at messages. */
  readonly #drift: DriftSentinel;
  readonly #pool: Piscina;
  readonly #control: ControlServer;
  readonly #shards: ShardSupervisor[];
  readonly #feeds: Feeds;
  readonly #subscriptions: SubscriptionBook;
  readonly #stop = new AbortController();
  readonly #startedAt = new Date();
  readonly #shardCount: number;
  #views: ShardSupervisor | undefined;
  #viewIds: ReadonlySet<number> = new Set();

  constructor(config: EngineConfig, deps: EngineDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#shardCount = Math.max(1, Math.min(config.shards, config.feeds.length));
    this.#check();
    let feedRegistry: FeedRegistry;
    this.#lock = native(() => new EngineLock(config.shmRoot, config.name));
    try {
      this.#epochs = new EpochBook(config.stateDir);
      this.#registry = new InstrumentRegistry(config.stateDir);
      this.#budgets = new Budgets(config.shmRoot, new BanBook(config.stateDir), deps.logger);
      this.#subscriptions = new SubscriptionBook(config.stateDir);
      feedRegistry = new FeedRegistry(config.stateDir);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
    const { lookup } = new Names(config.dns ?? DNS_DEFAULTS, deps.logger);
    this.#rest = new RestClient(this.#budgets, { moved: movedLog(deps.logger), lookup });
    for (const feed of config.feeds) this.#rest.know(feed);
    // What a listing said is in the log and the status.
    this.#drift = new DriftSentinel({ logger: deps.logger, keep: () => {} });
    this.#pool = new Piscina({
      filename: deps.workerFile,
      minThreads: this.#shardCount,
      // One more for the sources, when there are any, and one for views.
      maxThreads: this.#shardCount + 2,
      idleTimeout: Number.POSITIVE_INFINITY,
      // A shard is one task that never ends: its event loop must turn, not wait for the next task.
      atomics: 'disabled',
    });
    // A thread that dies without a task is replaced by the pool; without a listener the process would end.
    this.#pool.on('error', (error) => deps.logger.error({ err: error }, 'an idle worker ended'));
    this.#shards = Array.from({ length: this.#shardCount }, (_, shard) => this.#supervisor(shard));
    this.#feeds = new Feeds({
      config,
      feeds: feedRegistry,
      registry: this.#registry,
      rest: this.#rest,
      drift: this.#drift,
      listings: new ListingCache(this.#rest),
      listingAgainMs: deps.listingAgainMs ?? LISTING_AGAIN_MS,
      logger: deps.logger,
      signal: this.#stop.signal,
      venue: (name) => this.#venue(name),
      shardOf: (id) => this.#shards[shardOf(id, this.#shardCount)] as ShardSupervisor,
      internalShard: () => this.#internalShard(),
    });
    this.#control = new ControlServer(config.shmRoot, config.name, deps.logger, {
      status: () => this.status(),
      snapshot: (instrument) => this.#snapshot(instrument),
      book: (instrument) => this.#book(instrument),
      shutdown: () => deps.onShutdownRequest(),
      calls: this.#calls(),
    });
  }

  async start(): Promise<void> {
    await this.#control.listen();
    for (const shard of this.#shards) shard.start();
    this.#feeds.start();
    this.#startViews();
  }

  async status(): Promise<EngineStatus> {
    const states = await Promise.all(this.#running.map((shard) => shard.status()));
    const counters: Record<string, number> = {};
    for (const state of states) {
      for (const [name, value] of Object.entries(state.counters)) counters[name] = (counters[name] ?? 0) + value;
    }
    return {
      name: this.#config.name,
      version: version(),
      pid: process.pid,
      startedAt: this.#startedAt.toISOString(),
      uptimeSeconds: (Date.now() - this.#startedAt.getTime()) / 1000,
      epochs: this.#epochs.current(this.#shardCount + 2),
      workerRestarts: this.#running.reduce((sum, shard) => sum + shard.restarts, 0),
      counters,
      latencyNs: latencyOf(this.#config.shmRoot, this.#config.name, this.#shards.length),
      connections: states.flatMap(({ connections }) => connections),
      // What is derived is nobody's feed.
      instruments: states
        .flatMap(({ instruments }) => instruments.filter(({ venue }) => venue !== VIEW))
        .sort((a, b) => a.id - b.id),
      views: states.flatMap(({ views }) => views),
      restMoved: movedOf([this.#rest.moved, ...states.map(({ moved }) => moved)]),
      unlisted: this.#feeds.unlisted,
      drift: merged([this.#drift.list(), ...states.map(({ drift }) => drift)]),
    };
  }

  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await this.#control.close();
    await Promise.all(this.#running.map((shard) => shard.stop()));
    this.#budgets.close();
    await this.#rest.close();
    await this.#pool.destroy();
    this.#lock.release();
  }

  #venue(name: string): Venue {
    const venue = this.#deps.venues.find((known) => known.name === name);
    if (venue === undefined) {
      throw new TickringError(
        'VENUE_UNKNOWN',
        `venue ${name} is unknown; there are ${this.#deps.venues.map((known) => known.name).join(', ')}`,
      );
    }
    return venue;
  }

  /** What would fail later, and over and over, is refused at once. */
  #check(): void {
    const { feeds, instrumentsMax } = this.#config;
    for (const feed of feeds) {
      const venue = venueIn(this.#venue(feed.venue), feed.format);
      if (venue === undefined)
        throw new TickringError('CONFIG_INVALID', `feed ${feed.id}: ${feed.venue} has no format ${feed.format}`);
      keyHeaders(venue.key);
    }
    for (let shard = 0; shard < this.#shardCount; shard++) {
      const symbols = feeds
        .filter(({ id }) => shardOf(id, this.#shardCount) === shard)
        .reduce((sum, feed) => sum + feed.symbols.length, 0);
      if (symbols > instrumentsMax)
        throw new TickringError(
          'INSTRUMENT_TABLE_FULL',
          `shard ${shard} would hold ${symbols} instruments, instruments_max is ${instrumentsMax}`,
        );
    }
  }

  #supervisor(shard: number, ringBytes = this.#config.ringBytes): ShardSupervisor {
    const { logger, stuckAfterMs = STUCK_AFTER_MS } = this.#deps;
    const budgets = this.#budgets;
    return new ShardSupervisor({
      config: { ...this.#config, ringBytes },
      shard,
      pool: this.#pool,
      logger,
      stuckAfterMs,
      nextEpoch: (number) => this.#epochs.next(number),
      ended: (number) => this.#views?.worker?.notify('gone', number),
      calls: {
        lease: (asking) => budgets.lease(asking),
        settle: ({ restUrl, lease }) => budgets.settle(restUrl, lease),
        refund: ({ restUrl, lease }) => budgets.refund(restUrl, lease),
        used: ({ restUrl, weight }) => budgets.used(restUrl, weight),
        banned: ({ restUrl, ms }) => budgets.banned(restUrl, ms),
        doubt: (instruments) => this.#feeds.doubt(instruments),
        epoch: (number) => this.#epochs.next(number),
        log: ({ level, fields, message }) => logger[level](fields, message),
      },
    });
  }

  async #noticed(): Promise<Drift[]> {
    const states = await Promise.all(this.#shards.map((shard) => shard.status()));
    return merged([this.#drift.list(), ...states.map(({ drift }) => drift)]);
  }

  #calls(): ControlCalls {
    return {
      drift: () => this.#noticed(),
      minutes: (fields) => this.#feeds.minutes(fields),
      feeds: async () => {
        const states = await Promise.all(this.#shards.map((shard) => shard.status()));
        return this.#feeds.list(states.flatMap(({ instruments }) => instruments));
      },
      feed_create: (fields) => this.#feeds.create(fields),
      feed_remove: ({ owner, feedId }) => this.#feeds.remove(feedId, owner),
      subscriptions: ({ owner }) => this.#subscriptions.of(owner),
      subscribe: ({ owner, orders }) => this.#subscriptions.add(orders, owner),
      subscription_change: (fields) => this.#subscriptions.change(fields),
      unsubscribe: ({ owner, subscriptionId }) => this.#subscriptions.remove(subscriptionId, owner),
      ingest: ({ owner, rows }) => this.#feeds.ingest(rows, owner),
    };
  }

  /** Views have a shard of their own, the second behind those of feeds, so that its number and journal stay what they are. */
  #startViews(): void {
    const { views = [], ringBytes } = this.#config;
    if (views.length === 0) return;
    const shard = this.#supervisor(this.#shardCount + 1, Math.min(ringBytes, INTERNAL_RING_BYTES_MAX));
    this.#views = shard;
    const symbols = views.flatMap(viewSymbols);
    const ids = this.#registry.assign(VIEW, symbols);
    const instruments = symbols.map((symbol, at) => viewInstrument(ids[at] ?? 0, symbol));
    this.#viewIds = new Set(ids);
    const urls = { wsUrl: '', restUrl: '' };
    const channels = ['book', 'quote'] as const;
    shard.put({ feed: { id: VIEW, venue: VIEW, ...urls, symbols, channels, transport: 'native' }, instruments });
    shard.start();
  }

  /** All shards that were started. */
  get #running(): readonly ShardSupervisor[] {
    return this.#views === undefined ? this.#shards : [...this.#shards, this.#views];
  }

  #shardOfInstrument(instrument: number): ShardSupervisor | undefined {
    return this.#viewIds.has(instrument) ? this.#views : this.#feeds.shardOfInstrument(instrument);
  }

  /** The shard of sources comes after those of feeds, with a smaller ring. */
  #internalShard(): ShardSupervisor {
    const known = this.#shards[this.#shardCount];
    if (known !== undefined) return known;
    const shard = this.#supervisor(this.#shardCount, Math.min(this.#config.ringBytes, INTERNAL_RING_BYTES_MAX));
    this.#shards.push(shard);
    shard.start();
    return shard;
  }

  async #snapshot(instrument: number): Promise<boolean> {
    const call = this.#shardOfInstrument(instrument)?.worker?.call('snapshot', instrument, CALL_DEADLINE_MS);
    return (await call) ?? false;
  }

  async #book(instrument: number): Promise<BookText | null> {
    const call = this.#shardOfInstrument(instrument)?.worker?.call('book', instrument, CALL_DEADLINE_MS);
    return (await call) ?? null;
  }
}
