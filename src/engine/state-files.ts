import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { TickringError } from '../model/errors.js';
import type { EpochLease } from './shard-contract.js';

/** Replaces a file so that after a crash it is either the old or the new one, whole. */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

export function readState<T>(path: string, schema: z.ZodType<T>, empty: T): T {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return empty;
    throw new TickringError('STATE_INVALID', `cannot read ${path}`, { cause: error });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new TickringError('STATE_INVALID', `${path} is damaged; move it away to start anew (instrument ids will change)`, {
      cause: error,
    });
  }
}

const registrySchema = z
  .object({ next: z.int().min(1).max(0xffff_ffff), ids: z.record(z.string(), z.int().min(1)) })
  .refine(({ next, ids }) => {
    const given = Object.values(ids);
    return new Set(given).size === given.length && given.every((id) => id < next);
  }, 'an id stands there twice, or was not given yet');

/** Instrument ids: given once per venue and symbol, persisted before use, never reused. */
export class InstrumentRegistry {
  readonly #path: string;
  #next: number;
  #ids: Map<string, number>;

  constructor(stateDir: string) {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    this.#path = join(stateDir, 'instruments.json');
    const { next, ids } = readState(this.#path, registrySchema, { next: 1, ids: {} });
    this.#next = next;
    this.#ids = new Map(Object.entries(ids));
  }

  /** Ids of these symbols, in their order. Throws what the disk throws; then no id was given. */
  assign(venue: string, symbols: readonly string[]): number[] {
    const ids = new Map(this.#ids);
    let next = this.#next;
    const assigned = symbols.map((symbol) => {
      const key = `${venue}:${symbol}`;
      const id = ids.get(key) ?? next++;
      ids.set(key, id);
      return id;
    });
    if (next !== this.#next) replaceFile(this.#path, `${JSON.stringify({ next, ids: Object.fromEntries(ids) }, null, 1)}\n`);
    [this.#next, this.#ids] = [next, ids];
    return assigned;
  }
}

const decimal = z.string().regex(/^\d{1,20}$/);
const epochSchema = z.object({ last: decimal, shards: z.record(decimal, decimal) });

/** Writer epochs: one number for every start of any shard, persisted before use. */
export class EpochBook {
  readonly #path: string;
  #shards: Map<string, bigint>;
  #last: bigint;

  constructor(stateDir: string) {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    this.#path = join(stateDir, 'epochs.json');
    // Without a file the clock starts the count, so that a lost state directory does not repeat epochs that readers know.
    const empty: z.infer<typeof epochSchema> = { last: String(Math.floor(Date.now() / 1000)), shards: {} };
    const state = readState(this.#path, epochSchema, empty);
    this.#last = BigInt(state.last);
    this.#shards = new Map(Object.entries(state.shards).map(([shard, epoch]) => [shard, BigInt(epoch)]));
  }

  /** Epochs in force of the first so many shards, in their order; those that never started are left out. */
  current(shards: number): string[] {
    const numbers = Array.from({ length: shards }, (_, shard) => this.#shards.get(String(shard)));
    return numbers.flatMap((epoch) => (epoch === undefined ? [] : [String(epoch)]));
  }

  next(shard: number): EpochLease {
    const prevEpoch = this.#shards.get(String(shard)) ?? 0n;
    const epoch = this.#last + 1n;
    const shards = new Map(this.#shards).set(String(shard), epoch);
    const texts = Object.fromEntries([...shards].map(([key, value]) => [key, String(value)]));
    replaceFile(this.#path, `${JSON.stringify({ last: String(epoch), shards: texts })}\n`);
    [this.#last, this.#shards] = [epoch, shards];
    return { epoch, prevEpoch };
  }
}

/** A ban shorter than a restart of the engine need not survive it, ms. */
const BAN_KEPT_FROM_MS = 5_000;
const BAN_MAX_MS = 7 * 86_400_000;

const banSchema = z.record(z.string(), z.number());

/** Until when venues refuse us, by REST root: a ban outlives a restart, or the restart would lengthen it. */
export class BanBook {
  readonly #path: string;
  readonly #until: Map<string, number>;
  readonly #now: () => number;

  constructor(stateDir: string, now: () => number = Date.now) {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    this.#path = join(stateDir, 'bans.json');
    this.#now = now;
    this.#until = new Map(Object.entries(readState(this.#path, banSchema, {})));
  }

  /** How long the venue still refuses us, ms; 0 if it does not. */
  remaining(restUrl: string): number {
    // The clock may have been set back since.
    return Math.min(Math.max(0, (this.#until.get(restUrl) ?? 0) - this.#now()), BAN_MAX_MS);
  }

  banned(restUrl: string, ms: number): void {
    if (ms < BAN_KEPT_FROM_MS) return;
    this.#until.set(restUrl, this.#now() + ms);
    for (const [key, until] of this.#until) if (until <= this.#now()) this.#until.delete(key);
    replaceFile(this.#path, `${JSON.stringify(Object.fromEntries(this.#until))}\n`);
  }
}
