import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DATA_TYPES, type DataType } from '../model/feeds.js';
import { readState, replaceFile } from './state-files.js';

const entrySchema = z.object({
  feedId: z.string(),
  symbol: z.string(),
  source: z.string(),
  dataTypes: z.array(z.enum(DATA_TYPES)),
  origin: z.enum(['config', 'request', 'ingest']),
  createdAt: z.string(),
  removed: z.boolean(),
  owner: z.string().nullable().default(null),
});

/** A feed of one symbol as it is kept on disk. `removed` ones stay, so that their ids are not given again. */
export type FeedEntry = Readonly<z.infer<typeof entrySchema>>;

const stateSchema = z.object({ entries: z.array(entrySchema) });

const keyOf = (source: string, symbol: string): string => `${source}:${symbol}`;

/**
 * Feeds by venue or source and symbol: what was asked for at run time, and what of the configuration was taken away. Written
 * before it takes effect.
 */
export class FeedRegistry {
  readonly #path: string;
  #entries: ReadonlyMap<string, FeedEntry>;

  constructor(stateDir: string) {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    this.#path = join(stateDir, 'feeds.json');
    const { entries } = readState(this.#path, stateSchema, { entries: [] });
    this.#entries = new Map(entries.map((entry) => [keyOf(entry.source, entry.symbol), entry]));
  }

  /** Feeds that run. */
  get active(): FeedEntry[] {
    return [...this.#entries.values()].filter(({ removed }) => !removed);
  }

  find(source: string, symbol: string): FeedEntry | undefined {
    return this.#entries.get(keyOf(source, symbol));
  }

  byId(feedId: string): FeedEntry | undefined {
    return this.active.find((entry) => entry.feedId === feedId);
  }

  /** Configured symbols: those that are new get an id; those that were removed at run time stay removed. */
  configured(source: string, symbols: readonly string[], dataTypes: readonly DataType[]): void {
    this.#write(
      symbols.flatMap((symbol) => {
        const known = this.find(source, symbol);
        if (known === undefined) return [this.#fresh(source, symbol, dataTypes, 'config')];
        const [is, was] = [dataTypes.join(), known.dataTypes.join()];
        return known.origin === 'config' && is !== was ? [{ ...known, dataTypes: [...dataTypes] }] : [];
      }),
    );
  }

  /** These feeds run from now on. Returns their entries in the order of `symbols`. */
  put(
    source: string,
    symbols: readonly string[],
    dataTypes: readonly DataType[],
    origin: 'request' | 'ingest',
    owner: string | undefined,
  ): FeedEntry[] {
    const entries = symbols.map((symbol) => {
      const known = this.find(source, symbol);
      if (known === undefined) return this.#fresh(source, symbol, dataTypes, origin, owner);
      const mine = known.removed ? { owner: owner ?? null } : {};
      return { ...known, dataTypes: [...dataTypes], removed: false, ...mine };
    });
    this.#write(entries);
    return entries;
  }

  remove(entry: FeedEntry): void {
    this.#write([{ ...entry, removed: true }]);
  }

  #fresh(
    source: string,
    symbol: string,
    dataTypes: readonly DataType[],
    origin: FeedEntry['origin'],
    owner?: string,
  ): FeedEntry {
    const name = symbol.toLowerCase().replace(/[^a-z0-9]/g, '_');
    const ids = new Set([...this.#entries.values()].map(({ feedId }) => feedId));
    let number = 1;
    const id = (): string => `feed_${name}_${String(number).padStart(3, '0')}`;
    while (ids.has(id())) number += 1;
    const createdAt = new Date().toISOString();
    const rest = { dataTypes: [...dataTypes], origin, createdAt, removed: false, owner: owner ?? null };
    const entry = { feedId: id(), symbol, source, ...rest };
    // The next one of the same request must not get the same id.
    this.#entries = new Map(this.#entries).set(keyOf(source, symbol), entry);
    return entry;
  }

  #write(changed: readonly FeedEntry[]): void {
    if (changed.length === 0) return;
    const entries = new Map(this.#entries);
    for (const entry of changed) entries.set(keyOf(entry.source, entry.symbol), entry);
    replaceFile(this.#path, `${JSON.stringify({ entries: [...entries.values()] }, null, 1)}\n`);
    this.#entries = entries;
  }
}
