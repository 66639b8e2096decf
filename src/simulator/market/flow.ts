import { ASK, BID, type BookSide, type Order, OrderBook, type Side } from './book.js';
import type { Random } from './random.js';
import type { SymbolSpec } from './symbols.js';

/** Levels a side: where the flow aims, its floor, and its ceiling, which stays below the smallest full snapshot (1,000). */
export const LEVELS_TARGET = 740;
export const LEVELS_MIN = 500;
export const LEVELS_MAX = 980;
const LEVELS_LOW = 600;
const ORDERS_TARGET = 2_400;
/** Orders at one price, so that one taker never meets hundreds of makers. */
const QUEUE_MAX = 24;
/** Most levels one market order may eat. */
const SWEEP_LEVELS_MAX = 6;

/**
 * Random order flow of one symbol: limit, market and cancel orders that keep a market-like book.
 *
 * The spread returns to one tick, depth has its hump some ticks from the touch and a tail far away, and the price
 * drifts in regimes that lean back to the start when it has gone 5 % away.
 */
export class OrderFlow {
  readonly book = new OrderBook();
  readonly #spec: SymbolSpec;
  readonly #random: Random;
  /** Lean of market orders to the buying side, permille. */
  #drift = 0;

  constructor(spec: SymbolSpec, random: Random) {
    this.#spec = spec;
    this.#random = random;
    this.#fill();
  }

  get midTick(): number {
    return ((this.book.bids.best()?.tick ?? this.#spec.startTick) + (this.book.asks.best()?.tick ?? this.#spec.startTick)) / 2;
  }

  /** One order of one participant, applied to the book. */
  act(): void {
    const random = this.#random;
    const bid = this.book.bids.at(0).tick;
    const ask = this.book.asks.at(0).tick;
    const spread = ask - bid;
    if (spread > 1 && random.chance(720)) {
      this.#improve(bid, ask);
      return;
    }
    if (random.chance(110)) {
      this.#take();
      return;
    }
    const side: Side = random.chance(500 + this.#imbalance()) ? BID : ASK;
    const own = this.book.side(side);
    if (this.#adds(own)) this.#add(own);
    else this.#withdraw(own);
  }

  #imbalance(): number {
    return clamp(Math.trunc((this.book.asks.levels - this.book.bids.levels) / 2), -200, 200);
  }

  #adds(own: BookSide): boolean {
    if (own.levels < LEVELS_LOW) return true;
    // Orders come only while both levels and orders want more: a sparse book is full of levels long before orders.
    const pull = Math.min(Math.trunc((LEVELS_TARGET - own.levels) / 2), Math.trunc((ORDERS_TARGET - own.orders) / 8));
    return this.#random.chance(clamp(530 + pull, 50, 950));
  }

  /** Closes a wide spread, mostly to one tick. */
  #improve(bid: number, ask: number): void {
    const side: Side = this.#random.chance(500 + this.#drift) ? BID : ASK;
    const room = ask - bid - 1;
    const step = this.#random.chance(800) ? room : 1 + this.#random.below(room);
    this.#makeRoom(this.book.side(side));
    this.book.limit(side, side === BID ? bid + step : ask - step, this.#size(0));
  }

  #take(): void {
    const random = this.#random;
    if (random.chance(4)) this.#drift = random.below(241) - 120;
    const away = Math.trunc(((this.midTick - this.#spec.startTick) * 1000) / this.#spec.startTick);
    // Beyond 5 % the lean back outweighs any regime.
    const lean = Math.abs(away) > 50 ? -Math.sign(away) * 300 : -away;
    const side: Side = random.chance(clamp(500 + this.#drift + lean, 100, 900)) ? BID : ASK;
    const contra = this.book.side(side === BID ? ASK : BID);
    if (contra.levels <= LEVELS_LOW - 20) return;
    let cap = 0;
    const reach = random.chance(40) ? SWEEP_LEVELS_MAX : 1;
    for (let rank = 0; rank < reach; rank += 1) cap += contra.at(rank).qty;
    const wanted = reach > 1 ? cap : random.chance(250) ? cap : this.#size(0);
    this.book.market(side, Math.min(wanted, cap));
  }

  #add(own: BookSide): void {
    let distance = this.#distance();
    const touch = own.at(0).tick;
    // A thin side needs new levels, not more orders at old ones.
    for (let attempt = 0; own.levels < LEVELS_LOW && attempt < 8; attempt += 1) {
      if (own.get(touch - own.side * distance) === undefined) break;
      distance = this.#distance();
    }
    const tick = touch - own.side * distance;
    if (tick < 1) return;
    const queue = own.get(tick);
    if (queue === undefined) this.#makeRoom(own);
    else if (queue.orders >= QUEUE_MAX) {
      // Nobody joins a queue this long; its last order gives up instead.
      this.book.cancel(queue.tail as Order);
      return;
    }
    this.book.limit(own.side, tick, this.#size(distance));
  }

  /** At the ceiling a level of the far half goes, so that the whole book always fits one snapshot. */
  #makeRoom(own: BookSide): void {
    while (own.levels >= LEVELS_MAX) this.#cancelAll(own, own.levels - 1 - this.#random.below(LEVELS_MAX / 2));
  }

  #cancelAll(own: BookSide, rank: number): void {
    const level = own.at(rank);
    for (let order = level.head; order !== null; order = level.head) this.book.cancel(order);
  }

  #withdraw(own: BookSide): void {
    const random = this.#random;
    const draw = random.below(100);
    let rank = random.below(own.levels);
    if (draw < 24) rank = random.below(6);
    else if (draw < 44) rank = random.below(60);
    const level = own.at(rank);
    let order = level.tail as Order;
    for (let hops = random.below(4); hops > 0 && order.prev !== null; hops -= 1) order = order.prev;
    this.book.cancel(order);
  }

  /** Distance of a new order from its own touch: at it, on the hump, behind it, or far away. */
  #distance(): number {
    const random = this.#random;
    const draw = random.below(100);
    const hump = this.#spec.humpTicks;
    if (draw < 22) return 0;
    if (draw < 42) return 1 + random.below(8);
    if (draw < 78) return 1 + random.below(hump) + random.below(hump);
    if (draw < 93) return 1 + random.below(4 * hump);
    // Log-uniform: every doubling of the distance is equally likely, up to an eighth or a quarter of the price.
    const scale = 1 << random.below(32 - Math.clz32(Math.trunc(this.#spec.startTick / 8)));
    return scale + random.below(scale);
  }

  /** Mostly small orders with a heavy tail; bigger ones wait farther from the touch. */
  #size(distance: number): number {
    const random = this.#random;
    const scale = this.#spec.typicalLots << Math.max(0, random.halvings(6) - 1);
    const deep = Math.min(4, 1 + Math.trunc((3 * distance) / this.#spec.humpTicks));
    return 1 + random.below(scale * deep);
  }

  #fill(): void {
    const start = this.#spec.startTick;
    this.book.limit(BID, start, this.#size(0));
    this.book.limit(ASK, start + 1, this.#size(0));
    for (const own of [this.book.bids, this.book.asks]) {
      while (own.levels < LEVELS_TARGET) this.#add(own);
    }
    this.book.changes.length = 0;
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
