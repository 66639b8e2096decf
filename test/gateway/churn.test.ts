import { expect, it } from 'vitest';
import { Feed } from './feed.js';
import { eventually, JsonClient, startTestGateway } from './harness.js';
import { RandomMarket, randomFrom } from './random-market.js';

const CLIENTS = 8;
/** As many as the gateway takes at once. */
const REQUESTS = 38;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];
const TOPICS = SYMBOLS.flatMap((symbol) => [`book.binance-usdm.${symbol}`, `trade.binance-usdm.${symbol}`]);
const SEED = Number(process.env['TICKRING_SEED'] ?? Date.now() % 1_000_000);

it('clients that subscribe and unsubscribe at random always get snapshot, then every message, then silence', async () => {
  console.log(`seed ${SEED}`);
  const random = randomFrom(SEED);
  const feed = new Feed(SYMBOLS);
  const markets = SYMBOLS.map((symbol, index) => new RandomMarket(feed, symbol, 100 * (index + 1), SEED + index));
  for (const market of markets) market.sync(100);
  for (const symbol of SYMBOLS) feed.trade(symbol, '100', '1');
  const trading = setInterval(() => {
    for (let step = 0; step < 5; step += 1) for (const market of markets) market.step();
  }, 1);
  const gateway = await startTestGateway(feed);
  await eventually('ready', async () => (await fetch(`${gateway.url}/readyz`)).status === 200);
  const watched = await Promise.all(Array.from({ length: CLIENTS }, async () => watch(await JsonClient.open(gateway))));
  for (let request = 0; request < REQUESTS; request += 1) {
    for (const { client, held } of watched) {
      const topics = TOPICS.filter(() => random() < 0.3);
      const op = random() < 0.6 ? 'subscribe' : 'unsubscribe';
      if (topics.length === 0) continue;
      client.ws.send(JSON.stringify({ op, topics, id: `churn-${request}` }));
      for (const topic of topics) held[op === 'subscribe' ? 'add' : 'delete'](topic);
    }
    await new Promise((resolve) => setTimeout(resolve, random() * 8));
  }
  for (const { client, held, broken } of watched) {
    const { subscribed } = (await client.ask({ op: 'list' })) as { subscribed?: string[] };
    expect([...(subscribed ?? [])].sort()).toEqual([...held].sort());
    expect(broken).toEqual([]);
  }
  expect(watched.reduce((sum, { client }) => sum + client.data.length, 0)).toBeGreaterThan(1_000);
  clearInterval(trading);
  for (const { client } of watched) client.close();
  await eventually('no listeners', async () =>
    /tickring_gateway_clients\{encoding="json"\} 0/.test(await (await fetch(`${gateway.url}/metrics`)).text()),
  );
  await gateway.stop();
  feed.close();
});

interface Watched {
  readonly client: JsonClient;
  /** Topics asked for and not given back. */
  readonly held: Set<string>;
  /** What should not have come. */
  readonly broken: string[];
}

/** Follows every topic of a client through subscriptions and checks each message as it comes. */
function watch(client: JsonClient): Watched {
  const broken: string[] = [];
  /** Number of the last message; 0 before the snapshot; absent while not subscribed. */
  const seqs = new Map<string, number>();
  client.ws.on('message', (bytes: Buffer) => {
    const message = JSON.parse(bytes.toString('utf8'));
    if (message.type === 'ack') {
      for (const topic of message.topics as string[]) {
        if (message.op === 'unsubscribe') seqs.delete(topic);
        else if (message.op === 'subscribe' && !seqs.has(topic)) seqs.set(topic, 0);
      }
      return;
    }
    const { topic, prev_seq: prev, seq } = message;
    const last = seqs.get(topic);
    if (last === undefined) broken.push(`${topic} ${seq} while not subscribed`);
    else if (last === 0 && prev !== seq) broken.push(`${topic} ${seq} before its snapshot`);
    else if (last !== 0 && prev !== last) broken.push(`${topic} ${prev} after ${last}`);
    seqs.set(topic, seq);
  });
  return { client, held: new Set(), broken };
}
