// Where one venue bids more than another asks: node arbitrage.mjs [SECONDS]
//
// Prints each such moment, and once a second what it has compared. Looks at the newest quotes whenever one changes. Fees, size and the time of an order are left out, so this is no advice.
import { createEngine } from 'tickring';

const engine = createEngine({ bufferSize: 1 });
let [compared, found] = [0, 0];

engine.on('quote', ({ symbol, exchange, bid, timestamp }) => {
  for (const key of Object.keys(engine.getPerformanceStats())) {
    const [other, otherSymbol] = key.split(':');
    if (other === exchange || otherSymbol !== symbol) continue;
    const [quote] = engine.getLatestData(other, symbol, 'quote');
    // Quotes that are further apart say nothing about one moment.
    if (quote === undefined || Math.abs(quote.timestamp - timestamp) > 1_000) continue;
    compared += 1;
    if (bid <= quote.ask) continue;
    found += 1;
    console.log(`${symbol}: buy at ${other} for ${quote.ask}, sell at ${exchange} for ${bid}`);
  }
});

await engine.initialize();
const report = setInterval(() => console.log(`compared ${compared} pairs of quotes, found ${found}`), 1_000);
setTimeout(
  async () => {
    clearInterval(report);
    await engine.close();
  },
  Number(process.argv[2] ?? '10') * 1_000,
);
