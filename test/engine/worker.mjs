/**
 * Worker module of the tests: the product's shard, with venues whose limits `TICKRING_TEST_LIMITS NAME` (JSON; without the name: of all
 * engines; `keepAliveMs` among them) overrides, so that deadlines of minutes pass in seconds. It does what it is told to on the channel `NAME/SHARD`: end by an error, by a rejection, or
 * by `process.exit`, hang, or find its shard poisoned.
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
export default async function shardWorker(task) {
  const channel = new BroadcastChannel(`${task.config.name}/${task.shard}`);
  channel.onmessage = ({ data }) => faults[data]();
  channel.unref();
  const { env } = process;
  const given = JSON.parse(env[`TICKRING_TEST_LIMITS ${task.config.name}`] ?? env['TICKRING_TEST_LIMITS'] ?? '{}');
  const { keepAliveMs, ...limits } = given;
  const heard = ({ keepAlive }) =>
    keepAlive === undefined || keepAliveMs === undefined ? {} : { keepAlive: { ...keepAlive, intervalMs: keepAliveMs } };
  const limited = ({ formats, ...venue }) => ({
    ...venue,
    ...heard(venue),
    limits: { ...venue.limits, ...limits },
    ...(formats?.sbe === undefined ? {} : { formats: { sbe: limited(formats.sbe) } }),
  });
  await runShard(task, venues.map(limited));
  channel.close();
}
