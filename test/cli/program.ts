/** Runs the built command line as its own process, as users do. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'dist/cli/main.js');
/** Guards against hangs alone; no test asserts how long anything takes. */
const WATCHDOG_MS = 50_000;
/** Of an engine that many tests share; those that compile take minutes on a slow machine. */
const ENGINE_WATCHDOG_MS = 900_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running program, and what it has written so far. */
export class Program {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}, watchdogMs = WATCHDOG_MS) {
    const { npm_lifecycle_event: _, ...inherited } = process.env;
    this.process = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...inherited, ...env },
    });
    this.process.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    const watchdog = setTimeout(() => this.process.kill('SIGKILL'), watchdogMs);
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => {
        clearTimeout(watchdog);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }
}

/** Runs a command to its end. */
export function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Program(args, env).ended;
}

/** Waits until `check` gives something; fails with `what` when the watchdog barks. */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const deadline = performance.now() + WATCHDOG_MS;
  while (performance.now() < deadline) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`watchdog: ${what} did not happen`);
}

/** What an example complains of, apart from losses: on a busy machine the small ring laps its reader, which says so. */
export function complaints(stderr: string): string {
  return stderr.replace(/^(\w+: |shard \d+: )?lost \d+ records\n/gm, '');
}

/** An engine of its own: name, places and environment that nobody else uses. */
export class Place {
  readonly name = `test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  readonly folder = mkdtempSync(join(tmpdir(), 'tickring-cli-'));
  readonly shmRoot = '/dev/shm/tickring-test';
  readonly env: NodeJS.ProcessEnv;

  constructor() {
    this.env = {
      TICKRING_NAME: this.name,
      TICKRING_SHM_ROOT: this.shmRoot,
      TICKRING_STATE_DIR: join(this.folder, 'state'),
      TICKRING_RING_BYTES: '1MiB',
      TICKRING_GATEWAY_PORT: '0',
    };
  }

  start(...args: string[]): Program {
    return new Program(['start', ...args], this.env, ENGINE_WATCHDOG_MS);
  }

  run(...args: string[]): Promise<Ended> {
    return run(args, this.env);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(join(this.shmRoot, this.name), { recursive: true, force: true });
  }
}

/** Processes that a supervisor has started, by what they are. */
export async function childrenOf(pid: number | undefined): Promise<Map<string, number>> {
  const { readdirSync, readFileSync } = await import('node:fs');
  const children = new Map<string, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0');
      if (Number(stat[1]) === pid && stat[0] !== 'Z') children.set(command.filter(Boolean).at(-1) ?? '', Number(entry));
    } catch {
      // It ended while we looked.
    }
  }
  return children;
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
