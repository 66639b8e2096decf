/** Compilers, the installed library, and what a user would build against it. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const INCLUDE = join(ROOT, 'native/shm/include');
export const EXAMPLES = join(ROOT, 'native/shm/examples');

/** As strict as a careful user's build. */
const WARNINGS = ['-Wall', '-Wextra', '-Wconversion', '-Wpedantic', '-Werror'];
export const PLAIN = ['-O2'];
export const SANITIZED = ['-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

export interface Compiler {
  readonly c: string;
  readonly cpp: string;
}

export const COMPILERS: readonly Compiler[] = [
  { c: 'gcc', cpp: 'g++' },
  { c: 'clang', cpp: 'clang++' },
];

export const missing = ['gcc', 'g++', 'clang', 'clang++', 'pkg-config', 'cargo'].filter(
  (program) => spawnSync(program, ['--version']).status !== 0,
);

export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  return spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...env } });
}

/** As `run`, and throws what the program said unless it ends with 0. */
export function output(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const { status, stdout, stderr } = run(command, args, env);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** A folder with the library as `scripts/install-capi.sh` installs it. */
export class Installation {
  readonly prefix = mkdtempSync(join(tmpdir(), 'tickring-capi-'));
  readonly library = join(this.prefix, 'lib');

  constructor() {
    output('sh', ['scripts/install-capi.sh'], { PREFIX: this.prefix });
  }

  /** What pkg-config says. */
  flags(...args: string[]): string[] {
    const path = join(this.library, 'pkgconfig');
    return output('pkg-config', [...args, 'tickring'], { PKG_CONFIG_PATH: path })
      .trim()
      .split(/\s+/);
  }

  /** Compiles an example, as its first lines tell users to; returns the program. */
  compile(compiler: Compiler, example: string, flags: readonly string[], libraries = this.flags('--cflags', '--libs')): string {
    const program = join(this.prefix, `${example.replace(/\W/g, '-')}-${compiler.c}`);
    const isC = example.endsWith('.c');
    const standard = isC ? ['-std=c11', '-D_POSIX_C_SOURCE=200809L'] : ['-std=c++17'];
    const source = join(EXAMPLES, example);
    output(isC ? compiler.c : compiler.cpp, [...standard, ...WARNINGS, ...flags, source, ...libraries, '-lm', '-o', program]);
    return program;
  }

  run(program: string, ...args: string[]): SpawnSyncReturns<string> {
    return run(program, args, { LD_LIBRARY_PATH: this.library });
  }

  remove(): void {
    rmSync(this.prefix, { recursive: true, force: true });
  }
}
