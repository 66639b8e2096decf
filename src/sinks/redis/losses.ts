/** What was lost, by name, until it is told. */
import { rfc3339 } from '../clock.js';

/** `entry` is a loss of a stream once more: what the stream itself is to say of it. */
export type LossKind = 'channel' | 'key' | 'stream' | 'entry' | 'ring' | 'feed' | 'restart';

/** Reasons kept of one hole. */
const REASONS_MAX = 8;
/** Names kept apart; what is lost beyond them is told under `*`. Three topics of 65,536 instruments would be most that can be. */
const NAMES_MAX = 500_000;

export interface Loss {
  readonly name: string;
  readonly kind: LossKind;
  /** Null where nobody can count them. */
  lost: number | null;
  unconfirmed: number | null;
  readonly reasons: string[];
  /** ns since the UNIX epoch. */
  readonly fromNs: bigint;
  toNs: bigint;
}

export interface LossNote {
  readonly name: string;
  readonly kind: LossKind;
  readonly lost?: number | null;
  readonly unconfirmed?: number | null;
  readonly reason: string;
  readonly atNs: bigint;
}

const plus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

export class Losses {
  readonly #byName = new Map<string, Loss>();

  get size(): number {
    return this.#byName.size;
  }

  note(note: LossNote): void {
    this.#add(note);
    if (note.kind === 'stream') this.#add({ ...note, kind: 'entry' });
  }

  #add({ name, kind, lost = 0, unconfirmed = 0, reason, atNs }: LossNote): void {
    const key = `${kind} ${name}`;
    const known = this.#byName.get(key);
    if (known === undefined) {
      const isRoom = this.#byName.size < NAMES_MAX || name === '*';
      if (!isRoom) this.#add({ name: '*', kind, lost, unconfirmed, reason, atNs });
      else this.#byName.set(key, { name, kind, lost, unconfirmed, reasons: [reason], fromNs: atNs, toNs: atNs });
      return;
    }
    known.lost = plus(known.lost, lost);
    known.unconfirmed = plus(known.unconfirmed, unconfirmed);
    if (!known.reasons.includes(reason) && known.reasons.length < REASONS_MAX) known.reasons.push(reason);
    if (atNs > known.toNs) known.toNs = atNs;
  }

  /** Takes the account of up to `max` names. */
  take(max: number): Loss[] {
    const taken: Loss[] = [];
    for (const [key, loss] of this.#byName) {
      if (taken.length >= max) break;
      taken.push(loss);
      this.#byName.delete(key);
    }
    return taken;
  }

  /** An account that could not be told after all. */
  putBack({ name, kind, lost, unconfirmed, reasons, fromNs, toNs }: Loss): void {
    const newer = this.#byName.get(`${kind} ${name}`);
    this.#byName.set(`${kind} ${name}`, {
      name,
      kind,
      lost: plus(lost, newer?.lost ?? 0),
      unconfirmed: plus(unconfirmed, newer?.unconfirmed ?? 0),
      reasons: [...new Set([...reasons, ...(newer?.reasons ?? [])])].slice(0, REASONS_MAX),
      fromNs,
      toNs: newer === undefined || newer.toNs < toNs ? toNs : newer.toNs,
    });
  }
}

export function lossBody({ name, kind, lost, unconfirmed, reasons, fromNs, toNs }: Loss): string {
  return JSON.stringify({
    name,
    kind: kind === 'entry' ? 'stream' : kind,
    lost,
    unconfirmed,
    reasons,
    from: rfc3339(fromNs),
    to: rfc3339(toNs),
  });
}
