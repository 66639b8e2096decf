import type { ServerLimits } from '../dialects/dialect.js';

const MINUTE_MS = 60_000;
const FIVE_MINUTES_MS = 300_000;
/** Addresses remembered; the one that came first is forgotten first. */
const ACCOUNTS_MAX = 10_000;
const BAN_MAX_MS = 3 * 86_400_000;
/** How long after a refusal requests may arrive that were sent before it. */
const UNDER_WAY_MS = 200;

interface Account {
  minute: number;
  used: number;
  refusals: number;
  bans: number;
  bannedFromMs: number;
  bannedUntilMs: number;
  connections: number[];
}

export type Admission =
  | { readonly outcome: 'admitted'; readonly used: number }
  | {
      readonly outcome: 'refused' | 'banned';
      readonly used: number;
      readonly retryAfterSeconds: number;
      readonly untilMs: number;
    };

/** REST weight and connection attempts of each address, on the wall clock, as the venue counts them. */
export class Weights {
  readonly #limits: ServerLimits;
  readonly #accounts = new Map<string, Account>();

  constructor(limits: ServerLimits) {
    this.#limits = limits;
  }

  admit(address: string, weight: number, nowMs: number): Admission {
    const account = this.#account(address);
    const minuteMs = this.#limits.restWindowMs ?? MINUTE_MS;
    const minute = Math.floor(nowMs / minuteMs);
    if (account.minute !== minute) Object.assign(account, { minute, used: 0, refusals: 0 });
    if (nowMs < account.bannedUntilMs) {
      const outcome = nowMs < account.bannedFromMs ? 'refused' : 'banned';
      return refusal(outcome, account.used, account.bannedUntilMs, nowMs);
    }
    account.used += weight;
    if (account.used <= this.#limits.restWeightPerMinute) return { outcome: 'admitted', used: account.used };
    account.refusals += 1;
    if (account.refusals > this.#limits.refusalsBeforeBan) {
      account.bannedUntilMs = nowMs + Math.min(BAN_MAX_MS, this.#limits.banMs * 2 ** account.bans);
      account.bans += 1;
      return refusal('banned', account.used, account.bannedUntilMs, nowMs);
    }
    return refusal('refused', account.used, (minute + 1) * minuteMs, nowMs);
  }

  /** Bans the address until `untilMs`, as a fault. What was under way when it was told to stop is not held against it. */
  ban(address: string, nowMs: number, untilMs: number): void {
    Object.assign(this.#account(address), { bannedFromMs: nowMs + UNDER_WAY_MS, bannedUntilMs: untilMs });
  }

  /** Counts a connection attempt; false if the address made too many. */
  connect(address: string, nowMs: number): boolean {
    const account = this.#account(address);
    account.connections = account.connections.filter((at) => nowMs - at < FIVE_MINUTES_MS);
    if (account.connections.length >= this.#limits.connectionsPer5Minutes) return false;
    account.connections.push(nowMs);
    return true;
  }

  #account(address: string): Account {
    let account = this.#accounts.get(address);
    if (account === undefined) {
      account = { minute: 0, used: 0, refusals: 0, bans: 0, bannedFromMs: 0, bannedUntilMs: 0, connections: [] };
      const [first] = this.#accounts.keys();
      if (this.#accounts.size >= ACCOUNTS_MAX && first !== undefined) this.#accounts.delete(first);
      this.#accounts.set(address, account);
    }
    return account;
  }
}

function refusal(outcome: 'refused' | 'banned', used: number, untilMs: number, nowMs: number): Admission {
  return { outcome, used, untilMs, retryAfterSeconds: Math.max(1, Math.ceil((untilMs - nowMs) / 1000)) };
}
