/** Nobody's server is run over because many subscriptions name it (THREATS S18): few requests at once, and so many a second. */

const AT_ONCE = 2;
/** Hosts that are remembered; those at rest are forgotten beyond it. */
const HOSTS_MAX = 1_000;

interface Host {
  active: number;
  /** When the next request may start, monotonic ms. */
  nextAt: number;
  readonly waiting: (() => void)[];
}

export class HostGate {
  readonly #everyMs: number;
  readonly #hosts = new Map<string, Host>();

  /** `everyMs`: least time between the starts of two requests to a host. */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  async through<T>(name: string, act: () => Promise<T>): Promise<T> {
    const host = this.#hosts.get(name) ?? { active: 0, nextAt: 0, waiting: [] };
    this.#hosts.set(name, host);
    if (this.#hosts.size > HOSTS_MAX) this.#forget();
    if (host.active >= AT_ONCE) await new Promise<void>((resolve) => host.waiting.push(resolve));
    else host.active += 1;
    try {
      const waitMs = host.nextAt - performance.now();
      host.nextAt = Math.max(host.nextAt, performance.now()) + this.#everyMs;
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      return await act();
    } finally {
      const next = host.waiting.shift();
      // Its place goes on to the next one.
      if (next !== undefined) next();
      else host.active -= 1;
    }
  }

  #forget(): void {
    const now = performance.now();
    for (const [name, { active, nextAt }] of this.#hosts) if (active === 0 && nextAt <= now) this.#hosts.delete(name);
  }
}
