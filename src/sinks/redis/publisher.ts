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

  get isConnected(): boolean {
    return this.#link?.isOpen === true;
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
      else await this.#rest(gapsInMs);
    }
    return 'CONNECTION_LOST';
  }

  /** One batch; a code if the server wants to be left alone. */
  async #batch(link: Link, withGaps: boolean): Promise<string | undefined> {
    const { outbox, losses, config } = this.#parts;
    // What is missing was older than all that waits: it is told first.
    const gaps = withGaps ? losses.take(GAPS_MAX) : [];
    const entries = outbox.take(BATCH_COMMANDS_MAX, BATCH_BYTES_MAX);
    const told = gaps.flatMap((gap) => gapCommands(gap, config));
    const outcomes = await link.send([
      ...told.map(({ command }) => command),
      ...entries.map((entry) => commandOf(entry, config)),
    ]);
    this.#toldGaps(gaps, new Set(told.flatMap(({ gap }, index) => (outcomes[index]?.is === 'done' ? [] : [gap]))));
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
    const ceiling = Math.min(config.reconnectDelayMs * 2 ** Math.min(this.#failures, 20), config.maxReconnectDelayMs);
    this.#failures += 1;
    const until = performance.now() + Math.random() * ceiling;
    while (!this.#isStopping && performance.now() < until) await this.#rest(until - performance.now());
  }

  /** Until it is woken, or `ms` are over. */
  async #rest(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (Number.isFinite(ms)) timer = setTimeout(resolve, ms);
    });
    this.#wake = () => {};
    clearTimeout(timer);
  }

  /** Not more than once a minute for the same thing. */
  #log(what: string, write: () => void): void {
    const now = performance.now();
    if (now < (this.#loggedAt.get(what) ?? Number.NEGATIVE_INFINITY) + LOG_AGAIN_MS) return;
    this.#loggedAt.set(what, now);
    write();
  }
}

function commandOf({ kind, name, body }: Entry, { keyExpirySeconds, streamLength }: RedisConfig): Command {
  if (kind === 'channel') return ['publish', name, body];
  if (kind === 'key') return ['set', name, body, 'EX', keyExpirySeconds];
  return ['xadd', name, 'MAXLEN', '~', streamLength, '*', 'body', body];
}

/** A gap is told on the channel of gaps; that of a stream in the stream as well. */
function gapCommands(gap: Loss, { streamLength }: RedisConfig): { gap: Loss; command: Command }[] {
  const body = lossBody(gap);
  const told = { gap, command: ['publish', GAPS, body] as const };
  if (gap.kind !== 'stream') return [told];
  return [{ gap, command: ['xadd', gap.name, 'MAXLEN', '~', streamLength, '*', 'gap', body] }, told];
}
