import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { EngineConfig } from '../model/config.js';
import type { Logger } from './log.js';
import { Rpc } from './rpc.js';
import type { EpochLease, FeedTask, MainCalls, ShardTask, WorkerCalls } from './shard-contract.js';

/** Without a turn of its loop for so long a worker is replaced. */
const STUCK_AFTER_MS = 30_000;
const STOP_DEADLINE_MS = 8_000;
/** Pause before a crashed worker's successor; doubles while crashes follow each other, and stays below a second for the first. */
const RESTART_FIRST_MS = 50;
const RESTART_MAX_MS = 10_000;
/** A worker that lived this long starts the doubling anew. */
const SETTLED_MS = 30_000;

export interface ShardSupervisorOptions {
  readonly config: EngineConfig;
  readonly shard: number;
  readonly feeds: readonly FeedTask[];
  readonly pool: Piscina;
  readonly logger: Logger;
  readonly calls: { [Name in keyof MainCalls]: (argument: Parameters<MainCalls[Name]>[0]) => unknown };
  nextEpoch(shard: number): EpochLease;
}

/** Keeps one shard's task running: replaces a worker that crashed or hangs, without touching the others. */
export class ShardSupervisor {
  readonly #options: ShardSupervisorOptions;
  #rpc: Rpc<WorkerCalls> | undefined;
  #abort = new AbortController();
  #beat = new Int32Array(new SharedArrayBuffer(4));
  #stopping = false;
  #ended: Promise<void> = Promise.resolve();
  #watch: NodeJS.Timeout | undefined;
  #failures = 0;
  restarts = 0;

  constructor(options: ShardSupervisorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#ended = this.#keep();
  }

  /** The worker's calls; undefined while it is being replaced. */
  get worker(): Rpc<WorkerCalls> | undefined {
    return this.#rpc;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const deadline = setTimeout(() => this.#abort.abort(), STOP_DEADLINE_MS);
    await this.#rpc?.call('stop', null).catch(() => {});
    await this.#ended;
    clearTimeout(deadline);
  }

  async #keep(): Promise<void> {
    while (!this.#stopping) {
      const startedAt = performance.now();
      try {
        await this.#run();
        if (!this.#stopping) throw new Error('the task ended by itself');
      } catch (error) {
        if (this.#stopping) return;
        this.restarts += 1;
        this.#failures = performance.now() - startedAt > SETTLED_MS ? 0 : this.#failures + 1;
        const delayMs = Math.min(RESTART_FIRST_MS * 2 ** Math.min(this.#failures, 20), RESTART_MAX_MS);
        const { shard, logger } = this.#options;
        logger.error({ shard, err: error, delayMs }, 'a worker ended; its shard starts anew');
        await new Promise((resolve) => setTimeout(resolve, delayMs));
      }
    }
  }

  async #run(): Promise<void> {
    const { shard, config, feeds, pool, calls, nextEpoch } = this.#options;
    const { port1, port2 } = new MessageChannel();
    const rpc = new Rpc<WorkerCalls>(port1, calls as Record<string, (argument: never) => unknown>);
    this.#rpc = rpc;
    this.#abort = new AbortController();
    this.#beat = new Int32Array(new SharedArrayBuffer(4));
    const heartbeat = this.#beat.buffer as SharedArrayBuffer;
    const task: ShardTask = { ...nextEpoch(shard), shard, config, feeds, port: port2, heartbeat };
    this.#watchHeartbeat();
    try {
      await pool.run(task, { transferList: [port2], signal: this.#abort.signal });
    } finally {
      clearInterval(this.#watch);
      rpc.close();
      this.#rpc = undefined;
    }
  }

  #watchHeartbeat(): void {
    let seen = -1;
    let since = performance.now();
    this.#watch = setInterval(() => {
      const beat = Atomics.load(this.#beat, 0);
      if (beat !== seen) {
        seen = beat;
        since = performance.now();
      } else if (performance.now() - since > STUCK_AFTER_MS) {
        this.#options.logger.error({ shard: this.#options.shard, stuckMs: STUCK_AFTER_MS }, 'a worker hangs; it is replaced');
        this.#abort.abort();
      }
    }, 1_000);
  }
}
