/** The rings of one engine, record by record, whether it runs or not. */
import { VENUE_NAMES } from '../model/codes.js';
import { TickringError } from '../model/errors.js';
import type { Logger } from '../model/log.js';
import { tradingState } from '../model/subscribed.js';
import { RecordCursor } from '../native/cursor.js';
import { fromAddon, native, RECORD_SIZE_MAX, type RingBook, RingReader } from '../native/index.js';
import type { Instrument } from '../native/records.js';

/** One record a poll: a book that follows then is what it was at that record. */
const POLL_RECORDS = 1;
/** A turn takes about this long, then others get theirs, ms. */
const TURN_MS = 1;
/** Turns of the event loop without a record before it rests. */
const SPIN_TURNS = 4;
const REST_MS = 1;
/** An engine that is not there yet, or cannot be read, is looked for this often, ms. */
const REOPEN_MS = 250;

/** What somebody who follows the rings does with it. */
export interface FeedListener {
  /** The cursor stands at a record, or at a notice. */
  take(cursor: RecordCursor, feed: RingFeed): void;
  /** The rings were opened, at their newest records; `again`: after they could not be read for a while. */
  opened(feed: RingFeed, again: boolean): void;
}

export interface RingFeedOptions {
  readonly root: string;
  readonly name: string;
  readonly logger: Logger;
  readonly listener: FeedListener;
}

export class RingFeed {
  readonly #options: RingFeedOptions;
  readonly #bytes = new Uint8Array(RECORD_SIZE_MAX);
  readonly #definitions = new Map<number, Instrument>();
  readonly #cursor: RecordCursor;
  #reader: RingReader | undefined;
  #poll: ReturnType<RingReader['poller']> = () => 0;
  #isRunning = true;
  #wasOpen = false;
  #idleTurns = 0;
  #problem = '';
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RingFeedOptions) {
    this.#options = options;
    this.#cursor = new RecordCursor(this.#bytes, { definitions: this.#definitions, learn: () => this.#learn() });
    this.#immediate = setImmediate(this.#turn);
  }

  get definitions(): ReadonlyMap<number, Instrument> {
    return this.#definitions;
  }

  /** The full-depth book of an instrument, as of the record in hand; null if no shard holds it. */
  book(instrument: number): RingBook | null {
    return native(() => this.#reader?.book(instrument) ?? null);
  }

  /** Newest state of an instrument, which may be ahead of the record in hand. */
  latest(instrument: number): ReturnType<RingReader['latest']> {
    return native(() => this.#reader?.latest(instrument) ?? null);
  }

  /** Slots that are not read yet, in the shard where that is most. */
  get lag(): number {
    const reader = this.#reader;
    if (reader === undefined) return 0;
    return native(() => Math.max(0, ...reader.shards().map((shard) => reader.status(shard).lag)));
  }

  /** Takes what is there now, for `longestMs` at most, and ends; `last` is done before the rings are let go. */
  stop(longestMs: number, last: () => void): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    clearImmediate(this.#immediate);
    clearTimeout(this.#timer);
    this.#takeUntil(performance.now() + longestMs);
    last();
    this.#close();
  }

  readonly #turn = (): void => {
    if (!this.#isRunning) return;
    if (this.#reader === undefined) this.#open();
    const isBusy = this.#takeUntil(performance.now() + TURN_MS);
    this.#idleTurns = isBusy ? 0 : this.#idleTurns + 1;
    const briefMs = this.#idleTurns <= SPIN_TURNS ? 0 : REST_MS;
    const restMs = this.#reader === undefined ? REOPEN_MS : briefMs;
    if (restMs === 0) this.#immediate = setImmediate(this.#turn);
    else this.#timer = setTimeout(this.#turn, restMs);
  };

  #open(): void {
    const { root, name, listener, logger } = this.#options;
    try {
      this.#reader = new RingReader(root, name);
      this.#poll = this.#reader.poller();
      this.#definitions.clear();
      this.#learn();
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#problem = '';
    logger.info({ engine: name }, 'reads the rings');
    listener.opened(this, this.#wasOpen);
    this.#wasOpen = true;
  }

  /** Whether there was any record. */
  #takeUntil(deadline: number): boolean {
    if (this.#reader === undefined) return false;
    const cursor = this.#cursor;
    for (let count = 0; ; count += 1) {
      const records = this.#next();
      if (records === 0) return count > 0;
      cursor.begin(records);
      while (cursor.next()) this.#options.listener.take(cursor, this);
      if ((count & 15) === 15 && performance.now() >= deadline) return true;
    }
  }

  #next(): number {
    try {
      return this.#poll(this.#bytes, POLL_RECORDS);
    } catch (error) {
      this.#fail(error);
      return 0;
    }
  }

  /** A ring that cannot be read is let go, and looked for again. */
  #fail(error: unknown): void {
    const known = fromAddon(error);
    const { logger, name } = this.#options;
    const text = known instanceof Error ? known.message : String(known);
    const isAway = known instanceof TickringError && known.code === 'SHM_NOT_FOUND';
    if (text !== this.#problem && !isAway) logger.error({ engine: name, problem: text }, 'the rings cannot be read');
    this.#problem = text;
    this.#close();
  }

  #close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  #learn(): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    const all = native(() => reader.shards().flatMap((shard) => reader.instruments(shard)));
    for (const { venue, trading, delisted, ...rest } of all) {
      const name = (VENUE_NAMES as Readonly<Record<number, string>>)[venue] ?? String(venue);
      this.#definitions.set(rest.id, { ...rest, venue: name, state: tradingState({ trading, delisted }) });
    }
  }
}
