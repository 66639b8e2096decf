/**
 * Loaded into every process of a product under test: SIGUSR2 holds up the event loop of its main thread, and of nothing else, and
 * then says so in the file that a variable names.
 */
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const BLOCK_MS = 2_000;

if (isMainThread) {
  process.on('SIGUSR2', () => {
    for (const end = performance.now() + BLOCK_MS; performance.now() < end; );
    appendFileSync(process.env.BLOCKED_FILE, `${process.pid}\n`);
  });
}
