import { isDeepStrictEqual } from 'node:util';
import { DISCONNECT_REASONS } from '../model/codes.js';
import { channelsOfBits, isSource } from '../model/feeds.js';
import { type Venue, venueIn } from '../model/venue.js';
import type { InstrumentDefinition, ShardRequest } from '../native/index.js';
import { DriftSentinel } from './drift.js';
import type { Line } from './line.js';
import type { Logger, LogLevel } from './log.js';
import { DNS_DEFAULTS, Names } from './names.js';
import { Quarantine } from './quarantine.js';
import { movedLog, RestClient } from './rest.js';
import { Rpc } from './rpc.js';
import type { FeedTask, MainCalls, ShardTask, WorkerCalls } from './shard-contract.js';
import { ShardHost } from './shard-host.js';
import { type RouteLine, SilentRoutes } from './silent-routes.js';
import { SilentSymbols } from './silent-symbols.js';
import { Sources } from './sources.js';
import { rulesOf } from './validation.js';
import { VenueFeed } from './venue-feed.js';
import { VIEW, Views } from './views.js';

const TICK_MS = 100;
/** Samples of what venues changed, bytes on disk. */
const DRIFT_BYTES_MAX = 16 << 20;
/** Deadlines of connections are looked at every so many ticks. */
const WATCH_EVERY_TICKS = 10;

/** One shard in its worker thread: sockets, snapshots and the addon, on one event loop. */
class ShardRunner {
  readonly #task: ShardTask;
  readonly #rpc: Rpc<MainCalls>;
  readonly #logger: Logger;
  readonly #names: Names;
  readonly #rest: RestClient;
  readonly #quarantine: Quarantine;
  readonly #drift: DriftSentinel;
  readonly #samples: Quarantine;
  readonly #routes = new Map<string, SilentRoutes>();
  readonly #symbols = new Map<string, SilentSymbols>();
  readonly #host: ShardHost;
  readonly #sources: Sources;
  readonly #views: Views;
  readonly #feeds = new Map<string, VenueFeed>();
  readonly #byConnection = new Map<number, VenueFeed>();
  readonly #byInstrument = new Map<number, { feed: VenueFeed; definition: InstrumentDefinition }>();
  readonly #beat: Int32Array;
  #timer: NodeJS.Timeout | undefined;
  readonly #venues: readonly Venue[];
  #connections = 0;
  #ticks = 0;
  #stopped: (() => void) | undefined;

  constructor(task: ShardTask, venues: readonly Venue[]) {
    this.#task = task;
    this.#beat = new Int32Array(task.heartbeat);
    this.#rpc = new Rpc<MainCalls>(task.port, this.#calls() as Record<string, (argument: never) => unknown>);
    this.#logger = proxyLogger(this.#rpc, task.shard);
    this.#names = new Names(task.config.dns ?? DNS_DEFAULTS, this.#logger);
    this.#rest = new RestClient(
      {
        lease: (asking) => this.#rpc.call('lease', asking),
        settle: (restUrl, lease) => this.#rpc.notify('settle', { restUrl, lease }),
        refund: (restUrl, lease) => this.#rpc.notify('refund', { restUrl, lease }),
        used: (restUrl, weight) => this.#rpc.notify('used', { restUrl, weight }),
        banned: (restUrl, ms) => this.#rpc.notify('banned', { restUrl, ms }),
      },
      { moved: movedLog(this.#logger), lookup: this.#names.lookup },
    );
    this.#quarantine = new Quarantine(task.config.stateDir, task.shard, task.config.quarantineBytesMax, this.#logger);
    this.#samples = new Quarantine(task.config.stateDir, task.shard, DRIFT_BYTES_MAX, this.#logger, 'drift');
    this.#drift = new DriftSentinel({
      logger: this.#logger,
      keep: ({ kind, what }, bytes) =>
        this.#samples.add({ feed: '', connection: 0, instrument: 0, code: kind, offset: 0, message: what, bytes }),
    });
    this.#host = new ShardHost({
      config: task.config,
      shard: task.shard,
      lease: task,
      quarantine: this.#quarantine,
      logger: this.#logger,
      request: (request) => this.#request(request),
      poisoned: () => void this.#rebuild(),
      storm: (connection) =>
        this.#line(connection)?.replace(DISCONNECT_REASONS.error, 'too many malformed frames within a second'),
      sample: (connection, bytes) => this.#noticed(connection, (venue) => this.#drift.sample(venue, bytes)),
      refused: (connection, code, bytes) => this.#noticed(connection, (venue) => this.#drift.refused(venue, code, bytes)),
      refusedRequest: (connection, code) =>
        this.#noticed(connection, (venue) => this.#drift.add(venue, 'refused_request', `code ${code}`)),
      doubt: (instruments) => this.#rpc.notify('doubt', instruments),
      feedOf: (connection) => this.#byConnection.get(connection)?.id ?? '',
      groupOf: (connection) => {
        const feed = this.#byConnection.get(connection);
        return feed === undefined ? `${connection}` : `${feed.id}/${feed.groupOf(connection)}`;
      },
      venueOf: (connection) =>
        this.#byConnection.get(connection)?.venue.id ??
        this.#sources.venueOf(connection) ??
        this.#views.venueOf(connection) ??
        0,
    });
    this.#sources = new Sources(this.#host, () => ++this.#connections);
    this.#views = new Views(this.#host, task.config, this.#logger, () => ++this.#connections);
    this.#venues = venues;
  }

  /** Resolves when the main thread asked for a stop and everything is closed. */
  run(): Promise<void> {
    for (const feed of this.#task.feeds) this.#take(feed);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    return new Promise((resolve) => {
      this.#stopped = resolve;
    });
  }

  /** Takes up a feed, or changes which instruments it has: the core knows an instrument before the venue is asked for it. */
  #take(task: FeedTask): void {
    if (task.feed.venue === VIEW) {
      this.#views.take(task);
      return;
    }
    if (isSource(task.feed.venue)) {
      this.#sources.take(task);
      return;
    }
    const feed = this.#feeds.get(task.feed.id) ?? this.#open(task);
    const wanted = new Set(task.instruments.map(({ id }) => id));
    const known = [...this.#byInstrument].filter(([, { feed: of }]) => of === feed).map(([id]) => id);
    const gone = new Set([...known, ...feed.instruments.map(({ id }) => id)].filter((id) => !wanted.has(id)));
    feed.remove(gone);
    for (const id of gone) {
      // It may have moved to another feed of the shard already.
      if (this.#byInstrument.get(id)?.feed === feed) this.#byInstrument.delete(id);
      this.#symbolsOf(feed).forget(id);
      this.#host.remove(id);
    }
    const changed = task.instruments.filter(({ id }) => known.includes(id));
    for (const definition of changed) this.#redefine(feed, definition);
    const added = task.instruments.filter(({ id }) => !known.includes(id));
    for (const definition of added) {
      this.#byInstrument.set(definition.id, { feed, definition });
      const rules = rulesOf(this.#task.config, task.feed, definition.symbol);
      this.#host.add({ definition, venueName: feed.venue.name, rules });
    }
    feed.add(added.filter(({ delisted }) => delisted !== true));
  }

  /** The listing tells something else of an instrument: what is delisted leaves its connections and stays, what is back returns to them. */
  #redefine(feed: VenueFeed, definition: InstrumentDefinition): void {
    const { id } = definition;
    const held = this.#host.definition(id);
    if (held === undefined || isDeepStrictEqual(held, definition)) return;
    this.#host.redefine(definition);
    const isCarried = feed.instruments.some((each) => each.id === id);
    if (definition.delisted === true) {
      feed.remove(new Set([id]), true);
      this.#symbolsOf(feed).forget(id);
    } else if (!isCarried) {
      this.#byInstrument.set(id, { feed, definition });
      feed.add([definition]);
      // A stream that never ended is subscribed already, and would begin with no snapshot.
      feed.restart(id);
    }
  }

  #open(task: FeedTask): VenueFeed {
    const named = this.#venues.find(({ name }) => name === task.feed.venue);
    const venue = named === undefined ? undefined : venueIn(named, task.feed.format);
    if (venue === undefined) throw new Error(`invariant: the main thread checked venue ${task.feed.venue} and its format`);
    const feed = new VenueFeed({
      config: this.#task.config,
      venue,
      task,
      inputs: this.#host,
      rest: this.#rest,
      lookup: this.#names.lookup,
      logger: this.#logger,
      nextConnection: (owner) => {
        this.#connections += 1;
        this.#byConnection.set(this.#connections, owner);
        return this.#connections;
      },
      deliver: (instrument, body) => {
        // A snapshot may come for an instrument that has left.
        if (this.#byInstrument.has(instrument)) this.#host.depthSnapshot(instrument, body);
      },
      deliverTrades: (instrument, body) => {
        if (this.#byInstrument.has(instrument)) this.#host.missedTrades(instrument, body);
      },
    });
    this.#feeds.set(task.feed.id, feed);
    return feed;
  }

  #tick(): void {
    Atomics.add(this.#beat, 0, 1);
    this.#host.tick();
    this.#ticks += 1;
    if (this.#ticks % WATCH_EVERY_TICKS !== 0) return;
    this.#host.delays((connection, delayMs) => this.#byConnection.get(connection)?.clock.note(delayMs));
    for (const feed of this.#feeds.values()) {
      feed.clock.look();
      feed.watch();
      this.#routesOf(feed).check(feed.lines);
      this.#symbolsOf(feed).check(feed.instruments);
    }
  }

  #noticed(connection: number, notice: (venue: Venue) => void): void {
    const feed = this.#byConnection.get(connection);
    if (feed !== undefined) notice(feed.venue);
  }

  #routesOf(feed: VenueFeed): SilentRoutes {
    const known = this.#routes.get(feed.id);
    if (known !== undefined) return known;
    const silent = ({ connectionClass }: RouteLine, channel: string): void =>
      this.#drift.add(feed.venue, 'silent_route', `${channel} of ${connectionClass}`);
    const routes = new SilentRoutes({ arrived: (instrument, channel) => this.#host.arrived(instrument, channel), silent });
    this.#routes.set(feed.id, routes);
    return routes;
  }

  #symbolsOf(feed: VenueFeed): SilentSymbols {
    const known = this.#symbols.get(feed.id);
    if (known !== undefined) return known;
    const doubt = (instruments: readonly number[]): void => this.#host.doubt(instruments);
    const symbols = new SilentSymbols({ arrived: (instrument) => this.#host.allArrived(instrument), doubt });
    this.#symbols.set(feed.id, symbols);
    return symbols;
  }

  #request(request: ShardRequest): void {
    const line = this.#line(request.connection);
    switch (request.kind) {
      case 'depth_snapshot': {
        const known = this.#byInstrument.get(request.instrument);
        known?.feed.wholeBook(known.definition);
        break;
      }
      case 'audit': {
        const known = this.#byInstrument.get(request.instrument);
        known?.feed.audits.request(known.definition);
        break;
      }
      case 'renew':
        this.#renew(request);
        break;
      case 'trades': {
        const known = this.#byInstrument.get(request.instrument);
        known?.feed.missedTrades.request(known.definition, request.first, request.last);
        break;
      }
      case 'control_reply':
        line?.replied(request.id, request.venueCode);
        break;
      case 'answer':
        line?.answer();
        break;
      case 'leave':
        this.#byConnection.get(request.connection)?.leave(request.connection);
        break;
      case 'source':
        this.#views.switched(request);
        break;
      case 'reconnect':
        line?.replace(DISCONNECT_REASONS.local, `the core asked for it ${request.code}`.trim());
        break;
    }
  }

  /** The core found channels silent while their connection speaks. */
  #renew({ instrument, channels: bits }: ShardRequest): void {
    const known = this.#byInstrument.get(instrument);
    if (known === undefined) return;
    const { feed, definition } = known;
    const channels = channelsOfBits(bits);
    const fields = { feed: feed.id, symbol: definition.symbol, channels, code: 'CHANNEL_SILENT' };
    this.#logger.warn(fields, 'silent beyond the limit learned; the venue is asked anew');
    feed.renew(definition, channels);
    this.#host.doubt([instrument]);
  }

  #line(connection: number): Line | undefined {
    return this.#byConnection.get(connection)?.lines.find((line) => line.connection === connection);
  }

  /** After a panic: a fresh shard under a new epoch, and all connections anew, so that every book starts from a snapshot. */
  async #rebuild(): Promise<void> {
    const lease = await this.#rpc.call('epoch', this.#task.shard);
    if (this.#timer === undefined) return;
    // Connections end before the new shard is there: it never knew them.
    for (const { lines } of this.#feeds.values())
      for (const line of lines) line.replace(DISCONNECT_REASONS.local, 'the shard is rebuilt');
    this.#host.rebuild(lease);
    this.#sources.announce();
    this.#views.announce();
  }

  #calls(): { [Name in keyof WorkerCalls]: (argument: Parameters<WorkerCalls[Name]>[0]) => unknown } {
    return {
      status: () => ({
        counters: this.#host.counters(),
        instruments: this.#host.instruments(),
        drift: this.#drift.list(),
        views: this.#views.status(),
        moved: this.#rest.moved,
        connections: [...this.#feeds.values()].flatMap(({ id, connections, clock }) =>
          connections.map(({ line, place, rotations }) => ({
            feed: id,
            shard: this.#task.shard,
            connection: line.connection,
            connectionClass: line.connectionClass,
            address: line.address,
            state: line.state,
            reconnects: Math.max(0, line.reconnects),
            lastFrameAgeMs: line.lastFrameAgeMs,
            clock: clock.reading,
            line: place,
            rotations,
            ...this.#host.lineFigures(line.connection),
          })),
        ),
      }),
      feed: (task) => {
        // A stop may have overtaken it.
        if (this.#timer !== undefined) this.#take(task);
        return null;
      },
      gone: (shard) => {
        this.#views.gone(shard);
        return null;
      },
      restart: ({ feed, instrument }) => {
        this.#feeds.get(feed)?.restart(instrument);
        return null;
      },
      ingest: (rows) => this.#sources.ingest(rows, () => this.#host.counters()['events'] ?? 0),
      snapshot: (instrument) => this.#host.publishSnapshot(instrument),
      book: (instrument) => this.#host.book(instrument),
      stop: () => this.#stop(),
    };
  }

  async #stop(): Promise<null> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#views.close();
    for (const feed of this.#feeds.values()) feed.close();
    this.#host.close();
    await Promise.all([this.#rest.close(), this.#quarantine.flush(), this.#samples.flush()]);
    // The answer to this call leaves first.
    setImmediate(() => {
      this.#rpc.close();
      this.#stopped?.();
    });
    return null;
  }
}

function proxyLogger(rpc: Rpc<MainCalls>, shard: number): Logger {
  const send =
    (level: LogLevel) =>
    (fields: object, message: string): void => {
      const error = (fields as { err?: unknown }).err;
      const plain = error instanceof Error ? { ...fields, err: `${error.message}` } : fields;
      rpc.notify('log', { level, fields: { shard, ...plain }, message });
    };
  return { debug: send('debug'), info: send('info'), warn: send('warn'), error: send('error') };
}

/** Body of a shard's worker task; the entry file of the worker passes the registry of venues. */
export async function runShard(task: ShardTask, venues: readonly Venue[]): Promise<void> {
  await new ShardRunner(task, venues).run();
}
