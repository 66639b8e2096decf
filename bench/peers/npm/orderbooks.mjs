/** The npm package `orderbooks`. It keeps `maxDepth` levels a side, 250 by default, where ours keeps all. */
import { Sequence } from './protocol.mjs';

export const orderbooks =
  (maxDepth) =>
  async ({ symbol, snapshot }) => {
    const { OrderBooksStore } = await import('orderbooks');
    const name = symbol.toUpperCase();
    const level = ([price, qty], side) => [name, Number(price), side, Number(qty)];
    let [store, sequence] = [];
    return {
      begin() {
        store = new OrderBooksStore({ maxDepth });
        const levels = [
          ...snapshot.bids.map((each) => level(each, 'Buy')),
          ...snapshot.asks.map((each) => level(each, 'Sell')),
        ];
        store.handleSnapshot(name, levels, snapshot.E);
        sequence = new Sequence(snapshot.lastUpdateId);
      },
      frame(bytes) {
        const { data } = JSON.parse(bytes.toString());
        sequence.check(data);
        const [removed, changed] = [[], []];
        for (const [levels, side] of [
          [data.b, 'Buy'],
          [data.a, 'Sell'],
        ]) {
          for (const each of levels) {
            const row = level(each, side);
            (row[3] === 0 ? removed : changed).push(row);
          }
        }
        store.handleDelta(name, removed, changed, [], data.E);
      },
      top() {
        const state = store.getBook(name).getBookState();
        return ['Buy', 'Sell'].map((side) =>
          state.filter((row) => row[2] === side).map((row) => [String(row[1]), String(row[3])]),
        );
      },
    };
  };
