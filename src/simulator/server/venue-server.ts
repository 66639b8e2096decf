import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { BinaryFormat, Dialect, ServerLimits } from '../dialects/dialect.js';
import { Absences } from '../faults/absences.js';
import { corrupt } from '../faults/corrupt.js';
import { cross, malform, shiftTime } from '../faults/malform.js';
import { type MessageFault, Pipeline } from '../faults/pipeline.js';
import { type Fault, FaultSchedule, type ScheduledFault } from '../faults/script.js';
import { spike } from '../faults/spike.js';
import type { Channel, Delivery, Frame } from '../market/channel.js';
import { Random } from '../market/random.js';
import type { SymbolSpec } from '../market/symbols.js';
import { VenueMarket } from '../market/venue-market.js';
import { type AckFault, Connection, type ConnectionHost } from './connection.js';
import { decodePath, FrontDoor } from './front-door.js';
import type { OracleLog } from './oracle-log.js';
import { Pacer } from './pacer.js';
import { Rest } from './rest.js';
import { Weights } from './weights.js';

/** Largest message that a client may send, bytes: 1,024 stream names fit many times. */
const CLIENT_MESSAGE_BYTES_MAX = 256 * 1024;
/** How often pings, deadlines and ages are looked at, ms. */
const KEEP_INTERVAL_MS = 20;

export interface VenueServerOptions {
  readonly dialect: Dialect;
  readonly limits: ServerLimits;
  readonly symbols: readonly SymbolSpec[];
  readonly seed: number;
  readonly rate: number;
  readonly epochMs: number;
  readonly historyChanges: number;
  readonly extraKeys: boolean;
  readonly bufferedBytesMax: number;
  readonly host: string;
  readonly port: number;
  readonly paused: boolean;
  readonly log: OracleLog;
  /** Numbers connections over all venues of a run. */
  readonly nextConnectionId: () => number;
}

/** One simulated venue: its market, and the WebSocket and REST server in front of it, on one port. */
export class VenueServer implements ConnectionHost {
  readonly dialect: Dialect;
  readonly limits: ServerLimits;
  readonly log: OracleLog;
  readonly market: VenueMarket;
  readonly bufferedBytesMax: number;
  readonly counters = {
    sent: 0,
    sentBytes: 0,
    lost: 0,
    closedSlow: 0,
    closedByLimit: 0,
    opened: 0,
    refused: 0,
    restRequests: 0,
    restRefused: 0,
  };
  readonly faults: Record<string, number> = {};
  readonly #options: VenueServerOptions;
  readonly #door: FrontDoor;
  /** Where the venue speaks binary, at a port of its own. */
  readonly #binaryDoor: FrontDoor | undefined;
  readonly #ws: WebSocketServer;
  readonly #weights: Weights;
  readonly #rest: Rest;
  readonly #random: Random;
  readonly #pipeline = new Pipeline();
  readonly #schedule = new FaultSchedule();
  readonly #pacer: Pacer;
  readonly #connections = new Set<Connection>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #corked: Connection[] = [];
  #ackFaults: { readonly fault: AckFault; left: number }[] = [];
  readonly #absences = new Absences(() => this.market.elapsedMs);
  #burstUntilMs = Number.POSITIVE_INFINITY;
  #keeper: NodeJS.Timeout | undefined;

  constructor(options: VenueServerOptions) {
    this.#options = options;
    this.dialect = options.dialect;
    this.limits = options.limits;
    this.log = options.log;
    this.bufferedBytesMax = options.bufferedBytesMax;
    this.#random = new Random(options.seed, `${options.dialect.name}/faults`);
    this.market = new VenueMarket({ ...options, publish: (frame) => this.#publish(frame) });
    this.#weights = new Weights(options.limits);
    const { market, dialect, limits, counters } = this;
    const { isListed } = this.#absences;
    this.#rest = new Rest({ market, dialect, limits, counters, isListed, weights: this.#weights, random: this.#random });
    this.#ws = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: CLIENT_MESSAGE_BYTES_MAX,
    });
    const visitors = {
      request: this.#rest.answer.bind(this.#rest),
      upgrade: this.#upgrade.bind(this, this.dialect),
      refused: () => {
        counters.refused += 1;
      },
    };
    this.#door = new FrontDoor(visitors, options.host, options.port);
    const { binary } = dialect;
    const request = (_: IncomingMessage, response: ServerResponse): unknown => response.writeHead(404).end();
    this.#binaryDoor =
      binary && new FrontDoor({ ...visitors, request, upgrade: this.#upgrade.bind(this, binary) }, options.host, 0);
    this.#pacer = new Pacer({
      get elapsedMs() {
        return market.elapsedMs;
      },
      step: () => this.step(),
      flush: () => this.flush(),
    });
  }

  async listen(): Promise<void> {
    await this.#door.listen();
    await this.#binaryDoor?.listen();
    this.#keeper = setInterval(() => this.#keep(), KEEP_INTERVAL_MS);
    if (!this.#options.paused) this.#pacer.start();
  }

  /** `host:port` that clients connect to. */
  get authority(): string {
    return this.#door.authority;
  }

  /** Where binary messages are had, if the venue has them. */
  get binaryAuthority(): string | undefined {
    return this.#binaryDoor?.authority;
  }

  get channels(): ReadonlyMap<string, Channel> {
    return this.market.channels;
  }

  elapsedMs(): number {
    return this.market.elapsedMs;
  }

  nowUs(): number {
    return this.market.nowUs;
  }

  /** One step of the market, and the faults that are due before it. */
  step(): void {
    for (const fault of this.#schedule.due(this.market.elapsedMs, this.market.frames)) this.apply(fault);
    if (this.market.elapsedMs >= this.#burstUntilMs) {
      this.market.speed = 1;
      this.#burstUntilMs = Number.POSITIVE_INFINITY;
    }
    this.market.step();
  }

  flush(): void {
    for (const connection of this.#corked) connection.flush();
    this.#corked = [];
  }

  /** Applies a fault now, or on time if it has one. */
  inject(entry: ScheduledFault): void {
    if (entry.atMs === undefined && entry.afterFrames === undefined && entry.times <= 1) this.apply(entry.fault);
    else this.#schedule.add(entry);
  }

  takeAckFault(): AckFault | undefined {
    const waiting = this.#ackFaults[0];
    if (waiting === undefined) return undefined;
    waiting.left -= 1;
    if (waiting.left === 0) this.#ackFaults.shift();
    return waiting.fault;
  }

  greeting(channel: Channel): Frame | undefined {
    return this.market.symbols.get(channel.symbol)?.greeting(channel, this.nowUs());
  }

  knows(stream: string): boolean {
    const channel = this.channels.get(stream);
    return channel !== undefined && this.#absences.isListed(channel.symbol);
  }

  corked(connection: Connection): void {
    this.#corked.push(connection);
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection);
  }

  stats() {
    const { market, counters, faults } = this;
    const connections = [...this.#connections].map((connection) => ({ id: connection.id, streams: connection.list().length }));
    const symbols = Object.fromEntries(
      [...market.symbols].map(([symbol, { lastUpdateId }]) => [symbol, { lastUpdateId: this.#newestId(symbol, lastUpdateId) }]),
    );
    return {
      name: this.dialect.name,
      frames: market.frames,
      steps: market.steps,
      elapsedMs: market.elapsedMs,
      slippedMs: this.#pacer.slippedMs,
      waitingFaults: this.#schedule.size,
      connections,
      symbols,
      counters: { ...counters },
      faults: { ...faults },
    };
  }

  async close(): Promise<void> {
    this.#pacer.stop();
    clearInterval(this.#keeper);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#rest.close();
    for (const connection of [...this.#connections]) connection.destroy();
    await this.#door.close();
    await this.#binaryDoor?.close();
    // Not waited for: one that was closing when its peer died may never say so, and every socket is destroyed by now.
    this.#ws.close();
  }

  /** Carries out a fault that concerns this venue. */
  apply(fault: Fault): void {
    this.faults[fault.fault] = (this.faults[fault.fault] ?? 0) + 1;
    switch (fault.fault) {
      case 'drop':
      case 'duplicate':
      case 'reorder':
      case 'malformed':
      case 'crossed':
      case 'corrupt':
      case 'bad_time':
      case 'spike':
        this.#addRule(fault);
        break;
      case 'rollback':
        this.#rollback(fault.args.symbol, fault.args.to);
        break;
      case 'stall':
        this.#stall(fault.args);
        break;
      case 'unsteady':
        for (const each of this.#targets(fault.args.connection)) each.unsettle(fault.args, this.market.elapsedMs, this.#random);
        break;
      case 'disconnect':
        if (fault.args.outage_ms > 0) this.#shut(fault.args.outage_ms, undefined, undefined);
        this.#disconnect(fault.args);
        break;
      case 'outage':
        this.#shut(fault.args.ms, fault.args.status, fault.args.retry_after);
        break;
      case 'server_shutdown':
        this.#shutdown(fault.args.delay_ms);
        break;
      case 'restart':
        for (const connection of this.#connections) connection.announceShutdown();
        this.#disconnect({ code: 1001, hard: false });
        this.#shut(fault.args.ms, undefined, undefined);
        if (fault.args.rollback) this.#rollback(undefined, 1);
        break;
      case 'burst':
        this.market.speed = fault.args.factor;
        this.#burstUntilMs = this.market.elapsedMs + fault.args.ms;
        break;
      case 'delist':
        this.#absences.delist(fault.args.symbol, fault.args.ms);
        break;
      case 'reroute':
        this.#absences.reroute(fault.args.stream, fault.args.ms);
        break;
      case 'ack_lost':
        this.#ackFaults.push({ fault: { kind: 'lost', apply: fault.args.apply }, left: fault.args.n });
        break;
      case 'ack_error':
        this.#ackFaults.push({ fault: { kind: 'error', code: fault.args.code, msg: fault.args.msg }, left: fault.args.n });
        break;
      default:
        this.#rest.add(fault);
        break;
    }
  }

  /** Canonical text of a book at an update id, or at the number of a connection's message where the venue knows no other. */
  bookAt(symbol: string, id: number, epoch?: number): string | undefined {
    const market = this.market.symbols.get(symbol);
    if (this.dialect.stamp === undefined) return market?.bookText(id, epoch);
    const known = [...this.#connections].map(({ numbers }) => numbers.bookAt(symbol, id)).findLast((at) => at !== undefined);
    return known === undefined ? undefined : market?.bookText(known, epoch);
  }

  #newestId(symbol: string, lastUpdateId: number): number {
    if (this.dialect.stamp === undefined) return lastUpdateId;
    return [...this.#connections].map(({ numbers }) => numbers.newestBook(symbol)).findLast((at) => at !== undefined) ?? 0;
  }

  #publish(frame: Frame): void {
    const { symbol, kind } = frame.channel;
    // Not lost: there is no such message.
    if (!this.#absences.isListed(symbol)) return;
    for (const subscriber of frame.channel.subscribers) subscriber.expect(frame);
    const lost = !this.#absences.isCarried(kind);
    const whole: Delivery = { frame, fate: lost ? 'stalled' : 'sent', lost };
    if (lost || this.#pipeline.idle) {
      for (const subscriber of frame.channel.subscribers) subscriber.deliver(whole);
      return;
    }
    for (const delivery of this.#pipeline.apply(whole, this.market.elapsedMs)) {
      for (const subscriber of frame.channel.subscribers) subscriber.deliver(delivery);
    }
  }

  #addRule(fault: MessageFault): void {
    const symbols = fault.args.symbol === undefined ? [...this.market.symbols.keys()] : [fault.args.symbol];
    const connection = [...this.#connections].find(({ id }) => id === fault.args.connection);
    if (fault.args.connection !== undefined && connection === undefined) return;
    const listens = (channel: Channel): boolean =>
      connection === undefined ? channel.subscribers.size > 0 : channel.subscribers.has(connection);
    const bound = [...this.market.channels.values()].filter(listens);
    const pipeline = connection?.pipeline ?? this.#pipeline;
    for (const symbol of symbols) pipeline.add(fault, symbol, bound, this.#spoiler(fault));
  }

  #spoiler(fault: MessageFault): (bytes: Buffer) => Buffer {
    if (fault.fault === 'malformed') return malform(fault.args.kind, fault.args, this.#random);
    if (fault.fault === 'crossed') return cross;
    if (fault.fault === 'corrupt') return corrupt(fault.args.share, this.#random.u32());
    if (fault.fault === 'spike') return spike(fault.args.of, fault.args.factor);
    return fault.fault === 'bad_time' ? shiftTime(fault.args.offset_ms, fault.args.per) : (bytes) => bytes;
  }

  #rollback(symbol: string | undefined, to: number): void {
    for (const [name, market] of this.market.symbols)
      if (symbol === undefined || symbol === name) market.rollback(to, this.nowUs());
  }

  #stall(args: Extract<Fault, { fault: 'stall' }>['args']): void {
    const untilMs = this.market.elapsedMs + args.ms;
    if (args.all) this.#pipeline.mute(untilMs, args.symbol);
    for (const connection of this.#targets(args.connection)) {
      connection.pipeline.mute(untilMs, args.symbol);
      if (!args.pings) connection.deafen(untilMs);
    }
  }

  #disconnect(args: { readonly connection?: number | undefined; readonly code: number; readonly hard: boolean }): void {
    for (const connection of this.#targets(args.connection)) {
      if (args.hard) connection.destroy();
      else connection.close(args.code, 'simulated');
    }
  }

  #shut(ms: number, status: number | undefined, retryAfter: number | undefined): void {
    for (const door of [this.#door, this.#binaryDoor]) door?.shut(ms, status, retryAfter);
  }

  #shutdown(delayMs: number): void {
    const leaving = [...this.#connections];
    for (const connection of leaving) connection.announceShutdown();
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      for (const connection of leaving) connection.close(1001, 'server shutdown');
    }, delayMs);
    this.#timers.add(timer);
  }

  #targets(id: number | undefined): Connection[] {
    return [...this.#connections].filter((connection) => id === undefined || connection.id === id);
  }

  #keep(): void {
    for (const connection of [...this.#connections]) connection.keep(performance.now());
    this.log.flush();
  }

  #upgrade(way: Dialect | BinaryFormat, request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): void {
    const route = way.route(decodePath(url.pathname), url.searchParams);
    const key = 'key' in way ? way.key : undefined;
    if (route === undefined) this.#door.turnAway(socket, 404, undefined);
    else if (key !== undefined && !key.pattern.test(String(request.headers[key.header] ?? '')))
      this.#door.turnAway(socket, 401, undefined);
    else if (!this.#weights.connect(request.socket.remoteAddress ?? '', Date.now())) this.#door.turnAway(socket, 429, 60);
    else {
      this.#ws.handleUpgrade(request, socket, head, (ws) => {
        this.counters.opened += 1;
        this.#connections.add(new Connection(this.#options.nextConnectionId(), ws, socket, route, this));
      });
    }
  }
}
