import { CHANNELS } from '../model/codes.js';
import type { EngineConfig } from '../model/config.js';
import type { BookText, InstrumentStatus } from '../model/status.js';
import {
  INSTRUMENT_COUNTERS,
  type InstrumentDefinition,
  native,
  REJECTED_BIT,
  REQUESTS_BIT,
  SHARD_COUNTERS,
  Shard,
  type ShardRequest,
  STAMP_HERE,
} from '../native/index.js';
import type { LineInputs } from './line.js';
import type { Logger } from './log.js';
import type { Quarantine } from './quarantine.js';
import type { EpochLease } from './shard-contract.js';

const SUBSCRIBED = INSTRUMENT_COUNTERS.findIndex(({ name }) => name === 'channels');
const IN_SYNC = INSTRUMENT_COUNTERS.findIndex(({ name }) => name === 'in_sync');
const LAST_UPDATE_ID = INSTRUMENT_COUNTERS.findIndex(({ name }) => name === 'last_update_id');

export interface ShardHostOptions {
  readonly config: EngineConfig;
  readonly shard: number;
  readonly lease: EpochLease;
  readonly instruments: ReadonlyMap<number, { readonly definition: InstrumentDefinition; readonly venueName: string }>;
  readonly quarantine: Quarantine;
  readonly logger: Logger;
  /** The core wants something of the engine. */
  request(request: ShardRequest): void;
  /** The shard caught a panic; nothing is published until `rebuild`. */
  poisoned(): void;
  /** Feed of a connection, for the quarantine. */
  feedOf(connection: number): string;
  /** Venue number of a connection. */
  venueOf(connection: number): number;
}

/** The addon's shard with everything that its return values ask for. Feeds push inputs in; nothing else reaches the core. */
export class ShardHost implements LineInputs {
  readonly #options: ShardHostOptions;
  #shard: Shard | undefined;
  readonly #acks = new Map<number, 'pending' | 'subscribed' | 'failed'>();

  constructor(options: ShardHostOptions) {
    this.#options = options;
    this.#create(options.lease);
  }

  /** A new shard after a panic, with an epoch of its own. Connections must be made anew. */
  rebuild(lease: EpochLease): void {
    this.#shard?.close();
    this.#create(lease);
  }

  connect(connection: number): void {
    this.#after(this.#shard?.connect(connection, this.#options.venueOf(connection), STAMP_HERE));
  }

  disconnect(connection: number, reason: number): void {
    this.#after(this.#shard?.disconnect(connection, reason, STAMP_HERE));
  }

  subscribe(connection: number, instrument: number, channels: number): void {
    this.#acks.set(instrument, 'pending');
    this.#after(this.#shard?.subscribe(connection, instrument, channels, STAMP_HERE));
  }

  ack(connection: number, instrument: number, accepted: boolean): void {
    this.#acks.set(instrument, accepted ? 'subscribed' : 'failed');
    this.#after(this.#shard?.ack(connection, instrument, accepted, STAMP_HERE));
  }

  frame(connection: number, bytes: Buffer): void {
    const result = this.#shard?.ingest(connection, bytes, bytes.length, STAMP_HERE);
    if (result === undefined || (result >= 0 && result < REQUESTS_BIT)) return;
    this.#after(result, { connection, instrument: 0, bytes });
  }

  depthSnapshot(instrument: number, bytes: Buffer): void {
    this.#after(this.#shard?.depthSnapshot(instrument, bytes, bytes.length, STAMP_HERE), { connection: 0, instrument, bytes });
  }

  publishSnapshot(instrument: number): boolean {
    if (!this.#options.instruments.has(instrument)) return false;
    this.#after(this.#shard?.publishSnapshot(instrument, STAMP_HERE));
    return true;
  }

  tick(): void {
    this.#after(this.#shard?.tick(STAMP_HERE));
  }

  book(instrument: number): BookText | null {
    const known = this.#options.instruments.get(instrument);
    const book = this.#shard?.bookText(instrument);
    if (known === undefined || book === undefined || book === null) return null;
    const { venueName, definition } = known;
    const { inSync, text } = book;
    return { instrument, venue: venueName, symbol: definition.symbol, inSync, lastUpdateId: String(book.lastUpdateId), text };
  }

  counters(): Record<string, number> {
    const values = this.#shard === undefined ? [] : this.#shard.counters();
    return Object.fromEntries(SHARD_COUNTERS.map(({ name }, index) => [name, Number(values[index] ?? 0n)]));
  }

  instruments(): InstrumentStatus[] {
    return [...this.#options.instruments].map(([id, { definition, venueName }]) => {
      const values = this.#shard?.instrumentCounters(id);
      const channels = Number(values?.[SUBSCRIBED] ?? 0n);
      return {
        id,
        venue: venueName,
        symbol: definition.symbol,
        shard: this.#options.shard,
        // Where trades or quotes alone are subscribed there is no book that could be out of sync.
        inSync: values?.[IN_SYNC] === 1n || (channels !== 0 && (channels & CHANNELS.book) === 0),
        lastUpdateId: String(values?.[LAST_UPDATE_ID] ?? 0n),
        subscription: this.#acks.get(id) ?? 'pending',
      };
    });
  }

  /** Marks the ring closed. */
  close(): void {
    this.#shard?.close();
    this.#shard = undefined;
  }

  #create({ epoch, prevEpoch }: EpochLease): void {
    const { config, shard, instruments } = this.#options;
    const { shmRoot: root, name, ringBytes, instrumentsMax, orderBookDepth: depth, snapshotIntervalMs } = config;
    this.#shard = native(
      () => new Shard({ root, name, shard, epoch, prevEpoch, ringBytes, instrumentsMax, depth, snapshotIntervalMs }),
    );
    for (const { definition } of instruments.values()) {
      this.#after(native(() => this.#shard?.instrument(definition, STAMP_HERE)));
    }
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
      for (const request of this.#shard?.requests() ?? []) this.#options.request(request);
    }
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
  }
}
