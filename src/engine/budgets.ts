import type { Logger } from './log.js';
import type { Budget } from './rest.js';
import type { BanBook } from './state-files.js';
import { WeightBudget } from './weight-budget.js';

/** The one authority over every venue's REST weight, by REST root. It lives in the main thread; workers lease from it. */
export class Budgets implements Budget {
  readonly #bans: BanBook;
  readonly #logger: Logger;
  readonly #budgets = new Map<string, WeightBudget>();

  constructor(bans: BanBook, logger: Logger) {
    this.#bans = bans;
    this.#logger = logger;
  }

  lease(restUrl: string, weight: number, perMinute: number): Promise<void> {
    let budget = this.#budgets.get(restUrl);
    if (budget === undefined) {
      budget = new WeightBudget(perMinute);
      budget.ban(this.#bans.remaining(restUrl));
      this.#budgets.set(restUrl, budget);
    }
    return budget.lease(weight);
  }

  refund(restUrl: string, weight: number): void {
    this.#budgets.get(restUrl)?.refund(weight);
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
