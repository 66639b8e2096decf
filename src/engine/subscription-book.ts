import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { TickringError } from '../model/errors.js';
import {
  DATA_TYPES,
  isOf,
  SUBSCRIBED_SYMBOLS_MAX,
  SUBSCRIPTION_SYMBOLS_MAX,
  SUBSCRIPTIONS_MAX,
  type Subscription,
  type SubscriptionOrder,
} from '../model/feeds.js';
import type { ControlRequests } from '../model/status.js';
import { readState, replaceFile } from './state-files.js';

const stateSchema = z.object({
  next: z.int().min(1),
  subscriptions: z.array(
    z.object({
      subscriptionId: z.string(),
      symbols: z.array(z.string()),
      dataTypes: z.array(z.enum(DATA_TYPES)),
      callbackUrl: z.string().nullable(),
      isActive: z.boolean(),
      createdAt: z.string(),
      owner: z.string().nullable().default(null),
    }),
  ),
});

/** Subscriptions of consumers, on disk before they are answered. Ids are never given twice. */
export class SubscriptionBook {
  readonly #path: string;
  #next: number;
  #all: ReadonlyMap<string, Subscription>;

  constructor(stateDir: string) {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    this.#path = join(stateDir, 'subscriptions.json');
    const { next, subscriptions } = readState(this.#path, stateSchema, { next: 1, subscriptions: [] });
    this.#next = next;
    this.#all = new Map(subscriptions.map((subscription) => [subscription.subscriptionId, subscription]));
  }

  get all(): readonly Subscription[] {
    return [...this.#all.values()];
  }

  of(owner: string | undefined): readonly Subscription[] {
    return this.all.filter((subscription) => isOf(owner, subscription));
  }

  /** All of these, or none. Throws `ARGUMENT_RANGE` beyond the limits. */
  add(orders: readonly SubscriptionOrder[], owner: string | undefined): readonly Subscription[] {
    const createdAt = new Date().toISOString();
    const added = orders.map(({ symbols, dataTypes, callbackUrl }, index) => {
      const subscriptionId = `sub_${String(this.#next + index).padStart(6, '0')}`;
      return {
        subscriptionId,
        symbols: [...new Set(symbols)],
        dataTypes,
        callbackUrl,
        isActive: true,
        createdAt,
        owner: owner ?? null,
      };
    });
    this.#write([...this.all, ...added], this.#next + added.length);
    return added;
  }

  /** The subscription as it is now; null if there is none. */
  change({
    owner,
    subscriptionId,
    add = [],
    remove = [],
    isActive,
  }: ControlRequests['subscription_change']['fields']): Subscription | null {
    const known = this.#all.get(subscriptionId);
    if (known === undefined || !isOf(owner, known)) return null;
    const gone = new Set(remove);
    const symbols = [...new Set([...known.symbols.filter((symbol) => !gone.has(symbol)), ...add])];
    if (symbols.length === 0) throw new TickringError('ARGUMENT_RANGE', 'a subscription without symbols would be left');
    if (symbols.length > SUBSCRIPTION_SYMBOLS_MAX)
      throw new TickringError('ARGUMENT_RANGE', `${symbols.length} symbols exceed ${SUBSCRIPTION_SYMBOLS_MAX}`);
    const changed = { ...known, symbols, isActive: isActive ?? known.isActive };
    this.#write(
      this.all.map((each) => (each === known ? changed : each)),
      this.#next,
    );
    return changed;
  }

  /** Whether there was such a subscription. */
  remove(subscriptionId: string, owner: string | undefined): boolean {
    const known = this.#all.get(subscriptionId);
    if (known === undefined || !isOf(owner, known)) return false;
    this.#write(
      this.all.filter((each) => each.subscriptionId !== subscriptionId),
      this.#next,
    );
    return true;
  }

  #write(subscriptions: readonly Subscription[], next: number): void {
    const symbols = subscriptions.reduce((sum, each) => sum + each.symbols.length, 0);
    if (subscriptions.length > SUBSCRIPTIONS_MAX || symbols > SUBSCRIBED_SYMBOLS_MAX) {
      const limits = `${SUBSCRIPTIONS_MAX} subscriptions, ${SUBSCRIBED_SYMBOLS_MAX} symbols`;
      throw new TickringError('ARGUMENT_RANGE', `${subscriptions.length} with ${symbols} symbols exceed ${limits}`);
    }
    replaceFile(this.#path, `${JSON.stringify({ next, subscriptions })}\n`);
    this.#next = next;
    this.#all = new Map(subscriptions.map((subscription) => [subscription.subscriptionId, subscription]));
  }
}
