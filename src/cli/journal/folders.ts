/** Where journals lie: a folder a shard below one folder an engine. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TickringError } from '../../model/errors.js';
import { loadConfig } from '../config.js';

export interface ShardFolder {
  readonly shard: number;
  readonly folder: string;
}

const SHARD = /^shard-(\d{1,5})$/;
const SEGMENT = /^\d{12}-\d{20}\.z?seg$/;

function names(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new TickringError('USAGE_INVALID', `there is no journal at ${dir}: the folder does not exist`);
    if (code === 'ENOTDIR') throw new TickringError('USAGE_INVALID', `${dir} is no folder, so no journal`);
    throw new TickringError('JOURNAL_IO', `could not list ${dir}: ${(error as Error).message}`, { cause: error });
  }
}

/** Folder of a shard below the folder of all. */
export function shardFolder(dir: string, shard: number): string {
  return join(dir, `shard-${shard}`);
}

/**
 * The folders of the shards in a journal's folder, by number; or the folder itself, if it is that of one shard.
 *
 * @throws TickringError `USAGE_INVALID` where there is no journal, or not this shard
 */
export function shardFolders(dir: string, only?: number): ShardFolder[] {
  const found = names(dir);
  const own = Number(SHARD.exec(basename(dir))?.[1] ?? 0);
  const shards = found.some((name) => SEGMENT.test(name))
    ? [{ shard: own, folder: dir }]
    : found
        .flatMap((name) => {
          const number = SHARD.exec(name)?.[1];
          return number === undefined ? [] : [{ shard: Number(number), folder: join(dir, name) }];
        })
        .sort((a, b) => a.shard - b.shard);
  if (shards.length === 0) throw new TickringError('USAGE_INVALID', `there is no journal at ${dir}`);
  const wanted = only === undefined ? shards : shards.filter(({ shard }) => shard === only);
  if (wanted.length > 0) return wanted;
  const known = shards.map(({ shard }) => shard).join(', ');
  throw new TickringError('USAGE_INVALID', `the journal at ${dir} has no shard ${only}: there are ${known}`);
}

export interface PlaceFlags {
  readonly config?: string | undefined;
  readonly engine?: string | undefined;
}

/** The folder that is named, or that of the engine which `start` with the same configuration runs. */
export function journalDir(dir: string | undefined, flags: PlaceFlags): string {
  if (dir !== undefined) return dir;
  const { config } = loadConfig({
    ...(flags.config === undefined ? {} : { file: flags.config }),
    env: process.env,
    flags: flags.engine === undefined ? {} : { name: flags.engine },
  });
  const kept = config.engine.journal?.dir;
  if (kept !== undefined) return kept;
  throw new TickringError(
    'USAGE_INVALID',
    'the engine of this configuration keeps no journal (journal.enabled is false): name a folder',
  );
}
