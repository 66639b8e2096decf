/** The journal's events as files of JSON lines: one folder a shard, one line an event, each exactly once. */
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { VENUE_NAMES } from '../../model/codes.js';
import type { FileSinkConfig } from '../../model/config.js';
import type { Logger } from '../../model/log.js';
import { FILE_SINK, type Sink, type SinkStatus } from '../../model/sink.js';
import { tradingState } from '../../model/subscribed.js';
import { RecordCursor } from '../../native/cursor.js';
import type { FeedBatch } from '../../native/index.js';
import type { Instrument } from '../../native/records.js';
import type { Destination } from '../journal/destination.js';
import { Follower } from '../journal/follower.js';
import { JournalPosition } from '../journal/position.js';
import { LatencyHistogram } from '../latency.js';
import { LineFiles } from './files.js';
import { EventLines } from './lines.js';

/** Lines are made about this long, then others of the process get their turn, ms. */
const TURN_MS = 2;

export interface FileSinkOptions {
  readonly config: FileSinkConfig;
  readonly shmRoot: string;
  readonly engine: string;
  readonly logger: Logger;
}

export function startFileSink(options: FileSinkOptions): Sink {
  return new FileSink(options);
}

/** Batches of one shard → lines. */
export class LineDestination implements Destination {
  readonly #shard: number;
  readonly #files: LineFiles;
  readonly #definitions = new Map<number, Instrument>();

  constructor(shard: number, dir: string, rotateBytes: number) {
    this.#shard = shard;
    this.#files = new LineFiles(dir, rotateBytes);
  }

  async begin(output: string): Promise<void> {
    this.#definitions.clear();
    await this.#files.begin(output);
  }

  async write(batch: FeedBatch): Promise<number> {
    for (const { venue, trading, delisted, ...rest } of batch.definitions ?? []) {
      const name = (VENUE_NAMES as Readonly<Record<number, string>>)[venue] ?? String(venue);
      this.#definitions.set(rest.id, { ...rest, venue: name, state: tradingState({ trading, delisted }) });
    }
    const missing = batch.missing.map(({ cause, first, last }) => ({
      kind: 'missing',
      shard: this.#shard,
      cause,
      first: String(first),
      last: String(last),
    }));
    let text = missing.map((line) => `${JSON.stringify(line)}\n`).join('');
    const lines = new EventLines(String(batch.epoch));
    // Definitions come with the records; what was lost of them is told anew.
    const cursor = new RecordCursor(batch.bytes, { definitions: this.#definitions, learn: () => {} });
    cursor.begin(batch.records);
    for (let until = performance.now() + TURN_MS; cursor.next(); ) {
      text += lines.of(cursor);
      if ((cursor.left & 15) === 0 && performance.now() >= until) {
        await turn();
        until = performance.now() + TURN_MS;
      }
    }
    await this.#files.append(text);
    return batch.records;
  }

  flush(): Promise<string> {
    return this.#files.flush();
  }

  close(): Promise<void> {
    return this.#files.close();
  }
}

class FileSink implements Sink {
  readonly name = FILE_SINK;
  readonly #latency = new LatencyHistogram();
  readonly #followers: readonly Follower[];

  constructor({ config, shmRoot, engine, logger }: FileSinkOptions) {
    this.#followers = Array.from({ length: config.shards }, (_, shard) => {
      const own = `shard-${shard}`;
      return new Follower({
        name: FILE_SINK,
        shard,
        folder: join(config.journalDir, own),
        from: config.from,
        position: new JournalPosition(shmRoot, engine, shard),
        destination: new LineDestination(shard, join(config.dir, own), config.rotateBytes),
        latency: this.#latency,
        logger,
      });
    });
  }

  status(): SinkStatus {
    const sum = (of: (follower: Follower) => number): number => this.#followers.reduce((total, one) => total + of(one), 0);
    return {
      sink: this.name,
      connected: this.#followers.every(({ isWell }) => isWell),
      published: sum(({ published }) => published),
      dropped: 0,
      unconfirmed: 0,
      lostRecords: 0,
      gapsTold: sum(({ gapsTold }) => gapsTold),
      reconnects: sum(({ retries }) => retries),
      outboxMessages: sum(({ written }) => written),
      outboxBytes: sum(({ writtenBytes }) => writtenBytes),
      lagSlots: 0,
      latency: this.#latency.figures,
      journal: this.#followers.map(({ lag }) => lag),
    };
  }

  async stop(longestMs: number): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.stop(longestMs)));
  }
}
