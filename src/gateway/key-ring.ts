/** The keys that the gateway knows now. Looks at their files, so that a key ends within a moment of being revoked. */
import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import {
  ensureLocalKey,
  hashOf,
  idOf,
  isActive,
  keysPath,
  localKeyPath,
  readKeys,
  readLocalKey,
  type Scope,
  type StoredKey,
} from './keys.js';
import type { Logger } from './logger.js';

/** Compared with where there is no such key, so that both take the same time. */
const NOBODY = Buffer.alloc(32);

/** A key that was presented and is valid now. */
export interface HeldKey {
  readonly id: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Whose feeds and subscriptions are its own: its id, or that of the first key that it replaced. */
  readonly owner: string;
  /** Patterns of what it may ingest; undefined where everything. */
  readonly ingest: readonly string[] | undefined;
  /** How old its rows may be, ms, and how far from the last price, percent. */
  readonly ingestAgeMs?: number | undefined;
  readonly ingestBand?: number | undefined;
  /** The one in `local.key`. */
  readonly isLocal: boolean;
}

interface Entry {
  readonly held: HeldKey;
  readonly sha256: Buffer;
  readonly stored: StoredKey | undefined;
}

/** The local key may do what a program on this host needs; managing is left to the command line. */
const LOCAL_SCOPES: readonly Scope[] = ['read', 'write', 'ingest'];

/** What changes whenever a file is replaced or written. */
function versionOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino}/${stat.mtimeNs}/${stat.ctimeNs}/${stat.size}`;
}

export class KeyRing {
  readonly #stateDir: string | undefined;
  readonly #hasLocal: boolean;
  readonly #logger: Logger;
  #version = '';
  /** The failure that was told last: it is tried again each time, and told once. */
  #failure = '';
  #entries = new Map<string, Entry>();

  /**
   * Without `stateDir` there are no keys. `hasLocal`: there is a local key, made where it is missing.
   *
   * @throws TickringError `STATE_INVALID` for files that are damaged or open to others.
   */
  constructor(stateDir: string | undefined, hasLocal: boolean, logger: Logger) {
    this.#stateDir = stateDir;
    this.#hasLocal = hasLocal && stateDir !== undefined;
    this.#logger = logger;
    if (stateDir === undefined) return;
    if (this.#hasLocal) ensureLocalKey(localKeyPath(stateDir));
    this.#version = this.#seen(stateDir);
    this.#entries = this.#read(stateDir);
  }

  /** Reads the files again if they changed. What cannot be read leaves the keys that were known. */
  look(): void {
    const stateDir = this.#stateDir;
    if (stateDir === undefined) return;
    let version = '';
    try {
      version = this.#seen(stateDir);
      if (version === this.#version) return;
      this.#entries = this.#read(stateDir);
      this.#version = version;
      this.#failure = '';
      this.#logger.info({ keys: this.#entries.size }, 'keys were read again');
    } catch (error) {
      const failure = `${version} ${error}`;
      if (failure === this.#failure) return;
      this.#failure = failure;
      this.#logger.error({ err: error }, 'keys cannot be read, those known before stay');
    }
  }

  #seen(stateDir: string): string {
    return `${versionOf(keysPath(stateDir))} ${this.#hasLocal ? versionOf(localKeyPath(stateDir)) : ''}`;
  }

  #read(stateDir: string): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const stored of readKeys(keysPath(stateDir))) {
      const { id, owner = id, ingest, ingest_age_ms: ingestAgeMs, ingest_band: ingestBand } = stored;
      const held = { id, owner, ingest, ingestAgeMs, ingestBand, scopes: new Set(stored.scopes), isLocal: false };
      entries.set(stored.id, { held, sha256: Buffer.from(stored.sha256, 'hex'), stored });
    }
    const local = this.#hasLocal ? readLocalKey(localKeyPath(stateDir)) : undefined;
    const id = local === undefined ? undefined : idOf(local);
    if (local === undefined || id === undefined) return entries;
    return entries.set(id, {
      held: { id, owner: id, ingest: undefined, scopes: new Set(LOCAL_SCOPES), isLocal: true },
      sha256: hashOf(local),
      stored: undefined,
    });
  }

  /** The key that this text is; undefined where it is none, or is over. */
  find(text: string, now: number): HeldKey | undefined {
    const entry = this.#entries.get(idOf(text) ?? '');
    const isEqual = timingSafeEqual(hashOf(text), entry?.sha256 ?? NOBODY);
    return entry !== undefined && isEqual && this.isActive(entry.held.id, now) ? entry.held : undefined;
  }

  /** Whether a key that was found earlier still holds. */
  isActive(id: string, now: number): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && (entry.stored === undefined || isActive(entry.stored, now));
  }

  /** Keys that hold now, the local one aside. */
  activeCount(now: number): number {
    return [...this.#entries.values()].filter(({ stored }) => stored !== undefined && isActive(stored, now)).length;
  }
}
