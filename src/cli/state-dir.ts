import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { TickringError } from '../model/errors.js';

/**
 * Refuses a state directory that cannot be made or written, before any process trips over it. Makes nothing: below `/proc`, Node's
 * recursive mkdir never returns.
 *
 * @throws TickringError `CONFIG_INVALID`
 */
export function checkStateDir(stateDir: string): void {
  let nearest = stateDir;
  while (!existsSync(nearest) && nearest !== dirname(nearest)) nearest = dirname(nearest);
  try {
    if (!statSync(nearest).isDirectory()) throw Object.assign(new Error('no directory'), { code: 'ENOTDIR' });
    accessSync(nearest, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const where = nearest === stateDir ? '' : `, for ${nearest} is in the way`;
    throw new TickringError('CONFIG_INVALID', `state_dir ${stateDir} cannot be written${where} (${code})`, { cause: error });
  }
}
