/** Readers of the torture in other languages: commands to which it adds the root and the name of the engine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetUpError, say } from '../setup/console.mjs';
import { CARGO_TARGET_DIR, ROOT, run } from '../setup/run.mjs';
import { hasProgram } from '../setup/tools.mjs';

const SOURCES = join(ROOT, 'native/shm/examples/torture');
const C_FLAGS = ['-std=c11', '-D_POSIX_C_SOURCE=200809L', '-O2', '-Wall', '-Wextra', '-Wconversion', '-Wpedantic', '-Werror'];
const C_LIBRARIES = ['-l:libtickring.a', '-lpthread', '-ldl', '-lm'];

/** Says that a language is left out; under CI that is a failure. */
function without(language, reason) {
  if (process.env.CI) throw new SetUpError(`no reader in ${language}: ${reason}`);
  say(`torture: SKIPPED: no reader in ${language}: ${reason}`);
}

/** Commands, and the environment that they need. */
export async function foreignReaders() {
  const libraries = join(CARGO_TARGET_DIR, 'debug');
  await run('cargo', ['build', '--locked', '--quiet', '-p', 'tickring-capi', '--target-dir', CARGO_TARGET_DIR]);
  const commands = [];
  if (hasProgram('cc')) {
    const program = join(libraries, 'torture-reader');
    const include = ['-I', join(ROOT, 'native/shm/include')];
    await run('cc', [...C_FLAGS, ...include, join(SOURCES, 'reader.c'), '-L', libraries, ...C_LIBRARIES, '-o', program]);
    commands.push(program);
  } else without('C', 'cc was not found');
  if (existsSync(join(ROOT, 'dist/reader/index.js'))) commands.push(`${process.execPath} ${join(SOURCES, 'reader.mjs')}`);
  else without('Node', 'dist/ has none, run npm run setup');
  if (hasProgram('python3')) commands.push(`python3 ${join(SOURCES, 'reader.py')}`);
  else without('Python', 'python3 was not found');
  const env = { PYTHONPATH: join(ROOT, 'native/python/src'), TICKRING_LIBRARY: join(libraries, 'libtickring.so') };
  return { commands, env: { ...env, PYTHONDONTWRITEBYTECODE: '1' } };
}
