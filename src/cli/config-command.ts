import type { Command } from 'commander';
import { EXIT, TickringError } from '../model/errors.js';
import { loadConfig, printConfig } from './config.js';
import { lineOf } from './exit.js';

interface ConfigFlags {
  readonly config?: string;
}

function load(flags: ConfigFlags): ReturnType<typeof loadConfig> {
  return loadConfig({ ...(flags.config === undefined ? {} : { file: flags.config }), env: process.env });
}

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) process.stderr.write(`tickring: warning: ${warning}\n`);
}

function check(flags: ConfigFlags): number {
  try {
    const { config, warnings } = load(flags);
    warn(warnings);
    const { feeds } = config.engine;
    const what = feeds.map(({ id, symbols }) => `${id} (${symbols.length} symbols)`).join(', ') || 'simulated venues';
    process.stdout.write(`configuration ok: ${config.engine.name}, ${what}\n`);
    return EXIT.ok;
  } catch (error) {
    const problems = error instanceof TickringError ? error.context['problems'] : undefined;
    if (!Array.isArray(problems)) throw error;
    for (const problem of problems) process.stderr.write(`${lineOf(new TickringError('CONFIG_INVALID', String(problem)))}\n`);
    return EXIT.config;
  }
}

/** Adds `config print` and `config check`. */
export function registerConfig(program: Command): void {
  const config = program.command('config').description('the configuration in force');
  config
    .command('print')
    .description('print it as YAML, secrets hidden')
    .option('-c, --config <file>', 'YAML configuration')
    .action((flags: ConfigFlags) => {
      const loaded = load(flags);
      warn(loaded.warnings);
      process.stdout.write(printConfig(loaded.config));
    });
  config
    .command('check')
    .description('say everything that is wrong with it')
    .option('-c, --config <file>', 'YAML configuration')
    .action((flags: ConfigFlags) => {
      process.exitCode = check(flags);
    });
}
