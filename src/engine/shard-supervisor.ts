import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { EngineConfig } from '../model/config.js';
import { tradingState } from '../model/subscribed.js';
import type { Logger } from './log.js';
import { Rpc } from './rpc.js';
import type { EpochLease, FeedTask, MainCalls, ShardStatus, ShardTask, WorkerCalls } from './shard-contract.js';

/** Without a turn of its loop for so long a worker is replaced. */
export const STUCK_AFTER_MS = 30_000;
const LOOK_EVERY_MS = 1_000;
const STOP_DEADLINE_MS = 8_000;
/** Longest wait for a worker's state; a worker that hangs must not make the whole engine look away. */
const STATUS_DEADLINE_MS = 2_000;
/** Pause before a crashed worker's successor; doubles while crashes follow each other, and stays below a second for the first. */
const RESTART_FIRST_MS = 50;
const RESTART_MAX_MS = 10_000;
/** A worker that lived this long starts the doubling anew. */
const SETTLED_MS = 30_000;

export interface ShardSupervisorOptions {
  readonly config: EngineConfig;
  readonly shard: number;
  readonly pool: Piscina;
  readonly logger: Logger;
  readonly calls: { [Name in keyof MainCalls]: (argument: Parameters<MainCalls[Name]>[0]) => unknown };
  readonly stuckAfterMs: number;
  nextEpoch(shard: number): EpochLease;
  /** Its worker is gone, and with it whatever it would have said next. */
  ended?(shard: number): void;
}

/** Keeps one shard's task running: replaces a worker that crashed or hangs, without touching the others. */
export class ShardSupervisor {
  readonly #options: ShardSupervisorOptions;
  /** By id. */
  readonly #feeds = new Map<string, FeedTask>();
  readonly #stopping = new AbortController();
  #rpc: Rpc<WorkerCalls> | undefined;
  #abort = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #failures = 0;
  /** Why the last worker ended. */
  #reason: string | undefined;
  restarts = 0;

  constructor(options: ShardSupervisorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#ended = this.#keep();
  }

  /** Adds a feed to the shard or changes its instruments, now and after every restart. */
  put(task: FeedTask): void {
    this.#feeds.set(task.feed.id, task);
    this.#rpc?.notify('feed', task);
  }

  /** Its number. */
  get shard(): number {
    return this.#options.shard;
  }

  /** The worker's calls; undefined while it is being replaced. */
  get worker(): Rpc<WorkerCalls> | undefined {
    return this.#rpc;
  }

  /** State of the shard. While its worker does not answer, nothing of it counts as in sync. */
  async status(): Promise<ShardStatus> {
    const status = await this.#rpc?.call('status', null, STATUS_DEADLINE_MS).catch(() => undefined);
    return status ?? this.#silentStatus();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const deadline = setTimeout(() => this.#abort.abort(), STOP_DEADLINE_MS);
    await this.#rpc?.call('stop', null).catch(() => {});
    await this.#ended;
    clearTimeout(deadline);
  }

  #silentStatus(): ShardStatus {
    const { shard } = this.#options;
    const instruments = [...this.#feeds.values()].flatMap(({ feed, instruments: definitions }) =>
      definitions.map((definition) => {
        const { id, symbol } = definition;
        const nothing = { inSync: false, lastUpdateId: '0', subscription: 'pending' as const };
        return { id, venue: feed.venue, symbol, shard, ...nothing, market: tradingState(definition) };
      }),
    );
    return { counters: {}, connections: [], instruments, drift: [], views: [], moved: [] };
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const startedAt = performance.now();
      try {
        await this.#run();
        if (!signal.aborted) throw new Error('the task ended by itself');
      } catch (error) {
        if (signal.aborted) return;
        this.#options.ended?.(this.#options.shard);
        this.restarts += 1;
        this.#failures = performance.now() - startedAt > SETTLED_MS ? 1 : this.#failures + 1;
        const delayMs = Math.min(RESTART_FIRST_MS * 2 ** Math.min(this.#failures, 20), RESTART_MAX_MS);
        this.#tell(error, delayMs);
        await sleep(delayMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** What ends it again and again, another engine's journal for one, has its stack in the log once. */
  #tell(error: unknown, delayMs: number): void {
    const { shard, logger } = this.#options;
    const reason = error instanceof Error ? error.message : String(error);
    const fields = reason === this.#reason ? { reason } : { err: error };
    this.#reason = reason;
    logger.error({ shard, ...fields, delayMs }, 'a worker ended; its shard starts anew');
  }

  async #run(): Promise<void> {
    const { shard, config, pool, calls, nextEpoch } = this.#options;
    const lease = nextEpoch(shard);
    const { port1, port2 } = new MessageChannel();
    const rpc = new Rpc<WorkerCalls>(port1, calls as Record<string, (argument: never) => unknown>);
    this.#rpc = rpc;
    const abort = new AbortController();
    this.#abort = abort;
    const heartbeat = new SharedArrayBuffer(4);
    const task: ShardTask = { ...lease, shard, config, feeds: [...this.#feeds.values()], port: port2, heartbeat };
    const watch = this.#watchHeartbeat(new Int32Array(heartbeat), abort);
    try {
      await pool.run(task, { transferList: [port2], signal: abort.signal });
    } finally {
      clearInterval(watch);
      rpc.close();
      this.#rpc = undefined;
    }
  }

  /** Counts looks, not time: after the whole process was stopped for a while, its workers are as healthy as before. */
  #watchHeartbeat(beat: Int32Array, abort: AbortController): NodeJS.Timeout {
    const { shard, stuckAfterMs, logger } = this.#options;
    let seen = Atomics.load(beat, 0);
    let silentLooks = 0;
    return setInterval(() => {
      const now = Atomics.load(beat, 0);
      silentLooks = now === seen ? silentLooks + 1 : 0;
      seen = now;
      if (silentLooks * LOOK_EVERY_MS < stuckAfterMs) return;
      logger.error({ shard, stuckAfterMs }, 'a worker hangs; it is replaced');
      abort.abort();
    }, LOOK_EVERY_MS);
  }
}
