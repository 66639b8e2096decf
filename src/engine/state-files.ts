import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { TickringError } from '../model/errors.js';
import type { EpochLease } from './shard-contract.js';

/** Replaces a file so that after a crash it is either the old or the new one, whole. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, text);
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

function readState<T>(path: string, schema: z.ZodType<T>, empty: T): T {
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

const registrySchema = z.object({ next: z.int().min(1).max(0xffff_ffff), ids: z.record(z.string(), z.int().min(1)) });

/** Instrument ids: given once per venue and symbol, persisted before use, never reused. */
export class InstrumentRegistry {
  readonly #path: string;
  readonly #state: { next: number; ids: Record<string, number> };

  constructor(stateDir: string) {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    this.#path = join(stateDir, 'instruments.json');
    const { next, ids } = readState(this.#path, registrySchema, { next: 1, ids: {} });
    this.#state = { next, ids: Object.assign(Object.create(null), ids) };
  }

  /** Ids of these symbols, in their order. */
  assign(venue: string, symbols: readonly string[]): number[] {
    const before = this.#state.next;
    const ids = symbols.map((symbol) => {
      this.#state.ids[`${venue}:${symbol}`] ??= this.#state.next++;
      return this.#state.ids[`${venue}:${symbol}`] as number;
    });
    if (this.#state.next !== before) replaceFile(this.#path, `${JSON.stringify(this.#state, null, 1)}\n`);
    return ids;
  }
}

const epochSchema = z.object({ last: z.string().regex(/^\d+$/), shards: z.record(z.string(), z.string().regex(/^\d+$/)) });

/** Writer epochs: one number for every start of any shard, persisted before use. */
export class EpochBook {
  readonly #path: string;
  readonly #shards: Map<string, bigint>;
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

  /** Epochs in force, in the order of shards. */
  current(): string[] {
    return [...this.#shards].sort(([a], [b]) => Number(a) - Number(b)).map(([, epoch]) => String(epoch));
  }

  next(shard: number): EpochLease {
    const prevEpoch = this.#shards.get(String(shard)) ?? 0n;
    this.#last += 1n;
    this.#shards.set(String(shard), this.#last);
    const shards = Object.fromEntries([...this.#shards].map(([key, epoch]) => [key, String(epoch)]));
    replaceFile(this.#path, `${JSON.stringify({ last: String(this.#last), shards })}\n`);
    return { epoch: this.#last, prevEpoch };
  }
}
