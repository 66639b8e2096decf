/** Sockets live in worker threads, which may be ended at any moment. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { FRAME, frame, RawVenue, until } from './raw-venue.js';

const FILE = fileURLToPath(new URL('./socket-worker.mjs', import.meta.url));
const LIVES = 8;

it('worker threads that are ended amid their reading leave no descriptor behind, and their venue sees the end', async () => {
  const venue = await RawVenue.start();
  const bytes = Buffer.concat(Array.from({ length: 200 }, (_, index) => frame(FRAME.text, `${index}`.repeat(300))));
  const life = async (index: number): Promise<void> => {
    const worker = new Worker(FILE, { workerData: { url: venue.url } });
    const client = await venue.client(index);
    client.accept();
    const pour = (): void => {
      if (!client.socket.destroyed && client.ended === 'open' && client.socket.write(bytes)) setImmediate(pour);
    };
    client.socket.on('drain', pour);
    pour();
    await once(worker, 'message');
    await worker.terminate();
    await until('the venue sees the end', () => client.ended !== 'open');
    client.socket.destroy();
  };
  await life(0);
  await sleep(50);
  const before = readdirSync('/proc/self/fd').length;
  for (let index = 1; index <= LIVES; index += 1) await life(index);
  await sleep(50);
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before + 1);
  await venue.stop();
});
