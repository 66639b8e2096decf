/** The engine as a process that can be killed: argument 1 is its configuration as JSON. Prints `ready` once its shards have
 * all instruments. */

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ControlClient, startEngine } from '../../dist/engine/index.js';
import { venues } from '../../dist/venues/index.js';

const limits = { restWeightPerMinute: 1_000_000 };
process.env.TICKRING_TEST_LIMITS = JSON.stringify(limits);
const tell = (level) => (fields, message) => process.stderr.write(`${level} ${message} ${JSON.stringify(fields)}\n`);
const config = JSON.parse(process.argv[2]);
const engine = await startEngine(config, {
  venues: venues.map((venue) => ({ ...venue, limits: { ...venue.limits, ...limits } })),
  workerFile: fileURLToPath(new URL('../engine/worker.mjs', import.meta.url)),
  logger: { debug: () => {}, info: () => {}, warn: tell('warn'), error: tell('error') },
  onShutdownRequest: () => {},
});
process.on('SIGTERM', () => void engine.stop().then(() => process.exit(0)));

const control = new ControlClient(config.shmRoot, config.name);
const wanted = config.feeds.reduce((sum, { symbols }) => sum + symbols.length, 0);
while ((await control.request('status')).instruments.length < wanted) await sleep(10);
process.stdout.write('ready\n');
