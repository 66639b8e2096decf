import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

function taskset(...args: string[]): string | undefined {
  try {
    return execFileSync('taskset', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

/**
 * Keeps this thread on the last core while `work` runs, and lets it go again, so that children are free to choose. Says in
 * `pinned` whether the host allowed it.
 */
export async function onOneCore<T>(work: (pinned: string) => T | Promise<T>): Promise<T> {
  const before = taskset('-cp', String(process.pid))?.split(':').at(-1)?.trim();
  const core = availableParallelism() - 1;
  if (before === undefined || taskset('-cp', String(core), String(process.pid)) === undefined) return await work('not pinned');
  try {
    return await work(`core ${core}`);
  } finally {
    taskset('-cp', before, String(process.pid));
  }
}
