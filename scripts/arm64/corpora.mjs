/** The fuzz targets on ARM64: their seeds, and what the fuzzer on this host has found worth keeping, without a fuzzer. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FOLDER } from '../fuzz/build.mjs';
import { makeSeeds } from '../fuzz/corpus.mjs';
import { SetUpError, say } from '../setup/console.mjs';
import { ROOT, run } from '../setup/run.mjs';
import { nothing } from '../test-counts.mjs';

/** Runs every target on its corpus; each counts as a test. */
export async function replayCorpora(name, target, targetDir, { env, emulator }) {
  const build = ['build', '--release', '--locked', '--manifest-path', 'native/fuzz/Cargo.toml', '--no-default-features'];
  await run('cargo', [...build, '--bin', 'replay', '--target', target, '--target-dir', targetDir], { env });
  const replay = [...emulator, join(targetDir, target, 'release/replay')];
  const call = (args) => spawnSync(replay[0], [...replay.slice(1), ...args], { encoding: 'utf8', cwd: ROOT });
  const names = call(['list']).stdout.trim().split('\n').filter(Boolean);
  if (names.length === 0) throw new SetUpError('the fuzz programs name no targets');
  const seeds = makeSeeds(join(targetDir, 'fuzz-seeds'), replay);
  const result = nothing(name);
  for (const each of names) {
    const kept = join(FOLDER, 'corpus', each);
    const { status, signal, stdout, stderr } = call([each, seeds(each), ...(existsSync(kept) ? [kept] : [])]);
    const passed = status === 0 && !/^0 files/.test(stdout);
    result[passed ? 'passed' : 'failed'] += 1;
    say(`check:arm64: ${each}: ${passed ? stdout.trim() : `ended with ${status ?? signal}: ${stdout}${stderr}`}`);
  }
  return result;
}
