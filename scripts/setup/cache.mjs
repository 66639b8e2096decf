/** What is fetched once and kept outside the working copy: other Node versions, the compiler for ARM64. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Can be deleted at any time. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tickring');

/** The folder `name` of the cache. `fill` gets an empty folder to fill; it appears under its name only when it is whole. */
export async function cached(name, fill) {
  const path = join(CACHE, name);
  if (existsSync(path)) return path;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = mkdtempSync(`${path}.`);
  try {
    await fill(temporary);
    renameSync(temporary, path);
  } catch (error) {
    // Somebody else may have filled it in the meantime.
    if (!existsSync(path)) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return path;
}
