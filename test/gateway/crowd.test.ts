import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { Feed } from './feed.js';
import { eventually, startTestGateway } from './harness.js';
import { RandomMarket } from './random-market.js';

/** The long tier sets 10,000 for 600 s. */
const CLIENTS = Number(process.env['TICKRING_CROWD'] ?? 1_000);
const SECONDS = Number(process.env['TICKRING_CROWD_SECONDS'] ?? 15);
const TOPICS = ['book.binance-usdm.BTCUSDT', 'trade.binance-usdm.BTCUSDT'];
const STEP_MS = 50;

interface Seen {
  readonly type: 'done';
  readonly messages: number;
  readonly skipped: number;
  readonly reconnects: number;
  readonly refused: number;
  readonly unaccounted: string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
}

it(`${CLIENTS} clients, 5 % slow, 5 % leaving a second: every message is accounted for`, async () => {
  const feed = new Feed(['BTCUSDT'], 16_777_216);
  const market = new RandomMarket(feed, 'BTCUSDT', 50_000, 9);
  market.sync(100);
  const gateway = await startTestGateway(feed);
  const stepping = setInterval(() => market.step(), STEP_MS);
  const seed = Number(process.env['TICKRING_SEED'] ?? Date.now() % 1_000_000);
  const shares = { slowShare: 0.05, churnShare: 0.05 };
  const url = `${gateway.url.replace('http', 'ws')}/ws`;
  const worker = new Worker(fileURLToPath(new URL('./crowd-clients.mjs', import.meta.url)), {
    workerData: { url, count: CLIENTS, seconds: SECONDS, topics: TOPICS, ...shares, seed },
  });
  try {
    const [opened] = (await once(worker, 'message')) as [{ connectMs: number }];
    const [seen] = (await once(worker, 'message')) as [Seen];
    process.stdout.write(`crowd: seed ${seed}, connected in ${Math.round(opened.connectMs)} ms, ${JSON.stringify(seen)}\n`);
    expect(seen.unaccounted).toEqual([]);
    expect(seen.refused).toBe(0);
    expect(seen.messages).toBeGreaterThan(CLIENTS * SECONDS);
    expect(seen.reconnects).toBeGreaterThan(0);
    await eventually('all are gone', async () => {
      const text = await (await fetch(`${gateway.url}/metrics`)).text();
      const counts = [...text.matchAll(/^tickring_gateway_clients\{[^}]*\} (\d+)$/gm)].map(([, count]) => Number(count));
      return counts.length > 0 && counts.every((count) => count === 0);
    });
  } finally {
    clearInterval(stepping);
    await worker.terminate();
    await gateway.stop();
    feed.close();
  }
}, 1_200_000);
