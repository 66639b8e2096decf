/** The sinks of a configuration, and the file that tells how they are doing. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { JobsConfig } from '../model/config.js';
import type { Subscription } from '../model/feeds.js';
import type { Logger } from '../model/log.js';
import { type JobsStatus, jobsStatusPath, type Sink } from '../model/sink.js';
import { rfc3339, wallNs } from './clock.js';
import { startFileSink } from './file/sink.js';
import { startRedisSink } from './redis/sink.js';
import { startCallbackSink } from './webhook/sink.js';

export { callbackSecret } from './webhook/secret.js';

const WRITE_EVERY_MS = 250;

/** The engine's subscriptions; rejects while it is away. */
export type AskSubscriptions = () => Promise<readonly Subscription[]>;

export interface RunningSinks {
  /** Hands over what is held, for `longestMs` at most. Idempotent. */
  stop(longestMs: number): Promise<void>;
}

/**
 * Starts every sink that is configured. None of them waits for its destination, or for the engine. `feedVenues` are the venues of
 * the feeds, in their order.
 */
export function startSinks(
  config: JobsConfig,
  feedVenues: readonly string[],
  logger: Logger,
  subscriptions: AskSubscriptions,
): RunningSinks {
  const { name, shmRoot, redis, callbacks, file: files, primaryVenue } = config;
  const venues = primaryVenue === null ? feedVenues : [primaryVenue, ...feedVenues];
  const path = jobsStatusPath(shmRoot, name);
  const diedAtNs = lastWritten(path);
  const sinks: readonly Sink[] = [
    ...(redis === null
      ? []
      : [
          startRedisSink({
            config: redis,
            venues,
            shmRoot,
            engine: name,
            logger,
            ...(diedAtNs === undefined ? {} : { diedAtNs }),
          }),
        ]),
    ...(callbacks === null
      ? []
      : [startCallbackSink({ config: callbacks, venues, shmRoot, engine: name, logger, subscriptions })]),
    ...(files === null ? [] : [startFileSink({ config: files, shmRoot, engine: name, logger })]),
  ];
  const file = new StatusFile(path, sinks, logger);
  let stopped: Promise<void> | undefined;
  const stop = async (longestMs: number): Promise<void> => {
    await Promise.all(sinks.map((sink) => sink.stop(longestMs)));
    file.close();
  };
  return {
    stop: (longestMs) => {
      stopped ??= stop(longestMs);
      return stopped;
    },
  };
}

/** When a predecessor wrote last that did not end in order. */
function lastWritten(path: string): bigint | undefined {
  try {
    const { writtenAt } = JSON.parse(readFileSync(path, 'utf8')) as Partial<JobsStatus>;
    const ms = Date.parse(String(writtenAt));
    return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n;
  } catch {
    return undefined;
  }
}

class StatusFile {
  readonly #path: string;
  readonly #sinks: readonly Sink[];
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  #problem = '';

  constructor(path: string, sinks: readonly Sink[], logger: Logger) {
    this.#path = path;
    this.#sinks = sinks;
    this.#logger = logger;
    this.#write();
    this.#timer = setInterval(() => this.#write(), WRITE_EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    rmSync(this.#path, { force: true });
  }

  #write(): void {
    const status: JobsStatus = {
      pid: process.pid,
      writtenNs: String(process.hrtime.bigint()),
      writtenAt: rfc3339(wallNs()),
      sinks: this.#sinks.map((sink) => sink.status()),
    };
    const temporary = `${this.#path}.${process.pid}.tmp`;
    try {
      writeFileSync(temporary, JSON.stringify(status), { mode: 0o640 });
      renameSync(temporary, this.#path);
      this.#problem = '';
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The engine makes the folder when it begins.
      if (code !== 'ENOENT' && code !== this.#problem) this.#logger.error({ path: this.#path, problem: code }, 'no status');
      this.#problem = String(code);
    }
  }
}
