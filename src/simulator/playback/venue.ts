/** A venue whose recording is played: its WebSocket and REST server on one port. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Dialect, ServerLimits } from '../dialects/dialect.js';
import { dialects } from '../dialects/index.js';
import { type Channel, Frame, type Subscriber } from '../market/channel.js';
import type { SymbolSpec } from '../market/symbols.js';
import { Connection, type ConnectionHost } from '../server/connection.js';
import { decodePath, FrontDoor } from '../server/front-door.js';
import type { OracleLog } from '../server/oracle-log.js';
import { Weights } from '../server/weights.js';
import { specOf, spelledBook, wholeEvent } from './books.js';
import { PlayedChannels } from './channels.js';
import type { PlayedBook, PlayedInput, PlayedVenue } from './recording.js';
import { PlayedRest } from './rest.js';

const CLIENT_MESSAGE_BYTES_MAX = 256 * 1024;
/** How often pings, deadlines and ages are looked at, ms. */
const KEEP_INTERVAL_MS = 20;
/** A client that has so much unread is waited for; the venue itself would cut it. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** Never reached while clients are waited for: one message is shorter. */
const BUFFERED_BYTES_MAX = 256 * 1024 * 1024;

/** What all venues of one recording share. */
export interface PlayedStage {
  readonly host: string;
  readonly log: OracleLog;
  /** Virtual time, µs since the UNIX epoch. */
  nowUs(): number;
  elapsedMs(): number;
  book(dialect: Dialect, symbol: string): PlayedBook | undefined;
  nextConnectionId(): number;
  /** Clients or their subscriptions changed. */
  changed(): void;
}

export class PlayedVenueServer implements ConnectionHost {
  readonly dialect: Dialect;
  readonly limits: ServerLimits;
  readonly log: OracleLog;
  readonly bufferedBytesMax = BUFFERED_BYTES_MAX;
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
  readonly #stage: PlayedStage;
  readonly #specs: ReadonlyMap<string, SymbolSpec>;
  readonly #channels: PlayedChannels;
  readonly #rest: PlayedRest;
  readonly #weights: Weights;
  readonly #door: FrontDoor;
  readonly #ws: WebSocketServer;
  readonly #connections = new Map<Connection, Duplex>();
  /** By symbol: who was sent messages of a book since its last snapshot. */
  readonly #heard = new Map<string, Set<Subscriber>>();
  #corked: Connection[] = [];
  #keeper: NodeJS.Timeout | undefined;

  constructor(stage: PlayedStage, venue: PlayedVenue, port: number) {
    this.#stage = stage;
    this.dialect = dialects[venue.name];
    this.limits = this.dialect.limits;
    this.log = stage.log;
    this.#specs = new Map(venue.instruments.map((instrument) => [instrument.symbol, specOf(instrument)]));
    this.#channels = new PlayedChannels(this.dialect.recorded, new Set(this.#specs.keys()), venue.streams);
    this.#weights = new Weights(this.limits);
    const { dialect, counters } = this;
    this.#rest = new PlayedRest({
      dialect,
      counters,
      specs: this.#specs,
      listings: venue.listings,
      weights: this.#weights,
      nowUs: () => stage.nowUs(),
      book: (symbol) => stage.book(dialect, symbol),
    });
    this.#ws = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: CLIENT_MESSAGE_BYTES_MAX,
    });
    const visitors = {
      request: this.#rest.answer.bind(this.#rest),
      upgrade: this.#upgrade.bind(this),
      refused: () => {
        counters.refused += 1;
      },
    };
    this.#door = new FrontDoor(visitors, stage.host, port);
  }

  get channels(): Pick<ReadonlyMap<string, Channel>, 'get' | 'has'> {
    return this.#channels;
  }

  get symbols(): readonly string[] {
    return [...this.#specs.keys()];
  }

  /** `host:port` that clients connect to. */
  get authority(): string {
    return this.#door.authority;
  }

  /** Connections that have subscribed something. */
  get listeners(): number {
    return [...this.#connections.keys()].filter((connection) => connection.list().length > 0).length;
  }

  async listen(): Promise<void> {
    await this.#door.listen();
    this.#keeper = setInterval(() => this.#keep(), KEEP_INTERVAL_MS);
  }

  elapsedMs(): number {
    return this.#stage.elapsedMs();
  }

  nowUs(): number {
    return this.#stage.nowUs();
  }

  knows(stream: string): boolean {
    return this.channels.has(stream);
  }

  takeAckFault(): undefined {
    return undefined;
  }

  /** The book as it is now, where the stream begins with one and the recording has it. */
  greeting(channel: Channel): Frame | undefined {
    this.#stage.changed();
    const { wholeBook, padPlaces } = this.dialect;
    const spec = this.#specs.get(channel.symbol);
    if (channel.kind !== 'depth' || wholeBook === undefined || spec === undefined) return undefined;
    const book = this.#stage.book(this.dialect, channel.symbol);
    if (book?.inSync !== true) return undefined;
    const spelled = spelledBook(book, spec, padPlaces);
    const event = wholeEvent(spelled, this.nowUs());
    return new Frame(channel, event.firstId, event.lastId, () => wholeBook(spelled.text, spec, event));
  }

  corked(connection: Connection): void {
    // What a subscription begins with is sent between instants, whose end would flush it.
    if (this.#corked.length === 0) setImmediate(() => this.flush());
    this.#corked.push(connection);
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection);
    for (const heard of this.#heard.values()) heard.delete(connection);
    this.#stage.changed();
  }

  /** Whether some client has not read what it was sent. */
  get isWaitedFor(): boolean {
    return [...this.#connections.values()].some((socket) => socket.writableLength > UNREAD_BYTES_MAX);
  }

  /** Cuts those that do not read. */
  cutUnread(): void {
    for (const [connection, socket] of this.#connections) {
      if (socket.writableLength <= UNREAD_BYTES_MAX) continue;
      this.counters.closedSlow += 1;
      connection.destroy();
    }
  }

  /** Clients that were sent messages of a book and have yet to ask for its first snapshot. */
  yetToAsk(symbol: string): number {
    return (this.#heard.get(symbol)?.size ?? 0) - this.#rest.waitingFor(symbol);
  }

  onAsked(symbol: string, asked: (() => void) | undefined): void {
    this.#rest.onAsked(symbol, asked);
  }

  play({ kind, bytes, symbol = '' }: PlayedInput): void {
    if (kind === 'depth') {
      this.#rest.played(symbol, bytes);
      this.#heard.delete(symbol);
      return;
    }
    for (const frame of this.#channels.framesOf(bytes)) {
      const { subscribers } = frame.channel;
      if (frame.channel.kind === 'depth' && this.dialect.wholeBook === undefined) this.#hear(frame.channel);
      for (const subscriber of subscribers) subscriber.expect(frame);
      for (const subscriber of subscribers) subscriber.deliver({ frame, fate: 'sent', lost: false });
    }
  }

  /** The instant is over: what it brought goes out. */
  flush(): void {
    for (const connection of this.#corked) connection.flush();
    this.#corked = [];
  }

  #hear({ symbol, subscribers }: Channel): void {
    const heard = this.#heard.get(symbol) ?? new Set();
    this.#heard.set(symbol, heard);
    for (const subscriber of subscribers) heard.add(subscriber);
  }

  /** Ends all connections as a venue does that starts anew. */
  restart(): void {
    for (const connection of [...this.#connections.keys()]) connection.close(1001, 'the recording begins anew');
    // Whoever is still closing must not count as a listener of what begins.
    this.#connections.clear();
    this.#heard.clear();
  }

  async close(): Promise<void> {
    clearInterval(this.#keeper);
    this.#rest.close();
    for (const connection of [...this.#connections.keys()]) connection.destroy();
    await this.#door.close();
    this.#ws.close();
  }

  #keep(): void {
    const nowMs = performance.now();
    for (const connection of [...this.#connections.keys()]) connection.keep(nowMs);
    this.#rest.look();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): void {
    const route = this.dialect.route(decodePath(url.pathname), url.searchParams);
    if (route === undefined) this.#door.turnAway(socket, 404, undefined);
    else if (!this.#weights.connect(request.socket.remoteAddress ?? '', Date.now())) this.#door.turnAway(socket, 429, 60);
    else {
      this.#ws.handleUpgrade(request, socket, head, (ws) => {
        this.counters.opened += 1;
        this.#connections.set(new Connection(this.#stage.nextConnectionId(), ws, socket, route, this), socket);
        this.#stage.changed();
      });
    }
  }
}
