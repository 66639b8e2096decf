/**
 * An engine in a process of its own: `node engine-process.mjs CONFIG` with the configuration as JSON. Its log goes to stdout as
 * JSON lines. `TICKRING_TEST_LIMITS` overrides limits of venues as in `worker.mjs`.
 */
import { fileURLToPath } from 'node:url';
import { startEngine } from '../../dist/engine/index.js';
import { venues } from '../../dist/venues/index.js';

const limits = JSON.parse(process.env['TICKRING_TEST_LIMITS'] ?? '{}');
const at = (level) => (fields, message) => process.stdout.write(`${JSON.stringify({ level, message, fields })}\n`);
const engine = await startEngine(JSON.parse(process.argv[2]), {
  venues: venues.map((venue) => ({
    ...venue,
    limits: { ...venue.limits, ...limits },
  })),
  workerFile: fileURLToPath(new URL('./worker.mjs', import.meta.url)),
  logger: {
    debug: () => {},
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
  },
  onShutdownRequest: () => {},
});
process.once('SIGTERM', () => void engine.stop());
