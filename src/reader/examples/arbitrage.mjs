// Where it pays to buy on one venue and sell on another, fees paid: node arbitrage.mjs NAME [SECONDS [ROOT [VIEW]]]
//
// Reads a view of the engine's (`views:` in its configuration). `VIEW@net` is the best bid and ask of all venues that are heard of at
// the same time, less fees; where they cross there is an opportunity. Which venues they are is told by the legs, `VIEW@venue`.
// The time of an order and what the others do meanwhile are left out, so this is no advice.
import { KINDS, NOTICES, RingReader, toNumber } from 'tickring/reader';

const [name = 'tickring', seconds = '0', root, view = 'BTC-USDT'] = process.argv.slice(2);
const reader = RingReader.open({ name, ...(root === undefined ? {} : { root }) });
const end = performance.now() + (Number(seconds) || Number.POSITIVE_INFINITY) * 1_000;
let [quotes, found] = [0, 0];

/** Best bids and asks of the legs, highest bid and lowest ask first; they are of the same input as the quote, or younger. */
function legs() {
  const names = reader.instruments().filter(({ symbol }) => symbol.startsWith(`${view}@`) && !symbol.endsWith('@net'));
  const known = names.flatMap(({ venue, symbol }) => {
    const latest = reader.latest(`${venue}:${symbol}`);
    const [[bid], [ask]] = [latest?.bids ?? [], latest?.asks ?? []];
    return bid === undefined || ask === undefined ? [] : [{ venue: symbol.slice(view.length + 1), bid, ask }];
  });
  const sell = known.toSorted((a, b) => Number(b.bid.price - a.bid.price))[0]?.venue;
  return { sell, buy: known.toSorted((a, b) => Number(a.ask.price - b.ask.price))[0]?.venue };
}

function take({ bidPrice, bidQty, askPrice, askQty }, { priceExponent, qtyExponent }) {
  quotes += 1;
  if (bidPrice === 0 || askPrice === 0 || bidPrice <= askPrice) return;
  found += 1;
  const [pays, qty] = [toNumber(bidPrice - askPrice, priceExponent), toNumber(Math.min(bidQty, askQty), qtyExponent)];
  const { buy, sell } = legs();
  console.log(`${view}: buy ${qty} at ${buy} for ${toNumber(askPrice, priceExponent)} net, sell at ${sell}: ${pays} each`);
}

function turn() {
  const cursor = reader.poll();
  while (cursor.next()) {
    if (cursor.kind === NOTICES.lapped) console.error(`lost ${cursor.lost} records`);
    if (cursor.kind !== KINDS.quote || cursor.instrumentDefinition?.symbol !== `${view}@net`) continue;
    take(cursor.quote, cursor.instrumentDefinition);
  }
  if (performance.now() < end) {
    setTimeout(turn, 1);
    return;
  }
  console.log(`looked at ${quotes} quotes, found ${found}`);
  reader.close();
}
turn();
