/** Reads a ring without end in every way, to be terminated in the middle; says `ready` after its first record. */
import { parentPort, workerData } from 'node:worker_threads';
import { RingReader } from '../../dist/reader/index.js';

const { root, name, way } = workerData;
const reader = RingReader.open({ root, name, oldest: true });
const book = reader.book('BTCUSDT');
const top = new Float64Array(40);
let isReady = false;

function look() {
  book.copyTop(top, 10);
  if (!isReady) parentPort.postMessage('ready');
  isReady = true;
}

if (way === 'loop') {
  for await (const record of reader.records({ wait: { spinMs: 1, yieldMs: Number.POSITIVE_INFINITY } })) {
    look();
    if (record.kind === 'never') break;
  }
} else {
  for (;;) {
    const cursor = reader.poll(64);
    while (cursor.next()) if (way === 'objects') cursor.object();
    look();
    if (way === 'reopen') RingReader.open({ root, name }).book('BTCUSDT').levels();
  }
}
