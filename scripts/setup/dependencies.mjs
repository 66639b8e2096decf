/** The installed packages: are they what the lock file says? If not, `npm ci` makes them so. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetUpError } from './console.mjs';
import { ROOT, run, runNode } from './run.mjs';

function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw new SetUpError(`${path} cannot be read: ${error.message}`);
  }
}

/** Packages that package.json declares and that are not installed. */
function missingPackages() {
  const { dependencies = {}, devDependencies = {} } = readJson('package.json');
  return Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !existsSync(join(ROOT, 'node_modules', name, 'package.json')),
  );
}

/**
 * Why `npm ci` has to run; undefined when it need not. npm keeps a lock file of what it installed in `node_modules`: that
 * one is compared package by package, so an installation that somebody else made counts as well.
 */
export function staleDependencies() {
  const wanted = readJson('package-lock.json')?.packages;
  if (wanted === undefined) throw new SetUpError('package-lock.json is missing');
  const installed = readJson('node_modules/.package-lock.json')?.packages;
  if (installed === undefined) return 'nothing is installed';
  for (const [path, { version, optional, integrity }] of Object.entries(wanted)) {
    const present = installed[path];
    // Packages for other platforms are not installed, and are marked as optional.
    if (path === '' || (present === undefined && optional === true)) continue;
    if (present?.version !== version || present.integrity !== integrity) return `${path} is not what the lock file says`;
  }
  const missing = missingPackages();
  return missing.length === 0 ? undefined : `${missing.join(', ')} is missing`;
}

/** Runs npm itself: the one that runs us, if it does. */
export function npm(args, options = {}) {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js')
    ? runNode(script, args, { quiet: true, ...options })
    : run('npm', args, { quiet: true, ...options });
}

/** Installs exactly what the lock file says. npm leaves out optional packages silently, so the result is checked. */
export async function installDependencies() {
  await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  const missing = missingPackages();
  if (missing.length > 0) throw new SetUpError(`npm ci left out ${missing.join(', ')}`);
}
