import type { Command } from 'commander';
import type { Config } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import type { ChildName } from './child.js';
import { loadConfig } from './config.js';
import { durationMs, integer } from './options.js';
import { checkStateDir } from './state-dir.js';

interface StartFlags {
  readonly config?: string;
  readonly for?: string;
  readonly json?: boolean;
  readonly seed?: string;
  readonly rate?: string;
  readonly port?: string;
  readonly name?: string;
  readonly behindProxy?: boolean;
}

/** Configuration from file, environment and the flags of `start`; warnings go to stderr. */
function configure(flags: StartFlags): Config {
  const { config, warnings } = loadConfig({
    ...(flags.config === undefined ? {} : { file: flags.config }),
    env: process.env,
    flags: {
      ...(flags.name === undefined ? {} : { name: flags.name }),
      ...(flags.behindProxy === true ? { 'gateway.behind_proxy': true } : {}),
    },
  });
  for (const warning of warnings) process.stderr.write(`tickring: warning: ${warning}\n`);
  const port = integer('port', flags.port, 0, 65_535) ?? config.gateway.port;
  const seed = integer('seed', flags.seed, 0, Number.MAX_SAFE_INTEGER) ?? config.simulator?.seed;
  const rate = integer('rate', flags.rate, 1, 10_000) ?? config.simulator?.rate;
  if (config.simulator === null && (flags.seed ?? flags.rate) !== undefined) {
    throw new TickringError('USAGE_INVALID', '--seed and --rate are for simulated venues, but feeds are configured');
  }
  const simulator = config.simulator === null ? null : { ...config.simulator, seed: seed ?? 1, rate: rate ?? 400 };
  return { ...config, gateway: { ...config.gateway, port }, simulator };
}

/** Adds `start` and the hidden commands of the processes that it supervises. */
export function registerStart(program: Command): void {
  program
    .command('start')
    .description('run engine, gateway and sinks; on simulated venues where no feed is configured')
    .option('-c, --config <file>', 'YAML configuration')
    .option('--name <name>', 'name of the engine under shared memory')
    .option('--for <duration>', 'run this long once all books are in sync, compare them, stop (e.g. 15s)')
    .option('--json', 'print a JSON object as the last line')
    .option('--seed <n>', 'seed of the simulated venues')
    .option('--rate <n>', 'frames a second of each simulated venue')
    .option('--port <n>', 'port of the gateway; 0 takes a free one')
    .option('--behind-proxy', 'a proxy ends TLS in front of the gateway; everybody needs a key then')
    .action(async (flags: StartFlags) => {
      const forMs = flags.for === undefined ? undefined : durationMs(flags.for);
      const { supervise } = await import('./supervisor.js');
      const config = configure(flags);
      checkStateDir(config.engine.stateDir);
      process.exitCode = await supervise({ config, forMs, json: flags.json === true });
    });
  for (const name of ['engine', 'gateway', 'jobs', 'simulator'] satisfies ChildName[]) {
    program
      .command(name, { hidden: true })
      .option('-c, --config <file>', 'YAML configuration, when started by hand')
      .action(async (flags: StartFlags) => {
        // Loaded here, so that `doctor` and others work where one of the rooms cannot be loaded.
        const { receiveOrder, runChild } = await import('./child.js');
        const order = process.send === undefined ? { config: configure(flags) } : await receiveOrder();
        process.exit(await runChild(name, order));
      });
  }
}
