/** Finding, hashing and copying files of the repository. Paths are relative to its root, with forward slashes. */
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './run.mjs';

/** What succeeded on which inputs. `npm ci` empties it together with the packages: the steps then run again, cargo's cache stays. */
const STAMPS = 'node_modules/.cache/tickring';

/** All files below a folder in a fixed order, cargo's output aside; a file stands for itself, what is not there for nothing. */
export function filesBelow(path) {
  if (!existsSync(join(ROOT, path))) return [];
  let entries;
  try {
    entries = readdirSync(join(ROOT, path), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    throw error;
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ name }) => name !== 'target')
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(`${path}/${entry.name}`) : [`${path}/${entry.name}`]));
}

/** One hash over names and contents of files, and over some text. */
export function hashOf(files, text = '') {
  const hash = createHash('sha256').update(text);
  for (const file of files) {
    const bytes = readFileSync(join(ROOT, file));
    hash.update(`\n${file} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

function stampPath(name) {
  return join(ROOT, STAMPS, name);
}

/** Whether a step's inputs are what they were when it last succeeded, and its outputs are there. */
export function isCurrent(name, hash, outputs) {
  if (!outputs.every((output) => existsSync(join(ROOT, output)))) return false;
  try {
    return readFileSync(stampPath(name), 'utf8') === hash;
  } catch {
    return false;
  }
}

export function forget(name) {
  rmSync(stampPath(name), { force: true });
}

/** Remembers that a step succeeded on these inputs. */
export function remember(name, hash) {
  mkdirSync(dirname(stampPath(name)), { recursive: true });
  writeFileSync(stampPath(name), hash);
}

/** Copies by rename: a running engine has the old file mapped, and must keep it. */
export function install(from, to) {
  mkdirSync(join(ROOT, dirname(to)), { recursive: true });
  const temporary = join(ROOT, `${to}.${process.pid}.tmp`);
  copyFileSync(join(ROOT, from), temporary);
  renameSync(temporary, join(ROOT, to));
}
