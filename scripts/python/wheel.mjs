/** Builds the wheel: the Python package with libtickring in it. */
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CARGO_TARGET_DIR, ROOT, run } from '../setup/run.mjs';
import { FOLDER, python } from './venv.mjs';

/** Builds it with the Python of folder `venv`, which has setuptools; returns its path. */
export async function buildWheel(venv) {
  // This kind alone: with a Rust library beside it there would be no optimisation across crates.
  const library = ['--release', '-p', 'tickring-capi', '--lib', '--crate-type=cdylib,staticlib'];
  await run('cargo', ['rustc', '--quiet', '--locked', ...library]);
  const source = join(FOLDER, 'source');
  const wheels = join(FOLDER, 'wheels');
  for (const folder of [source, wheels]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(wheels, { recursive: true });
  cpSync(join(ROOT, 'native/python'), source, { recursive: true });
  copyFileSync(join(ROOT, 'LICENSE'), join(source, 'LICENSE'));
  copyFileSync(join(CARGO_TARGET_DIR, 'release/libtickring.so'), join(source, 'src/tickring/libtickring.so.1'));
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--no-build-isolation', '--no-index'];
  await run(python(venv), ['-m', 'pip', 'wheel', ...options, '--wheel-dir', wheels, source]);
  return join(wheels, readdirSync(wheels)[0]);
}
