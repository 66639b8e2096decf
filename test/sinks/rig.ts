/** A shard, a Redis sink that reads it, and a reader beside it that tells whether the feed was touched. */
import type { RedisConfig } from '../../src/model/config.js';
import type { Sink } from '../../src/model/sink.js';
import { RingReader, type RingRecord } from '../../src/reader/index.js';
import { startRedisSink } from '../../src/sinks/redis/sink.js';
import { Feed } from '../gateway/feed.js';
import { type LogLine, memoryLogger } from '../gateway/harness.js';
import { type Received, RedisServer } from './redis-server.js';

const SYMBOL = 'BTCUSDT';
const FEED_EVERY_MS = 2;
const STOP_MS = 2_000;

export interface GapBody {
  readonly name: string;
  readonly kind: string;
  readonly lost: number | null;
  readonly unconfirmed: number | null;
  readonly reasons: readonly string[];
  readonly from: string;
  readonly to: string;
}

export function gapsOf(received: readonly Received[]): GapBody[] {
  return received.filter(({ channel }) => channel === 'gaps').map(({ body }) => JSON.parse(body) as GapBody);
}

export class Rig {
  readonly feed: Feed;
  readonly server = new RedisServer();
  readonly logger = memoryLogger();
  readonly #sinks: Sink[] = [];
  readonly #reader: RingReader;
  readonly #seen: RingRecord[] = [];
  #timer: NodeJS.Timeout | undefined;
  trades = 0;
  /** Most that ever waited. */
  outboxBytesMost = 0;

  constructor(symbols: readonly string[] = [SYMBOL]) {
    this.feed = new Feed(symbols);
    for (const symbol of symbols) {
      this.feed.sync(
        symbol,
        [
          ['100.10', '1.000'],
          ['100.00', '2.500'],
        ],
        [['100.20', '3.000']],
      );
      this.feed.quote(symbol, ['100.10', '1.000'], ['100.20', '3.000']);
    }
    this.#reader = RingReader.open({ root: this.feed.root, name: this.feed.name });
  }

  sink(config: Partial<RedisConfig> = {}, diedAtNs?: bigint): Sink {
    const sink = startRedisSink({
      config: {
        url: this.server.url,
        depth: 20,
        bookIntervalMs: 0,
        keyExpirySeconds: 300,
        outboxBytesMax: 64 * 2 ** 20,
        streams: [],
        streamLength: 1_000,
        reconnectDelayMs: 20,
        maxReconnectDelayMs: 100,
        ...config,
      },
      venues: ['binance-usdm'],
      shmRoot: this.feed.root,
      engine: this.feed.name,
      logger: this.logger,
      ...(diedAtNs === undefined ? {} : { diedAtNs }),
    });
    this.#sinks.push(sink);
    return sink;
  }

  /** Trades and books without a pause, until `rest`. */
  feedOn(sink: Sink, symbol = SYMBOL): void {
    this.#timer = setInterval(() => {
      this.trades += 1;
      this.feed.trade(symbol, (100 + (this.trades % 50) / 100).toFixed(2), '0.001');
      this.feed.depth(symbol, [['100.00', `${1 + (this.trades % 9)}.000`]], []);
      this.outboxBytesMost = Math.max(this.outboxBytesMost, sink.status().outboxBytes);
      this.#look();
    }, FEED_EVERY_MS);
  }

  rest(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    for (let cursor = this.#reader.poll(); cursor.left > 0; cursor = this.#reader.poll())
      while (cursor.next()) this.#seen.push(cursor.object());
  }

  /** What another reader of the ring missed, and gaps that the engine told: nothing, or a feed was touched. */
  get harm(): RingRecord[] {
    this.#look();
    return this.#seen.filter(({ kind }) => kind === 'lapped' || kind === 'gap');
  }

  /** Everything logged, as the log would have it. */
  get log(): string {
    return this.logger.lines.map((line: LogLine) => JSON.stringify(line)).join('\n');
  }

  async remove(): Promise<void> {
    this.rest();
    for (const sink of this.#sinks) await sink.stop(STOP_MS);
    this.#reader.close();
    this.feed.close();
    await this.server.remove();
  }
}

/** Ids of the trades that arrived under a name. */
export function tradeIds(received: readonly Received[], name: string): number[] {
  return received
    .filter(({ channel }) => channel === name)
    .map(({ body }) => (JSON.parse(body) as { trade_id: number }).trade_id);
}
