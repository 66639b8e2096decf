/**
 * Tickets: a browser shows its key in a header and gets a word for one socket, for browsers can offer that only among the
 * subprotocols, which proxies may log. It is worth nothing once it was used or a minute is over (THREATS S04).
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { HeldKey, KeyRing } from './key-ring.js';
import { hashOf } from './keys.js';

export const TICKET_SECONDS = 60;
/** Unused tickets of one key; the oldest go. */
const TICKETS_MAX = 16;
/** The key's id, then chance. */
const TICKET = /^([0-9a-f]{16})_[A-Za-z0-9_-]{32}$/;

interface Ticket {
  readonly key: HeldKey;
  readonly sha256: Buffer;
  readonly endsAt: number;
}

export class Tickets {
  readonly #keys: KeyRing;
  readonly #byKey = new Map<string, Ticket[]>();

  constructor(keys: KeyRing) {
    this.#keys = keys;
  }

  /** A ticket that opens one socket with this key. `now`: ms since the UNIX epoch. */
  issue(key: HeldKey, now: number): string {
    const ticket = `${key.id}_${randomBytes(24).toString('base64url')}`;
    const valid = (this.#byKey.get(key.id) ?? []).filter(({ endsAt }) => endsAt > now);
    valid.push({ key, sha256: hashOf(ticket), endsAt: now + TICKET_SECONDS * 1_000 });
    this.#byKey.set(key.id, valid.slice(-TICKETS_MAX));
    return ticket;
  }

  /** The key behind a ticket, which is used up by that; undefined where it is none, was used or is over, or its key is. */
  take(text: string, now: number): HeldKey | undefined {
    const id = TICKET.exec(text)?.[1] ?? '';
    const issued = this.#byKey.get(id) ?? [];
    const sha256 = hashOf(text);
    const found = issued.find((ticket) => timingSafeEqual(ticket.sha256, sha256));
    if (found === undefined) return undefined;
    const left = issued.filter((ticket) => ticket !== found && ticket.endsAt > now);
    if (left.length > 0) this.#byKey.set(id, left);
    else this.#byKey.delete(id);
    return found.endsAt > now && this.#keys.isActive(id, now) ? found.key : undefined;
  }
}
