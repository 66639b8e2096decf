/** One connection to Redis: made, used for one batch at a time, dropped at the first doubt. Who uses it connects again. */
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import type { RedisConfig } from '../../model/config.js';

const CONNECT_MS = 5_000;
/** A server that does not answer for so long is lost, ms. */
const ANSWER_MS = 10_000;
const DEFAULT_PORT = 6_379;
const SECRET_FILE_BYTES_MAX = 4_096;

export type Command = readonly [name: 'publish' | 'set' | 'xadd' | 'ping', ...args: (string | number)[]];

/** What became of one command. `refused`: by the server, with this code. `unknown`: the connection was lost first. */
export type Outcome = { readonly is: 'done' } | { readonly is: 'unknown' } | { readonly is: 'refused'; readonly code: string };

/** Why there is no connection; nothing in it is secret. */
export class LinkError extends Error {
  /** What the server said (`WRONGPASS`), or the system (`ECONNREFUSED`). */
  readonly code: string;

  constructor(code: string) {
    super(`redis: ${code}`);
    this.code = code;
  }
}

/** First word of what the server says, or the system's code; never the rest, which may repeat what was sent. */
export function codeOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return code;
  return /^-?([A-Z][A-Z0-9_]{1,31})\b/.exec(String(message))?.[1] ?? 'CONNECTION_LOST';
}

function contents(key: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new LinkError(`redis.${key} ${codeOf(error)}`);
  }
}

function optionsOf(config: RedisConfig) {
  const url = new URL(config.url);
  const text = (part: string): string | undefined => (part === '' ? undefined : decodeURIComponent(part));
  const password =
    config.passwordFile === undefined
      ? text(url.password)
      : contents('password_file', config.passwordFile)
          .toString('utf8')
          .slice(0, SECRET_FILE_BYTES_MAX)
          .replace(/\r?\n$/, '');
  const username = config.username ?? text(url.username);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const place =
    url.protocol === 'unix:'
      ? { path: decodeURIComponent(url.pathname) }
      : { host, port: url.port === '' ? DEFAULT_PORT : Number(url.port), db: Number(url.pathname.slice(1) || 0) };
  const ca = config.caFile === undefined ? {} : { ca: contents('ca_file', config.caFile) };
  return {
    ...place,
    ...(password === undefined ? {} : { password }),
    ...(username === undefined ? {} : { username }),
    ...(url.protocol === 'rediss:' ? { tls: { ...ca, rejectUnauthorized: true } } : {}),
    connectTimeout: CONNECT_MS,
    disableClientInfo: true,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResendUnfulfilledCommands: false,
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    protocol: 2,
    retryStrategy: () => null,
  } as const;
}

export class Link {
  readonly #redis: Redis;
  #isOpen = true;

  private constructor(redis: Redis, lost: () => void) {
    this.#redis = redis;
    redis.on('end', () => {
      this.#isOpen = false;
      lost();
    });
  }

  /**
   * Connects, logs in and has a PING answered. `lost` is called once when the connection is over.
   *
   * @throws LinkError
   */
  static async open(config: RedisConfig, lost: () => void): Promise<Link> {
    let redis: Redis | undefined;
    let first: unknown;
    try {
      redis = new Redis(optionsOf(config));
      // Without a listener an error would be printed, with what was sent.
      redis.on('error', (error) => {
        first ??= error;
      });
      const opened = redis;
      await answered(opened, async () => {
        await opened.connect();
        await opened.ping();
      });
      return new Link(redis, lost);
    } catch (error) {
      redis?.disconnect();
      throw error instanceof LinkError ? error : new LinkError(codeOf(first ?? error));
    }
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends commands in one go, and waits for all answers. */
  async send(commands: readonly Command[]): Promise<Outcome[]> {
    const pipeline = this.#redis.pipeline(commands as unknown as unknown[][]);
    let results: [error: Error | null, result: unknown][] | null = null;
    try {
      results = (await answered(this.#redis, () => pipeline.exec())) ?? null;
    } catch {
      this.close();
    }
    const outcomes = commands.map((_, index): Outcome => {
      const result = results?.[index];
      if (result === undefined) return { is: 'unknown' };
      const [error] = result;
      if (error === null) return { is: 'done' };
      return error.name === 'ReplyError' ? { is: 'refused', code: codeOf(error) } : { is: 'unknown' };
    });
    // Also where nobody has told yet that it is over.
    if (outcomes.some(({ is }) => is === 'unknown')) this.close();
    return outcomes;
  }

  close(): void {
    this.#isOpen = false;
    this.#redis.disconnect();
  }
}

/** What `work` gives; when that takes too long the connection is cut. */
async function answered<T>(redis: Redis, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      redis.disconnect();
      reject(new LinkError('NO_ANSWER'));
    }, ANSWER_MS);
  });
  const done = work();
  // When it is too late, nobody else takes what it throws.
  done.catch(() => {});
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
