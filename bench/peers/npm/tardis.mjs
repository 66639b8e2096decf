/** tardis-dev: its normalizer for the venue, then its order book or its stream of snapshots. */
import { sink } from './json.mjs';

/** Mappers are chosen by date. */
const DATE = new Date('2024-08-08T23:54:15Z');

async function tardis({ symbol, snapshotText }, open) {
  const { normalizeBookChanges, OrderBook, computeBookSnapshots } = await import('tardis-dev');
  let [mapper, sides] = [];
  return {
    begin() {
      mapper = normalizeBookChanges('binance-futures', DATE);
      sides = open({ OrderBook, computeBookSnapshots });
      const snapshot = { stream: `${symbol}@depthSnapshot`, data: JSON.parse(snapshotText) };
      for (const change of mapper.map(snapshot, DATE)) sides.put(change);
    },
    frame(bytes) {
      for (const change of mapper.map(JSON.parse(bytes.toString()), DATE)) sides.put(change);
    },
    top: () => sides.top().map((side) => side.map(({ price, amount }) => [String(price), String(amount)])),
  };
}

export const tardisBook = (corpus) =>
  tardis(corpus, ({ OrderBook }) => {
    const book = new OrderBook();
    return {
      put(change) {
        book.update(change);
        sink.value ^= (book.bestBid()?.price ?? 0) + (book.bestAsk()?.price ?? 0);
      },
      top: () => [[...book.bids()], [...book.asks()]],
    };
  });

export const tardisSnapshots = (corpus) =>
  tardis(corpus, ({ computeBookSnapshots }) => {
    const computable = computeBookSnapshots({ depth: 20, interval: 0 })();
    let last;
    return {
      put(change) {
        for (const snapshot of computable.compute(change)) {
          last = snapshot;
          sink.value ^= snapshot.bids.length;
        }
      },
      top: () => [last.bids, last.asks],
    };
  });
