/** What carries a message to another process beside the ring, and what PERFORMANCE asks of the ring beside it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { lockedVersion } from './locks.js';
import type { ProgramName } from './peers.js';
import { FOLDER, onPath } from './programs.js';

export interface Transport {
  readonly name: string;
  readonly what: string;
  readonly program: Extract<ProgramName, 'ipc' | 'java'>;
  /** How its version is found. */
  readonly version: () => string;
  /** How many times as long as our ring it must take, one way in an open loop; ours must be below so many times the control. */
  readonly atLeast?: number;
  /** Whether PERFORMANCE asks that our throughput be above its. */
  readonly isOutrun?: true;
  /** ns between two messages of an open loop: slow enough that queueing does not hide the transfer. */
  readonly interval: number;
  /** Blocks of each kind before the first that counts: compilers. */
  readonly warmUps: number;
  /** Most messages of a block, where each stays in memory. */
  readonly messagesMax?: number;
  /** What it must have on the PATH. */
  readonly needs?: string;
}

/** No version of its own: part of this commit, or of the kernel. */
function none(): string {
  return '';
}

function crate(name: string): () => string {
  return () => lockedVersion(join(FOLDER, 'crates/Cargo.lock'), name);
}

function maven(artifact: string): () => string {
  return () => lockedVersion(join(FOLDER, 'java/pom.xml'), artifact);
}

function said(program: string): () => string {
  return () =>
    /\d+\.\d+\.\d+/.exec(onPath(program) ? execFileSync(program, ['--version'], { encoding: 'utf8' }) : '')?.[0] ?? '';
}

const FAST = { program: 'ipc', interval: 5_000, warmUps: 2 } as const;
/** Its compilers need thousands of calls. */
const JAVA = { program: 'java', interval: 10_000, warmUps: 12, atLeast: 1 } as const;
const SLOW = { program: 'ipc', interval: 50_000, warmUps: 1, atLeast: 100 } as const;

/** The ring and its control come first: all others are compared with them. */
export const TRANSPORTS: readonly Transport[] = [
  { ...FAST, name: 'tickring', what: 'encoded quote or delta of ten levels, decoded by the reader', version: none },
  { ...FAST, name: 'line', what: 'control: bare cache lines', version: none },
  {
    ...FAST,
    name: 'ringfire',
    what: 'array of words, between processes',
    version: crate('ringfire'),
    atLeast: 1,
    isOutrun: true,
  },
  { ...FAST, name: 'iceoryx2', what: 'publish-subscribe, array of words', version: crate('iceoryx2'), atLeast: 1 },
  { ...FAST, name: 'rtrb', what: 'between threads of one process', version: crate('rtrb') },
  { ...FAST, name: 'disruptor', what: 'between threads of one process', version: crate('disruptor') },
  {
    ...JAVA,
    name: 'aeron',
    what: "IPC publication, driver in the writer's thread",
    version: maven('aeron-all'),
    isOutrun: true,
  },
  {
    ...JAVA,
    name: 'chronicle',
    what: 'Chronicle Queue on a file in memory',
    version: maven('chronicle-queue'),
    messagesMax: 20_000,
  },
  { ...SLOW, name: 'unix-socket', what: 'stream, blocking reader', version: none },
  { ...SLOW, name: 'redis', what: 'publish-subscribe by loopback', version: said('redis-server'), needs: 'redis-server' },
  { ...SLOW, name: 'nats', what: 'publish-subscribe by loopback', version: said('nats-server'), needs: 'nats-server' },
];
