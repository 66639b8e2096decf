/** A measuring program as a child process: one line to it, one line of JSON back, so that blocks of different programs alternate. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Top } from './top.js';

/** How a program is started; folder of the corpus and symbol follow as arguments. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

export interface Hello {
  readonly names: readonly string[];
  /** By contender, where the program knows it better than a lock file. */
  readonly versions?: Readonly<Record<string, string>>;
}

export interface Block {
  readonly ns_per_frame: number;
  readonly passes: number;
}

interface Waiting {
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/** A child that says nothing for so long has hung: the slowest pass known takes seconds. */
const SILENCE_MS_MAX = 180_000;

/** Lines of stderr that are kept to say why a child ended. */
const ERROR_LINES_MAX = 12;

export class Child {
  readonly #name: string;
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: Interface;
  readonly #errors: string[] = [];
  #waiting: Waiting | undefined;

  private constructor(name: string, command: Command, cwd: string) {
    this.#name = name;
    this.#process = spawn(command.file, command.args, { cwd, stdio: 'pipe' });
    this.#lines = createInterface(this.#process.stdout);
    this.#lines.on('line', (line) => {
      // Libraries that greet on stdout are not the answer.
      if (line.startsWith('{')) this.#settle((waiting) => waiting.resolve(line));
    });
    createInterface(this.#process.stderr).on('line', (line) => {
      this.#errors.push(line);
      if (this.#errors.length > ERROR_LINES_MAX) this.#errors.shift();
    });
    this.#process.stdin.on('error', () => undefined);
    this.#process.once('error', (error) => this.#settle((waiting) => waiting.reject(error)));
    this.#process.once('close', (code, signal) => {
      const error = new Error(`${this.#name} ended with ${signal ?? code}: ${this.#errors.join(' | ')}`);
      this.#settle((waiting) => waiting.reject(error));
    });
  }

  /** Starts it and waits for its greeting. */
  static async start(name: string, command: Command, cwd: string): Promise<{ child: Child; hello: Hello }> {
    const child = new Child(name, command, cwd);
    return { child, hello: (await child.#next()) as Hello };
  }

  #settle(act: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) act(waiting);
  }

  async #next(): Promise<unknown> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null)
      throw new Error(`${this.#name} has ended: ${this.#errors.join(' | ')}`);
    let timer: NodeJS.Timeout | undefined;
    const line = await new Promise<string>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      timer = setTimeout(() => {
        this.#process.kill('SIGKILL');
        reject(new Error(`${this.#name} was silent for ${SILENCE_MS_MAX / 1000} s`));
      }, SILENCE_MS_MAX);
    }).finally(() => clearTimeout(timer));
    const answer = JSON.parse(line) as { error?: string };
    if (answer.error !== undefined) throw new Error(`${this.#name}: ${answer.error}`);
    return answer;
  }

  /** One line there, one back. */
  async ask<T>(line: string): Promise<T> {
    const answer = this.#next();
    this.#process.stdin.write(`${line}\n`);
    return (await answer) as T;
  }

  block(contender: string, ns: number): Promise<Block> {
    return this.ask(`block ${contender} ${ns}`);
  }

  async top(contender: string): Promise<Top | null> {
    return (await this.ask<{ top: Top | null }>(`top ${contender}`)).top;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const closed = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 2_000);
    await closed;
    clearTimeout(timer);
  }
}
