import type { LookupFunction } from 'node:net';
import type { ChannelName, EngineConfig } from '../model/config.js';
import type { Venue } from '../model/venue.js';
import type { InstrumentDefinition } from '../native/index.js';
import { Audits } from './audits.js';
import { ATTEMPTS_WINDOW_MS, Backoff } from './backoff.js';
import { FeedClock } from './feed-clock.js';
import { openHostBudget } from './host-budgets.js';
import type { Line } from './line.js';
import { LineGroup } from './line-group.js';
import type { Logger } from './log.js';
import { MissedTrades } from './missed-trades.js';
import type { RestClient } from './rest.js';
import type { RotationInputs } from './rotating-line.js';
import type { FeedTask } from './shard-contract.js';
import { Snapshots } from './snapshots.js';

export interface VenueFeedOptions {
  readonly config: EngineConfig;
  readonly venue: Venue;
  readonly task: FeedTask;
  readonly inputs: RotationInputs;
  readonly rest: RestClient;
  /** Where names lead. */
  readonly lookup: LookupFunction;
  readonly logger: Logger;
  /** Number of another connection within the shard. */
  nextConnection(feed: VenueFeed): number;
  deliver(instrument: number, body: Buffer): void;
  /** Trades that were missed came; an empty body where the venue gives none. */
  deliverTrades(instrument: number, body: Buffer): void;
}

/** One feed of a venue: as many groups of lines of each class as the venue's limit on streams makes necessary, and snapshots. */
export class VenueFeed {
  readonly #options: VenueFeedOptions;
  /** By address, for a venue counts attempts at each. */
  readonly #backoffs = new Map<string, Backoff>();
  #instruments: readonly InstrumentDefinition[] = [];
  readonly #groups: LineGroup[] = [];
  readonly snapshots: Snapshots;
  readonly audits: Audits;
  readonly clock: FeedClock;
  readonly missedTrades: MissedTrades;

  constructor(options: VenueFeedOptions) {
    const { config, venue, task, rest, logger, deliver, inputs } = options;
    this.#options = options;
    const doubt = inputs.doubt.bind(inputs);
    rest.know(task.feed);
    this.snapshots = new Snapshots({ venue, feed: task.feed, rest, logger, deliver, doubt });
    this.clock = new FeedClock({ venue, feed: task.feed, rest, logger });
    const { snapshots } = this;
    const isBusy = (): boolean => snapshots.isBusy;
    this.audits = new Audits({ venue, feed: task.feed, shards: config.shards, rest, logger, isBusy, deliver, doubt });
    this.missedTrades = new MissedTrades({ venue, feed: task.feed, rest, logger, deliver: options.deliverTrades });
  }

  get id(): string {
    return this.#options.task.feed.id;
  }

  get venue(): Venue {
    return this.#options.venue;
  }

  get instruments(): readonly InstrumentDefinition[] {
    return this.#instruments;
  }

  /** See `LineGroup.connections`. */
  get connections(): LineGroup['connections'] {
    return this.#groups.flatMap(({ connections }) => connections);
  }

  get lines(): readonly Line[] {
    return this.connections.map(({ line }) => line);
  }

  /** A number that connections have in common which carry the same streams. */
  groupOf(connection: number): number {
    return this.#groups.findIndex(({ connections }) => connections.some(({ line }) => line.connection === connection));
  }

  /** Carries these instruments besides those it has; the core knows them already. */
  add(instruments: readonly InstrumentDefinition[]): void {
    this.#instruments = [...this.#instruments, ...instruments];
    const { venue, task } = this.#options;
    for (const connectionClass of venue.classes) {
      const channels = task.feed.channels.filter((channel) => connectionClass.channels.includes(channel));
      if (channels.length === 0) continue;
      const perLine = Math.floor(venue.limits.streamsPerConnection / channels.length);
      let rest = instruments;
      for (const group of this.#groups.filter((each) => each.connectionClass === connectionClass.name)) {
        const room = perLine - group.instruments.length;
        if (room <= 0 || rest.length === 0) continue;
        group.add(rest.slice(0, room));
        rest = rest.slice(room);
      }
      for (; rest.length > 0; rest = rest.slice(perLine)) {
        const group = this.#group(connectionClass, channels, rest.slice(0, perLine));
        this.#groups.push(group);
        group.start();
      }
    }
  }

  /** Carries these no longer; the caller tells the core. Streams that the venue ended itself need not be given up. */
  remove(instruments: ReadonlySet<number>, isEnded = false): void {
    this.#instruments = this.#instruments.filter(({ id }) => !instruments.has(id));
    for (const group of this.#groups) group.remove(instruments, isEnded);
    this.snapshots.withdraw(instruments);
  }

  /** Asks the venue anew for an instrument. */
  restart(instrument: number): void {
    for (const group of this.#groups) {
      const definition = group.instruments.find(({ id }) => id === instrument);
      if (definition !== undefined) group.restart(definition);
    }
  }

  /** The venue said that it will cut this connection. */
  leave(connection: number): void {
    for (const group of this.#groups) group.leave(connection);
  }

  /** Looks at deadlines; called about once a second. */
  watch(): void {
    for (const group of this.#groups) group.watch();
  }

  /** The core wants a whole book: fetched, or from the beginning of the book's own stream. */
  wholeBook(instrument: InstrumentDefinition): void {
    const { venue } = this.#options;
    if (venue.snapshotRequest !== undefined) this.snapshots.request(instrument);
    else for (const group of this.#groups) group.renew(instrument, ['book'], venue.unarbitrated !== undefined);
  }

  /** Asks the venue anew for these channels of an instrument. */
  renew(instrument: InstrumentDefinition, channels: readonly ChannelName[]): void {
    for (const group of this.#groups) group.renew(instrument, channels, true);
  }

  /** Ends its connections and requests. */
  close(): void {
    this.clock.close();
    this.snapshots.close();
    this.audits.close();
    this.missedTrades.close();
    for (const group of this.#groups) group.stop();
    for (const backoff of this.#backoffs.values()) backoff.close();
  }

  #group(
    connectionClass: Venue['classes'][number],
    channels: FeedTask['feed']['channels'],
    instruments: readonly InstrumentDefinition[],
  ): LineGroup {
    const { venue, task, inputs, logger, nextConnection, lookup } = this.#options;
    const { wsUrl, lines = 1, lineWsUrls = [], wsAlternates = [] } = task.feed;
    return new LineGroup({
      venue,
      connectionClass,
      channels,
      addresses: Array.from({ length: lines }, (_, line) => {
        const address = lineWsUrls[line] ?? wsUrl;
        const urls = [address, ...wsAlternates].map((root) => root + connectionClass.path);
        // Attempts at alternates are counted as those at the first: it is one venue that tolerates so many.
        return { urls, backoff: this.#backoff(address) };
      }),
      transport: task.feed.transport,
      nextConnection: () => nextConnection(this),
      instruments,
      inputs,
      logger,
      lookup,
    });
  }

  #backoff(wsUrl: string): Backoff {
    const { config, venue, logger } = this.#options;
    const backoff =
      this.#backoffs.get(wsUrl) ??
      new Backoff({
        delayMs: config.reconnectDelayMs,
        delayMaxMs: config.maxReconnectDelayMs,
        attemptsPer5Minutes: venue.limits.connectionAttemptsPer5Minutes,
        attempts: openHostBudget(config.shmRoot, 'connect', wsUrl, ATTEMPTS_WINDOW_MS, logger),
      });
    this.#backoffs.set(wsUrl, backoff);
    return backoff;
  }
}
