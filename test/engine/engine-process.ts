/** Engines in processes of their own, on simulated venues. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ControlClient } from '#dist/engine/index.js';
import type { EngineConfig, FeedConfig } from '#dist/model/config.js';
import type { EngineStatus } from '#dist/model/status.js';
import type { VenueLimits } from '#dist/model/venue.js';

const PROGRAM = fileURLToPath(new URL('./engine-process.mjs', import.meta.url));

/** What a test says of an engine; the rest is small. */
export type ProcessConfig = Pick<EngineConfig, 'name' | 'shmRoot' | 'stateDir'> & Partial<EngineConfig>;

/** A feed of books from a simulated venue. */
export function bookFeed(
  venue: { readonly name: string; readonly wsUrl: string; readonly restUrl: string },
  symbols: readonly string[],
): FeedConfig {
  const { name, wsUrl, restUrl } = venue;
  return { id: name, venue: name, wsUrl, restUrl, symbols, channels: ['book'], transport: 'native' };
}

/** One engine, from its start to its end. */
export class EngineProcess {
  readonly control: ControlClient;
  /** Its log, as JSON. */
  readonly lines: string[] = [];
  readonly #child: ChildProcess;

  constructor(config: ProcessConfig, limits: Partial<VenueLimits>) {
    const whole: EngineConfig = {
      shards: 1,
      ringBytes: 1 << 22,
      booksBytes: 1 << 24,
      wakeIntervalUs: 0,
      hardened: false,
      instrumentsMax: 256,
      orderBookDepth: 5,
      snapshotIntervalMs: 0,
      reconnectDelayMs: 100,
      maxReconnectDelayMs: 2_000,
      quarantineBytesMax: 1 << 24,
      feeds: [],
      ...config,
    };
    const env = { ...process.env, TICKRING_TEST_LIMITS: JSON.stringify(limits) };
    this.#child = spawn(process.execPath, [PROGRAM, JSON.stringify(whole)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => this.lines.push(line));
    this.control = new ControlClient(whole.shmRoot, whole.name);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Undefined while the engine is away. */
  status(): Promise<EngineStatus | undefined> {
    return this.control.request('status').catch(() => undefined);
  }

  /** Number of books in sync. */
  async live(): Promise<number> {
    return (await this.status())?.instruments.filter(({ inSync }) => inSync).length ?? 0;
  }

  /** Ends it, unless it has ended. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (signal === 'SIGTERM') this.control.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill(signal);
    await once(this.#child, 'exit');
  }
}
