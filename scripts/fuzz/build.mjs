/**
 * Builds the fuzz programs. Plain cargo with the flags that cargo-fuzz would give: nothing has to be installed but a C++ compiler
 * for libFuzzer itself. The sanitizer is a flag that stable Rust knows only under RUSTC_BOOTSTRAP.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CARGO_TARGET_DIR, ROOT, run } from '../setup/run.mjs';
import { hasProgram } from '../setup/tools.mjs';

export const FOLDER = join(CARGO_TARGET_DIR, 'fuzz');
const MANIFEST = 'native/fuzz/Cargo.toml';

const FLAGS = [
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
  '-Cllvm-args=-simplifycfg-branch-fold-threshold=0',
  '--cfg',
  'fuzzing',
  '-Zsanitizer=address',
];

/** Triple of this host, for which the flags are given by name: without it they would reach build scripts too. */
export function hostTriple() {
  const { stdout } = spawnSync('rustc', ['-vV'], { encoding: 'utf8' });
  return /^host: (.+)$/m.exec(stdout)?.[1] ?? '';
}

/** Why this host cannot fuzz; undefined when it can. */
export function missing() {
  const compiler = process.env.CXX ?? 'c++';
  if (!hasProgram(compiler))
    return `no C++ compiler \`${compiler}\` was found, libFuzzer needs one: e.g. \`apt-get install g++\``;
  const triple = hostTriple();
  if (!/^(x86_64|aarch64)-unknown-linux-gnu$/.test(triple)) return `no address sanitizer for ${triple || 'this host'}`;
  return undefined;
}

/** Where the program of a target is. */
export function program(name) {
  return join(FOLDER, 'build', hostTriple(), 'release', name);
}

/** Names of all targets, as the manifest has them. */
export function declared() {
  const manifest = readFileSync(join(ROOT, MANIFEST), 'utf8');
  return [...manifest.matchAll(/^path = "fuzz_targets\/(\w+)\.rs"$/gm)].map(([, name]) => name);
}

/** Builds the programs of these targets. */
export async function build(names) {
  const args = ['build', '--release', '--locked', '--quiet', '--manifest-path', MANIFEST, '--target', hostTriple()];
  for (const name of ['replay', ...names]) args.push('--bin', name);
  // What we are given by the caller's RUSTFLAGS does not mix with a sanitizer.
  const env = { RUSTC_BOOTSTRAP: '1', RUSTFLAGS: FLAGS.join(' '), CARGO_TARGET_DIR: join(FOLDER, 'build') };
  await run('cargo', args, { env });
}
