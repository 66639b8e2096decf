/** The loop from the outbox to Redis. */
import type { RedisConfig } from '../../model/config.js';
import type { Logger } from '../../model/log.js';
import type { LatencyHistogram } from '../latency.js';
import { type Command, Link, LinkError, type Outcome } from './link.js';
import { type Loss, type Losses, lossBody } from './losses.js';
import { GAPS } from './names.js';
import type { Entry, Outbox } from './outbox.js';

const BATCH_COMMANDS_MAX = 512;
const BATCH_BYTES_MAX = 1 << 20;
/** Accounts of losses told with one batch. */
const GAPS_MAX = 128;
/** Codes with which a server refuses everything for a while: the batch waits for the next connection. */
const REFUSES_ALL: ReadonlySet<string> = new Set(['BUSY', 'LOADING', 'MASTERDOWN']);
/** After a failover the name means another server, so that a read-only one is left this often, ms. */
const READONLY_MS = 10_000;
/** The same problem is logged again after this, ms. */
const LOG_AGAIN_MS = 60_000;
/** A server that has not answered for so long is not called connected, ms. */
const SILENT_MS = 2_000;
/** An idle connection is tried this often, ms. */
const PING_MS = 2_000;
/** What was merely lost is tried again within this, ms; refusals climb to `max_reconnect_delay_ms`. */
const LOST_DELAY_MAX_MS = 4_000;
const REFUSALS: ReadonlySet<string> = new Set(['WRONGPASS', 'NOAUTH', 'NOPERM', 'ERR', 'DENIED']);
/** Things that are remembered as logged. */
const LOGGED_MAX = 64;
/** Gaps are told with the first batch of a connection, and then not more often than this, ms. */
const GAPS_EVERY_MS = 1_000;

interface Parts {
  readonly config: RedisConfig;
  readonly outbox: Outbox;
  readonly losses: Losses;
  readonly latency: LatencyHistogram;
  readonly logger: Logger;
}

export class Publisher {
  readonly #parts: Parts;
  #link: Link | undefined;
  #isStopping = false;
  #isCut = false;
  #gapsAt = 0;
  /** When the batch was sent whose answer is awaited, monotonic ms. */
  #sentAt: number | undefined;
  /** Ends a wait early. */
  #wake: () => void = () => {};
  #failures = 0;
  #leaveAt = 0;
  readonly #loggedAt = new Map<string, number>();
  readonly #ended: Promise<void>;
  published = 0;
  refused = 0;
  unconfirmed = 0;
  gapsTold = 0;
  connections = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#ended = this.#run();
  }

  /** There is a connection, and nothing has waited for an answer for long. */
  get isConnected(): boolean {
    const waitsMs = this.#sentAt === undefined ? 0 : performance.now() - this.#sentAt;
    return this.#link?.isOpen === true && waitsMs < SILENT_MS;
  }

  /** There is something in the outbox. */
  wake(): void {
    if (this.#link !== undefined) this.#wake();
  }

  /** Sends what is left as long as there is a connection, for `longestMs` at most. */
  async stop(longestMs: number): Promise<void> {
    this.#isStopping = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#isCut = true;
        this.#link?.close();
        resolve();
      }, longestMs);
    });
    this.#wake();
    // An attempt to connect may still be under way; it finds out that nobody wants it.
    await Promise.race([this.#ended, late]);
    clearTimeout(timer);
    const { outbox, logger } = this.#parts;
    if (outbox.messages > 0) logger.warn({ messages: outbox.messages }, 'redis did not get what was left at the end');
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        this.#link = await Link.open(this.#parts.config, () => this.#wake());
      } catch (error) {
        await this.#failed(error);
        continue;
      }
      this.connections += 1;
      this.#parts.logger.info({ connections: this.connections }, 'redis is connected');
      const refusal = await this.#use(this.#link);
      this.#link.close();
      this.#link = undefined;
      if (!this.#isStopping) await this.#failed(new LinkError(refusal));
    }
  }

  /** Works until the connection is over; tells why it is. */
  async #use(link: Link): Promise<string> {
    const { outbox, losses } = this.#parts;
    this.#gapsAt = 0;
    while (link.isOpen && !this.#isCut) {
      const gapsInMs = losses.size === 0 ? Number.POSITIVE_INFINITY : this.#gapsAt - performance.now();
      if (outbox.messages > 0 || gapsInMs <= 0 || (this.#isStopping && losses.size > 0)) {
        const refusal = await this.#batch(link, gapsInMs <= 0 || this.#isStopping);
        if (refusal !== undefined) return refusal;
      } else if (this.#isStopping) return 'STOPPING';
      else if (!(await this.#rest(Math.min(gapsInMs, PING_MS)))) await this.#batch(link, false);
    }
    return 'CONNECTION_LOST';
  }

  /** One batch; a code if the server wants to be left alone. */
  async #batch(link: Link, withGaps: boolean): Promise<string | undefined> {
    const { outbox, losses, config } = this.#parts;
    // What is missing was older than all that waits: it is told first.
    const gaps = withGaps ? losses.take(GAPS_MAX) : [];
    const entries = outbox.take(BATCH_COMMANDS_MAX, BATCH_BYTES_MAX);
    const told = gaps.map((gap) => gapCommand(gap, config));
    const commands = [...told, ...entries.map((entry) => commandOf(entry, config))];
    this.#sentAt = performance.now();
    // Where there is nothing to say, whether somebody listens is all that is asked.
    const outcomes = await link.send(commands.length > 0 ? commands : [['ping']]);
    this.#sentAt = undefined;
    this.#toldGaps(gaps, new Set(gaps.filter((_, index) => outcomes[index]?.is !== 'done')));
    return this.#settle(entries, outcomes.slice(told.length));
  }

  #toldGaps(gaps: readonly Loss[], untold: ReadonlySet<Loss>): void {
    // The rest of a long account follows at once, what was refused does not.
    if (gaps.length > 0 && (gaps.length < GAPS_MAX || untold.size > 0)) this.#gapsAt = performance.now() + GAPS_EVERY_MS;
    // At the end nobody waits for another try.
    if (this.#isStopping && untold.size > 0) this.#isCut = true;
    for (const gap of gaps) {
      if (untold.has(gap)) {
        this.#parts.losses.putBack(gap);
        continue;
      }
      if (gap.kind === 'entry') continue;
      this.gapsTold += 1;
      const { name, kind, lost, unconfirmed, reasons } = gap;
      this.#log('gap', () => this.#parts.logger.warn({ name, kind, lost, unconfirmed, reasons }, 'redis missed messages'));
    }
  }

  #settle(entries: readonly Entry[], outcomes: readonly Outcome[]): string | undefined {
    const { losses, latency, outbox } = this.#parts;
    const now = performance.now();
    const again: Entry[] = [];
    let refusal: string | undefined;
    for (const [index, entry] of entries.entries()) {
      const { kind, name, atNs } = entry;
      const outcome = outcomes[index] ?? { is: 'unknown' };
      if (outcome.is === 'done') {
        this.published += 1;
        latency.record(now - entry.since);
      } else if (outcome.is === 'unknown') {
        this.unconfirmed += 1;
        losses.note({ name, kind, unconfirmed: 1, reason: 'disconnected', atNs });
      } else if (REFUSES_ALL.has(outcome.code)) {
        again.push(entry);
        refusal = outcome.code;
      } else {
        this.refused += 1;
        losses.note({ name, kind, lost: 1, reason: outcome.code, atNs });
        this.#log(outcome.code, () =>
          this.#parts.logger.warn({ name, kind, refusal: outcome.code }, 'redis refuses a command'),
        );
        if (outcome.code === 'READONLY') refusal ??= this.#leaveReadOnly(now);
      }
    }
    if (again.length > 0) outbox.putBack(again);
    if (refusal === undefined && entries.length > 0 && outcomes.length > 0) this.#failures = 0;
    return refusal;
  }

  #leaveReadOnly(now: number): string | undefined {
    if (now < this.#leaveAt) return undefined;
    this.#leaveAt = now + READONLY_MS;
    return 'READONLY';
  }

  /** Waits before the next attempt: full jitter below a ceiling that doubles. */
  async #failed(error: unknown): Promise<void> {
    const { config, logger, outbox } = this.#parts;
    const code = error instanceof LinkError ? error.code : 'CONNECTION_LOST';
    this.#log(code, () => logger.warn({ reason: code, waiting: outbox.messages }, 'redis is not connected'));
    const longest = REFUSALS.has(code) ? config.maxReconnectDelayMs : Math.min(LOST_DELAY_MAX_MS, config.maxReconnectDelayMs);
    const ceiling = Math.min(config.reconnectDelayMs * 2 ** Math.min(this.#failures, 20), longest);
    this.#failures += 1;
    const until = performance.now() + Math.random() * ceiling;
    while (!this.#isStopping && performance.now() < until) await this.#rest(until - performance.now());
  }

  /** Until it is woken, which it tells, or `ms` are over. */
  async #rest(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const isWoken = await new Promise<boolean>((resolve) => {
      this.#wake = () => resolve(true);
      timer = setTimeout(() => resolve(false), ms);
    });
    this.#wake = () => {};
    clearTimeout(timer);
    return isWoken;
  }

  /** Not more than once a minute for the same thing. */
  #log(what: string, write: () => void): void {
    const now = performance.now();
    if (now < (this.#loggedAt.get(what) ?? Number.NEGATIVE_INFINITY) + LOG_AGAIN_MS) return;
    if (this.#loggedAt.size >= LOGGED_MAX) this.#loggedAt.clear();
    this.#loggedAt.set(what, now);
    write();
  }
}

function commandOf({ kind, name, body }: Entry, { keyExpirySeconds, streamLength }: RedisConfig): Command {
  if (kind === 'channel') return ['publish', name, body];
  if (kind === 'key') return ['set', name, body, 'EX', keyExpirySeconds];
  return ['xadd', name, 'MAXLEN', '~', streamLength, '*', 'body', body];
}

/** A gap is told on the channel of gaps, and that of a stream in the stream as well. */
function gapCommand(gap: Loss, { streamLength }: RedisConfig): Command {
  const body = lossBody(gap);
  if (gap.kind !== 'entry') return ['publish', GAPS, body];
  return ['xadd', gap.name, 'MAXLEN', '~', streamLength, '*', 'gap', body];
}
