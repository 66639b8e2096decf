/** A real engine's worth of shared memory for tests: shards of the addon, fed with frames as a venue sends them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ControlClient } from '../../src/gateway/routes.js';
import { CHANNELS, VENUES } from '../../src/model/codes.js';
import { SHARD_COUNTERS, Shard, STAMP_HERE } from '../../src/native/index.js';

const VENUE = 'binance-usdm';
const CONNECTION = 1;
const TICK_MS = 100;

interface Market {
  readonly id: number;
  readonly symbol: string;
  lastUpdateId: number;
  tradeId: number;
}

export type Level = readonly [price: string, qty: string];

export class Feed {
  readonly ringBytes: number;
  readonly root: string;
  readonly name: string;
  readonly markets: readonly Market[];
  /** Requests that came through `control`. */
  readonly asked: { op: string; instrument?: number }[] = [];
  /** What `control` throws, if anything. */
  controlError: Error | undefined;
  #shard: Shard;
  #epoch = 1n;
  #ticks: NodeJS.Timeout | undefined;

  constructor(
    symbols: readonly string[],
    ringBytes = 4_194_304,
    root = mkdtempSync(join(tmpdir(), 'tickring-gateway-')),
    name = 'test',
  ) {
    this.ringBytes = ringBytes;
    this.root = root;
    this.name = name;
    this.markets = symbols.map((symbol, index) => ({ id: index + 1, symbol, lastUpdateId: 1_000, tradeId: 0 }));
    this.#shard = this.#open();
  }

  /** What `control` answers to requests other than those for snapshots and status. */
  answers: Readonly<Record<string, (fields: never) => unknown>> = {};

  readonly control = {
    request: (op: string, fields?: { readonly instrument: number }): Promise<unknown> => {
      this.asked.push({ op, ...fields });
      if (this.controlError !== undefined) return Promise.reject(this.controlError);
      const answer = this.answers[op];
      if (answer !== undefined) return new Promise((resolve) => resolve(answer(fields as never)));
      if (op === 'snapshot' && fields !== undefined) this.#shard.publishSnapshot(fields.instrument, STAMP_HERE);
      return Promise.resolve(op === 'drift' ? [] : { name: this.name, pid: 1 });
    },
  } as unknown as ControlClient;

  #open(): Shard {
    const shard = new Shard({
      root: this.root,
      name: this.name,
      shard: 0,
      epoch: this.#epoch,
      prevEpoch: this.#epoch - 1n,
      ringBytes: this.ringBytes,
      instrumentsMax: Math.max(16, this.markets.length),
      depth: 20,
      snapshotIntervalMs: 0,
    });
    shard.connect(CONNECTION, VENUES[VENUE], STAMP_HERE);
    for (const { id, symbol } of this.markets) {
      const definition = { id, venue: VENUES[VENUE], symbol, priceExponent: -2, qtyExponent: -3 };
      shard.instrument({ ...definition, tickSize: 10n, lotSize: 1n, trading: true, changeCount: 0 }, STAMP_HERE);
      const all = Object.values(CHANNELS).reduce((bits: number, bit) => bits | bit, 0);
      shard.subscribe(CONNECTION, id, all, STAMP_HERE);
      shard.ack(CONNECTION, id, true, STAMP_HERE);
    }
    shard.tick(STAMP_HERE);
    this.startTicks(shard);
    return shard;
  }

  startTicks(shard = this.#shard): void {
    clearInterval(this.#ticks);
    this.#ticks = setInterval(() => shard.tick(STAMP_HERE), TICK_MS);
  }

  stopTicks(): void {
    clearInterval(this.#ticks);
  }

  tick(): void {
    this.#shard.tick(STAMP_HERE);
  }

  #market(symbol: string): Market {
    const market = this.markets.find((each) => each.symbol === symbol);
    if (market === undefined) throw new Error(`no market ${symbol}`);
    return market;
  }

  #ingest(stream: string, data: object): void {
    const frame = Buffer.from(JSON.stringify({ stream, data }));
    const result = this.#shard.ingester()(CONNECTION, frame, frame.length);
    if (result < 0) throw new Error(`shard is poisoned: ${result}`);
  }

  /** Any message of a stream. */
  say(stream: string, data: object): void {
    this.#ingest(stream, data);
  }

  /** Bytes as no venue sends them. */
  garbage(text: string): void {
    const frame = Buffer.from(text);
    const result = this.#shard.ingester()(CONNECTION, frame, frame.length);
    if (result < 0) throw new Error(`shard is poisoned: ${result}`);
  }

  /** Brings a book in sync with these levels. */
  sync(symbol: string, bids: readonly Level[], asks: readonly Level[]): void {
    const market = this.#market(symbol);
    const body = Buffer.from(JSON.stringify({ lastUpdateId: market.lastUpdateId, E: Date.now(), T: Date.now(), bids, asks }));
    const result = this.#shard.depthSnapshot(market.id, body, body.length, STAMP_HERE);
    if (result < 0) throw new Error(`shard is poisoned: ${result}`);
    this.depth(symbol, [], []);
  }

  /** `skip`: update ids that are lost before it. */
  depth(symbol: string, bids: readonly Level[], asks: readonly Level[], skip = 0): void {
    const market = this.#market(symbol);
    const pu = market.lastUpdateId + skip;
    market.lastUpdateId = pu + 1;
    const now = Date.now();
    this.#ingest(`${symbol.toLowerCase()}@depth@0ms`, {
      e: 'depthUpdate',
      E: now,
      T: now,
      s: symbol,
      U: skip === 0 ? pu : pu + 1,
      u: pu + 1,
      pu,
      b: bids,
      a: asks,
    });
  }

  trade(symbol: string, price: string, qty: string, sell = false, now = Date.now()): void {
    const market = this.#market(symbol);
    market.tradeId += 1;
    const id = market.tradeId;
    this.#ingest(`${symbol.toLowerCase()}@aggTrade`, {
      e: 'aggTrade',
      E: now,
      a: id,
      s: symbol,
      p: price,
      q: qty,
      f: id,
      l: id,
      T: now,
      m: sell,
    });
  }

  quote(symbol: string, bid: Level, ask: Level): void {
    const market = this.#market(symbol);
    const now = Date.now();
    this.#ingest(`${symbol.toLowerCase()}@bookTicker`, {
      e: 'bookTicker',
      u: market.lastUpdateId,
      E: now,
      T: now,
      s: symbol,
      b: bid[0],
      B: bid[1],
      a: ask[0],
      A: ask[1],
    });
  }

  /** The engine follows a symbol no longer. */
  remove(symbol: string): void {
    this.#shard.unsubscribe(this.#market(symbol).id, STAMP_HERE);
    this.#shard.tick(STAMP_HERE);
  }

  /** And follows it again. */
  add(symbol: string): void {
    const { id } = this.#market(symbol);
    this.#shard.subscribe(CONNECTION, id, CHANNELS.book | CHANNELS.trade | CHANNELS.quote, STAMP_HERE);
    this.#shard.ack(CONNECTION, id, true, STAMP_HERE);
  }

  bookText(symbol: string): string {
    return this.#shard.bookText(this.#market(symbol).id)?.text ?? '';
  }

  get counters(): bigint[] {
    return this.#shard.counters();
  }

  /** Messages of the venue that were found missing. */
  get gaps(): number {
    return Number(this.counters[SHARD_COUNTERS.findIndex(({ name }) => name === 'gaps')]);
  }

  /** Ends the writer in order. */
  closeShard(): void {
    this.stopTicks();
    this.#shard.close();
  }

  /** A new writer takes over. */
  restart(): void {
    this.closeShard();
    this.#epoch += 1n;
    this.#shard = this.#open();
  }

  close(): void {
    this.closeShard();
    rmSync(this.root, { recursive: true, force: true });
  }
}
