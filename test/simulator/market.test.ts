import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dialects } from '../../src/simulator/dialects/index.js';
import { BINARY_PREFIX } from '../../src/simulator/market/binary-channels.js';
import { ASK, BID, type Order, OrderBook, type Side } from '../../src/simulator/market/book.js';
import type { Channel, Frame } from '../../src/simulator/market/channel.js';
import { OrderFlow } from '../../src/simulator/market/flow.js';
import { Random } from '../../src/simulator/market/random.js';
import { VenueMarket } from '../../src/simulator/market/venue-market.js';

const venues = Object.values(dialects);

function openMarket(dialect: (typeof venues)[number], seed: number, publish: (frame: Frame) => void): VenueMarket {
  const symbols = [...dialect.symbols.values()];
  const market = new VenueMarket({
    dialect,
    symbols,
    seed,
    rate: 1_000,
    epochMs: 1_767_225_600_000,
    historyChanges: 500_000,
    extraKeys: false,
    publish,
  });
  for (const channel of market.channels.values()) channel.subscribers.add({ deliver: () => {}, expect: () => {} });
  return market;
}

function orders(book: OrderBook): Order[] {
  const found: Order[] = [];
  for (const side of [book.bids, book.asks]) {
    for (let rank = 0; rank < side.levels; rank += 1)
      for (let order = side.at(rank).head; order !== null; order = order.next) found.push(order);
  }
  return found;
}

function restingLots(book: OrderBook, side: Side): number {
  return orders(book)
    .filter((order) => order.side === side)
    .reduce((sum, order) => sum + order.qty, 0);
}

function checkBook(book: OrderBook): void {
  for (const side of [book.bids, book.asks]) {
    let counted = 0;
    for (let rank = 0; rank < side.levels; rank += 1) {
      const level = side.at(rank);
      if (rank > 0) expect(side.side * side.at(rank - 1).tick).toBeGreaterThan(side.side * level.tick);
      let sum = 0;
      let inLevel = 0;
      for (let order = level.head; order !== null; order = order.next) {
        expect(order.qty).toBeGreaterThan(0);
        sum += order.qty;
        inLevel += 1;
      }
      expect(level.qty).toBe(sum);
      expect(level.orders).toBe(inLevel);
      expect(sum).toBeGreaterThan(0);
      counted += inLevel;
    }
    expect(side.orders).toBe(counted);
  }
  const bid = book.bids.best();
  const ask = book.asks.best();
  if (bid !== undefined && ask !== undefined) expect(bid.tick).toBeLessThan(ask.tick);
}

const side = fc.constantFrom<Side>(BID, ASK);
const qty = fc.integer({ min: 1, max: 50 });
const operation = fc.oneof(
  fc.record({ kind: fc.constant('limit' as const), side, tick: fc.integer({ min: 90, max: 110 }), qty }),
  fc.record({ kind: fc.constant('market' as const), side, qty }),
  fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat(1_000) }),
);

describe('matching engine', () => {
  test('sides stay sorted and uncrossed, trades happen inside the book before them, and no lot appears or vanishes', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
        const book = new OrderBook();
        for (const each of operations) {
          const before = {
            bid: book.bids.best()?.tick,
            ask: book.asks.best()?.tick,
            [BID]: restingLots(book, BID),
            [ASK]: restingLots(book, ASK),
          };
          if (each.kind === 'cancel') {
            const resting = orders(book);
            const order = resting[each.pick % Math.max(1, resting.length)];
            if (order === undefined) continue;
            book.cancel(order);
            expect(restingLots(book, order.side)).toBe(before[order.side] - order.qty);
            expect(book.fills).toHaveLength(0);
          } else {
            const contra: Side = each.side === BID ? ASK : BID;
            const limited = each.kind === 'limit';
            const left = limited ? book.limit(each.side, each.tick, each.qty) : book.market(each.side, each.qty);
            const traded = book.fills.reduce((sum, fill) => sum + fill.qty, 0);
            expect(traded + left).toBe(each.qty);
            expect(restingLots(book, contra)).toBe(before[contra] - traded);
            expect(restingLots(book, each.side)).toBe(before[each.side] + (limited ? left : 0));
            for (const fill of book.fills) {
              const best = each.side === BID ? before.ask : before.bid;
              expect(best).toBeDefined();
              expect(each.side * (fill.tick - (best ?? 0))).toBeGreaterThanOrEqual(0);
              if (limited) expect(each.side * (each.tick - fill.tick)).toBeGreaterThanOrEqual(0);
            }
          }
          for (const change of book.changes) expect(book.side(change.side).get(change.tick)?.qty ?? 0).toBe(change.qty);
          book.changes.length = 0;
          book.fills.length = 0;
          checkBook(book);
        }
      }),
    );
  });

  test('orders at one price are filled in the order in which they came', () => {
    const book = new OrderBook();
    for (let count = 0; count < 3; count += 1) book.limit(ASK, 100, 10);
    book.market(BID, 25);
    expect(book.fills.map(({ makerId, qty: lots }) => [makerId, lots])).toEqual([
      [1, 10],
      [2, 10],
      [3, 5],
    ]);
  });
});

describe('order flow', () => {
  test.each(
    venues.flatMap((dialect) => [...dialect.symbols.values()].map((spec) => [dialect.name, spec.symbol, spec] as const)),
  )(
    '%s %s: 500 to 980 levels a side, mostly one tick of spread, deepest away from the touch, with far levels',
    (_venue, _symbol, spec) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const flow = new OrderFlow(spec, new Random(seed, 'test'));
          let oneTick = 0;
          const rounds = 8_000;
          for (let round = 0; round < rounds; round += 1) {
            flow.act();
            const { bids, asks } = flow.book;
            expect(Math.min(bids.levels, asks.levels)).toBeGreaterThanOrEqual(500);
            expect(Math.max(bids.levels, asks.levels)).toBeLessThanOrEqual(980);
            const spread = asks.at(0).tick - bids.at(0).tick;
            expect(spread).toBeGreaterThan(0);
            if (spread === 1) oneTick += 1;
            flow.book.changes.length = 0;
            flow.book.fills.length = 0;
          }
          checkBook(flow.book);
          expect(oneTick / rounds).toBeGreaterThan(0.75);
          const { bids } = flow.book;
          const touch = bids.at(0).tick;
          const lotsBetween = (from: number, to: number): number => {
            let lots = 0;
            for (let rank = 0; rank < bids.levels; rank += 1) {
              const distance = touch - bids.at(rank).tick;
              if (distance >= from * spec.humpTicks && distance < to * spec.humpTicks) lots += bids.at(rank).qty;
            }
            return lots;
          };
          expect(lotsBetween(0.5, 2)).toBeGreaterThan(lotsBetween(0, 0.25));
          expect(touch - bids.at(bids.levels - 1).tick).toBeGreaterThan(6 * spec.humpTicks);
        }),
        { numRuns: 3 },
      );
    },
  );
});

describe('market', () => {
  test.each(venues)('$name: the same seed makes the same 10,000 messages byte for byte, another seed others', (dialect) => {
    const run = (seed: number): string => {
      const lines: string[] = [];
      const market = openMarket(dialect, seed, (frame) => lines.push(frame.payload(true, false).bytes.toString('utf8')));
      while (lines.length < 10_000) market.step();
      return lines.slice(0, 10_000).join('\n');
    };
    const first = run(7);
    expect(run(7) === first).toBe(true);
    expect(run(8) === first).toBe(false);
  });

  test.each(venues)('$name: what is listened to does not change what happens', (dialect) => {
    const all: string[] = [];
    const few: string[] = [];
    // The slowest book of the second symbol.
    const [, second] = dialect.symbols.keys();
    const books = dialect.depthCadences.map(({ suffix }) => dialect.streamName?.(second ?? '', 'depth', suffix) ?? suffix);
    const one = ({ kind, symbol, name }: Channel): boolean =>
      kind === 'depth' && symbol === second && name.endsWith(books.at(-1) ?? '');
    const whole = openMarket(dialect, 3, (frame) => {
      if (one(frame.channel)) all.push(frame.payload(false, false).bytes.toString('utf8'));
    });
    const thin = openMarket(dialect, 3, (frame) => few.push(frame.payload(false, false).bytes.toString('utf8')));
    for (const channel of thin.channels.values()) if (!one(channel)) channel.subscribers.clear();
    for (let step = 0; step < 3_000; step += 1) {
      whole.step();
      thin.step();
    }
    expect(few).toEqual(all);
    expect(all.length).toBeGreaterThan(50);
  });

  test.each(venues)('$name: trade ids are contiguous, quotes and depth share one id space, times never go back', (dialect) => {
    const tradeIds = new Map<string, number>();
    const lastIds = new Map<string, number>();
    let lastTime = 0;
    const market = openMarket(dialect, 5, (frame) => {
      const { kind, symbol } = frame.channel;
      if (frame.channel.name.startsWith(BINARY_PREFIX)) return;
      const event = JSON.parse(frame.payload(false, false).bytes.toString('utf8')) as Record<string, number>;
      if (kind === 'trade') {
        const last = tradeIds.get(symbol);
        if (last !== undefined) expect(frame.lastId).toBe(last + 1);
        tradeIds.set(symbol, frame.lastId);
      }
      // Where ids count messages, each stream has its own.
      const stream = dialect.idsCountMessages === true ? frame.channel.name : symbol;
      if (kind === 'bookTicker' || /@depth@100ms$|1000/.test(frame.channel.name)) {
        expect(frame.lastId).toBeGreaterThanOrEqual(lastIds.get(stream) ?? 0);
        lastIds.set(stream, frame.lastId);
      }
      const time = event['E'] ?? event['ts'] ?? lastTime;
      expect(time).toBeGreaterThanOrEqual(lastTime);
      lastTime = time;
    });
    for (let step = 0; step < 3_000; step += 1) market.step();
    expect(tradeIds.size).toBe(market.symbols.size);
  });

  test.each(venues)('$name: the book is known at every id of the kept history and at none outside it', (dialect) => {
    const market = openMarket(dialect, 11, ({ channel, lastId }) => {
      // Where ids count messages, a book is that of an id when its message leaves.
      const tells = dialect.idsCountMessages === true && channel.kind === 'depth' && channel.symbol === symbol?.spec.symbol;
      if (tells && lastId % 64 === 0) known.set(lastId, now());
    });
    const [symbol] = [...market.symbols.values()];
    if (symbol === undefined) throw new Error('no symbol');
    const start = symbol.lastUpdateId;
    const known = new Map<number, string>();
    const now = (): string => {
      const { bids, asks } = symbol.snapshot(5_000);
      const lines = (letter: string, levels: readonly (readonly [number, number])[]): string =>
        levels.map(([tick, lots]) => `${letter} ${symbol.text.canonicalLevel(tick, lots)}\n`).join('');
      return lines('B', bids) + lines('A', asks);
    };
    for (let step = 0; step < 30_000; step += 1) {
      market.step();
      if (dialect.idsCountMessages !== true && step % 500 === 0) known.set(symbol.lastUpdateId, now());
    }
    for (const [id, text] of known) expect(symbol.bookText(id) === text).toBe(true);
    expect(symbol.bookText(symbol.lastUpdateId + 1)).toBeUndefined();
    expect(symbol.bookText(start - 1)).toBeUndefined();
    // After a rollback the same ids answer for the new venue epoch, and the old one can be named.
    const ids = [...known.keys()];
    const middle = ids[Math.trunc(ids.length / 2)] ?? 0;
    const before = new Map(known);
    symbol.rollback(middle, market.nowUs);
    expect(symbol.bookText(middle) === now()).toBe(true);
    expect(symbol.bookText(middle, 0) === before.get(middle)).toBe(true);
    expect(symbol.bookText(ids[3] ?? 0) === before.get(ids[3] ?? 0)).toBe(true);
  });

  test('a small history forgets the oldest books and keeps the newest', () => {
    const [dialect] = venues;
    if (dialect === undefined) throw new Error('no venue');
    const symbols = [...dialect.symbols.values()];
    const market = new VenueMarket({
      dialect,
      symbols,
      seed: 1,
      rate: 1_000,
      epochMs: 0,
      historyChanges: 1,
      extraKeys: false,
      publish: () => {},
    });
    const [symbol] = [...market.symbols.values()];
    const start = symbol?.lastUpdateId ?? 0;
    for (let step = 0; step < 30_000; step += 1) market.step();
    expect(symbol?.bookText(start)).toBeUndefined();
    expect(symbol?.bookText(symbol.lastUpdateId)).toMatch(/^B \d/);
  });
});
