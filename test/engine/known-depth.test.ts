/** N10: a snapshot that is cut short is extended before the market walks past it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConflationName, TickringClient, type ValidDepth } from '#dist/client/node.js';
import { startGateway } from '#dist/gateway/server.js';
import { INSTRUMENT_COUNTERS, RingReader } from '#dist/native/index.js';
import { memoryLogger } from './memory-logger.js';
import { eventually, Rig } from './rig.js';

const SYMBOL = 'BTCUSDT';
/** Fewer than the engine wants to know. */
const LEVELS = 15;
const ROUNDS_MAX = 10;
/** Of the rung `top`. */
const BEST = 20;
const KNOWN = ['known_bids', 'known_asks'].map((wanted) => INSTRUMENT_COUNTERS.findIndex(({ name }) => name === wanted));

let rig: Rig;
let reader: RingReader;
beforeAll(async () => {
  rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: ['binance-spot'], symbols: [SYMBOL] } });
  reader = new RingReader(rig.config.shmRoot, rig.config.name, 0);
});
afterAll(async () => {
  reader?.close();
  await rig?.stop();
});

it('is known to fifteen levels, then to the end, and is the true book again', async () => {
  const known = async (): Promise<number[]> => {
    const id = (await rig.status()).instruments[0]?.id ?? 0;
    return KNOWN.map((at) => Number(reader.instrumentCounters(id)?.[at] ?? 0n));
  };
  const before = await eventually('a survey', async () => {
    const counts = await known();
    return counts.every((count) => count > LEVELS) && counts;
  });
  rig.inject('snapshot_short', { levels: LEVELS });
  rig.inject('drop');
  await eventually('little is known', async () => (await known()).some((count) => count > 0 && count <= LEVELS));
  await eventually('the book is extended', async () => (await rig.counter('top_ups')) > 0);
  await rig.inSync();
  const after = await known();
  expect(after.every((count, side) => count > (before[side] ?? 0) / 2)).toBe(true);
  // Nothing that was not known was taken for wrong.
  expect(await rig.counter('audit_different')).toBe(0);
});

/** The market walks past what was fetched: clients see what is certain shrink, and be more again once a deeper copy was taken. */
it('is told to clients as it shrinks and as it is topped up', async () => {
  const { name, shmRoot } = rig.config;
  const gateway = await startGateway(
    { name, shmRoot, host: '127.0.0.1', port: 0 },
    { logger: memoryLogger(), control: rig.control, version: 'test' },
  );
  const topic = `book.binance-spot.${SYMBOL}`;
  const clients = (['full', 'top'] as const).map((conflation: ConflationName) => {
    const client = new TickringClient(`${gateway.url.replace('http', 'ws')}/ws`);
    const told: ValidDepth[] = [];
    client.on('book', (_, message) => {
      if ((message.type === 'book_snapshot' || message.type === 'book_delta') && message.validDepth !== undefined)
        told.push(message.validDepth);
    });
    client.subscribe([topic], { conflation });
    return { client, told };
  });
  const least = ({ bids, asks }: ValidDepth): number => Math.min(bids, asks);
  try {
    const [full, top] = clients;
    if (full === undefined || top === undefined) throw new Error('two clients');
    const valid = (): number => least(full.client.book(topic)?.validDepth ?? { bids: 0, asks: 0 });
    await eventually('what is certain', () => valid() > BEST);
    await eventually('the best levels are certain', () => least(top.told.at(-1) ?? { bids: 0, asks: 0 }) === BEST);
    const from = full.told.length;
    // Where the deeper copy comes before the market has moved, or the engine has counted again, nothing has shrunk yet.
    for (let round = 0; round < ROUNDS_MAX && !full.told.some((depth) => least(depth) < LEVELS); round += 1) {
      const topUps = await rig.counter('top_ups');
      rig.inject('snapshot_short', { levels: LEVELS });
      rig.inject('drop');
      await eventually('little is certain', () => valid() > 0 && valid() <= LEVELS);
      await eventually('a deeper copy', async () => (await rig.counter('top_ups')) > topUps);
      await eventually('more is certain', () => valid() > BEST);
    }
    expect(full.told.some((depth) => least(depth) < LEVELS)).toBe(true);
    expect(top.told.some((depth) => least(depth) < BEST)).toBe(true);
    await eventually('of the best all is', () => least(top.told.at(-1) ?? { bids: 0, asks: 0 }) === BEST);
    process.stderr.write(`known-depth: certain levels told: ${full.told.slice(from).map(least).join(' ')}\n`);
    for (const { client } of clients) expect(client.stats).toMatchObject({ hashMismatches: 0, sequenceBreaks: 0 });
    const book = full.client.book(topic);
    expect(book?.validDepth?.bids).toBeLessThanOrEqual(book?.levels.bids ?? 0);
  } finally {
    for (const { client } of clients) client.close();
    await gateway.stop();
  }
}, 120_000);
