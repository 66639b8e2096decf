/** One shard's journal into one destination: each event once, whatever dies in between. */
import { setImmediate as turn } from 'node:timers/promises';
import { TickringError } from '../../model/errors.js';
import type { Logger } from '../../model/log.js';
import type { JournalLag } from '../../model/sink.js';
import {
  fromAddon,
  type JournalCursor,
  JournalFeed,
  journalCursor,
  keepCursor,
  type MissingInputs,
  native,
  SinkHold,
  type TaskFailure,
} from '../../native/index.js';
import { wallNs } from '../clock.js';
import type { LatencyHistogram } from '../latency.js';
import type { Destination } from './destination.js';
import type { JournalPosition, Position } from './position.js';

/** About what one batch holds. */
const BATCH_BYTES = 256 * 1_024;
/** What is written is made durable this often, and when it is so much. */
const FLUSH_MS = 500;
const FLUSH_BYTES = 8 * 2 ** 20;
/** The cursor alone moves so often, where inputs put nothing out: each time the disk is waited for. */
const IDLE_MS = 10_000;
/** Where nothing is new. */
const REST_MS = 20;
/** After a failure of journal or destination, doubled up to the second one. */
const RETRY_MS = 250;
const RETRY_MS_MAX = 5_000;

const NOWHERE: JournalCursor = { epoch: 0n, sequence: 0n, from: 0n, tsRecv: 0n, output: '' };

export interface FollowerOptions {
  /** Of the sink: that of its cursor. */
  readonly name: string;
  readonly shard: number;
  /** The shard's journal. */
  readonly folder: string;
  readonly from: 'oldest' | 'now';
  readonly position: JournalPosition;
  readonly destination: Destination;
  readonly latency: LatencyHistogram;
  readonly logger: Logger;
}

function failureOf({ code, message }: TaskFailure): unknown {
  return fromAddon(Object.assign(new Error(message), { code }));
}

export class Follower {
  readonly #options: FollowerOptions;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #deadline = Number.POSITIVE_INFINITY;
  #position: Position | undefined;
  /** What the destination has for good, and what it was given. */
  #kept: JournalCursor | undefined;
  #taken: JournalCursor = NOWHERE;
  #isWell = false;
  #problem = '';
  /** No other process is this sink. */
  #hold: SinkHold | undefined;
  /** What was written of missing inputs, and is not durable yet. */
  readonly #told: MissingInputs[] = [];
  /** Events that are durable; those that are written and not so yet, and their bytes. */
  published = 0;
  written = 0;
  writtenBytes = 0;
  missing = 0;
  gapsTold = 0;
  retries = 0;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#done = this.#run();
  }

  /** Nothing stands in its way. */
  get isWell(): boolean {
    return this.#isWell;
  }

  get lag(): JournalLag {
    const { sequence = 0n, tsRecv = 0n } = (this.#hasAll ? this.#taken : this.#kept) ?? {};
    const lag = this.#position === undefined ? null : Math.max(0, Number(this.#position.appended - sequence));
    const age = lag === 0 || tsRecv === 0n ? 0 : Number(wallNs() - tsRecv) / 1e9;
    const { shard } = this.#options;
    return { shard, sequence: Number(sequence), lagInputs: lag, lagSeconds: Math.max(0, age), missing: this.missing };
  }

  /** What was taken is durable at the destination. */
  get #hasAll(): boolean {
    return this.written === 0 && this.#told.length === 0;
  }

  /** Takes what is durable, for `longestMs` at most, and ends. */
  async stop(longestMs: number): Promise<void> {
    this.#deadline = performance.now() + longestMs;
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { destination, position, logger, shard, name } = this.#options;
    let retryMs = RETRY_MS;
    while (!this.#stop.signal.aborted) {
      const before = this.published;
      try {
        await this.#follow();
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        if (problem !== this.#problem) logger.error({ sink: name, shard, problem }, 'the sink waits; the engine does not');
        this.#problem = problem;
        this.#isWell = false;
        this.retries += 1;
        retryMs = this.published > before ? RETRY_MS : Math.min(retryMs * 2, RETRY_MS_MAX);
        await this.#rest(retryMs);
      }
    }
    await destination.close().catch(() => {});
    this.#hold?.close();
    position.close();
  }

  /** From the cursor on, until something fails or it is told to stop. */
  async #follow(): Promise<void> {
    const { folder, shard, name } = this.#options;
    this.#hold ??= native(() => new SinkHold(folder, name));
    [this.written, this.writtenBytes] = [0, 0];
    this.#told.length = 0;
    this.#taken = this.#kept ?? NOWHERE;
    const cursor = await this.#begin();
    if (cursor === undefined) return;
    const feed = native(() => new JournalFeed(folder, shard, cursor));
    this.#taken = cursor;
    try {
      let flushedAt = performance.now();
      for (let even: bigint | undefined; ; ) {
        // Without an engine's word nothing is known to be durable.
        const limit = this.#look()?.durable ?? 0n;
        // What was read to its end has no more below the same limit.
        const isEven = limit === even || (await this.#take(feed, limit));
        even = isEven ? limit : undefined;
        const isLast = (isEven && this.#stop.signal.aborted) || performance.now() >= this.#deadline;
        const dueMs = this.#hasAll && this.#isWell ? IDLE_MS : FLUSH_MS;
        if (isLast || performance.now() - flushedAt >= dueMs || this.writtenBytes >= FLUSH_BYTES) {
          await this.#keep(this.#taken, flushedAt);
          flushedAt = performance.now();
        }
        if (isLast) return;
        if (isEven) await this.#rest(REST_MS);
        else await turn();
      }
    } finally {
      feed.close();
    }
  }

  /** Hands one batch over; whether there is no more now. */
  async #take(feed: JournalFeed, limit: bigint): Promise<boolean> {
    const { batch, failure } = await feed.next(limit, BATCH_BYTES);
    if (failure !== undefined) throw failureOf(failure);
    if (batch === undefined) throw new TickringError('JOURNAL_IO', 'a feed gave neither a batch nor a reason');
    if (batch.records > 0 || batch.missing.length > 0) {
      this.written += await this.#options.destination.write(batch);
      this.writtenBytes += batch.bytes.length;
      this.#told.push(...batch.missing);
    }
    this.#taken = batch.cursor;
    return batch.isEnd;
  }

  /** Brings the destination back to the cursor; undefined where it was told to stop before there was anything. */
  async #begin(): Promise<JournalCursor | undefined> {
    const { destination, folder, name, from } = this.#options;
    const kept = native(() => journalCursor(folder, name));
    if (kept !== null) {
      this.#kept = kept;
      await destination.begin(kept.output);
      return kept;
    }
    let first = NOWHERE;
    for (let isKnown = false; !isKnown; ) {
      const position = this.#look();
      isKnown = position !== undefined;
      if (position === undefined) await this.#rest(REST_MS);
      else if (from === 'now') first = { ...first, epoch: position.epoch, sequence: position.durable, tsRecv: wallNs() };
      if (this.#stop.signal.aborted) return undefined;
    }
    await destination.begin('');
    // Before anything is written, so that nothing is ever written twice.
    return await this.#keep(first, performance.now());
  }

  /** First the destination, then the cursor: what it says is there. */
  async #keep(cursor: JournalCursor, sinceMs: number): Promise<JournalCursor> {
    const { destination, folder, name, latency } = this.#options;
    const kept = { ...cursor, output: await destination.flush() };
    const { sequence, output } = this.#kept ?? {};
    if (sequence !== kept.sequence || output !== kept.output) {
      const failure = await keepCursor(folder, name, kept);
      if (failure !== null) throw failureOf(failure);
    }
    if (this.written > 0) latency.record(performance.now() - sinceMs);
    this.#kept = kept;
    this.published += this.written;
    this.gapsTold += this.#told.length;
    for (const { first, last } of this.#told.splice(0)) this.missing += Number(last - first + 1n);
    [this.written, this.writtenBytes] = [0, 0];
    this.#recovered();
    return kept;
  }

  #look(): Position | undefined {
    this.#position = this.#options.position.look() ?? this.#position;
    return this.#position;
  }

  #recovered(): void {
    const { logger, shard, name } = this.#options;
    if (this.#problem !== '') logger.warn({ sink: name, shard }, 'the sink goes on');
    this.#problem = '';
    this.#isWell = true;
  }

  /** Sleeps, unless it is told to stop. */
  #rest(ms: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
