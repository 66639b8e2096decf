/** Books as price ladders: every step of the price has a row, also where nobody stands. */
import type { Book, Level } from '../../client/index.js';

export interface Row {
  readonly price: bigint;
  readonly qty: bigint;
  /** Quantity from the best row to this one. */
  readonly total: bigint;
}

/** Steps that can be chosen, in ticks. */
export const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] as const;
/** Share of rows that should hold something when the step is chosen by itself. */
const FILLED = 0.7;
/** Levels taken of a side at first; doubled until they reach far enough. */
const LEVELS_MIN = 64;
/** Levels a side that the tick is guessed from. */
const TICK_LEVELS = 100;

function floorTo(price: bigint, step: bigint): bigint {
  const rest = price % step;
  return price - (rest < 0n ? rest + step : rest);
}

/** The row that a price belongs to: never better than the price itself. */
export function rowOf(price: bigint, step: bigint, isAsk: boolean): bigint {
  const floor = floorTo(price, step);
  return isAsk && floor !== price ? floor + step : floor;
}

/** `count` rows from the best price on. */
export function rowsOf(book: Book, isAsk: boolean, step: bigint, count: number): Row[] {
  const take = (levels: number): Level[] => (isAsk ? book.asks(levels) : book.bids(levels));
  const best = take(1)[0];
  if (best === undefined) return [];
  const sign = isAsk ? 1n : -1n;
  const first = rowOf(best.price, step, isAsk);
  const indexOf = (price: bigint): number => Number(((rowOf(price, step, isAsk) - first) * sign) / step);
  const qtys = new Array<bigint>(count).fill(0n);
  for (const { price, qty } of levelsUntil(take, (level) => indexOf(level.price) >= count)) {
    const index = indexOf(price);
    if (index < count) qtys[index] = (qtys[index] ?? 0n) + qty;
  }
  let total = 0n;
  return qtys.map((qty, index) => {
    total += qty;
    return { price: first + sign * step * BigInt(index), qty, total };
  });
}

/** Levels up to one that is far enough, without taking a whole deep book. */
function levelsUntil(take: (count: number) => Level[], isEnough: (level: Level) => boolean): Level[] {
  for (let count = LEVELS_MIN; ; count *= 4) {
    const levels = take(count);
    const last = levels.at(-1);
    if (levels.length < count || last === undefined || isEnough(last)) return levels;
  }
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

/** The tick as the best levels show it, at most `known` (0 where nothing is); 1 where they show nothing. */
export function tickOf(book: Book, known: bigint): bigint {
  let tick = known;
  for (const levels of [book.bids(TICK_LEVELS), book.asks(TICK_LEVELS)]) {
    for (let index = 1; index < levels.length && tick !== 1n; index += 1) {
      tick = gcd(tick, (levels[index]?.price ?? 0n) - (levels[index - 1]?.price ?? 0n));
    }
  }
  return tick === 0n ? 1n : tick;
}

/** The smallest step with which the ladder is mostly filled. */
export function stepFor(book: Book, tick: bigint, count: number): number {
  const isFilled = (step: number): boolean =>
    [false, true].every((isAsk) => {
      const rows = rowsOf(book, isAsk, tick * BigInt(step), count);
      return rows.filter(({ qty }) => qty > 0n).length >= Math.min(FILLED * count, isAsk ? book.levels.asks : book.levels.bids);
    });
  return STEPS.find(isFilled) ?? STEPS[0];
}

export interface DepthCurve {
  /** Ascending; bids first, then asks. */
  readonly prices: number[];
  readonly bids: (number | null)[];
  readonly asks: (number | null)[];
}

/** Cumulative quantity by distance from the middle, the same distance on both sides. */
export function depthOf(
  book: Book,
  toPrice: (price: bigint) => number,
  toQty: (qty: bigint) => number,
  count: number,
): DepthCurve {
  const [bids, asks] = [book.bids(count), book.asks(count)];
  const [bid, ask] = [bids[0], asks[0]];
  if (bid === undefined || ask === undefined) return { prices: [], bids: [], asks: [] };
  const middle = (toPrice(bid.price) + toPrice(ask.price)) / 2;
  const far = (levels: readonly Level[]): number => Math.abs(toPrice(levels.at(-1)?.price ?? 0n) - middle);
  const width = Math.min(far(bids), far(asks));
  const curve = (levels: readonly Level[]): [price: number, total: number][] => {
    let total = 0n;
    return levels.flatMap(({ price, qty }) => {
      total += qty;
      const at = toPrice(price);
      return Math.abs(at - middle) <= width * (1 + 1e-9) ? [[at, toQty(total)]] : [];
    });
  };
  const [below, above] = [curve(bids).reverse(), curve(asks)];
  return {
    prices: [...below, ...above].map(([price]) => price),
    bids: [...below.map(([, total]) => total), ...above.map(() => null)],
    asks: [...below.map(() => null), ...above.map(([, total]) => total)],
  };
}
