/** Feeds a recording's inputs to one shard without shared memory: the state machine that runs live, ticks included. */
import { DISCONNECT_REASONS } from '../../model/codes.js';
import type { ValidationRules } from '../../model/config.js';
import { TickringError } from '../../model/errors.js';
import type { Venue } from '../../model/venue.js';
import {
  type Ingest,
  JOURNAL_COUNTERS,
  type JournalOptions,
  type Listing,
  native,
  REJECTED_BIT,
  SHARD_COUNTERS,
  Shard,
} from '../../native/index.js';
import type { Place, ReplayInput, Subscription } from './input.js';

const TICK_NS = 100_000_000n;
/** A hole in the recording is crossed in at most so many ticks: an hour. */
const TICKS_PER_HOLE_MAX = 36_000n;
/** Refused inputs that are told one by one. */
const REJECTIONS_MAX = 100;
const INSTRUMENTS_MAX = 65_536;
/** Where a recording does not say: what holds every price and quantity of these venues. */
export const EXPONENT = -8;

export interface ReplayRejection extends Place {
  readonly code: string;
  readonly offset: number;
}

/** One book at the end. */
export interface FinalBook {
  readonly symbol: string;
  readonly lastUpdateId: bigint;
  readonly inSync: boolean;
  readonly text: string;
}

export class ReplaySession {
  readonly #venue: Venue;
  readonly #rules: ValidationRules | undefined;
  readonly #shard: Shard;
  readonly #ingest: Ingest;
  readonly #listings = new Map<string, Listing>();
  readonly #instruments = new Map<string, number>();
  readonly #connections = new Map<string, number>();
  readonly #open = new Set<string>();
  #tick: bigint | undefined;
  /** REST depth answers that were delivered. */
  depthAnswers = 0;
  readonly rejections: ReplayRejection[] = [];

  /** With a journal, inputs are kept as those of a live shard are; with rules, events are looked at. */
  constructor(venue: Venue, journal?: JournalOptions, rules?: ValidationRules) {
    this.#venue = venue;
    this.#rules = rules;
    this.#shard = native(
      () =>
        new Shard({
          name: 'replay',
          shard: 0,
          epoch: 1n,
          prevEpoch: 0n,
          ringBytes: 0,
          instrumentsMax: INSTRUMENTS_MAX,
          depth: 20,
          snapshotIntervalMs: 0,
          ...(journal === undefined ? {} : { journal }),
        }),
    );
    this.#ingest = native(() => this.#shard.ingester());
  }

  /** Applies the next input; time must not run backwards by much, ticks follow it. */
  apply(input: ReplayInput): void {
    this.#passTime(input.tsRecv);
    switch (input.kind) {
      case 'listings':
        for (const listing of input.listings) this.#listings.set(listing.symbol, listing);
        return;
      case 'connect':
        this.#connect(input.connection, input);
        return;
      case 'subscribe':
        for (const subscription of input.subscriptions) this.#subscribe(input.connection, subscription, input);
        return;
      case 'frame':
        this.#check(this.#ingest(this.#connection(input.connection), input.bytes, input.bytes.length, input.tsRecv), input);
        return;
      case 'depth':
        this.depthAnswers += 1;
        this.#check(
          this.#shard.depthSnapshot(this.#instrument(input.symbol, input), input.bytes, input.bytes.length, input.tsRecv),
          input,
        );
    }
  }

  #passTime(now: bigint): void {
    this.#tick ??= now;
    const due = (now - this.#tick) / TICK_NS;
    if (due > TICKS_PER_HOLE_MAX) this.#tick += (due - TICKS_PER_HOLE_MAX) * TICK_NS;
    while (this.#tick + TICK_NS <= now) {
      this.#tick += TICK_NS;
      this.#check(this.#shard.tick(this.#tick));
    }
  }

  #connection(name: string): number {
    const number = this.#connections.get(name) ?? this.#connections.size + 1;
    this.#connections.set(name, number);
    return number;
  }

  #connect(name: string, { tsRecv }: ReplayInput): void {
    const number = this.#connection(name);
    // The recorder writes no end of a connection; a second beginning is one.
    if (this.#open.has(name)) this.#check(native(() => this.#shard.disconnect(number, DISCONNECT_REASONS.closed, tsRecv)));
    this.#open.add(name);
    this.#check(native(() => this.#shard.connect(number, this.#venue.id, tsRecv)));
  }

  #subscribe(connection: string, { symbol, channels }: Subscription, input: ReplayInput): void {
    const instrument = this.#instrument(symbol, input);
    this.#check(native(() => this.#shard.subscribe(this.#connection(connection), instrument, channels, input.tsRecv)));
  }

  /** Id of a symbol; the first use defines it. */
  #instrument(symbol: string, { tsRecv }: ReplayInput): number {
    const known = this.#instruments.get(symbol);
    if (known !== undefined) return known;
    const id = this.#instruments.size + 1;
    this.#instruments.set(symbol, id);
    const { priceExponent, qtyExponent, tickSize, lotSize, trading } = this.#listings.get(symbol) ?? {
      priceExponent: EXPONENT,
      qtyExponent: EXPONENT,
      tickSize: 0n,
      lotSize: 0n,
      trading: true,
    };
    const definition = {
      id,
      venue: this.#venue.id,
      symbol,
      priceExponent,
      qtyExponent,
      tickSize,
      lotSize,
      trading,
      changeCount: 0,
    };
    this.#check(native(() => this.#shard.instrument(definition, tsRecv)));
    const rules = this.#rules;
    if (rules !== undefined) this.#check(native(() => this.#shard.rules(id, rules, tsRecv)));
    return id;
  }

  #check(result: number, input?: ReplayInput): void {
    if (result < 0)
      throw new TickringError('SHARD_POISONED', `the state machine ended with code ${-result}`, {
        context: { place: input?.place },
      });
    if ((result & REJECTED_BIT) === 0 || this.rejections.length >= REJECTIONS_MAX) return;
    const rejection = this.#shard.rejection();
    if (rejection === null) return;
    this.rejections.push({
      file: input?.place.file ?? '',
      line: input?.place.line ?? 0,
      code: rejection.code,
      offset: rejection.offset,
    });
  }

  /** Time passes once more. */
  end(now: bigint): void {
    this.#check(this.#shard.tick(now));
  }

  /** Inputs that the journal could not take. */
  shed(): number {
    const values = native(() => this.#shard.journalStatus())?.counters ?? [];
    return Number(values[JOURNAL_COUNTERS.findIndex(({ name }) => name === 'journal_shed')] ?? 0n);
  }

  /** Counters of the shard by name. */
  counters(): Record<string, number> {
    const values = native(() => this.#shard.counters());
    return Object.fromEntries(SHARD_COUNTERS.map(({ name }, index) => [name, Number(values[index] ?? 0n)]));
  }

  /** Books in canonical text, in the order in which their symbols appeared. */
  books(): FinalBook[] {
    return [...this.#instruments].flatMap(([symbol, id]) => {
      const book = native(() => this.#shard.bookText(id));
      return book === null ? [] : [{ symbol, ...book }];
    });
  }

  /** One book as it is now; undefined where its symbol was not subscribed yet. */
  book(symbol: string): FinalBook | undefined {
    const id = this.#instruments.get(symbol);
    const book = id === undefined ? null : native(() => this.#shard.bookText(id));
    return book === null ? undefined : { symbol, ...book };
  }

  close(): void {
    this.#shard.close();
  }
}
