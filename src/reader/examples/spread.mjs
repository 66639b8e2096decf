// A strategy's eyes: spread and order-flow imbalance by instrument, once a second: node spread.mjs NAME [SECONDS [ROOT]]
//
// Order-flow imbalance after Cont, Kukanov and Stoikov (2014): what was added to the best bid and taken from the best ask, less
// the opposite, summed over the quotes of the second. Reads quotes where they lie: nothing is allocated a record.
import { KINDS, NOTICES, RingReader, toNumber } from 'tickring/reader';

class Market {
  quotes = 0;
  /** In lots: whole numbers, so that sums are exact. */
  flow = 0;
  bidPrice = 0;
  bidQty = 0;
  askPrice = 0;
  askQty = 0;

  constructor(instrument) {
    this.instrument = instrument;
  }

  take({ bidPrice, bidQty, askPrice, askQty }) {
    if (this.quotes > 0) {
      if (bidPrice >= this.bidPrice) this.flow += bidQty;
      if (bidPrice <= this.bidPrice) this.flow -= this.bidQty;
      if (askPrice <= this.askPrice) this.flow -= askQty;
      if (askPrice >= this.askPrice) this.flow += this.askQty;
    }
    this.quotes += 1;
    [this.bidPrice, this.bidQty, this.askPrice, this.askQty] = [bidPrice, bidQty, askPrice, askQty];
  }

  print() {
    const { venue, symbol, priceExponent, qtyExponent } = this.instrument;
    const spread = toNumber(this.askPrice - this.bidPrice, priceExponent).toFixed(4);
    const flow = toNumber(this.flow, qtyExponent).toFixed(4);
    console.log(
      `${`${venue}:${symbol}`.padEnd(24)} spread ${spread.padStart(8)}  flow ${flow.padStart(12)}  quotes ${this.quotes}`,
    );
    this.flow = 0;
  }
}

const [name = 'tickring', seconds = '0', root] = process.argv.slice(2);
const reader = RingReader.open({ name, ...(root === undefined ? {} : { root }) });
const markets = new Map();
let left = Number(seconds) || Number.POSITIVE_INFINITY;

/** Takes what is new, lets the event loop go round, and polls again. */
function turn() {
  const cursor = reader.poll();
  while (cursor.next()) {
    if (cursor.kind === KINDS.quote) {
      let market = markets.get(cursor.instrument);
      if (market === undefined) {
        market = new Market(cursor.instrumentDefinition);
        markets.set(cursor.instrument, market);
      }
      market.take(cursor.quote);
    } else if (cursor.kind === KINDS.instrument) markets.delete(cursor.instrument);
    else if (cursor.kind === NOTICES.lapped) console.error(`lost ${cursor.lost} records`);
    else if (cursor.kind === NOTICES.writer) console.error(`the engine's shard ${cursor.shard} is ${cursor.writer}`);
  }
  if (left > 0) setImmediate(turn);
  else reader.close();
}

const timer = setInterval(() => {
  for (const market of markets.values()) market.print();
  left -= 1;
  if (left === 0) clearInterval(timer);
}, 1_000);
turn();
