/** One whole product of its own (name, state, port), and eyes on its processes and rings from outside. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlClient } from '#dist/engine/index.js';
import type { EngineStatus } from '#dist/model/status.js';
import { KIND_GENERATION, RECORD_OFFSETS, RECORD_SIZE_MAX, type ReaderStatus, RingReader } from '#dist/native/index.js';
import { type Ended, eventually, Program } from '../cli/program.js';

const SHM_ROOT = '/dev/shm/tickring';
const BATCH = 256;

export type Role = 'simulator' | 'engine' | 'gateway' | 'jobs';

/** Direct children by the command that they run. */
export function childrenOf(pid: number): Map<Role, number> {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  const children = new Map<Role, number>();
  for (const child of pids) {
    const role = readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0').filter(Boolean).at(-1);
    if (role !== undefined) children.set(role as Role, child);
  }
  return children;
}

/** Follows one shard's ring across generations, without an opinion about its records. */
export class Follower {
  readonly #reader: RingReader;
  readonly #out = Buffer.alloc(BATCH * RECORD_SIZE_MAX);
  generations = 0;

  constructor(name: string, shard: number) {
    this.#reader = new RingReader(SHM_ROOT, name, shard);
  }

  /** Reads what is there and tells how the writer is doing. */
  look(): ReaderStatus {
    for (let count = BATCH; count === BATCH; ) {
      count = this.#reader.poll(this.#out, BATCH);
      for (let at = 0, left = count; left > 0; left -= 1) {
        if (this.#out.readUInt8(at + RECORD_OFFSETS.kind) === KIND_GENERATION) this.generations += 1;
        at += this.#out.readUInt32LE(at + RECORD_OFFSETS.size);
      }
    }
    return this.#reader.status();
  }

  close(): void {
    this.#reader.close();
  }
}

let products = 0;

export class Product {
  readonly name: string;
  readonly control: ControlClient;
  readonly #stateHome = mkdtempSync(join(tmpdir(), 'tickring-lifecycle-'));
  readonly #programs: Program[] = [];
  readonly #followers: Follower[] = [];

  constructor() {
    products += 1;
    this.name = `lifecycle-${process.pid}-${products}`;
    this.control = new ControlClient(SHM_ROOT, this.name);
  }

  /** `tickring start` under this product's name, on any free port, with flags and variables; a number is how long it may run, ms. */
  start(...options: (string | number | NodeJS.ProcessEnv)[]): Program {
    const flags = options.filter((option) => typeof option === 'string');
    const environment = Object.assign({}, ...options.filter((option) => typeof option === 'object')) as NodeJS.ProcessEnv;
    const args = ['start', '--name', this.name, '--port', '0', ...flags];
    const env = { XDG_STATE_HOME: this.#stateHome, TICKRING_RING_BYTES: '4MiB', ...environment };
    const program = new Program(
      args,
      env,
      options.find((option) => typeof option === 'number'),
    );
    this.#programs.push(program);
    return program;
  }

  /** The engine's status; undefined while none answers. */
  async status(): Promise<EngineStatus | undefined> {
    return await this.control.request('status').catch(() => undefined);
  }

  /** Resolves once every book of an engine for which `isIt` holds is in sync. */
  inSync(isIt: (status: EngineStatus) => boolean = () => true): Promise<EngineStatus> {
    return eventually('all books are in sync', async () => {
      const status = await this.status();
      const isThere = status !== undefined && isIt(status) && status.instruments.length === 8;
      return isThere && status.instruments.every(({ inSync }) => inSync) && status;
    });
  }

  /** Where the gateway answers. */
  url(program: Program): Promise<string> {
    return eventually('the address is printed', () => /live books\s+(\S+)/.exec(program.stdout + program.stderr)?.[1]);
  }

  follow(shard: number): Follower {
    const follower = new Follower(this.name, shard);
    this.#followers.push(follower);
    return follower;
  }

  /** Ends what still runs, and removes every trace. */
  async remove(): Promise<void> {
    this.control.close();
    for (const follower of this.#followers) follower.close();
    for (const program of this.#programs) {
      program.kill('SIGTERM');
      await program.ended;
    }
    rmSync(join(SHM_ROOT, this.name), { recursive: true, force: true });
    rmSync(this.#stateHome, { recursive: true, force: true });
  }
}

/** The object that a `--json` run prints last. */
export function summaryOf({ stdout }: Ended): Record<string, unknown> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}
