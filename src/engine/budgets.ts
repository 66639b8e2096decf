import { openHostBudget } from './host-budgets.js';
import type { Logger } from './log.js';
import type { Asking, Budget } from './rest.js';
import type { BanBook } from './state-files.js';
import { type Lease, WeightBudget } from './weight-budget.js';

/**
 * The one authority of this process over every venue's REST weight, by REST root. It lives in the main thread; workers lease from
 * it. What it grants is counted for all processes of the host.
 */
export class Budgets implements Budget {
  readonly #shmRoot: string;
  readonly #bans: BanBook;
  readonly #logger: Logger;
  readonly #budgets = new Map<string, WeightBudget>();

  constructor(shmRoot: string, bans: BanBook, logger: Logger) {
    this.#shmRoot = shmRoot;
    this.#bans = bans;
    this.#logger = logger;
  }

  lease({ restUrl, weight, limit, windowMs, rank }: Asking): Promise<Lease> {
    let budget = this.#budgets.get(restUrl);
    if (budget === undefined) {
      const shared = openHostBudget(this.#shmRoot, 'rest', restUrl, windowMs, this.#logger);
      budget = new WeightBudget({ shared, limit });
      const remaining = this.#bans.remaining(restUrl);
      if (remaining > 0) budget.ban(remaining);
      this.#budgets.set(restUrl, budget);
    }
    return budget.lease(weight, rank);
  }

  settle(restUrl: string, lease: Lease): void {
    this.#budgets.get(restUrl)?.settle(lease);
  }

  refund(restUrl: string, lease: Lease): void {
    this.#budgets.get(restUrl)?.refund(lease);
  }

  used(restUrl: string, weight: number): void {
    this.#budgets.get(restUrl)?.used(weight);
  }

  banned(restUrl: string, ms: number): void {
    this.#budgets.get(restUrl)?.ban(ms);
    this.#logger.warn({ venue: new URL(restUrl).host, ms }, 'the venue refuses requests; nobody asks it until then');
    try {
      this.#bans.banned(restUrl, ms);
    } catch (error) {
      this.#logger.error(
        { reason: (error as Error).message },
        'a ban could not be written down; a restart will not know of it',
      );
    }
  }

  close(): void {
    for (const budget of this.#budgets.values()) budget.close();
  }
}
