/** `tickring drift`: what the venues of a running engine changed without our knowing. */
import type { Command } from 'commander';
import { ControlClient } from '../engine/index.js';
import { DRIFT_KINDS, type Drift } from '../model/drift.js';
import { EXIT } from '../model/errors.js';
import { loadConfig } from './config.js';

interface DriftFlags {
  readonly config?: string;
  readonly name?: string;
  readonly shmRoot?: string;
  readonly json?: boolean;
}

function lineOf({ venue, kind, what, count, first, newest }: Drift): string {
  return `${venue}  ${kind}  ${what}  ${count} times, ${first} … ${newest}\n    ${DRIFT_KINDS[kind]}`;
}

async function list(shmRoot: string, name: string, isJson: boolean): Promise<number> {
  const control = new ControlClient(shmRoot, name);
  try {
    const found = await control.request('drift');
    if (isJson) for (const drift of found) process.stdout.write(`${JSON.stringify(drift)}\n`);
    else process.stdout.write(found.length === 0 ? 'nothing changed\n' : `${found.map(lineOf).join('\n')}\n`);
    return EXIT.ok;
  } finally {
    control.close();
  }
}

/** Adds `drift`. */
export function registerDrift(program: Command): void {
  program
    .command('drift')
    .description('what venues changed without our knowing, as a running engine noticed it')
    .option('-c, --config <file>', 'YAML configuration, for name and place of the engine')
    .option('--name <name>', 'name of the engine')
    .option('--shm-root <dir>', 'root of shared memory')
    .option('--json', 'one JSON object a line')
    .action(async (flags: DriftFlags) => {
      const { config } = loadConfig({
        ...(flags.config === undefined ? {} : { file: flags.config }),
        env: process.env,
        flags: {
          ...(flags.name === undefined ? {} : { name: flags.name }),
          ...(flags.shmRoot === undefined ? {} : { shm_root: flags.shmRoot }),
        },
      });
      process.exitCode = await list(config.engine.shmRoot, config.engine.name, flags.json === true);
    });
}
