/** The program with packages, addon and Node for ARM64, in a folder outside the working copy, ready for an emulator. */
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { nodeRelease } from '../node-releases.mjs';
import { cached } from '../setup/cache.mjs';
import { say, step } from '../setup/console.mjs';
import { npm } from '../setup/dependencies.mjs';
import { hashOf } from '../setup/files.mjs';
import { ROOT, run } from '../setup/run.mjs';

const MANIFESTS = ['package.json', 'package-lock.json', '.npmrc'];
const CONTENTS = [...MANIFESTS, 'tsconfig.json', 'src', 'test', 'scripts', 'native', 'dist'];
/** What others have built or fetched there. */
const LEFT_OUT = new Set(['target', 'node_modules', 'corpus', 'artifacts']);
const NODE_MAJOR = 20;
/** Node tells children to run `process.execPath`; the file that it names there cannot be run without the emulator. */
const EXEC_PATH = 'process.execPath = process.env.TICKRING_TEST_NODE;\n';

/** Packages for ARM64: those of another lock file are thrown away. */
async function packages() {
  const name = `arm64/packages-${hashOf(MANIFESTS).slice(0, 16)}`;
  const folder = await cached(name, (path) =>
    step('packages for ARM64', async () => {
      for (const file of MANIFESTS) cpSync(join(ROOT, file), join(path, file));
      const platform = ['--cpu=arm64', '--os=linux', '--libc=glibc'];
      await npm(['ci', ...platform, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: path });
    }),
  );
  for (const other of readdirSync(dirname(folder)))
    if (/^packages-[0-9a-f]{16}$/.test(other) && other !== basename(folder))
      rmSync(join(dirname(folder), other), { recursive: true, force: true });
  return join(folder, 'node_modules');
}

/** Lays the folder out and gives it to `work` with the emulated Node and its environment; it is gone afterwards. */
export async function withEmulatedPackage(emulator, addon, work) {
  const { version, path } = await nodeRelease(NODE_MAJOR, 'arm64');
  const modules = await packages();
  const folder = mkdtempSync(join(tmpdir(), 'tickring-arm64-'));
  try {
    const filter = (source) => !LEFT_OUT.has(basename(source));
    for (const name of CONTENTS) cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter });
    for (const place of ['src/native', 'dist/native']) {
      rmSync(join(folder, place, 'tickring.linux-x64-gnu.node'), { force: true });
      cpSync(addon, join(folder, place, 'tickring.linux-arm64-gnu.node'));
    }
    symlinkSync(modules, join(folder, 'node_modules'));
    const node = join(folder, 'node');
    writeFileSync(node, `#!/bin/sh\nexec ${emulator.join(' ')} ${path} "$@"\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'exec-path.cjs'), EXEC_PATH);
    const env = {
      NODE_OPTIONS: `--require=${join(folder, 'exec-path.cjs')}`,
      TICKRING_TEST_NODE: node,
      TICKRING_TEST_EMULATED: '1',
      TICKRING_CAPTURES: process.env.TICKRING_CAPTURES ?? join(ROOT, '../shared/captures'),
    };
    await run(node, ['scripts/retarget-uws.mjs'], { cwd: folder, env, quiet: true });
    say(`check:arm64: Node ${version} for ARM64 in ${folder}`);
    return await work({ node, cwd: folder, env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
