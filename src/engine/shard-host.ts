import type { ChannelName, EngineConfig, ValidationRules } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import type { BookText, InstrumentStatus } from '../model/status.js';
import { hasNoBook, tradingState } from '../model/subscribed.js';
import {
  INSTRUMENT_COUNTERS,
  type Ingest,
  type InstrumentDefinition,
  native,
  REJECTED_BIT,
  REQUESTS_BIT,
  type Rejection,
  SHARD_COUNTERS,
  Shard,
  type ShardRequest,
  type SocketFrames,
  STAMP_HERE,
} from '../native/index.js';
import { JournalWatch, journalOf } from './journal-watch.js';
import type { Logger } from './log.js';
import type { Quarantine } from './quarantine.js';
import type { RotationInputs } from './rotating-line.js';
import type { EpochLease } from './shard-contract.js';

function place(counter: (typeof INSTRUMENT_COUNTERS)[number]['name']): number {
  return INSTRUMENT_COUNTERS.findIndex(({ name }) => name === counter);
}

const SUBSCRIBED = place('channels');
const IN_SYNC = place('in_sync');
const LAST_UPDATE_ID = place('last_update_id');
const ARRIVED: Readonly<Record<ChannelName, number>> = {
  book: place('book_deltas'),
  trade: place('trades'),
  quote: place('quotes'),
  mark_price: place('mark_prices'),
  funding: place('fundings'),
  open_interest: place('open_interests'),
  liquidation: place('liquidations'),
  status: place('trading_statuses'),
  kline: place('bars'),
};

/** What a symbol says while it trades. */
const MESSAGES = [ARRIVED.book, ARRIVED.trade, ARRIVED.quote, place('duplicates')];

const NOTHING = Buffer.alloc(0);

/** More malformed frames than this on one connection in a second: it is replaced. */
const MALFORMED_PER_SECOND_MAX = 20;

/** Rejections that do not make a frame malformed: the venue may well send what we did not ask for. */
const WELL_FORMED: ReadonlySet<string> = new Set(['UNKNOWN_EVENT', 'UNKNOWN_SYMBOL', 'UNKNOWN_CONNECTION']);

type Subscription = InstrumentStatus['subscription'];

/** An instrument of the shard, and what its venue is called. */
export interface HostedInstrument {
  readonly definition: InstrumentDefinition;
  readonly venueName: string;
  /** Undefined: its events are not looked at. */
  readonly rules?: ValidationRules | undefined;
}

export interface ShardHostOptions {
  readonly config: EngineConfig;
  readonly shard: number;
  readonly lease: EpochLease;
  readonly quarantine: Quarantine;
  readonly logger: Logger;
  /** The core wants something of the engine. */
  request(request: ShardRequest): void;
  /** The shard caught a panic; nothing is published until `rebuild`. */
  poisoned(): void;
  /** So many malformed frames came within a second that the connection is not worth keeping. */
  storm(connection: number): void;
  /** One of a connection's messages, to be looked at. */
  sample(connection: number, bytes: Buffer): void;
  /** A connection's message was set aside with this code. */
  refused(connection: number, code: string, bytes: Uint8Array): void;
  /** The venue refused a control message. */
  refusedRequest(connection: number, venueCode: number): void;
  /** The venue may no longer list these. */
  doubt(instruments: readonly number[]): void;
  /** Feed of a connection, for the quarantine. */
  feedOf(connection: number): string;
  /** The same for connections that carry the same streams. */
  groupOf(connection: number): string;
  /** Venue number of a connection. */
  venueOf(connection: number): number;
}

/** The addon's shard with everything that its return values ask for. Feeds push inputs in; nothing else reaches the core. */
export class ShardHost implements RotationInputs {
  readonly #options: ShardHostOptions;
  #shard: Shard | undefined;
  /** Of the present shard, or of one that is closed and answers with a code. */
  #ingest: Ingest | undefined;
  readonly #instruments = new Map<number, HostedInstrument>();
  /** What the venue said to each connection that asked for an instrument. */
  readonly #acks = new Map<number, Map<number, Subscription>>();
  readonly #malformed = new Map<number, { since: number; count: number }>();
  /** Snapshots that the core asked for, by instrument: the first delta of a book makes it ask. */
  readonly #asked = new Map<number, number>();
  readonly #journal: JournalWatch;
  #rebuilds = 0;

  constructor(options: ShardHostOptions) {
    this.#options = options;
    this.#journal = new JournalWatch(options.logger);
    this.#create(options.lease);
  }

  /** A new shard after a panic, with an epoch of its own. Connections must be made anew. */
  rebuild(lease: EpochLease): void {
    this.#rebuilds += 1;
    this.#shard?.close();
    this.#create(lease);
  }

  /** Adds an instrument; the core publishes its definition. */
  add(instrument: HostedInstrument): void {
    this.#instruments.set(instrument.definition.id, instrument);
    this.#define(instrument);
  }

  /** What is held is defined otherwise now. The core clears the book of what does not trade. */
  redefine(definition: InstrumentDefinition): void {
    const held = this.#instruments.get(definition.id);
    if (held === undefined) return;
    this.#instruments.set(definition.id, { ...held, definition });
    if (definition.delisted === true) this.#acks.delete(definition.id);
    this.#after(native(() => this.#shard?.instrument(definition, STAMP_HERE)));
  }

  definition(instrument: number): InstrumentDefinition | undefined {
    return this.#instruments.get(instrument)?.definition;
  }

  doubt(instruments: readonly number[]): void {
    this.#options.doubt(instruments);
  }

  /** The instrument leaves the shard: its book is cleared, and a last status says so. */
  remove(instrument: number): void {
    if (!this.#instruments.delete(instrument)) return;
    this.#acks.delete(instrument);
    this.#asked.delete(instrument);
    this.#after(native(() => this.#shard?.unsubscribe(instrument, STAMP_HERE)));
  }

  /** One canonical row; the reason if the core refused it. */
  row(connection: number, bytes: Buffer): Rejection | undefined {
    const result = this.#ingest?.(connection, bytes);
    if (this.#shard === undefined || result === undefined || result < 0) {
      this.#after(result);
      throw new TickringError('CLOSED', 'the shard is being rebuilt');
    }
    const rejection = (result & REJECTED_BIT) === 0 ? undefined : (this.#shard.rejection() ?? undefined);
    this.#after(result & ~REJECTED_BIT);
    return rejection;
  }

  connect(connection: number): void {
    this.#after(native(() => this.#shard?.connect(connection, this.#options.venueOf(connection), STAMP_HERE)));
  }

  disconnect(connection: number, reason: number): void {
    for (const acks of this.#acks.values()) if (acks.has(connection)) acks.set(connection, 'pending');
    this.#malformed.delete(connection);
    this.#after(native(() => this.#shard?.disconnect(connection, reason, STAMP_HERE)));
  }

  subscribe(connection: number, instrument: number, channels: number): void {
    this.#acknowledge(connection, instrument, 'pending');
    this.#after(native(() => this.#shard?.subscribe(connection, instrument, channels, STAMP_HERE)));
  }

  ack(connection: number, instrument: number, accepted: boolean): void {
    this.#acknowledge(connection, instrument, accepted ? 'subscribed' : 'failed');
    this.#after(native(() => this.#shard?.ack(connection, instrument, accepted, STAMP_HERE)));
  }

  handover(connection: number): { readonly behind: number; readonly quiet: number; readonly held: number } {
    return native(() => this.#shard?.handover(connection)) ?? { behind: 1, quiet: 0, held: 0 };
  }

  retire(connection: number): void {
    for (const acks of this.#acks.values()) acks.delete(connection);
  }

  lineFigures(connection: number): { readonly firsts: number; readonly repeats: number; readonly leadUs: number | null } {
    const { firsts = 0, repeats = 0, leads = 0, leadNs = 0 } = this.#shard?.lineFigures(connection) ?? {};
    return { firsts, repeats, leadUs: leads === 0 ? null : leadNs / leads / 1_000 };
  }

  frame(connection: number, bytes: Buffer): void {
    if (this.#shard === undefined) return;
    const result = this.#ingest?.(connection, bytes);
    if (result === undefined || (result >= 0 && result < REQUESTS_BIT)) return;
    this.#after(result, { connection, instrument: 0, bytes });
  }

  sample(connection: number, bytes: Buffer): void {
    this.#options.sample(connection, bytes);
  }

  refused(connection: number, venueCode: number): void {
    this.#options.refusedRequest(connection, venueCode);
  }

  frames(connection: number): SocketFrames | undefined {
    return native(() => this.#shard?.socket(connection));
  }

  attend(connection: number, result: number, refused: () => Buffer): void {
    // A shard that is gone already answers to nobody.
    if (this.#shard === undefined) return;
    this.#after(result, { connection, instrument: 0, bytes: (result & REJECTED_BIT) === 0 ? NOTHING : refused() });
  }

  arrived(instrument: number, channel: ChannelName): number {
    const count = Number(this.#shard?.instrumentCounters(instrument)?.[ARRIVED[channel]] ?? 0n);
    // Deltas that wait for a snapshot are not counted by the core yet, but the first of them made it ask.
    return channel === 'book' ? count + (this.#asked.get(instrument) ?? 0) : count;
  }

  /** Messages of an instrument on all channels, and how often its market's state was told. */
  allArrived(instrument: number): { readonly messages: number; readonly states: number } {
    const values = this.#shard?.instrumentCounters(instrument);
    const messages = MESSAGES.reduce((sum, at) => sum + Number(values?.[at] ?? 0n), this.#asked.get(instrument) ?? 0);
    return { messages, states: Number(values?.[ARRIVED.status] ?? 0n) };
  }

  depthSnapshot(instrument: number, bytes: Buffer): void {
    this.#after(this.#shard?.depthSnapshot(instrument, bytes, bytes.length, STAMP_HERE), { connection: 0, instrument, bytes });
  }

  missedTrades(instrument: number, bytes: Buffer): void {
    this.#after(this.#shard?.trades(instrument, bytes, bytes.length, STAMP_HERE), { connection: 0, instrument, bytes });
  }

  publishSnapshot(instrument: number): boolean {
    if (!this.#instruments.has(instrument)) return false;
    this.#after(this.#shard?.publishSnapshot(instrument, STAMP_HERE));
    return true;
  }

  tick(): void {
    this.#after(this.#shard?.tick(STAMP_HERE));
    if (this.#shard !== undefined) this.#journal.look(this.#shard);
  }

  /** Least delay of each connection's messages since the last call: our receive time less the venue's, ms. */
  delays(each: (connection: number, delayMs: number) => void): void {
    const found = this.#shard?.delays() ?? [];
    for (let at = 0; at + 1 < found.length; at += 2) each(found[at] ?? 0, (found[at + 1] ?? 0) / 1e6);
  }

  book(instrument: number): BookText | null {
    const known = this.#instruments.get(instrument);
    const book = this.#shard?.bookText(instrument);
    if (known === undefined || book === undefined || book === null) return null;
    const { venueName, definition } = known;
    const { inSync, text } = book;
    return { instrument, venue: venueName, symbol: definition.symbol, inSync, lastUpdateId: String(book.lastUpdateId), text };
  }

  counters(): Record<string, number> {
    const values = this.#shard === undefined ? [] : this.#shard.counters();
    const counters = Object.fromEntries(SHARD_COUNTERS.map(({ name }, index) => [name, Number(values[index] ?? 0n)]));
    return {
      ...counters,
      ...this.#journal.counters(this.#shard),
      shard_rebuilds: this.#rebuilds,
      quarantine_dropped: this.#options.quarantine.dropped,
    };
  }

  /** In the order of `INSTRUMENT_COUNTERS`; undefined where there is no such instrument. */
  instrumentCounters(instrument: number): readonly bigint[] | undefined {
    return this.#shard?.instrumentCounters(instrument) ?? undefined;
  }

  instruments(): InstrumentStatus[] {
    return [...this.#instruments].map(([id, { definition, venueName }]) => {
      const values = this.#shard?.instrumentCounters(id);
      const channels = Number(values?.[SUBSCRIBED] ?? 0n);
      return {
        id,
        venue: venueName,
        symbol: definition.symbol,
        shard: this.#options.shard,
        inSync: values?.[IN_SYNC] === 1n || hasNoBook(channels),
        lastUpdateId: String(values?.[LAST_UPDATE_ID] ?? 0n),
        subscription: this.#subscription(id),
        market: tradingState(definition),
      };
    });
  }

  /** Marks the ring closed. */
  close(): void {
    this.#shard?.close();
    this.#shard = undefined;
  }

  #create({ epoch, prevEpoch }: EpochLease): void {
    const { config, shard } = this.#options;
    const {
      shmRoot: root,
      name,
      ringBytes,
      booksBytes,
      instrumentsMax,
      wakeIntervalUs,
      hardened = false,
      orderBookDepth: depth,
      snapshotIntervalMs,
    } = config;
    const books = booksBytes === undefined ? {} : { booksBytes };
    const sizes = { ringBytes, ...books, ...journalOf(config, shard), instrumentsMax, depth };
    this.#shard = native(
      () => new Shard({ root, name, shard, epoch, prevEpoch, snapshotIntervalMs, wakeIntervalUs, hardened, ...sizes }),
    );
    this.#journal.opened(this.#shard);
    this.#ingest = native(() => this.#shard?.ingester());
    for (const instrument of this.#instruments.values()) this.#define(instrument);
  }

  #define({ definition, rules }: HostedInstrument): void {
    this.#after(native(() => this.#shard?.instrument(definition, STAMP_HERE)));
    if (rules !== undefined) this.#after(native(() => this.#shard?.rules(definition.id, rules, STAMP_HERE)));
  }

  #after(result: number | undefined, input?: { connection: number; instrument: number; bytes: Buffer }): void {
    if (result === undefined) return;
    if (result < 0) {
      this.#options.logger.error({ shard: this.#options.shard, code: -result }, 'the shard is poisoned and will be rebuilt');
      this.#shard?.close();
      this.#shard = undefined;
      this.#options.poisoned();
      return;
    }
    if ((result & REJECTED_BIT) !== 0) this.#quarantine(input);
    if ((result & REQUESTS_BIT) !== 0) {
      for (const request of this.#shard?.requests() ?? []) this.#pass(request);
    }
  }

  #pass(request: ShardRequest): void {
    const { kind, instrument } = request;
    if (kind === 'depth_snapshot') this.#asked.set(instrument, (this.#asked.get(instrument) ?? 0) + 1);
    this.#options.request(request);
  }

  #acknowledge(connection: number, instrument: number, state: Subscription): void {
    const acks = this.#acks.get(instrument) ?? new Map<number, Subscription>();
    this.#acks.set(instrument, acks.set(connection, state));
  }

  /** An instrument is subscribed when of all lines that carry the same of its channels one is. */
  #subscription(instrument: number): Subscription {
    const groups = new Map<string, Subscription>();
    for (const [connection, state] of this.#acks.get(instrument) ?? []) {
      const group = this.#options.groupOf(connection);
      if (groups.get(group) !== 'subscribed') groups.set(group, state);
    }
    const states = [...groups.values()];
    if (states.includes('failed')) return 'failed';
    return states.length > 0 && states.every((state) => state === 'subscribed') ? 'subscribed' : 'pending';
  }

  #quarantine(input: { connection: number; instrument: number; bytes: Buffer } | undefined): void {
    const rejection = this.#shard?.rejection();
    if (rejection === null || rejection === undefined) return;
    if (input === undefined) {
      this.#options.logger.error({ ...rejection }, 'the core refused an input');
      return;
    }
    const feed = this.#options.feedOf(input.connection);
    this.#options.quarantine.add({ feed, ...input, ...rejection });
    if (input.connection !== 0) this.#options.refused(input.connection, rejection.code, input.bytes);
    if (input.connection !== 0 && !WELL_FORMED.has(rejection.code)) this.#countMalformed(input.connection);
  }

  #countMalformed(connection: number): void {
    const now = performance.now();
    const known = this.#malformed.get(connection);
    const second = known === undefined || now - known.since > 1_000 ? { since: now, count: 0 } : known;
    second.count += 1;
    this.#malformed.set(connection, second);
    if (second.count <= MALFORMED_PER_SECOND_MAX) return;
    this.#malformed.delete(connection);
    this.#options.storm(connection);
  }
}
