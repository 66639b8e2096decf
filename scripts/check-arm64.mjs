/**
 * `npm run check:arm64`: builds the workspace and the addon for ARM64 and runs their tests, emulated by qemu unless this
 * machine is ARM64 itself. Arguments go to vitest, instead of the tests of the addon.
 *
 * Emulation shows that the code is right for the processor's instructions, NEON included. It shows nothing about time, and
 * nothing about weak memory order, for the order of the host shows through: the ring's model and loom are the proof of that.
 */
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { replayCorpora } from './arm64/corpora.mjs';
import { withEmulatedPackage } from './arm64/package.mjs';
import { arm64Toolchain, TARGET } from './arm64/toolchain.mjs';
import { main, say } from './setup/console.mjs';
import { CARGO_TARGET_DIR, run } from './setup/run.mjs';
import { checkCompilers } from './setup/tools.mjs';
import { setup } from './setup.mjs';
import { test } from './test.mjs';
import { cargoTests, runParts, vitest } from './test-runners.mjs';

/** Tests of what depends on the processor: the addon, real recordings through it, and the gateway with its web server. */
const TESTS = [
  'test/native',
  'test/reader/follow.test.ts',
  'test/reader/terminate.test.ts',
  'test/cli/replay.test.ts',
  'test/gateway/stream.test.ts',
];
/** Nothing is said about time, so hangs alone have to end. */
const PATIENCE = ['--testTimeout=600000', '--hookTimeout=600000'];
/** The compiler may be another one than the host's: cargo would build everything anew at every change between them. */
const TARGET_DIR = join(CARGO_TARGET_DIR, 'arm64');
const ADDON = join(TARGET_DIR, TARGET, 'release/libtickring_addon.so');

async function addon(args, { env, emulator }) {
  const build = [
    'build',
    '--release',
    '--locked',
    '--package',
    'tickring-addon',
    '--target',
    TARGET,
    '--target-dir',
    TARGET_DIR,
  ];
  await run('cargo', build, { env });
  return withEmulatedPackage(emulator, ADDON, (emulated) =>
    vitest('addon for ARM64', [...PATIENCE, ...(args.length > 0 ? args : TESTS)], emulated),
  );
}

/** The parts of the check by name. `args` go to vitest in the place of the tests of the addon. */
export function arm64Parts(args = []) {
  let toolchain;
  const found = () => {
    toolchain ??= arm64Toolchain();
    return toolchain;
  };
  const workspace = ['--workspace', '--target', TARGET, '--target-dir', TARGET_DIR];
  return {
    'cargo for ARM64': async () => cargoTests('cargo for ARM64', workspace, (await found()).env),
    'fuzz corpora on ARM64': async () => replayCorpora('fuzz corpora on ARM64', TARGET, TARGET_DIR, await found()),
    'addon for ARM64': async () => addon(args, await found()),
  };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('check:arm64', async () => {
    const args = argv.slice(2);
    checkCompilers();
    await setup();
    if (process.arch === 'arm64') {
      say('check:arm64: this machine is ARM64, so the ordinary tests are the check');
      await test(args);
      return;
    }
    await runParts(arm64Parts(args));
  });
}
