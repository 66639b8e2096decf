/** One futures instrument on a shard of the addon, fed with frames as the venue sends them. */
import { type Ingest, REJECTED_BIT, Shard, type ShardOptions, STAMP_HERE } from '#dist/native/index.js';

export const VENUE = 2;
export const CONNECTION = 1;
export const INSTRUMENT = 1;
export const DEFINITION = {
  id: INSTRUMENT,
  venue: VENUE,
  symbol: 'BTCUSDT',
  priceExponent: -2,
  qtyExponent: -3,
  tickSize: 10n,
  lotSize: 1n,
  trading: true,
  changeCount: 0,
} as const;

export const OPTIONS: ShardOptions = {
  name: 'native',
  shard: 0,
  epoch: 1n,
  prevEpoch: 0n,
  ringBytes: 65_536,
  instrumentsMax: 4,
  depth: 20,
  snapshotIntervalMs: 0,
};

export type Level = readonly [price: string, qty: string];

/** A depth frame from update id `prev` to the next. */
export function depthFrame(prev: number, bids: readonly Level[], asks: readonly Level[]): Buffer {
  const data = { e: 'depthUpdate', E: 1, T: 1, s: DEFINITION.symbol, U: prev + 1, u: prev + 1, pu: prev, b: bids, a: asks };
  return Buffer.from(JSON.stringify({ stream: 'btcusdt@depth@0ms', data }));
}

/** A shard whose book is in sync at update id 1001 and more. */
export class Market {
  readonly shard: Shard;
  readonly #ingest: Ingest;
  #updateId = 1_000;

  constructor(options: Partial<ShardOptions> = {}, bids: readonly Level[] = [], asks: readonly Level[] = []) {
    this.shard = new Shard({ ...OPTIONS, ...options });
    this.#ingest = this.shard.ingester();
    this.shard.connect(CONNECTION, VENUE, STAMP_HERE);
    this.shard.instrument(DEFINITION, STAMP_HERE);
    this.shard.subscribe(CONNECTION, INSTRUMENT, 7, STAMP_HERE);
    this.shard.ack(CONNECTION, INSTRUMENT, true, STAMP_HERE);
    const body = Buffer.from(JSON.stringify({ lastUpdateId: this.#updateId, E: 1, T: 1, bids, asks }));
    this.shard.depthSnapshot(INSTRUMENT, body, body.length, STAMP_HERE);
    this.depth([], []);
    if (this.shard.bookText(INSTRUMENT)?.inSync !== true) throw new Error('the book is not in sync');
  }

  get updateId(): number {
    return this.#updateId;
  }

  /** The next delta; the shard must take it. */
  depth(bids: readonly Level[], asks: readonly Level[]): number {
    const data = depthFrame(this.#updateId, bids, asks);
    this.#updateId += 1;
    const bits = this.ingest(data);
    if (bits < 0 || (bits & REJECTED_BIT) !== 0) throw new Error(`refused: ${JSON.stringify(this.shard.rejection())}`);
    return bits;
  }

  ingest(frame: Uint8Array): number {
    return this.#ingest(CONNECTION, frame, frame.length);
  }

  text(): string {
    const book = this.shard.bookText(INSTRUMENT);
    if (book === null) throw new Error('the shard does not hold the instrument');
    return `${book.lastUpdateId} ${book.inSync}\n${book.text}`;
  }
}
