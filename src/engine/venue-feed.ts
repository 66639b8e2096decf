import type { ChannelName, EngineConfig } from '../model/config.js';
import type { Venue } from '../model/venue.js';
import type { InstrumentDefinition } from '../native/index.js';
import { Audits } from './audits.js';
import { ATTEMPTS_WINDOW_MS, Backoff } from './backoff.js';
import { FeedClock } from './feed-clock.js';
import { openHostBudget } from './host-budgets.js';
import { Line, type LineInputs } from './line.js';
import type { Logger } from './log.js';
import { MissedTrades } from './missed-trades.js';
import type { RestClient } from './rest.js';
import type { FeedTask } from './shard-contract.js';
import { Snapshots } from './snapshots.js';

export interface VenueFeedOptions {
  readonly config: EngineConfig;
  readonly venue: Venue;
  readonly task: FeedTask;
  readonly inputs: LineInputs;
  readonly rest: RestClient;
  readonly logger: Logger;
  /** Number of another connection within the shard. */
  nextConnection(feed: VenueFeed): number;
  deliver(instrument: number, body: Buffer): void;
  /** Trades that were missed came; an empty body where the venue gives none. */
  deliverTrades(instrument: number, body: Buffer): void;
}

/** One feed of a venue: as many connections of each class as the venue's limit on streams makes necessary, and snapshots. */
export class VenueFeed {
  readonly #options: VenueFeedOptions;
  readonly #backoff: Backoff;
  #instruments: readonly InstrumentDefinition[] = [];
  readonly lines: Line[] = [];
  readonly snapshots: Snapshots;
  readonly audits: Audits;
  readonly clock: FeedClock;
  readonly missedTrades: MissedTrades;

  constructor(options: VenueFeedOptions) {
    const { config, venue, task, rest, logger, deliver } = options;
    this.#options = options;
    this.#backoff = new Backoff({
      delayMs: config.reconnectDelayMs,
      delayMaxMs: config.maxReconnectDelayMs,
      attemptsPer5Minutes: venue.limits.connectionAttemptsPer5Minutes,
      attempts: openHostBudget(config.shmRoot, 'connect', task.feed.wsUrl, ATTEMPTS_WINDOW_MS, logger),
    });
    this.snapshots = new Snapshots({ venue, feed: task.feed, rest, logger, deliver });
    this.clock = new FeedClock({ venue, feed: task.feed, rest, logger });
    const { snapshots } = this;
    const isBusy = (): boolean => snapshots.isBusy;
    this.audits = new Audits({ venue, feed: task.feed, shards: config.shards, rest, logger, isBusy, deliver });
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

  /** Carries these instruments besides those it has; the core knows them already. */
  add(instruments: readonly InstrumentDefinition[]): void {
    this.#instruments = [...this.#instruments, ...instruments];
    const { venue, task } = this.#options;
    for (const connectionClass of venue.classes) {
      const channels = task.feed.channels.filter((channel) => connectionClass.channels.includes(channel));
      if (channels.length === 0) continue;
      const perLine = Math.floor(venue.limits.streamsPerConnection / channels.length);
      let rest = instruments;
      for (const line of this.lines.filter((each) => each.connectionClass === connectionClass.name)) {
        const room = perLine - line.instruments.length;
        if (room <= 0 || rest.length === 0) continue;
        line.add(rest.slice(0, room));
        rest = rest.slice(room);
      }
      for (; rest.length > 0; rest = rest.slice(perLine)) {
        const line = this.#line(connectionClass, channels, rest.slice(0, perLine));
        this.lines.push(line);
        line.start();
      }
    }
  }

  /** Carries these no longer; the caller tells the core. */
  remove(instruments: ReadonlySet<number>): void {
    this.#instruments = this.#instruments.filter(({ id }) => !instruments.has(id));
    for (const line of this.lines) line.remove(instruments);
  }

  /** Asks the venue anew for an instrument. */
  restart(instrument: number): void {
    for (const line of this.lines) {
      const definition = line.instruments.find(({ id }) => id === instrument);
      if (definition !== undefined) line.restart(definition);
    }
  }

  /** The core wants a whole book: fetched, or from the beginning of the book's own stream. */
  wholeBook(instrument: InstrumentDefinition): void {
    if (this.#options.venue.snapshotRequest !== undefined) this.snapshots.request(instrument);
    else this.renew(instrument, ['book']);
  }

  /** Asks the venue anew for these channels of an instrument. */
  renew(instrument: InstrumentDefinition, channels: readonly ChannelName[]): void {
    for (const line of this.lines) line.renew(instrument, channels);
  }

  /** Ends its connections and requests. */
  close(): void {
    this.clock.close();
    this.snapshots.close();
    this.audits.close();
    this.missedTrades.close();
    for (const line of this.lines) line.stop();
    this.#backoff.close();
  }

  #line(
    connectionClass: Venue['classes'][number],
    channels: FeedTask['feed']['channels'],
    instruments: readonly InstrumentDefinition[],
  ): Line {
    const { venue, task, inputs, logger, nextConnection } = this.#options;
    return new Line({
      venue,
      connectionClass,
      channels,
      url: task.feed.wsUrl + connectionClass.path,
      transport: task.feed.transport,
      connection: nextConnection(this),
      instruments,
      backoff: this.#backoff,
      inputs,
      logger,
    });
  }
}
