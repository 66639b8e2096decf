/** An engine on both simulated venues, one shard each, whose workers suffer what a test tells them to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BroadcastChannel } from 'node:worker_threads';
import { ControlClient, type Engine, startEngine } from '#dist/engine/index.js';
import type { EngineConfig, FeedConfig } from '#dist/model/config.js';
import type { EngineStatus } from '#dist/model/status.js';
import { type Simulator, startSimulator } from '#dist/simulator/index.js';
import { venues } from '#dist/venues/index.js';
import { type LogLine, memoryLogger } from './memory-logger.js';

const WORKER_FILE = fileURLToPath(new URL('./worker.mjs', import.meta.url));
/** Guards against hangs alone. */
const WATCHDOG_MS = 30_000;

export const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];

export class SupervisedEngine {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'tickring-supervised-'));
  readonly shmRoot = mkdtempSync('/dev/shm/tickring-supervised-');
  readonly name = `supervised-${process.pid}`;
  readonly control = new ControlClient(this.shmRoot, this.name);
  readonly simulator: Simulator;
  lines: LogLine[] = [];
  stopRequests = 0;
  #engine: Engine | undefined;

  private constructor(simulator: Simulator) {
    this.simulator = simulator;
  }

  /** Venues run, the engine does not yet. */
  static async prepare(): Promise<SupervisedEngine> {
    return new SupervisedEngine(await startSimulator({ symbols: SYMBOLS, seed: 3 }));
  }

  configOf(overrides: Partial<EngineConfig> = {}): EngineConfig {
    const feeds = this.simulator.venues.map(({ name, wsUrl, restUrl }): FeedConfig => {
      return {
        id: name,
        venue: name,
        wsUrl,
        restUrl,
        symbols: SYMBOLS,
        channels: ['book', 'trade', 'quote'],
        transport: 'native',
      };
    });
    return {
      name: this.name,
      shmRoot: this.shmRoot,
      stateDir: this.stateDir,
      shards: 2,
      ringBytes: 1 << 20,
      wakeIntervalUs: 0,
      instrumentsMax: 16,
      orderBookDepth: 20,
      snapshotIntervalMs: 0,
      reconnectDelayMs: 100,
      maxReconnectDelayMs: 2_000,
      quarantineBytesMax: 1 << 20,
      feeds,
      ...overrides,
    };
  }

  /** Starts the engine; throws what it throws. */
  async start(overrides: Partial<EngineConfig> = {}): Promise<void> {
    const logger = memoryLogger();
    this.lines = logger.lines;
    this.#engine = await startEngine(this.configOf(overrides), {
      venues,
      workerFile: WORKER_FILE,
      logger,
      stuckAfterMs: 10_000,
      onShutdownRequest: () => {
        this.stopRequests += 1;
      },
    });
  }

  async stop(): Promise<void> {
    await this.#engine?.stop();
    this.#engine = undefined;
  }

  /** Tells a shard's worker what to suffer. */
  suffer(shard: number, fault: 'throw' | 'reject' | 'exit' | 'hang' | 'poison'): void {
    const channel = new BroadcastChannel(`${this.name}/${shard}`);
    channel.postMessage(fault);
    channel.close();
  }

  status(): Promise<EngineStatus> {
    return this.control.request('status');
  }

  async eventually<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
    const deadline = performance.now() + WATCHDOG_MS;
    for (;;) {
      const value = await check();
      if (value !== undefined && value !== false) return value;
      if (performance.now() > deadline)
        throw new Error(`watchdog: ${what} did not happen; log ${JSON.stringify(this.lines.slice(-20))}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Waits until so many books are all in sync and each equals the venue's at the same update id. */
  async allEqual(count = 4): Promise<EngineStatus> {
    const status = await this.eventually('all books are in sync', async () => {
      const now = await this.status();
      return now.instruments.length === count && now.instruments.every(({ inSync }) => inSync) && now;
    });
    for (const { id, venue, symbol } of status.instruments) {
      await this.eventually(`${venue} ${symbol} equals the true book`, async () => {
        const book = await this.control.request('book', { instrument: id });
        return book?.inSync === true && book.text === this.simulator.bookAt(venue, symbol, BigInt(book.lastUpdateId));
      });
    }
    return status;
  }

  async remove(): Promise<void> {
    this.control.close();
    await this.stop();
    await this.simulator.close();
    for (const directory of [this.stateDir, this.shmRoot]) rmSync(directory, { recursive: true, force: true });
  }
}

export const shardOfVenue = (status: EngineStatus, venue: string): number =>
  status.instruments.find((instrument) => instrument.venue === venue)?.shard ?? -1;
