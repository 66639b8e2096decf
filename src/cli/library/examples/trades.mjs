// Trades as they come, and figures in the end: node trades.mjs [SECONDS]
//
// Without a configuration the engine runs simulated venues; `configFile: 'tickring.yaml'` takes real ones.
import { createEngine } from 'tickring';

const engine = createEngine();
engine.on('trade', ({ exchange, symbol, side, quantity, price }) =>
  console.log(`${exchange}:${symbol} ${side} ${quantity} at ${price}`),
);
engine.on('gap', ({ exchange, symbol, stream, first, last }) =>
  console.error(`${exchange}:${symbol}: ${stream} ids ${first} to ${last} never came`),
);
engine.on('lost', ({ count }) => console.error(`too slow: lost ${count ?? 'uncounted'} records`));
engine.on('error', ({ event, error }) => console.error(`a listener of ${event} failed:`, error));

await engine.initialize();
setTimeout(
  async () => {
    await engine.close();
    console.table(engine.getPerformanceStats());
  },
  Number(process.argv[2] ?? '10') * 1_000,
);
