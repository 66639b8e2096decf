/**
 * One life of a shard in a worker thread: made with a segment, fed, closed. With `wait` it says `ready` and then goes on
 * without end, to be terminated in the middle.
 */
import { parentPort, workerData } from 'node:worker_threads';
// The binding alone: a thousand threads load it.
import { Shard } from '../../dist/native/binding.js';

const STAMP_HERE = 0n;
const { options, frames, wait } = workerData;
const INSTRUMENT = { id: 1, venue: 2, symbol: 'BTCUSDT', priceExponent: -2, qtyExponent: -3 };

const shard = new Shard(options);
shard.connect(1, INSTRUMENT.venue, STAMP_HERE);
shard.instrument({ ...INSTRUMENT, tickSize: 10n, lotSize: 1n, trading: true, changeCount: 0 }, STAMP_HERE);
shard.subscribe(1, 1, 7, STAMP_HERE);
shard.ack(1, 1, true, STAMP_HERE);
const ingest = shard.ingester();
for (const frame of frames) ingest(1, frame, frame.length);
if (wait) {
  parentPort.postMessage('ready');
  for (;;) for (const frame of frames) ingest(1, frame, frame.length);
}
shard.close();
