import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';
import type { Size } from './bench.js';
import { MeasuringError } from './usage.js';
import { corpusPath } from './workload.js';

let built: string | undefined;

/** Path of the measuring program, built first; cargo says where it lies. */
export function rustProgram(): string {
  if (built !== undefined) return built;
  const args = ['build', '--quiet', '--release', '--locked', '-p', 'tickring-bench', '--message-format', 'json'];
  const output = execFileSync('cargo', args, {
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for (const line of output.split('\n')) {
    const message = line.startsWith('{') ? (JSON.parse(line) as { executable?: string | null }) : {};
    if (typeof message.executable === 'string') built = message.executable;
  }
  if (built === undefined) throw new Error('cargo built no program of the package tickring-bench');
  return built;
}

export function argumentsOf(command: string, size: Size, more: readonly string[]): string[] {
  const codePath = process.env['TICKRING_CODE_PATH'];
  return [
    command,
    '--corpus',
    corpusPath(),
    ...(size === 'smoke' ? ['--smoke'] : []),
    ...(codePath === undefined || more.includes('--code-path') ? [] : ['--code-path', codePath]),
    ...more,
  ];
}

/** Runs a subcommand of the measuring program and gives the JSON object that it prints. */
export function rust<T>(command: string, size: Size, more: readonly string[] = []): T {
  const { status, signal, stdout, stderr } = spawnSync(rustProgram(), argumentsOf(command, size, more), {
    encoding: 'utf8',
    maxBuffer: 256 * 2 ** 20,
    // Its summary for people repeats what the table says.
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status !== 0) throw new MeasuringError(`${command} ended with ${status ?? signal}: ${stderr.trim()}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}

/** A measuring program that waits: each line sent to it is a work, each line that it answers is one block's result. */
export class RustServer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor(size: Size, more: readonly string[] = []) {
    this.#child = spawn(rustProgram(), argumentsOf('serve', size, more), { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (text) => process.stderr.write(text));
    this.#reader = createInterface({ input: this.#child.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** ns a unit of one block of `work`, and whatever else it says. */
  async block<T extends { ns: number }>(work: string): Promise<T> {
    this.#child.stdin.write(`${work}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`the measuring program ended during ${work}`);
    const answer = JSON.parse(line.value) as T & { error?: string };
    if (answer.error !== undefined) throw new Error(`${work}: ${answer.error}`);
    return answer;
  }

  /** Waits for its end: it takes its memory with it, and a bench that blocks this thread may come next. */
  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin.end();
    await ended;
    this.#reader.close();
  }
}

export function decode(text: string): Histogram {
  return decodeFromCompressedBase64(text) as Histogram;
}

/** One histogram of all blocks. */
export function merged(texts: readonly string[]): Histogram {
  const [first, ...rest] = texts.map(decode);
  if (first === undefined) throw new Error('no block was measured');
  for (const histogram of rest) first.add(histogram);
  return first;
}
