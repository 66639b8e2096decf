import type { BookSide, OrderBook } from './book.js';

/** Changes of one chunk, and how many make the next boundary start a new one; a step makes far fewer than the rest. */
const CHUNK_CHANGES = 8_192;
const CHUNK_ROLL = 6_144;

/** A book as sorted levels, best first: `[tick, lots]`. */
export interface BookLevels {
  readonly lastUpdateId: number;
  readonly bids: readonly (readonly [tick: number, lots: number])[];
  readonly asks: readonly (readonly [tick: number, lots: number])[];
}

/** The whole book at `startId`, and the level changes after it. A key is `side × tick`. */
interface Chunk {
  readonly owner: BookHistory;
  readonly epoch: number;
  readonly startId: number;
  readonly startKeys: Int32Array;
  readonly startLots: Uint32Array;
  readonly ids: Float64Array;
  readonly keys: Int32Array;
  readonly lots: Uint32Array;
  length: number;
}

/** Shares a number of changes between the symbols of a venue: the oldest chunk of all goes first. */
export class HistoryBudget {
  readonly #chunksMax: number;
  readonly #chunks: Chunk[] = [];

  constructor(changesMax: number) {
    this.#chunksMax = Math.max(1, Math.ceil(changesMax / CHUNK_ROLL));
  }

  admit(chunk: Chunk, symbols: number): void {
    this.#chunks.push(chunk);
    // Each symbol keeps the chunk it writes to, whatever the budget.
    if (this.#chunks.length <= this.#chunksMax + symbols) return;
    const oldest = this.#chunks.findIndex((candidate) => !candidate.owner.isNewest(candidate));
    if (oldest >= 0) for (const gone of this.#chunks.splice(oldest, 1)) gone.owner.forget(gone);
  }
}

/** Keeps what one symbol's book was at every update id, within a budget. */
export class BookHistory {
  readonly #budget: HistoryBudget;
  readonly #symbols: number;
  readonly #chunks: Chunk[] = [];
  #epoch = -1;
  #newest: Chunk | undefined;

  constructor(budget: HistoryBudget, symbols: number) {
    this.#budget = budget;
    this.#symbols = symbols;
  }

  /** Starts a venue epoch: ids count on from `startId`, whatever they were before. */
  begin(startId: number, book: OrderBook): void {
    this.#epoch += 1;
    this.#open(startId, book);
  }

  record(id: number, key: number, lots: number): void {
    const chunk = this.#newest;
    if (chunk === undefined || chunk.length === CHUNK_CHANGES)
      throw new Error(`invariant: one step made over ${CHUNK_CHANGES - CHUNK_ROLL} changes`);
    chunk.ids[chunk.length] = id;
    chunk.keys[chunk.length] = key;
    chunk.lots[chunk.length] = lots;
    chunk.length += 1;
  }

  /** Between steps, when the book holds exactly the changes recorded: starts a new chunk if this one is full enough. */
  boundary(lastId: number, book: OrderBook): void {
    if (this.#newest !== undefined && this.#newest.length >= CHUNK_ROLL) this.#open(lastId, book);
  }

  isNewest(chunk: Chunk): boolean {
    return chunk === this.#newest;
  }

  forget(chunk: Chunk): void {
    const index = this.#chunks.indexOf(chunk);
    if (index >= 0) this.#chunks.splice(index, 1);
  }

  /** The id that lies `changes` level changes back, or the oldest kept one of this venue epoch. */
  idBack(changes: number): number {
    let left = changes;
    let oldest = 0;
    for (let index = this.#chunks.length - 1; index >= 0; index -= 1) {
      const chunk = this.#chunks[index] as Chunk;
      if (chunk.epoch !== this.#epoch) break;
      if (chunk.length > left) return chunk.ids[chunk.length - 1 - left] as number;
      left -= chunk.length;
      oldest = chunk.startId;
    }
    return oldest;
  }

  /**
   * The book after every change up to `id`; of several venue epochs that had the id the newest, unless one is named. In the present
   * epoch nothing is known beyond `newestId`.
   */
  at(id: number, epoch?: number, newestId = Number.POSITIVE_INFINITY): BookLevels | undefined {
    let later: Chunk | undefined;
    for (let index = this.#chunks.length - 1; index >= 0; index -= 1) {
      const chunk = this.#chunks[index] as Chunk;
      const endsEpoch = later === undefined || later.epoch !== chunk.epoch;
      later = chunk;
      if ((epoch !== undefined && chunk.epoch !== epoch) || chunk.startId > id) continue;
      const end = chunk.length === 0 ? chunk.startId : (chunk.ids[chunk.length - 1] as number);
      const lastId = chunk.epoch === this.#epoch ? Math.min(end, newestId) : end;
      if (endsEpoch && id > lastId) {
        // Beyond this epoch's end: only an older epoch can have had the id.
        while (index > 0 && (this.#chunks[index - 1] as Chunk).epoch === chunk.epoch) index -= 1;
        later = this.#chunks[index];
        continue;
      }
      return rebuild(chunk, id);
    }
    return undefined;
  }

  #open(startId: number, book: OrderBook): void {
    const levels = book.bids.levels + book.asks.levels;
    const startKeys = new Int32Array(levels);
    const startLots = new Uint32Array(levels);
    let filled = 0;
    const copy = (side: BookSide): void => {
      for (let rank = 0; rank < side.levels; rank += 1) {
        const level = side.at(rank);
        startKeys[filled] = side.side * level.tick;
        startLots[filled] = level.qty;
        filled += 1;
      }
    };
    copy(book.bids);
    copy(book.asks);
    const chunk: Chunk = {
      owner: this,
      epoch: this.#epoch,
      startId,
      startKeys,
      startLots,
      ids: new Float64Array(CHUNK_CHANGES),
      keys: new Int32Array(CHUNK_CHANGES),
      lots: new Uint32Array(CHUNK_CHANGES),
      length: 0,
    };
    this.#newest = chunk;
    this.#chunks.push(chunk);
    this.#budget.admit(chunk, this.#symbols);
  }
}

function rebuild(chunk: Chunk, id: number): BookLevels {
  const book = new Map<number, number>();
  for (let index = 0; index < chunk.startKeys.length; index += 1)
    book.set(chunk.startKeys[index] as number, chunk.startLots[index] as number);
  for (let index = 0; index < chunk.length && (chunk.ids[index] as number) <= id; index += 1) {
    const lots = chunk.lots[index] as number;
    if (lots === 0) book.delete(chunk.keys[index] as number);
    else book.set(chunk.keys[index] as number, lots);
  }
  const keys = [...book.keys()].sort((left, right) => right - left);
  const side = (sign: number): [number, number][] =>
    keys.filter((key) => key * sign > 0).map((key) => [Math.abs(key), book.get(key) as number]);
  return { lastUpdateId: id, bids: side(1), asks: side(-1) };
}
