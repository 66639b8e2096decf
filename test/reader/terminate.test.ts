import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { Market } from '../native/market.js';

const root = mkdtempSync('/dev/shm/tickring-terminate-');
afterAll(() => rmSync(root, { recursive: true, force: true }));

const WORKER = fileURLToPath(new URL('./reader-worker.mjs', import.meta.url));
const IS_EMULATED = process.env['TICKRING_TEST_EMULATED'] === '1';
const TERMINATIONS = IS_EMULATED ? 8 : 1_000;
const AT_ONCE = 4;
const WAYS = ['loop', 'cursor', 'objects', 'reopen'] as const;
/** A guard against hangs alone: a thousand threads take their time on a busy machine. */
const WATCHDOG_MS = 600_000;
/** Generous: a leaked mapping a thread would be far more. */
const RSS_GROWTH_MAX = 160 * 1024 * 1024;

function held(): { fds: number; mappings: number } {
  // A segment is made without a name and linked when it is whole, so the kernel shows its folder and a number.
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\n');
  return { fds: readdirSync('/proc/self/fd').length, mappings: maps.filter((line) => line.includes(root)).length };
}

test(
  `reader: ${TERMINATIONS} threads that are terminated amid their polls leave nothing behind, and the ring goes on`,
  async () => {
    const market = new Market({ root, name: 'terminate' }, [['10.10', '1.000']], [['10.20', '1.000']]);
    const writing = setInterval(() => {
      for (let frame = 0; frame < 50; frame += 1) market.depth([['10.10', `${frame + 1}.000`]], []);
    }, 1);
    const life = async (way: (typeof WAYS)[number]): Promise<void> => {
      const worker = new Worker(WORKER, { workerData: { root, name: 'terminate', way } });
      const failed = once(worker, 'error').then(([error]) => Promise.reject(error));
      await Promise.race([once(worker, 'message'), failed]);
      failed.catch(() => {});
      await worker.terminate();
    };
    const batch = () => Promise.all(Array.from({ length: AT_ONCE }, (_, index) => life(WAYS[index % WAYS.length] ?? 'loop')));
    for (let index = 0; index < 3; index += 1) await batch();
    const [before, rss] = [held(), process.memoryUsage.rss()];
    for (let lives = 0; lives < TERMINATIONS; lives += AT_ONCE) await batch();
    expect(held()).toEqual(before);
    expect(process.memoryUsage.rss() - rss).toBeLessThan(RSS_GROWTH_MAX);
    clearInterval(writing);
    market.shard.close();
  },
  WATCHDOG_MS,
);
