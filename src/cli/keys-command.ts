import type { Command } from 'commander';
import {
  changeKeys,
  hashOf,
  INGEST_BAND_MAX,
  isActive,
  isIngestPattern,
  keysPath,
  newKey,
  readKeys,
  SCOPES,
  type Scope,
  type StoredKey,
} from '../gateway/keys.js';
import { TickringError } from '../model/errors.js';
import { SOURCES } from '../model/feeds.js';
import { loadConfig } from './config.js';

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const LIFETIME_MS_MAX = 3_660 * 86_400_000;
const NAME_LENGTH_MAX = 64;
/** How long a replaced key works on. */
const OVERLAP = '24h';

interface KeysFlags {
  readonly config?: string;
  readonly engine?: string;
  readonly json?: boolean;
}

interface AddFlags extends KeysFlags {
  readonly name?: string;
  readonly scope?: string;
  readonly expires?: string;
  readonly replaces?: string;
  readonly overlap?: string;
  readonly ingest?: string;
  readonly ingestAge?: string;
  readonly ingestBand?: string;
}

const usage = (message: string): TickringError => new TickringError('USAGE_INVALID', message);

/** The file of keys of the engine that `start` with the same configuration runs. */
function fileOf(flags: KeysFlags): string {
  const { config, warnings } = loadConfig({
    ...(flags.config === undefined ? {} : { file: flags.config }),
    env: process.env,
    flags: flags.engine === undefined ? {} : { name: flags.engine },
  });
  for (const warning of warnings) process.stderr.write(`tickring: warning: ${warning}\n`);
  return keysPath(config.engine.stateDir);
}

function lifetimeMs(flag: string, text: string): number {
  const match = /^(\d{1,7})([mhd])$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS_MS[match?.[2] ?? ''] ?? Number.NaN);
  if (ms >= 0 && ms <= LIFETIME_MS_MAX) return ms;
  throw usage(`--${flag} ${text} is none of 0m ..= 3660d, such as 90d or 12h`);
}

function scopesOf(text: string): Scope[] {
  const names = text.split(',').map((name) => name.trim());
  return names.map((name) => {
    const scope = SCOPES.find((known) => known === name);
    if (scope === undefined) throw usage(`--scope ${name.slice(0, 32)} is none of ${SCOPES.join(', ')}`);
    return scope;
  });
}

function ingestOf(text: string): string[] {
  const patterns = text.split(',').map((pattern) => pattern.trim());
  const wrong = patterns.find((pattern) => !isIngestPattern(pattern));
  if (wrong === undefined) return [...new Set(patterns)];
  throw usage(
    `--ingest ${wrong.slice(0, 64)} is no source:SYMBOL, such as internal:ACME, mock:* or *:ES*; sources: ${SOURCES.join(', ')}`,
  );
}

type IngestLimits = Pick<StoredKey, 'ingest' | 'ingest_age_ms' | 'ingest_band'>;

/** What the flags say of a key's rows. */
function ingestLimits({ ingest, ingestAge, ingestBand }: AddFlags): IngestLimits {
  const band = Number(ingestBand ?? Number.NaN);
  if (ingestBand !== undefined && !(band > 0 && band <= INGEST_BAND_MAX))
    throw usage(`--ingest-band ${ingestBand.slice(0, 32)} is no percentage of 0 to ${INGEST_BAND_MAX}`);
  const ageMs = ingestAge === undefined ? undefined : lifetimeMs('ingest-age', ingestAge);
  if (ageMs === 0) throw usage(`--ingest-age ${ingestAge} leaves no row`);
  return {
    ...(ingest === undefined ? {} : { ingest: ingestOf(ingest) }),
    ...(ageMs === undefined ? {} : { ingest_age_ms: ageMs }),
    ...(ingestBand === undefined ? {} : { ingest_band: band }),
  };
}

/** Those of a key that is replaced. */
function limitsOf(key: StoredKey | undefined): IngestLimits {
  const { ingest, ingest_age_ms, ingest_band } = key ?? {};
  return {
    ...(ingest === undefined ? {} : { ingest }),
    ...(ingest_age_ms === undefined ? {} : { ingest_age_ms }),
    ...(ingest_band === undefined ? {} : { ingest_band }),
  };
}

function find(keys: readonly StoredKey[], id: string): StoredKey {
  const key = keys.find((one) => one.id === id);
  if (key === undefined) throw usage(`there is no key ${id.slice(0, 32)}: \`tickring keys list\` shows their ids`);
  return key;
}

function add(flags: AddFlags): void {
  if (flags.name !== undefined && flags.name.length > NAME_LENGTH_MAX) {
    throw usage(`--name of ${flags.name.length} letters exceeds ${NAME_LENGTH_MAX}`);
  }
  const now = Date.now();
  const at = (ms: number): string => new Date(now + ms).toISOString();
  if (flags.overlap !== undefined && flags.replaces === undefined)
    throw usage('--overlap is about a key that --replaces names');
  const overlap = at(lifetimeMs('overlap', flags.overlap ?? OVERLAP));
  const asked = ingestLimits(flags);
  const { key, id } = newKey();
  const path = fileOf(flags);
  changeKeys(path, (keys) => {
    const old = flags.replaces === undefined ? undefined : find(keys, flags.replaces);
    if (old !== undefined && !isActive(old, now)) throw usage(`key ${old.id} is over already, so nothing can replace it`);
    const limits = { ...limitsOf(old), ...asked };
    const scopes = flags.scope === undefined ? (old?.scopes ?? ['read']) : [...new Set(scopesOf(flags.scope))];
    if (Object.keys(asked).length > 0 && !scopes.includes('ingest') && !scopes.includes('admin')) {
      throw usage(`--ingest, --ingest-age and --ingest-band say what a key may ingest, and scope ${scopes.join(',')} may not`);
    }
    const added: StoredKey = {
      id,
      name: flags.name ?? old?.name ?? '',
      scopes,
      sha256: hashOf(key).toString('hex'),
      created_at: at(0),
      expires_at: flags.expires === undefined ? null : at(lifetimeMs('expires', flags.expires)),
      revoked_at: null,
      ...(old === undefined ? {} : { owner: old.owner ?? old.id }),
      ...limits,
    };
    // The old one works on for a while, never longer than it would have.
    const ending = (one: StoredKey): StoredKey =>
      one === old
        ? { ...one, expires_at: one.expires_at !== null && one.expires_at < overlap ? one.expires_at : overlap }
        : one;
    return [...keys.map(ending), added];
  });
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ key, ...shown(find(readKeys(path), id), now) })}\n`);
  else {
    process.stdout.write(`${key}\n`);
    process.stderr.write(`tickring: key ${id} is shown this once; ${path} keeps a hash of it\n`);
  }
}

function shown({ sha256: _, ...key }: StoredKey, now: number): object {
  const state = key.revoked_at !== null ? 'revoked' : isActive({ ...key, sha256: '' }, now) ? 'active' : 'expired';
  return { ...key, state };
}

function list(flags: KeysFlags): void {
  const now = Date.now();
  const keys = readKeys(fileOf(flags)).map((key) => shown(key, now) as StoredKey & { readonly state: string });
  if (flags.json === true) process.stdout.write(`${JSON.stringify(keys)}\n`);
  else {
    for (const { id, state, scopes, created_at, expires_at, name } of keys) {
      const expiry = expires_at === null ? 'never expires' : `expires ${expires_at}`;
      // A name is free text: what a terminal would act on is shown as it is written in JSON.
      const label = JSON.stringify(name).slice(1, -1);
      process.stdout.write(
        `${id}  ${state.padEnd(7)}  ${scopes.join(',').padEnd(17)}  created ${created_at}  ${expiry}  ${label}\n`,
      );
    }
  }
}

function revoke(id: string, flags: KeysFlags): void {
  changeKeys(fileOf(flags), (keys) => {
    const old = find(keys, id);
    return keys.map((one) => (one === old && one.revoked_at === null ? { ...one, revoked_at: new Date().toISOString() } : one));
  });
  process.stderr.write(`tickring: key ${id} is revoked; its sockets are being closed\n`);
}

/** Adds `keys add`, `keys list` and `keys revoke`. */
export function registerKeys(program: Command): void {
  const keys = program.command('keys').description('who may use the gateway');
  const command = (name: string, description: string): Command =>
    keys
      .command(name)
      .description(description)
      .option('-c, --config <file>', 'YAML configuration')
      .option('--engine <name>', 'name of the engine, as `start --name`');
  command('add', 'make a key and print it, this once')
    .option('--name <text>', 'what it is for')
    .option('--scope <list>', `of ${SCOPES.join(', ')}, with commas (default: read)`)
    .option('--ingest <list>', 'rows that it may send, as internal:ACME,mock:*,*:ES* (default: all; replaced key: its own)')
    .option('--ingest-age <time>', 'how old its rows may be, such as 1h (default: any)')
    .option('--ingest-band <percent>', 'how far its prices may be from the last one (default: any)')
    .option('--expires <time>', 'lifetime, such as 90d (default: for ever)')
    .option('--replaces <id>', 'rotate: takes over name and scopes of this key, which then ends after the overlap')
    .option('--overlap <time>', `how long a replaced key works on (default: ${OVERLAP})`)
    .option('--json', 'print a JSON object')
    .action((flags: AddFlags) => add(flags));
  command('list', 'show all keys, without the keys themselves')
    .option('--json', 'print a JSON list')
    .action((flags: KeysFlags) => list(flags));
  command('revoke <id>', 'end a key; its open sockets are closed within a second').action((id: string, flags: KeysFlags) =>
    revoke(id, flags),
  );
}
