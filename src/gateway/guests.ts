/** Open sockets by who opened them: how many each may have, and the end of those whose key has ended. */

import type { Caller } from './access.js';
import { CLOSE_CODES, type Client } from './client.js';
import type { Hub } from './hub.js';
import type { KeyRing } from './key-ring.js';
import type { Logger } from './logger.js';
import { Refusal } from './problem.js';

/** How often keys are looked at, ms: one that was revoked is over in less than a second. */
const LOOK_MS = 250;

export class Guests {
  readonly #socketsMax: number;
  readonly #keys: KeyRing;
  readonly #callers = new Map<Client, Caller>();
  readonly #counts = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(socketsMax: number, keys: KeyRing) {
    this.#socketsMax = socketsMax;
    this.#keys = keys;
  }

  /** Refuses a socket that is one too many for its address or key. */
  checkRoom({ limits }: Caller): void {
    if (limits.every((who) => (this.#counts.get(who) ?? 0) < this.#socketsMax)) return;
    throw new Refusal(429, `there are ${this.#socketsMax} sockets already`, { 'Retry-After': '5' });
  }

  opened(client: Client, caller: Caller): void {
    this.#callers.set(client, caller);
    for (const who of caller.limits) this.#counts.set(who, (this.#counts.get(who) ?? 0) + 1);
  }

  closed(client: Client): void {
    const caller = this.#callers.get(client);
    if (caller === undefined) return;
    this.#callers.delete(client);
    for (const who of caller.limits) {
      const left = (this.#counts.get(who) ?? 1) - 1;
      if (left > 0) this.#counts.set(who, left);
      else this.#counts.delete(who);
    }
  }

  /** Looks at the keys from now on, and closes sockets whose key is over; `wake` makes the closing happen. */
  start(hub: Hub, wake: () => void, logger: Logger): void {
    this.#timer = setInterval(() => {
      this.#keys.look();
      const now = Date.now();
      for (const [client, { key }] of this.#callers) {
        if (key === undefined || client.isClosing || this.#keys.isActive(key.id, now)) continue;
        hub.close(client, CLOSE_CODES.policy, 'the key is revoked or expired', performance.now());
        logger.info({ key: key.id }, 'socket closed, its key is over');
        wake();
      }
    }, LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
