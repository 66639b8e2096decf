/** JSON.parse alone, and with the books that a bot would write around it. */
import { Sequence } from './protocol.mjs';

/** A place for results, so that the compiler cannot leave the work out. */
export const sink = { value: 0 };

export function parse() {
  return {
    begin() {},
    frame(bytes) {
      sink.value ^= JSON.parse(bytes.toString()).data.b.length;
    },
  };
}

/** Price text to quantity text, unsorted: the least that can be called a book. */
export function maps({ snapshot }) {
  let [bids, asks, sequence] = [];
  const apply = (side, levels) => {
    for (const [price, qty] of levels) {
      if (Number(qty) === 0) side.delete(price);
      else side.set(price, qty);
    }
  };
  return {
    begin() {
      [bids, asks, sequence] = [new Map(snapshot.bids), new Map(snapshot.asks), new Sequence(snapshot.lastUpdateId)];
    },
    frame(bytes) {
      const { data } = JSON.parse(bytes.toString());
      sequence.check(data);
      apply(bids, data.b);
      apply(asks, data.a);
    },
    top: () => [[...bids], [...asks]],
  };
}

/** Ascending keys, best last; keys of asks are negated. */
class SortedSide {
  constructor(levels, sign) {
    const sorted = levels.map(([price, qty]) => [sign * Number(price), Number(qty)]).sort((a, b) => a[0] - b[0]);
    this.keys = sorted.map(([key]) => key);
    this.quantities = sorted.map(([, qty]) => qty);
    this.sign = sign;
  }

  set(key, qty) {
    let [low, high] = [0, this.keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    const found = this.keys[low] === key;
    if (found && qty !== 0) this.quantities[low] = qty;
    else if (found || qty !== 0) {
      const [removed, added, quantity] = found ? [1, [], []] : [0, [key], [qty]];
      this.keys.splice(low, removed, ...added);
      this.quantities.splice(low, removed, ...quantity);
    }
  }

  get best() {
    return this.keys[this.keys.length - 1];
  }

  top() {
    return this.keys.map((key, index) => [String(this.sign * key), String(this.quantities[index])]);
  }
}

/** Sorted arrays of numbers, best prices looked at after every frame. */
export function sortedArrays({ snapshot }) {
  let [bids, asks, sequence] = [];
  return {
    begin() {
      [bids, asks] = [new SortedSide(snapshot.bids, 1), new SortedSide(snapshot.asks, -1)];
      sequence = new Sequence(snapshot.lastUpdateId);
    },
    frame(bytes) {
      const { data } = JSON.parse(bytes.toString());
      sequence.check(data);
      for (const level of data.b) bids.set(Number(level[0]), Number(level[1]));
      for (const level of data.a) asks.set(-Number(level[0]), Number(level[1]));
      sink.value ^= bids.best + asks.best;
    },
    top: () => [bids.top(), asks.top()],
  };
}
