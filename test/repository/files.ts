import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Files that git tracks or would track, by path from the root. */
export const FILES: readonly string[] = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Printed by a tool, so that no rule for authors applies. */
export function isGenerated(path: string): boolean {
  return /^src\/model\/wire\/|^native\/wire\/src\/generated\/|^src\/model\/codes\.ts$|^native\/capi\/src\/abi\.rs$|\/tickring_abi\.h$|\/(_abi|tickring_wire)\.py$|^src\/native\/(binding|records)\.|^package-lock\.json$|^Cargo\.lock$/.test(
    path,
  );
}
