/** An engine and the readers of all languages beside it, each a program that answers requests line by line. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '../..');
const TARGET = process.env['CARGO_TARGET_DIR'] ?? join(ROOT, 'target');

export type Language = 'rust' | 'c' | 'node' | 'python';
export const LANGUAGES: readonly Language[] = ['rust', 'c', 'node', 'python'];

/** What is not here; emulated runs have no compilers for their processor. */
export const missing =
  process.env['TICKRING_TEST_EMULATED'] === '1'
    ? ['a compiler for the emulated processor']
    : ['cargo', 'cc', 'python3'].filter((program) => spawnSync(program, ['--version']).status !== 0);

function build(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, CARGO_TARGET_DIR: TARGET },
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stderr}`);
}

/** The programs, built. */
export class Programs {
  readonly folder = mkdtempSync(join(tmpdir(), 'tickring-conformance-'));
  readonly engine = join(TARGET, 'debug/examples/live_engine');
  readonly commands: Readonly<Record<Language, readonly string[]>>;

  constructor() {
    const quietly = ['build', '--quiet', '--locked'];
    build('cargo', [...quietly, '-p', 'tickring-capi', '--lib', '--example', 'live_engine']);
    build('cargo', [...quietly, '-p', 'tickring-shm', '--example', 'conformance']);
    const c = join(this.folder, 'reader');
    const strict = ['-std=c11', '-Wall', '-Wextra', '-Wconversion', '-Wpedantic', '-Werror', '-I', 'native/shm/include'];
    const library = ['-L', join(TARGET, 'debug'), '-l:libtickring.a', '-lpthread', '-ldl', '-lm'];
    build('cc', [...strict, join(HERE, 'reader.c'), ...library, '-o', c]);
    this.commands = {
      rust: [join(TARGET, 'debug/examples/conformance')],
      c: [c],
      node: [process.execPath, join(HERE, 'reader.mjs')],
      python: ['python3', join(HERE, 'reader.py')],
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A program that answers each line with lines, up to `last`. */
class Program {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #last: string;
  #said = '';

  constructor([command = '', ...args]: readonly string[], last: string) {
    const env = {
      ...process.env,
      TICKRING_LIBRARY: join(TARGET, 'debug/libtickring.so'),
      PYTHONPATH: join(ROOT, 'native/python/src'),
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONIOENCODING: 'utf-8',
    };
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#last = last;
  }

  async ask(request: string): Promise<string[]> {
    this.#child.stdin.write(`${request}\n`);
    const answer: string[] = [];
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done === true) throw new Error(`${this.#child.spawnfile} ended at ${JSON.stringify(request)}: ${this.#said}`);
      if (value === this.#last) return answer;
      answer.push(value);
    }
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Times of now, and this scene's root: nothing else differs from run to run. */
function steady(line: string, root: string): string {
  return line.replaceAll(root, 'ROOT').replace(/\b1(?:7[5-9]|[89]\d)\d{16}\b/g, '"now"');
}

/** One engine, all readers; requests go to both, one after the other. */
export class Scene {
  readonly root = mkdtempSync('/dev/shm/tickring-conformance-');
  /** All that was asked and answered, as it is in every run. */
  readonly script: string[] = [];
  readonly #engine: Program;
  readonly #readers: Readonly<Record<Language, Program>>;

  constructor(programs: Programs, ...options: string[]) {
    chmodSync(this.root, 0o750);
    this.#engine = new Program([programs.engine, this.root, ...options], '');
    const reader = (language: Language) => new Program([...programs.commands[language], this.root], '.');
    this.#readers = { rust: reader('rust'), c: reader('c'), node: reader('node'), python: reader('python') };
  }

  /** Lets the engine do something. */
  async engine(...requests: string[]): Promise<void> {
    for (const request of requests) {
      await this.#engine.ask(request);
      this.script.push(`engine ${request}`);
    }
  }

  /** Asks each reader of these languages, and compares their answers byte for byte. */
  async ask(request: string, languages: readonly Language[] = LANGUAGES): Promise<string[]> {
    const answers = await Promise.all(languages.map((language) => this.#readers[language].ask(request)));
    const [first = []] = answers;
    for (const [index, answer] of answers.entries()) {
      const at = answer.findIndex((line, place) => line !== first[place]);
      if (at >= 0 || answer.length !== first.length) {
        const where = at < 0 ? Math.min(answer.length, first.length) : at;
        const both = `${languages[0]}: ${first[where]?.slice(0, 400)}\n${languages[index]}: ${answer[where]?.slice(0, 400)}`;
        throw new Error(`answers to ${JSON.stringify(request)} differ at line ${where + 1}\n${both}`);
      }
    }
    this.script.push(`${request}${languages === LANGUAGES ? '' : ` (${languages.join(', ')})`}`);
    this.script.push(...first.map((line) => `  ${steady(line, this.root)}`));
    return first;
  }

  /** As `ask`, with a heartbeat before it: a slow machine is no stalled engine. Answers as objects; numbers above 2^53 are rounded. */
  async drain(request = 'drain', languages = LANGUAGES): Promise<Record<string, unknown>[]> {
    await this.#engine.ask('beat');
    return (await this.ask(request, languages)).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Leaves out the records of all answers so far: compared they are, and need not be written down. */
  silence(): void {
    this.script.splice(0, this.script.length, ...this.script.filter((line) => !line.startsWith('  {"kind"')));
  }

  /** What was asked and answered since the last call. */
  take(): string {
    return `${this.script.splice(0).join('\n')}\n`;
  }

  end(): void {
    this.#engine.end();
    for (const reader of Object.values(this.#readers)) reader.end();
    rmSync(this.root, { recursive: true, force: true });
  }
}
