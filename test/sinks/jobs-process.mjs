/** The sinks as a process that can be killed: argument 1 is their configuration as JSON. Prints what it logs; ends in order on SIGTERM. */

import { startSinks } from '../../dist/sinks/index.js';

const tell = (level) => (fields, message) => process.stdout.write(`${level} ${message} ${JSON.stringify(fields)}\n`);
const logger = { debug: () => {}, info: () => {}, warn: tell('warn'), error: tell('error') };
const sinks = startSinks(JSON.parse(process.argv[2]), [], logger, async () => []);
process.stdout.write('ready\n');
process.on('SIGTERM', () => void sinks.stop(20_000).then(() => process.exit(0)));
