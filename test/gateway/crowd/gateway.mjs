/**
 * A gateway in a process of its own, over the rings of a test. Snapshots are asked of the parent, whose rings they are; ingested rows are
 * told to it, and answered after a while, so that clients can vanish meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CLOSED } from '#dist/gateway/exposure.js';
import { startGateway } from '#dist/gateway/server.js';

const ANSWER_MS_MAX = 5;

const [root, name] = process.argv.slice(2);
const line = (level) => (fields, message) => process.send({ log: level, message, error: String(fields.err ?? '') });
const logger = { debug: () => undefined, info: () => undefined, warn: line('warn'), error: line('error') };
const control = {
  request: async (op, fields) => {
    if (op === 'drift') return [];
    process.send({ op, fields });
    if (op !== 'ingest') return {};
    await sleep(Math.random() * ANSWER_MS_MAX);
    return { accepted: fields.rows.length, errors: [], shard: 0, events: fields.rows.length };
  },
};
process.on('disconnect', () => process.exit(0));
const gateway = await startGateway(
  { name, shmRoot: root, host: '127.0.0.1', port: 0, access: { ...CLOSED, localWrites: 'open' } },
  { logger, control, version: '0.0.0-test' },
);
process.send({ port: gateway.port });
