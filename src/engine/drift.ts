import type { Drift, DriftKind } from '../model/drift.js';
import type { Members } from '../model/manifest.js';
import type { Venue } from '../model/venue.js';
import type { Logger } from './log.js';

/** Changes that are told apart; whatever comes beyond them is counted as one. */
const ENTRIES_MAX = 256;
/** The same change is logged, and kept with its bytes, once in this time, ms. */
const AGAIN_MS = 60_000;
/** Longest words that a change is named by. */
const WHAT_LENGTH_MAX = 120;
/** Rows of a list that are looked at. */
const ROWS_MAX = 50;
/** Objects within each other that are looked at, and members of one message: far more than any venue sends. */
const DEPTH_MAX = 16;
const MEMBERS_MAX = 2_000;
const BEYOND = '(others)';

/** Codes of refused frames that say how the venue changed. */
const REFUSED: Readonly<Record<string, DriftKind>> = {
  UNKNOWN_EVENT: 'unknown_message',
  FIELD_MISSING: 'missing_member',
  FIELD_TYPE: 'changed_member',
};

interface Entry {
  readonly first: string;
  newest: string;
  count: number;
  toldAt: number;
}

export interface DriftOptions {
  readonly logger: Logger;
  /** Keeps the bytes that show a change. */
  keep(drift: Drift, bytes: Uint8Array): void;
  readonly now?: () => number;
}

/** Known members of each kind, as they are looked up. */
interface Known {
  readonly all: ReadonlySet<string>;
  readonly always: readonly string[];
}

/**
 * Notices what a venue changed: counts it, names it once a minute, keeps bytes that show it. It changes nothing about how messages
 * are read, and sees samples of those that were.
 */
export class DriftSentinel {
  readonly #options: DriftOptions;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry>();
  readonly #known = new Map<Venue, Map<string, Known>>();

  constructor(options: DriftOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** A frame was refused with this code; most codes are damage and no change. */
  refused(venue: Venue, code: string, bytes: Uint8Array): void {
    const kind = REFUSED[code];
    if (kind !== undefined) this.add(venue, kind, nameOf(venue, objectOf(venue, bytes)), bytes);
  }

  /** One of the messages that were read. */
  sample(venue: Venue, bytes: Uint8Array): void {
    const message = objectOf(venue, bytes);
    const kind = message === undefined ? undefined : venue.manifest?.kindOf(message);
    const known = kind === undefined ? undefined : this.#knownOf(venue).get(kind);
    if (message === undefined || known === undefined) return;
    const seen: Seen = { paths: new Set(), parents: new Set(['']), depth: 0, isCut: false };
    collect(message, '', seen);
    const { paths, parents } = seen;
    for (const path of paths) if (!known.all.has(path)) this.add(venue, 'new_member', `${kind} ${path}`, bytes);
    // Of what was not looked at nobody knows what is missing.
    if (seen.isCut) return;
    for (const path of known.always)
      if (!paths.has(path) && parents.has(parentOf(path))) this.add(venue, 'missing_member', `${kind} ${path}`, bytes);
  }

  /** A venue's listing, as its body came. */
  listing(venue: Venue, body: Uint8Array): void {
    const { states } = venue.manifest ?? {};
    if (states === undefined) return;
    const member = new RegExp(`"${states.member}"\\s*:\\s*"([^"\\\\]{0,64})"`, 'g');
    const counts = new Map<string, number>();
    for (const [, state = ''] of Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1').matchAll(member))
      if (!states.known.includes(state)) counts.set(state, (counts.get(state) ?? 0) + 1);
    for (const [state, count] of counts) {
      const shown = Buffer.from(JSON.stringify({ [states.member]: state, instruments: count }));
      this.add(venue, 'new_state', `${states.member} ${state}`, shown, count);
    }
  }

  add(venue: Venue, kind: DriftKind, what: string, bytes: Uint8Array = NOTHING, count = 1): void {
    const named = what.slice(0, WHAT_LENGTH_MAX);
    const full = this.#entries.size >= ENTRIES_MAX && !this.#entries.has(keyOf(venue, kind, named));
    const key = keyOf(venue, kind, full ? BEYOND : named);
    const at = new Date().toISOString();
    const entry = this.#entries.get(key) ?? { first: at, newest: at, count: 0, toldAt: Number.NEGATIVE_INFINITY };
    this.#entries.set(key, entry);
    entry.count += count;
    entry.newest = at;
    const now = this.#now();
    if (now - entry.toldAt < AGAIN_MS) return;
    entry.toldAt = now;
    const drift = driftOf(key, entry);
    this.#options.logger.warn(
      { venue: drift.venue, kind, what: drift.what, count: entry.count },
      'the venue changed something',
    );
    if (bytes.length > 0) this.#options.keep(drift, bytes);
  }

  /** All that was noticed so far. */
  list(): Drift[] {
    return [...this.#entries].map(([key, entry]) => driftOf(key, entry));
  }

  #knownOf(venue: Venue): Map<string, Known> {
    const known = this.#known.get(venue) ?? new Map<string, Known>();
    if (known.size > 0) return known;
    for (const [kind, text] of Object.entries(venue.manifest?.members ?? {})) {
      const paths = text.split(' ');
      const all = new Set(paths.map((path) => path.replace('?', '')));
      known.set(kind, { all, always: paths.filter((path) => !path.endsWith('?')) });
    }
    this.#known.set(venue, known);
    return known;
  }
}

const NOTHING = new Uint8Array(0);

function keyOf(venue: Venue, kind: DriftKind, what: string): string {
  return `${venue.name}\n${kind}\n${what}`;
}

function driftOf(key: string, { count, first, newest }: Entry): Drift {
  const [venue = '', kind = '', what = ''] = key.split('\n');
  return { venue, kind: kind as DriftKind, what, count, first, newest };
}

function objectOf(venue: Venue, bytes: Uint8Array): Members | undefined {
  const opened = venue.manifest?.open?.(bytes);
  if (opened !== undefined) return opened;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}

/** What a message is called: its kind, or its members where it does not say. */
function nameOf(venue: Venue, message: Members | undefined): string {
  if (message === undefined) return 'no object';
  return (venue.manifest?.kindOf(message) ?? Object.keys(message).slice(0, 8).join(' ')).replaceAll('\n', ' ');
}

function parentOf(path: string): string {
  return path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '';
}

/** What of a message was looked at. */
interface Seen {
  /** Of all members. */
  readonly paths: Set<string>;
  /** Of all objects. */
  readonly parents: Set<string>;
  depth: number;
  isCut: boolean;
}

function collect(value: Members, at: string, seen: Seen): void {
  for (const [name, member] of Object.entries(value)) {
    if (seen.paths.size >= MEMBERS_MAX) {
      seen.isCut = true;
      return;
    }
    const path = `${at === '' ? '' : `${at}.`}${name.slice(0, WHAT_LENGTH_MAX).replaceAll('\n', ' ')}`;
    seen.paths.add(path);
    if (Array.isArray(member)) {
      for (const row of member.slice(0, ROWS_MAX)) descend(row, `${path}[]`, seen);
    } else descend(member, path, seen);
  }
}

function descend(value: unknown, at: string, seen: Seen): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  seen.parents.add(at);
  if (seen.depth >= DEPTH_MAX) {
    seen.isCut = true;
    return;
  }
  seen.depth += 1;
  collect(value as Members, at, seen);
  seen.depth -= 1;
}

/** The same changes of several shards as one, newest first. */
export function merged(lists: readonly (readonly Drift[])[]): Drift[] {
  const all = new Map<string, Drift>();
  for (const drift of lists.flat()) {
    const key = `${drift.venue} ${drift.kind} ${drift.what}`;
    const known = all.get(key);
    const first = known !== undefined && known.first < drift.first ? known.first : drift.first;
    const newest = known !== undefined && known.newest > drift.newest ? known.newest : drift.newest;
    all.set(key, { ...drift, count: (known?.count ?? 0) + drift.count, first, newest });
  }
  return [...all.values()].sort((a, b) => (a.newest < b.newest ? 1 : -1));
}
