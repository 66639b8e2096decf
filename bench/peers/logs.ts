/** What keeps records on a disk beside the journal. */
import { join } from 'node:path';
import { lockedVersion } from './locks.js';
import type { ProgramName } from './peers.js';
import { FOLDER, PROGRAMS } from './programs.js';

/** In the page cache, one record after the other; each durable before the next; all durable at the end. */
export const WORKS = ['append', 'each', 'batch'] as const;
export type Work = (typeof WORKS)[number];

export interface Log {
  readonly name: string;
  readonly program: Extract<ProgramName, 'bench' | 'java' | 'logs'>;
  /** How it does each work; one that it lacks is not measured. */
  readonly how: Partial<Record<Work, string>>;
  /** Package whose version the lock file says; without one the program says it, or it is part of this commit. */
  readonly package?: string;
  /** Blocks before the first that counts: compilers. */
  readonly warmUps: number;
  /** Keeps nothing that could be read back. */
  readonly isControl?: true;
}

/** The journal and its controls come first: all others are compared with them. */
export const LOGS: readonly Log[] = [
  {
    name: 'tickring',
    program: 'bench',
    how: { append: '`Durability::None`', each: '`Durability::Fsync`, append and wait', batch: '`Durability::Batch`' },
    warmUps: 2,
  },
  {
    name: 'control',
    program: 'bench',
    how: { append: 'memcpy', each: 'pwrite and fdatasync', batch: 'O_DIRECT of 1 MiB, one fdatasync' },
    warmUps: 2,
    isControl: true,
  },
  { name: 'chronicle', program: 'java', how: { append: 'its default' }, package: 'chronicle-queue', warmUps: 25 },
  {
    name: 'sqlite',
    program: 'logs',
    how: {
      append: 'WAL, synchronous NORMAL, a transaction a record',
      each: 'WAL, synchronous FULL, a transaction a record',
      batch: 'the same, 1,000 records a transaction',
    },
    warmUps: 2,
  },
  {
    name: 'rocksdb',
    program: 'logs',
    how: { append: 'write without sync', each: 'write with sync', batch: 'the same, WriteBatch of 1,000' },
    package: 'rocksdict',
    warmUps: 2,
  },
];

export function versionOf(log: Log, said: Readonly<Record<string, string>> | undefined): string {
  if (log.package === undefined) return said?.[log.name] ?? '';
  const version = lockedVersion(join(FOLDER, PROGRAMS[log.program].lock), log.package);
  return log.package.startsWith(log.name) ? version : `${log.package} ${version}`;
}
