import { createHash } from 'node:crypto';
import { Piscina } from 'piscina';
import type { EngineConfig } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import type { BookText, EngineStatus } from '../model/status.js';
import type { Venue } from '../model/venue.js';
import { EngineLock, native, version } from '../native/index.js';
import { ControlServer } from './control.js';
import { latencyOf } from './latency.js';
import { listInstruments } from './listings.js';
import type { Logger } from './log.js';
import { RestClient } from './rest.js';
import type { FeedTask, ShardStatus } from './shard-contract.js';
import { ShardSupervisor } from './shard-supervisor.js';
import { EpochBook, InstrumentRegistry } from './state-files.js';
import { WeightBudget } from './weight-budget.js';

export interface EngineDeps {
  readonly venues: readonly Venue[];
  /** Module of the worker threads; its default export takes a shard's task. */
  readonly workerFile: string;
  readonly logger: Logger;
  /** Somebody asked for a stop over the control socket. */
  onShutdownRequest(): void;
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
 * Starts the engine in this process: takes the name, opens the control socket, then brings up one shard after the other as
 * the venues answer. Throws `SHM_HELD` when another engine holds the name.
 */
export async function startEngine(config: EngineConfig, deps: EngineDeps): Promise<Engine> {
  const engine = new EngineMain(config, deps);
  await engine.start();
  return engine;
}

class EngineMain implements Engine {
  readonly #config: EngineConfig;
  readonly #deps: EngineDeps;
  readonly #lock: EngineLock;
  readonly #epochs: EpochBook;
  readonly #registry: InstrumentRegistry;
  readonly #budgets = new Map<string, WeightBudget>();
  readonly #rest: RestClient;
  readonly #pool: Piscina;
  readonly #control: ControlServer;
  readonly #shards = new Map<number, ShardSupervisor>();
  readonly #shardOfInstrument = new Map<number, number>();
  readonly #stop = new AbortController();
  readonly #startedAt = new Date();
  readonly #shardCount: number;

  constructor(config: EngineConfig, deps: EngineDeps) {
    this.#config = config;
    this.#deps = deps;
    for (const feed of config.feeds) this.#venue(feed.venue);
    this.#lock = native(() => new EngineLock(config.shmRoot, config.name));
    try {
      this.#epochs = new EpochBook(config.stateDir);
      this.#registry = new InstrumentRegistry(config.stateDir);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
    this.#shardCount = Math.max(1, Math.min(config.shards, config.feeds.length));
    this.#rest = new RestClient({
      lease: (restUrl, weight, perMinute) => this.#budget(restUrl, perMinute).lease(weight),
      used: (restUrl, weight) => this.#budgets.get(restUrl)?.used(weight),
      banned: (restUrl, ms) => this.#budgets.get(restUrl)?.ban(ms),
    });
    this.#pool = new Piscina({
      filename: deps.workerFile,
      minThreads: this.#shardCount,
      maxThreads: this.#shardCount,
      idleTimeout: Number.POSITIVE_INFINITY,
      // A shard is one task that never ends: its event loop must turn, not wait for the next task.
      atomics: 'disabled',
    });
    this.#control = new ControlServer(config.shmRoot, config.name, deps.logger, {
      status: () => this.status(),
      snapshot: (instrument) => this.#snapshot(instrument),
      book: (instrument) => this.#book(instrument),
      shutdown: () => deps.onShutdownRequest(),
    });
  }

  async start(): Promise<void> {
    await this.#control.listen();
    for (let shard = 0; shard < this.#shardCount; shard++) void this.#startShard(shard);
  }

  async status(): Promise<EngineStatus> {
    const states = await Promise.all(
      [...this.#shards.values()].map((shard) => shard.worker?.call('status', null).catch(() => undefined)),
    );
    const known = states.filter((state): state is ShardStatus => state !== undefined);
    const counters: Record<string, number> = {};
    for (const state of known) {
      for (const [name, value] of Object.entries(state.counters)) counters[name] = (counters[name] ?? 0) + value;
    }
    return {
      name: this.#config.name,
      version: version(),
      pid: process.pid,
      startedAt: this.#startedAt.toISOString(),
      uptimeSeconds: (Date.now() - this.#startedAt.getTime()) / 1000,
      epochs: this.#epochs.current(),
      workerRestarts: [...this.#shards.values()].reduce((sum, shard) => sum + shard.restarts, 0),
      counters,
      latencyNs: latencyOf(this.#config.shmRoot, this.#config.name, this.#shardCount),
      connections: known.flatMap(({ connections }) => connections),
      instruments: known.flatMap(({ instruments }) => instruments).sort((a, b) => a.id - b.id),
    };
  }

  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await this.#control.close();
    await Promise.all([...this.#shards.values()].map((shard) => shard.stop()));
    for (const budget of this.#budgets.values()) budget.close();
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

  #budget(restUrl: string, perMinute: number): WeightBudget {
    const known = this.#budgets.get(restUrl) ?? new WeightBudget(perMinute);
    this.#budgets.set(restUrl, known);
    return known;
  }

  async #startShard(shard: number): Promise<void> {
    const { config, logger } = { config: this.#config, logger: this.#deps.logger };
    const signal = this.#stop.signal;
    const feeds = config.feeds.filter((feed) => shardOf(feed.id, this.#shardCount) === shard);
    try {
      const tasks: FeedTask[] = await Promise.all(
        feeds.map(async (feed) => {
          const instruments = await listInstruments(this.#venue(feed.venue), feed, {
            rest: this.#rest,
            registry: this.#registry,
            logger,
            signal,
          });
          return { feed, instruments };
        }),
      );
      if (signal.aborted) return;
      const supervisor = new ShardSupervisor({
        config,
        shard,
        feeds: tasks,
        pool: this.#pool,
        logger,
        nextEpoch: (number) => this.#epochs.next(number),
        calls: {
          lease: async ({ restUrl, weight, perMinute }) => {
            await this.#budget(restUrl, perMinute).lease(weight);
            return null;
          },
          used: ({ restUrl, weight }) => void this.#budgets.get(restUrl)?.used(weight),
          banned: ({ restUrl, ms }) => void this.#budgets.get(restUrl)?.ban(ms),
          epoch: (number) => this.#epochs.next(number),
          log: ({ level, fields, message }) => logger[level](fields, message),
        },
      });
      for (const { instruments } of tasks) for (const { id } of instruments) this.#shardOfInstrument.set(id, shard);
      this.#shards.set(shard, supervisor);
      supervisor.start();
    } catch (error) {
      if (!signal.aborted) logger.error({ shard, err: error }, 'a shard could not be started');
    }
  }

  async #snapshot(instrument: number): Promise<boolean> {
    return (await this.#worker(instrument)?.call('snapshot', instrument)) ?? false;
  }

  async #book(instrument: number): Promise<BookText | null> {
    return (await this.#worker(instrument)?.call('book', instrument)) ?? null;
  }

  #worker(instrument: number): ShardSupervisor['worker'] {
    const shard = this.#shardOfInstrument.get(instrument);
    return shard === undefined ? undefined : this.#shards.get(shard)?.worker;
  }
}
