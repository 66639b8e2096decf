/**
 * Worker module of the supervision tests: the product's shard in a worker that does what it is told to on the test's
 * channel: end by an error, by a rejection, or by `process.exit`, hang, or find its shard poisoned.
 */
import { BroadcastChannel } from 'node:worker_threads';
import { runShard } from '../../dist/engine/index.js';
import { CODES } from '../../dist/model/codes.js';
import { Shard } from '../../dist/native/index.js';
import { venues } from '../../dist/venues/index.js';

const faults = {
  throw: () =>
    setImmediate(() => {
      throw new Error('injected error');
    }),
  reject: () => void Promise.reject(new Error('injected rejection')),
  exit: () => process.exit(3),
  hang: () => {
    for (;;);
  },
  poison: () => {
    // As the addon answers after a caught panic; the shard behind it is not used again.
    const { tick } = Shard.prototype;
    Shard.prototype.tick = () => {
      Shard.prototype.tick = tick;
      return -CODES.SHARD_POISONED.number;
    };
  },
};

// biome-ignore lint/style/noDefaultExport: piscina calls the default export of its module.
export default async function faultyWorker(task) {
  const channel = new BroadcastChannel(`${task.config.name}/${task.shard}`);
  channel.onmessage = ({ data }) => faults[data]();
  channel.unref();
  await runShard(task, venues);
  channel.close();
}
