import { createHash } from 'node:crypto';
import { Piscina } from 'piscina';
import type { EngineConfig, FeedConfig } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import type { BookText, EngineStatus } from '../model/status.js';
import type { Venue } from '../model/venue.js';
import { EngineLock, native, version } from '../native/index.js';
import { Budgets } from './budgets.js';
import { ControlServer } from './control.js';
import { latencyOf } from './latency.js';
import { listInstruments } from './listings.js';
import type { Logger } from './log.js';
import { RestClient } from './rest.js';
import { ShardSupervisor, STUCK_AFTER_MS } from './shard-supervisor.js';
import { BanBook, EpochBook, InstrumentRegistry } from './state-files.js';

/** Longest wait for a worker's answer to a control request. */
const CALL_DEADLINE_MS = 4_000;

export interface EngineDeps {
  readonly venues: readonly Venue[];
  /** Module of the worker threads; its default export takes a shard's task. */
  readonly workerFile: string;
  readonly logger: Logger;
  /** Somebody asked for a stop over the control socket. */
  onShutdownRequest(): void;
  /** Without a turn of its loop for so long a worker is replaced, ms; default 30,000. */
  readonly stuckAfterMs?: number;
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

class EngineMain implements Engine {
  readonly #config: EngineConfig;
  readonly #deps: EngineDeps;
  readonly #lock: EngineLock;
  readonly #epochs: EpochBook;
  readonly #registry: InstrumentRegistry;
  readonly #budgets: Budgets;
  readonly #rest: RestClient;
  readonly #pool: Piscina;
  readonly #control: ControlServer;
  readonly #shards: readonly ShardSupervisor[];
  readonly #shardOfInstrument = new Map<number, ShardSupervisor>();
  readonly #unlisted: { readonly feed: string; readonly symbol: string }[] = [];
  readonly #stop = new AbortController();
  readonly #startedAt = new Date();
  readonly #shardCount: number;

  constructor(config: EngineConfig, deps: EngineDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#shardCount = Math.max(1, Math.min(config.shards, config.feeds.length));
    this.#check();
    this.#lock = native(() => new EngineLock(config.shmRoot, config.name));
    try {
      this.#epochs = new EpochBook(config.stateDir);
      this.#registry = new InstrumentRegistry(config.stateDir);
      this.#budgets = new Budgets(new BanBook(config.stateDir), deps.logger);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
    this.#rest = new RestClient(this.#budgets);
    this.#pool = new Piscina({
      filename: deps.workerFile,
      minThreads: this.#shardCount,
      maxThreads: this.#shardCount,
      idleTimeout: Number.POSITIVE_INFINITY,
      // A shard is one task that never ends: its event loop must turn, not wait for the next task.
      atomics: 'disabled',
    });
    // A thread that dies without a task is replaced by the pool; without a listener the process would end.
    this.#pool.on('error', (error) => deps.logger.error({ err: error }, 'an idle worker ended'));
    this.#shards = Array.from({ length: this.#shardCount }, (_, shard) => this.#supervisor(shard));
    this.#control = new ControlServer(config.shmRoot, config.name, deps.logger, {
      status: () => this.status(),
      snapshot: (instrument) => this.#snapshot(instrument),
      book: (instrument) => this.#book(instrument),
      shutdown: () => deps.onShutdownRequest(),
    });
  }

  async start(): Promise<void> {
    await this.#control.listen();
    for (const shard of this.#shards) shard.start();
    for (const feed of this.#config.feeds) void this.#startFeed(feed);
  }

  async status(): Promise<EngineStatus> {
    const states = await Promise.all(this.#shards.map((shard) => shard.status()));
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
      epochs: this.#epochs.current(this.#shardCount),
      workerRestarts: this.#shards.reduce((sum, shard) => sum + shard.restarts, 0),
      counters,
      latencyNs: latencyOf(this.#config.shmRoot, this.#config.name, this.#shardCount),
      connections: states.flatMap(({ connections }) => connections),
      instruments: states.flatMap(({ instruments }) => instruments).sort((a, b) => a.id - b.id),
      unlisted: this.#unlisted,
    };
  }

  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await this.#control.close();
    await Promise.all(this.#shards.map((shard) => shard.stop()));
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
    for (const feed of feeds) this.#venue(feed.venue);
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

  #supervisor(shard: number): ShardSupervisor {
    const { logger, stuckAfterMs = STUCK_AFTER_MS } = this.#deps;
    const budgets = this.#budgets;
    return new ShardSupervisor({
      config: this.#config,
      shard,
      pool: this.#pool,
      logger,
      stuckAfterMs,
      nextEpoch: (number) => this.#epochs.next(number),
      calls: {
        lease: async ({ restUrl, weight, perMinute }) => {
          await budgets.lease(restUrl, weight, perMinute);
          return null;
        },
        refund: ({ restUrl, weight }) => budgets.refund(restUrl, weight),
        used: ({ restUrl, weight }) => budgets.used(restUrl, weight),
        banned: ({ restUrl, ms }) => budgets.banned(restUrl, ms),
        epoch: (number) => this.#epochs.next(number),
        log: ({ level, fields, message }) => logger[level](fields, message),
      },
    });
  }

  /** Every feed waits for its own venue; one that is away holds up nobody else. */
  async #startFeed(feed: FeedConfig): Promise<void> {
    const { logger } = this.#deps;
    const shard = this.#shards[shardOf(feed.id, this.#shardCount)] as ShardSupervisor;
    try {
      const listed = await listInstruments(this.#venue(feed.venue), feed, {
        rest: this.#rest,
        registry: this.#registry,
        logger,
        signal: this.#stop.signal,
      });
      for (const symbol of listed.unlisted) this.#unlisted.push({ feed: feed.id, symbol });
      for (const { id } of listed.instruments) this.#shardOfInstrument.set(id, shard);
      shard.add({ feed, instruments: listed.instruments });
    } catch (error) {
      if (!this.#stop.signal.aborted) logger.error({ feed: feed.id, err: error }, 'a feed could not be started');
    }
  }

  async #snapshot(instrument: number): Promise<boolean> {
    const call = this.#shardOfInstrument.get(instrument)?.worker?.call('snapshot', instrument, CALL_DEADLINE_MS);
    return (await call) ?? false;
  }

  async #book(instrument: number): Promise<BookText | null> {
    const call = this.#shardOfInstrument.get(instrument)?.worker?.call('book', instrument, CALL_DEADLINE_MS);
    return (await call) ?? null;
  }
}
