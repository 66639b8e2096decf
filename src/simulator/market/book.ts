/** Side of an order or level. The sign orders prices: `side × tick` is greater for a better price on both sides. */
export const BID = 1;
export const ASK = -1;
export type Side = typeof BID | typeof ASK;

/** A resting order, linked in time priority within its level. */
export interface Order {
  readonly id: number;
  readonly side: Side;
  readonly tick: number;
  /** Open quantity in lots, above zero while the order rests. */
  qty: number;
  prev: Order | null;
  next: Order | null;
}

/** All orders at one price. */
export interface Level {
  readonly tick: number;
  /** Sum of the orders' open lots. */
  qty: number;
  /** Orders that rest here. */
  orders: number;
  head: Order | null;
  tail: Order | null;
}

/** One maker met one taker. */
export interface Fill {
  readonly tick: number;
  readonly qty: number;
  readonly makerId: number;
  /** Side of the aggressor: `BID` bought. */
  readonly aggressor: Side;
}

/** New total quantity of one price level in lots; 0 removed it. */
export interface LevelChange {
  readonly side: Side;
  readonly tick: number;
  readonly qty: number;
}

/** One side: levels by price, and their keys (`side × tick`) in ascending order, so that the best is the last. */
export class BookSide {
  readonly side: Side;
  readonly #levels = new Map<number, Level>();
  readonly #keys: number[] = [];
  orders = 0;

  constructor(side: Side) {
    this.side = side;
  }

  get levels(): number {
    return this.#keys.length;
  }

  best(): Level | undefined {
    return this.#keys.length === 0 ? undefined : this.at(0);
  }

  /** Level by rank, 0 = best; `rank` must be below `levels`. */
  at(rank: number): Level {
    const key = this.#keys[this.#keys.length - 1 - rank] as number;
    return this.#levels.get(key) as Level;
  }

  get(tick: number): Level | undefined {
    return this.#levels.get(this.side * tick);
  }

  /** Opens an empty level at `tick`, which must not exist yet. */
  open(tick: number): Level {
    const key = this.side * tick;
    const level: Level = { tick, qty: 0, orders: 0, head: null, tail: null };
    this.#levels.set(key, level);
    this.#keys.splice(this.#position(key), 0, key);
    return level;
  }

  close(level: Level): void {
    const key = this.side * level.tick;
    this.#levels.delete(key);
    this.#keys.splice(this.#position(key), 1);
  }

  /** Index of the first key not below `key`. Changes cluster at the top, which is the end of the array: little moves. */
  #position(key: number): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * A limit order book with price-time priority in integer ticks and lots.
 *
 * Each operation appends what happened to `fills` and `changes`; the caller reads and empties them. A level that an
 * operation touches gives one change, however many orders it met there.
 */
export class OrderBook {
  readonly bids = new BookSide(BID);
  readonly asks = new BookSide(ASK);
  readonly fills: Fill[] = [];
  readonly changes: LevelChange[] = [];
  #nextOrderId = 1;

  side(side: Side): BookSide {
    return side === BID ? this.bids : this.asks;
  }

  /** Places a limit order: matches what it crosses, rests the remainder. Returns the lots that rest. */
  limit(side: Side, tick: number, qty: number): number {
    const rest = this.#match(side, qty, side * tick);
    if (rest > 0) this.#rest(side, tick, rest);
    return rest;
  }

  /** Takes up to `qty` lots at any price. Returns the lots that found nobody. */
  market(side: Side, qty: number): number {
    return this.#match(side, qty, Number.POSITIVE_INFINITY);
  }

  cancel(order: Order): void {
    const own = this.side(order.side);
    const level = own.get(order.tick);
    if (level === undefined) throw new Error(`invariant: order ${order.id} rests at no level`);
    this.#unlink(own, level, order);
    level.qty -= order.qty;
    this.#settle(own, level);
  }

  #match(side: Side, qty: number, limitKey: number): number {
    const contra = this.side(side === BID ? ASK : BID);
    let open = qty;
    while (open > 0) {
      const level = contra.best();
      // A buyer's limit key is its price, a seller's the negated one; the contra price must not be worse than it.
      if (level === undefined || side * level.tick > limitKey) break;
      while (open > 0 && level.head !== null) {
        const maker = level.head;
        const traded = Math.min(open, maker.qty);
        open -= traded;
        maker.qty -= traded;
        level.qty -= traded;
        this.fills.push({ tick: level.tick, qty: traded, makerId: maker.id, aggressor: side });
        if (maker.qty === 0) this.#unlink(contra, level, maker);
      }
      this.#settle(contra, level);
    }
    return open;
  }

  #rest(side: Side, tick: number, qty: number): void {
    const own = this.side(side);
    const level = own.get(tick) ?? own.open(tick);
    const order: Order = { id: this.#nextOrderId, side, tick, qty, prev: level.tail, next: null };
    this.#nextOrderId += 1;
    if (level.tail === null) level.head = order;
    else level.tail.next = order;
    level.tail = order;
    level.qty += qty;
    level.orders += 1;
    own.orders += 1;
    this.changes.push({ side, tick, qty: level.qty });
  }

  #unlink(own: BookSide, level: Level, order: Order): void {
    if (order.prev === null) level.head = order.next;
    else order.prev.next = order.next;
    if (order.next === null) level.tail = order.prev;
    else order.next.prev = order.prev;
    level.orders -= 1;
    own.orders -= 1;
  }

  #settle(own: BookSide, level: Level): void {
    if (level.head === null) own.close(level);
    this.changes.push({ side: own.side, tick: level.tick, qty: level.qty });
  }
}
