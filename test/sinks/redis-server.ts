/** A real redis-server of its own, and somebody who listens to it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { test } from 'vitest';

/** Guards against hangs alone; no test asserts how long anything takes. */
const WATCHDOG_MS = 50_000;

const isInstalled = spawnSync('redis-server', ['--version']).status === 0;
if (!isInstalled && process.env['CI'] === undefined)
  console.error('redis-server is not installed: tests of the sink are skipped');

/** Without redis-server: skipped on a user's machine, failed in CI. */
export const redisTest = test.skipIf(!isInstalled && process.env['CI'] === undefined);

export async function eventually<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>) {
  const deadline = performance.now() + WATCHDOG_MS;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value as T;
    if (performance.now() > deadline) throw new Error(`watchdog: ${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface Received {
  readonly channel: string;
  readonly body: string;
}

export class RedisServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'tickring-redis-'));
  readonly socket = join(this.folder, 'redis.sock');
  readonly url = `unix://${this.socket}`;
  readonly #clients: Redis[] = [];
  readonly #password: string | undefined;
  #process: ChildProcess | undefined;

  /** `password`: what everybody has to log in with. */
  constructor(password?: string) {
    this.#password = password;
  }

  /** Starts it, or a successor at the same place, with an empty memory. */
  async start(...options: string[]): Promise<void> {
    const fixed = ['--unixsocket', this.socket, '--save', '', '--appendonly', 'no', '--dir', this.folder];
    const login = this.#password === undefined ? [] : ['--requirepass', this.#password];
    const port = options.includes('--tls-port') ? [] : ['--port', '0'];
    // A group of its own: what ends this process must not end it first, and the other way round.
    this.#process = spawn('redis-server', [...port, ...fixed, ...login, ...options], { stdio: 'ignore', detached: true });
    const probe = this.client();
    await eventually('redis answers', async () => (await probe.ping()) === 'PONG');
  }

  /** A client of the default user. */
  client(): Redis {
    const redis = new Redis({
      path: this.socket,
      protocol: 2,
      maxRetriesPerRequest: null,
      retryStrategy: () => 20,
      ...(this.#password === undefined ? {} : { password: this.#password }),
    });
    redis.on('error', () => {});
    this.#clients.push(redis);
    return redis;
  }

  /** Everything that is published from now on, in its order. */
  async listen(): Promise<Received[]> {
    const received: Received[] = [];
    const redis = this.client();
    redis.on('pmessage', (_pattern: string, channel: string, body: string) => received.push({ channel, body }));
    await redis.psubscribe('*');
    return received;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.#process?.once('exit', resolve));
    this.signal('SIGKILL');
    await gone;
    this.#process = undefined;
  }

  async remove(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    if (this.#process !== undefined) await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
