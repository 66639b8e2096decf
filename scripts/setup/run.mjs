import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SetUpError } from './console.mjs';

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where cargo builds; its own variable wins. */
export const CARGO_TARGET_DIR = process.env.CARGO_TARGET_DIR ?? `${ROOT}target`;

/**
 * Runs a program, in the root of the repository unless `cwd` is given, and waits for its end. Its output goes where ours goes; `onText` gets what
 * it writes to stdout as well; `quiet` keeps it back until the program fails. Throws
 * `SetUpError` when it ends with anything but 0, unless `allowFailure`.
 */
export async function run(program, args, { onText, quiet = false, allowFailure = false, cwd = ROOT, env = {} } = {}) {
  const child = spawn(program, args, {
    cwd,
    stdio: ['ignore', onText !== undefined || quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    env: { ...process.env, CARGO_TARGET_DIR, ...env },
  });
  const kept = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text) => {
      if (quiet) kept.push(text);
      else process.stdout.write(text);
      if (stream === child.stdout) onText?.(text);
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new SetUpError(`cannot run ${program}: ${error.message}`)));
    child.once('close', (status, signal) => resolve(status ?? `signal ${signal}`));
  });
  if (code !== 0 && !allowFailure) {
    if (kept.length > 0) process.stderr.write(`\n${kept.join('')}`);
    throw new SetUpError(`\`${[program, ...args].join(' ')}\` ended with ${code}`);
  }
  return code;
}

/** Runs one of our programs as the last thing that a script does: it has said what was wrong, and its exit code is the script's. */
export async function become(script, args) {
  const code = await runNode(script, args, { allowFailure: true });
  process.exitCode = typeof code === 'number' ? code : 1;
}

/** Runs a program that a package of ours installed, without a shell in between. */
export function runNode(script, args, options) {
  return run(process.execPath, [script, ...args], options);
}
