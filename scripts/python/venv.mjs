/** Folders with a Python of their own, and packages from PyPI in them. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CARGO_TARGET_DIR, run } from '../setup/run.mjs';
import { isAtLeast, versionOf } from '../setup/tools.mjs';

export const FOLDER = join(CARGO_TARGET_DIR, 'python');
const PYTHON_MIN = '3.10';

/** Why there can be no such folder here, or undefined. */
export function pythonMissing() {
  const version = versionOf('python3');
  if (version === undefined) return 'python3 was not found';
  if (!isAtLeast(version, PYTHON_MIN)) return `python3 ${version} is too old, ${PYTHON_MIN} or newer is needed`;
  const { status } = spawnSync('python3', ['-c', 'import ensurepip, venv']);
  return status === 0 ? undefined : 'python3 has no venv or no pip (on Debian: `apt-get install python3-venv`)';
}

/** Whether pip can be asked for packages: makes the folder of this name, with these packages. */
export async function makeVenv(name, packages) {
  const folder = join(FOLDER, `venv-${name}`);
  const done = join(folder, 'packages.txt');
  const wanted = [versionOf('python3'), ...packages].join('\n');
  if (existsSync(done) && readFileSync(done, 'utf8') === wanted) return true;
  rmSync(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder], { quiet: true });
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
  if ((await run(python(name), install, { allowFailure: true })) !== 0) return false;
  writeFileSync(done, wanted);
  return true;
}

/** The Python of a folder. */
export function python(name) {
  return join(FOLDER, `venv-${name}`, 'bin/python');
}
