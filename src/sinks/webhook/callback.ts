/** One subscription's callback: what waits for it, and the loop that hands it over. */
import { randomUUID } from 'node:crypto';
import type { CallbackConfig } from '../../model/config.js';
import type { Logger } from '../../model/log.js';
import type { HostGate } from './host-gate.js';
import { type Held, Outbox } from './outbox.js';
import { type Posted, post } from './post.js';
import { callbackSecret, callbackSignature } from './secret.js';
import { TargetRefused, type Targets } from './target.js';

/** Attempts for one body, and the pauses between them: the configured one, doubled up to 5 min, half of it by chance. */
const ATTEMPTS_MAX = 8;
const BACKOFF_MS_MAX = 300_000;
/** What `Retry-After` can ask for at most, s. */
const RETRY_AFTER_SECONDS_MAX = 3_600;
const GONE = 410;

export interface CallbackCounts {
  delivered: number;
  attempts: number;
  failed: number;
}

export interface CallbackParts {
  readonly config: CallbackConfig;
  readonly key: string;
  readonly targets: Targets;
  readonly gate: HostGate;
  readonly counts: CallbackCounts;
  readonly held: Held;
  readonly logger: Logger;
  /** A body was taken, this many ms after its first row had come. */
  readonly taken: (ms: number) => void;
}

export class Callback {
  readonly outbox: Outbox;
  readonly #parts: CallbackParts;
  readonly #id: string;
  readonly #url: string;
  readonly #secret: string;
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;
  #isBusy = false;
  #since = 0;
  /** The last body was taken, or none was sent yet. */
  isAnswered = true;
  /** It answered 410, or may not be called: nothing more is sent. */
  isOver = false;

  constructor(id: string, url: string, parts: CallbackParts) {
    this.#parts = parts;
    this.outbox = new Outbox(parts.held);
    this.#id = id;
    this.#url = url;
    this.#secret = callbackSecret(parts.key, id);
  }

  get url(): string {
    return this.#url;
  }

  /** There are rows: they go out together once the interval is over. */
  wake(): void {
    if (this.#timer !== undefined || this.#isBusy || this.#isEnded || this.isOver) return;
    this.#since = performance.now();
    this.#timer = setTimeout(() => void this.#turn(), this.#parts.config.intervalMs);
  }

  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.outbox.clear();
  }

  async #turn(): Promise<void> {
    this.#timer = undefined;
    this.#isBusy = true;
    const rows = this.outbox.batch();
    const { missed } = this.outbox;
    const body = `{"subscription_id":${JSON.stringify(this.#id)},"data":[${rows.join(',')}],"count":${rows.length},"missed":${missed}}`;
    const isTaken = await this.#deliver(`msg_${randomUUID()}`, body);
    this.isAnswered = isTaken;
    if (isTaken) {
      this.outbox.missed -= missed;
      this.#parts.counts.delivered += rows.length;
      this.#parts.taken(performance.now() - this.#since);
    } else this.outbox.lose(rows.length);
    this.#isBusy = false;
    if (this.outbox.size > 0) this.wake();
  }

  /** Tries until the body is taken. Returns false where it is given up. */
  async #deliver(id: string, body: string): Promise<boolean> {
    const { counts, logger } = this.#parts;
    for (let attempt = 0; attempt < ATTEMPTS_MAX && !this.#isEnded && !this.isOver; attempt += 1) {
      counts.attempts += 1;
      const outcome = await this.#attempt(id, body).catch((error: unknown) => error as Error);
      if (outcome instanceof Error) {
        // What may not be called now may not be called in a minute.
        if (outcome instanceof TargetRefused) this.#give(outcome.message);
      } else if (outcome.status >= 200 && outcome.status < 300) return true;
      else if (outcome.status === GONE) this.#give('answered 410');
      counts.failed += 1;
      if (this.isOver || attempt + 1 === ATTEMPTS_MAX) break;
      const reason = outcome instanceof Error ? outcome.message : `status ${outcome.status}`;
      if (attempt === 0) logger.warn({ subscription: this.#id, reason }, 'callback failed, it is tried again');
      await this.#pause(attempt, outcome instanceof Error ? undefined : outcome.retryAfterSeconds);
    }
    return false;
  }

  #give(reason: string): void {
    this.isOver = true;
    this.#parts.logger.warn({ subscription: this.#id, reason }, 'callback is not called any more');
  }

  async #attempt(id: string, body: string): Promise<Posted> {
    const { targets, gate } = this.#parts;
    const target = await targets.find(this.#url);
    return gate.through(target.url.host, () => {
      const seconds = Math.floor(Date.now() / 1_000);
      const headers = {
        'Content-Type': 'application/json',
        'User-Agent': 'tickring',
        'webhook-id': id,
        'webhook-timestamp': `${seconds}`,
        'webhook-signature': callbackSignature(this.#secret, id, seconds, body),
      };
      return post(target, headers, body);
    });
  }

  #pause(attempt: number, retryAfterSeconds: number | undefined): Promise<void> {
    const longest = this.#parts.config.backoffMs * 2 ** attempt;
    const asked = Math.min(retryAfterSeconds ?? 0, RETRY_AFTER_SECONDS_MAX) * 1_000;
    const ms = Math.max(asked, Math.min(longest, BACKOFF_MS_MAX) * (0.5 + Math.random() / 2));
    return new Promise((resolve) => {
      setTimeout(resolve, ms).unref();
    });
  }
}
