import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Loss, Message, TickringClient } from '../../src/client/node.js';
import type { Gateway } from '../../src/gateway/server.js';
import { Feed } from '../gateway/feed.js';
import { eventually, startTestGateway } from '../gateway/harness.js';
import { RandomMarket } from '../gateway/random-market.js';
import { bookText, openClient, TestProxy } from './harness.js';

/** The long tier sets 1,000. */
const KILLS = Number(process.env['TICKRING_KILLS'] ?? 300);
const TOPICS = ['book.binance-usdm.BTCUSDT', 'trade.binance-usdm.BTCUSDT'];

let feed: Feed;
let market: RandomMarket;
let gateway: Gateway;
let proxy: TestProxy;
const clients: TickringClient[] = [];

beforeEach(async () => {
  feed = new Feed(['BTCUSDT'], 16_777_216);
  market = new RandomMarket(feed, 'BTCUSDT', 50_000, 3);
  market.sync(30);
  feed.trade('BTCUSDT', '50000', '1');
  gateway = await startTestGateway(feed);
  proxy = await TestProxy.open(gateway.port);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await proxy.close();
  await gateway.stop();
  feed.close();
});

/** A client of all topics, and what it hears: each message by topic, number and content. */
function follow(url: string): { client: TickringClient; log: string[]; losses: Loss[] } {
  const client = openClient(url, { reconnectMinMs: 5, reconnectMaxMs: 50 });
  clients.push(client);
  const log: string[] = [];
  const losses: Loss[] = [];
  client.on('loss', (loss) => losses.push(loss));
  client.on('message', (message: Message) => {
    const text = JSON.stringify(message, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
    log.push(text);
  });
  client.subscribe(TOPICS);
  return { client, log, losses };
}

const isCurrent = (client: TickringClient): Promise<boolean> =>
  eventually('the book', () => bookText(client, TOPICS[0] ?? '') === feed.bookText('BTCUSDT'));
/** By topic, since two topics may be sent again in either order. */
const byTopic = (log: readonly string[]): string[][] =>
  TOPICS.map((topic) => log.filter((line) => line.startsWith(`{"topic":"${topic}"`)));

const seqOf = (line: string): number => (JSON.parse(line) as { seq: number }).seq;

/** What came behind the first message of both: each joined at a moment of its own. */
function shared(one: readonly string[], other: readonly string[]): string[][][] {
  const logs = [byTopic(one), byTopic(other)];
  const from = TOPICS.map((_, topic) => Math.max(...logs.map((log) => seqOf(log[topic]?.[0] ?? '{"seq":0}'))));
  return logs.map((log) => log.map((lines, topic) => lines.filter((line) => seqOf(line) > (from[topic] ?? 0))));
}

it(`a log over ${KILLS} killed sockets is equal to an unbroken one`, async () => {
  const whole = follow(gateway.url);
  const broken = follow(proxy.url);
  for (const { client, log } of [whole, broken]) {
    await isCurrent(client);
    await eventually('both states', () => log.length >= 2);
  }
  for (let kill = 1; kill <= KILLS; kill += 1) {
    for (let step = 0; step < 5; step += 1) market.step();
    proxy.kill();
    for (let step = 0; step < 5; step += 1) market.step();
    await eventually('another socket', () => broken.client.stats.reconnects >= kill && broken.client.state === 'open');
  }
  // A quantity that the market never makes.
  feed.trade('BTCUSDT', '50000', '123456.789');
  await isCurrent(whole.client);
  await isCurrent(broken.client);
  await eventually('the last trade', () =>
    [whole, broken].every(({ log }) => log.some((line) => line.includes('"qty":"123456789"'))),
  );
  expect(broken.losses).toEqual([]);
  const [ofBroken, ofWhole] = shared(broken.log, whole.log);
  expect(ofBroken).toEqual(ofWhole);
  expect(ofWhole?.[0]?.length).toBeGreaterThan(KILLS * 9);
  expect(ofWhole?.[1]?.length).toBeGreaterThan(0);
  const { hashMismatches, sequenceBreaks, unreadable, reconnects } = broken.client.stats;
  expect({ hashMismatches, sequenceBreaks, unreadable }).toEqual({ hashMismatches: 0, sequenceBreaks: 0, unreadable: 0 });
  process.stdout.write(
    `resume: ${KILLS} sockets killed, ${reconnects} connections, ${whole.log.length} messages, the logs are equal\n`,
  );
}, 1_200_000);

it('what is not kept any more is told with its exact extent, and the state follows', async () => {
  const whole = follow(gateway.url);
  const broken = follow(proxy.url);
  await isCurrent(broken.client);
  await isCurrent(whole.client);
  const { port } = proxy;
  proxy.port = 1;
  proxy.kill();
  await eventually('gone', () => broken.client.state !== 'open');
  const before = byTopic(broken.log)[0]?.map(seqOf).at(-1) ?? 0;
  // More than half a megabyte of one topic.
  const levels = Array.from({ length: 300 }, (_, index) => [`${1_000 + index}.00`, '1.000'] as const);
  for (let count = 0; count < 200; count += 1) feed.depth('BTCUSDT', levels, []);
  await isCurrent(whole.client);
  proxy.port = port;
  await isCurrent(broken.client);
  const [loss] = broken.losses;
  const after = broken.log.findIndex((line) => line.includes('"type":"skipped"'));
  const state = broken.log.slice(after).find((line) => line.includes('"type":"book_snapshot"')) ?? '';
  const to = seqOf(state);
  expect(loss).toMatchObject({ topic: TOPICS[0], reason: 'resume', from: BigInt(before + 1), to: BigInt(to) });
  expect(loss?.count).toBe(BigInt(to - before));
  expect(to - before).toBeGreaterThanOrEqual(200);
  expect(broken.losses).toHaveLength(1);
});
