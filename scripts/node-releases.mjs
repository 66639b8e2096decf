/** Node in other versions and for other processors, from the npm packages `node-linux-*`, which hold Node's own binaries. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './setup/cache.mjs';
import { SetUpError, step } from './setup/console.mjs';
import { npm } from './setup/dependencies.mjs';
import { run } from './setup/run.mjs';

/** Pinned by version and hash, since these are run: major version and processor → version, integrity as npm tells it. */
const RELEASES = {
  '20 x64': ['20.20.2', 'sha512-PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ=='],
  '22 x64': ['22.23.3', 'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng=='],
  '24 x64': ['24.21.0', 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q=='],
  '20 arm64': ['20.20.2', 'sha512-LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg=='],
  '22 arm64': ['22.23.3', 'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA=='],
  '24 arm64': ['24.22.0', 'sha512-xbI0deR0+gzJizE0IdT7x3ewSqtvWW7tx6QlJIBI6IszUY41yrPmOeS+b6WkA7DmSS8VKJRcMthWVwO1LbjamQ=='],
};

/** Major versions that the program has to run on. */
export const NODE_MAJORS = [20, 22, 24];

async function fetchRelease(folder, name, version, integrity) {
  const download = join(folder, 'download');
  mkdirSync(download);
  await npm(['pack', `${name}@${version}`, '--pack-destination', download, '--loglevel=error']);
  const [file] = readdirSync(download);
  if (file === undefined) throw new SetUpError(`npm pack ${name}@${version} left no file`);
  const found = `sha512-${createHash('sha512')
    .update(readFileSync(join(download, file)))
    .digest('base64')}`;
  if (found !== integrity)
    throw new SetUpError(`${name}@${version} is ${found}, not ${integrity} as scripts/node-releases.mjs pins it`);
  await run('tar', ['-xzf', join(download, file), '-C', folder, '--strip-components=1', 'package/bin/node', 'package/LICENSE']);
}

/** Version and path of a Node binary; it is fetched when the cache does not have it. */
export async function nodeRelease(major, processor = process.arch) {
  const release = RELEASES[`${major} ${processor}`];
  if (process.platform !== 'linux' || release === undefined)
    throw new SetUpError(
      `no Node ${major} is known for ${process.platform} ${processor}, only for linux: ${Object.keys(RELEASES).join(', ')}`,
    );
  const [version, integrity] = release;
  const name = `node-linux-${processor}`;
  const folder = await cached(`node/${name}-${version}`, (path) =>
    step(`Node ${version} for ${processor}`, () => fetchRelease(path, name, version, integrity)),
  );
  return { version, path: join(folder, 'bin/node') };
}
