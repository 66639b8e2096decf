import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EXIT, TickringError } from '../model/errors.js';
import type { ChildName, ChildOrder, ChildReady } from './child.js';

/** Pause before a successor; doubles while children die one after the other. */
const RESTART_FIRST_MS = 200;
const RESTART_MAX_MS = 10_000;
/** A child that lived this long starts the doubling anew. */
const SETTLED_MS = 20_000;
/** Deaths within a minute after which nobody believes in the next one. */
const DEATHS_PER_MINUTE_MAX = 10;

export interface ManagedChildOptions<Name extends ChildName> {
  readonly name: Name;
  /** Without it the others go on: it is started again for ever. */
  readonly isOptional?: boolean;
  /** What the next child is told; asked anew at every start. */
  order(): ChildOrder;
  /** Lines that the child writes, logs mostly. */
  output(text: string): void;
  /** It died too often, or cannot run at all. */
  failed(error: TickringError, exitCode: number): void;
}

/** One process of the product: started, watched, restarted when it dies, stopped in order. */
export class ManagedChild<Name extends ChildName> {
  readonly #options: ManagedChildOptions<Name>;
  #process: ChildProcess | undefined;
  #stopping = false;
  #failures = 0;
  readonly #deaths: number[] = [];
  restarts = 0;

  constructor(options: ManagedChildOptions<Name>) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it and resolves when it works; rejects if it ended before, or was told to stop. */
  start(): Promise<ChildReady & { child: Name }> {
    if (this.#stopping) return Promise.reject(new TickringError('CLOSED', `${this.#options.name} was told to stop`));
    const child = fork(fileURLToPath(new URL('./main.js', import.meta.url)), [this.#options.name], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A terminal sends Ctrl-C to its whole process group; the order of stopping is the supervisor's to decide, from a
      // child's first moment on. A child that loses its supervisor ends by itself.
      detached: true,
    });
    this.#process = child;
    const startedAt = performance.now();
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.#options.output(text));
    child.on('error', () => {});
    child.send(this.#options.order(), () => {});
    return new Promise((resolve, reject) => {
      child.once('message', (ready) => resolve(ready as ChildReady & { child: Name }));
      child.once('exit', (code, signal) => {
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        reject(new TickringError('ENGINE_AWAY', `${this.#options.name} ended ${how}`, { context: { code } }));
        this.#process = undefined;
        if (!this.#stopping) void this.#died(code, how, performance.now() - startedAt);
      });
    });
  }

  /** Asks it to stop, and ends it by force when it takes longer than that. Resolves when it is gone. */
  async stop(longestMs: number): Promise<void> {
    this.#stopping = true;
    const child = this.#process;
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), longestMs);
    await gone;
    clearTimeout(force);
  }

  kill(): void {
    this.#stopping = true;
    this.#process?.kill('SIGKILL');
  }

  async #died(code: number | null, how: string, ageMs: number): Promise<void> {
    const { name, failed, output } = this.#options;
    // These codes say that trying again cannot help.
    if (code === EXIT.held || code === EXIT.config || code === EXIT.usage) {
      failed(new TickringError('ENGINE_REFUSED', `${name} cannot run`), code);
      return;
    }
    const now = performance.now();
    this.#deaths.push(now);
    while ((this.#deaths[0] ?? now) < now - 60_000) this.#deaths.shift();
    if (this.#deaths.length > DEATHS_PER_MINUTE_MAX && this.#options.isOptional !== true) {
      failed(new TickringError('ENGINE_REFUSED', `${name} died ${this.#deaths.length} times within a minute`), EXIT.software);
      return;
    }
    this.#failures = ageMs > SETTLED_MS ? 1 : this.#failures + 1;
    const delayMs = Math.min(RESTART_FIRST_MS * 2 ** (this.#failures - 1), RESTART_MAX_MS);
    output(`tickring: ${name} ended ${how}; it starts again in ${Math.round(delayMs)} ms\n`);
    await sleep(delayMs);
    if (this.#stopping) return;
    this.restarts += 1;
    await this.start().catch(() => {});
  }
}
