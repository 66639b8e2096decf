/**
 * Worker module of the tests: the product's shard, with venues whose limits `TICKRING_TEST_LIMITS` (JSON) overrides, so that
 * deadlines of minutes pass in seconds. On the channel `tickring-test` a test can make it die or hang.
 */
import { runShard } from '../../dist/engine/index.js';
import { venues } from '../../dist/venues/index.js';

// biome-ignore lint/style/noDefaultExport: piscina calls the default export of its module.
export default function shardWorker(task) {
  const orders = new BroadcastChannel('tickring-test');
  orders.onmessage = ({ data: { shard, act } }) => {
    if (shard !== task.shard) return;
    if (act === 'throw') throw new Error('a test makes this worker throw');
    if (act === 'exit') process.exit(3);
    for (;;);
  };
  orders.unref();
  const limits = JSON.parse(process.env['TICKRING_TEST_LIMITS'] ?? '{}');
  return runShard(
    task,
    venues.map((venue) => ({ ...venue, limits: { ...venue.limits, ...limits } })),
  );
}
