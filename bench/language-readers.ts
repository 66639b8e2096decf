/** Readers of the ring in other languages than this process's: each a program that waits for its block on stdin. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { rustProgram } from './rust.js';

/** Sources; this file runs from `dist`. */
const FOLDER = resolve('bench/readers');
const PACKAGE = resolve('native/python/src');

interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** How a language's reader is started, or why it cannot be. */
type Language = () => Program;

function has(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** The library, built, in the folder of the Rust program. */
function library(): string {
  const args = ['build', '--quiet', '--release', '--locked', '-p', 'tickring-capi'];
  execFileSync('cargo', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return dirname(rustProgram());
}

function inC(): Program {
  const compiler = process.env['CC'] ?? 'cc';
  if (!has(compiler)) throw new Error(`no C compiler: ${compiler}`);
  const folder = library();
  const file = join(folder, 'tickring-bench-reader');
  const source = join(FOLDER, 'reader.c');
  const link = ['-l:libtickring.a', '-lpthread', '-ldl', '-lm'];
  const standard = ['-std=c11', '-D_POSIX_C_SOURCE=200809L', '-O2', '-Inative/shm/include'];
  execFileSync(compiler, [...standard, source, `-L${folder}`, ...link, '-o', file], { stdio: 'inherit' });
  return { file, args: [] };
}

function inPython(): Program {
  const file = process.env['TICKRING_PYTHON'] ?? 'python3';
  if (!has(file)) throw new Error(`no Python: ${file}`);
  const env = { TICKRING_LIBRARY: join(library(), 'libtickring.so'), PYTHONPATH: PACKAGE, PYTHONDONTWRITEBYTECODE: '1' };
  return { file, args: [join(FOLDER, 'reader.py')], env };
}

function inRust(): Program {
  return { file: rustProgram(), args: ['read-ring'] };
}

const LANGUAGES: Readonly<Record<string, Language>> = { Rust: inRust, C: inC, Python: inPython };

/** A reading program; it is on the core on which it was started. */
export class LanguageReader {
  readonly medians: number[] = [];
  lost = 0;
  readonly language: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(language: string, { file, args, env }: Program, root: string) {
    this.language = language;
    this.#child = spawn(file, [...args, root], { env: { ...process.env, ...env } });
    this.#child.stderr.on('data', (text) => process.stderr.write(text));
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** All that this machine can run, and why not the others. */
  static async startAll(root: string): Promise<{ readers: LanguageReader[]; missing: string[] }> {
    const readers: LanguageReader[] = [];
    const missing: string[] = [];
    for (const [language, program] of Object.entries(LANGUAGES)) {
      try {
        readers.push(new LanguageReader(language, program(), root));
      } catch (error) {
        missing.push(`row 5: a reader in ${language}: ${(error as Error).message.split('\n')[0]}`);
      }
    }
    return { readers, missing };
  }

  async #ask(line: string): Promise<string> {
    this.#child.stdin.write(`${line}\n`);
    const answer = await this.#lines.next();
    if (answer.done === true) throw new Error(`the reader in ${this.language} ended`);
    return answer.value;
  }

  /** Goes behind the newest record: before the writer announces a block, so that it misses none of it. */
  async seek(): Promise<void> {
    await this.#ask('seek');
  }

  /** One block, which the writer has announced. */
  async block(start: string, count: number): Promise<void> {
    const { p50, lost } = JSON.parse(await this.#ask(`${start} ${count}`)) as { p50: number; lost: number };
    this.medians.push(p50);
    this.lost += lost;
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
  }
}
