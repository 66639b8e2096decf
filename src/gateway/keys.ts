/**
 * Keys: how they look and how they are kept. A key is 256 random bits, shown once; its file holds a SHA-256 of it, which for that
 * much chance needs no salt and no slow hash. Both the command line and the gateway come here.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { TickringError } from '../model/errors.js';
import { isSource } from '../model/feeds.js';

/** What a key may do: GET and sockets; feeds, subscriptions and snapshots; ingest; all of it. */
export const SCOPES = ['read', 'write', 'ingest', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Its id, then its secret. All of it may stand in a header and in a WebSocket subprotocol. */
const KEY = /^tkr_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;
const KEYS_MAX = 10_000;
const FILE_BYTES_MAX = 8 << 20;

/** Rows that a key may send: `source:SYMBOL`, either with `*` at its end for all that begin so. */
const INGEST_PATTERN = /^([a-z_]{1,32}|\*):([!-)+-~]{0,64}\*?)$/;
const INGEST_PATTERNS_MAX = 100;
/** Percent; a price can fall by 100 at most, and rise by more. */
export const INGEST_BAND_MAX = 10_000;

const id = z.string().regex(/^[0-9a-f]{16}$/);
const instant = z.iso.datetime();
const storedKey = z.strictObject({
  id,
  name: z.string().max(64),
  scopes: z.array(z.enum(SCOPES)).min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created_at: instant,
  expires_at: instant.nullable(),
  revoked_at: instant.nullable(),
  /** Of a key that replaced others: the first of them, whose feeds and subscriptions it has. */
  owner: id.optional(),
  /** What it may ingest; everything where that is not said. */
  ingest: z.array(z.string().refine(isIngestPattern)).min(1).max(INGEST_PATTERNS_MAX).optional(),
  /** How old its rows may be, and how far from the last price, percent; any where that is not said. */
  ingest_age_ms: z.int().min(1).optional(),
  ingest_band: z.number().positive().max(INGEST_BAND_MAX).optional(),
});
const keyFile = z.strictObject({ version: z.literal(1), keys: z.array(storedKey).max(KEYS_MAX) });

/** A key as it is kept: everything but the key. */
export type StoredKey = Readonly<z.output<typeof storedKey>>;

/** Whether a text says which rows a key may send, of a source that there is. */
export function isIngestPattern(text: string): boolean {
  const [, source = '', symbol = ''] = INGEST_PATTERN.exec(text) ?? [];
  return symbol !== '' && (source === '*' || isSource(source));
}

/** Whether a key may send rows of this source and symbol; `patterns` undefined: of all. */
export function mayIngest(patterns: readonly string[] | undefined, source: string, symbol: string): boolean {
  return (
    patterns === undefined ||
    patterns.some((pattern) => {
      const colon = pattern.indexOf(':');
      const [of, name] = [pattern.slice(0, colon), pattern.slice(colon + 1).toUpperCase()];
      const isNamed = name.endsWith('*') ? symbol.startsWith(name.slice(0, -1)) : symbol === name;
      return isNamed && (of === '*' || of === source);
    })
  );
}

export const keysPath = (stateDir: string): string => join(stateDir, 'keys.json');
/** The key that this host's own programs write with, in plain text for whoever may read the file. */
export const localKeyPath = (stateDir: string): string => join(stateDir, 'local.key');

export const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest();

/** The id within a key; undefined where it is none. */
export const idOf = (key: string): string | undefined => KEY.exec(key)?.[1];

export function newKey(): { readonly key: string; readonly id: string } {
  const id = randomBytes(8).toString('hex');
  return { key: `tkr_${id}_${randomBytes(32).toString('base64url')}`, id };
}

/** Whether a key is neither revoked nor expired. `now` in ms since the UNIX epoch. */
export function isActive({ revoked_at, expires_at }: StoredKey, now: number): boolean {
  return revoked_at === null && (expires_at === null || Date.parse(expires_at) > now);
}

/**
 * Owners of whom a key still holds. What others have made is theirs, and nobody may be told of it.
 *
 * @throws TickringError as `readKeys`.
 */
export function activeOwners(path: string, now: number): ReadonlySet<string> {
  const active = readKeys(path).filter((key) => isActive(key, now));
  return new Set(active.map(({ id, owner = id }) => owner));
}

const invalid = (path: string, what: string, cause?: unknown): TickringError =>
  new TickringError('STATE_INVALID', `${path} ${what}`, { cause, context: { path } });

/** A file's text; undefined where there is none. Refuses one that others may read or write: it would not be a secret. */
function readSecret(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw invalid(path, `cannot be read (${(error as NodeJS.ErrnoException).code})`, error);
  }
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & 0o077) !== 0) throw invalid(path, `is open to others (mode ${(mode & 0o777).toString(8)}): chmod 600`);
    if (size > FILE_BYTES_MAX) throw invalid(path, `of ${size} bytes exceeds ${FILE_BYTES_MAX}`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * All keys of a file, also those that are over; none where there is no file.
 *
 * @throws TickringError `STATE_INVALID` for a file that is damaged or open to others.
 */
export function readKeys(path: string): readonly StoredKey[] {
  const text = readSecret(path);
  if (text === undefined) return [];
  try {
    return keyFile.parse(JSON.parse(text)).keys;
  } catch (error) {
    throw invalid(path, 'is no file of keys', error);
  }
}

/** Makes a file that only its owner may read. It is there, empty, while `text` is made: whoever comes second is refused (EEXIST). */
function createSecret(path: string, text: () => string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text());
    fsyncSync(file);
    if (process.geteuid?.() === 0) {
      // Who manages keys as root leaves them to whom the state belongs.
      const { uid, gid } = statSync(dirname(path));
      fchownSync(file, uid, gid);
    }
  } catch (error) {
    rmSync(path, { force: true });
    if (error instanceof TickringError) throw error;
    throw invalid(path, `cannot be written (${(error as NodeJS.ErrnoException).code})`, error);
  } finally {
    closeSync(file);
  }
}

/**
 * Changes the file of keys in one step. The file that will replace it is also the lock.
 *
 * @throws TickringError `STATE_INVALID` as `readKeys`, and while another command writes.
 */
export function changeKeys(path: string, change: (keys: readonly StoredKey[]) => readonly StoredKey[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const next = `${path}.next`;
  try {
    createSecret(next, () => {
      const keys = change(readKeys(path));
      if (keys.length > KEYS_MAX) throw invalid(path, `would hold ${keys.length} keys, more than ${KEYS_MAX}`);
      return `${JSON.stringify({ version: 1, keys }, null, 2)}\n`;
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw invalid(next, 'is there: another command changes keys, or one died; if none runs, remove it');
  }
  renameSync(next, path);
}

/** The local key, made where there is none yet. */
export function ensureLocalKey(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const mine = `${path}.${process.pid}.tmp`;
  rmSync(mine, { force: true });
  createSecret(mine, () => `${newKey().key}\n`);
  try {
    // Appears whole or not at all, and never replaces one that programs use already.
    linkSync(mine, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw invalid(path, 'cannot be written', error);
  } finally {
    rmSync(mine, { force: true });
  }
  const key = readLocalKey(path);
  if (key === undefined) throw invalid(path, 'was removed while it was made');
  return key;
}

/** The local key; undefined where there is none. */
export function readLocalKey(path: string): string | undefined {
  const key = readSecret(path)?.trim();
  if (key !== undefined && idOf(key) === undefined) throw invalid(path, 'holds no key: remove it, then a new one is made');
  return key;
}
