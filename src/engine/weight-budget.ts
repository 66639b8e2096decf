import { TickringError } from '../model/errors.js';
import type { HostBudget } from '../native/index.js';

/** Requests that may wait for the budget at once; each book asks for one snapshot at a time. */
const WAITING_MAX = 10_000;

/** Share of the venue's weight that we use; the rest is for others on the same address. */
const SHARE = 0.9;

/** What snapshots and the like leave of that for listings, without which an engine cannot even begin. */
const ORDINARY_SHARE = 0.95;

/** Other processes give back what we cannot see: who waits looks again after this, ms. */
const LOOK_AGAIN_MS = 250;

/** Most that one budget counts. */
const LIMIT_MAX = 0xff_ffff;

/** Whom the budget serves before others: whoever else waits can do nothing without it. */
export type LeaseRank = 'first' | 'ordinary';

/** Proof of a lease, for whoever ends it. */
export interface Lease {
  readonly weight: number;
  readonly granted: number;
}

interface Waiting {
  readonly weight: number;
  readonly limit: number;
  readonly rank: LeaseRank;
  grant(lease: Lease): void;
  refuse(error: Error): void;
}

export interface WeightBudgetOptions {
  /** Counts for every process of the host. */
  readonly shared: HostBudget;
  /** What the venue allows in the budget's window. */
  readonly limit: number;
  /** Monotonic time, ms; default the host's. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * Weight budget of one venue's REST interface: the shards of this engine wait here in order, and what is granted is counted for
 * all engines of the host.
 *
 * In no span of the venue's window is more under way than the budget, wherever the span begins: a lease counts from its grant
 * until a window after its request was over. A token bucket would not do: it allows a full bucket and its refill within one
 * window. What the venue says was used counts as well, for others may share our address. After a 429 or 418 nobody gets anything
 * until its Retry-After.
 */
export class WeightBudget {
  readonly #shared: HostBudget;
  readonly #limits: Readonly<Record<LeaseRank, number>>;
  readonly #now: () => number | undefined;
  readonly #random: () => number;
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ shared, limit, now, random = Math.random }: WeightBudgetOptions) {
    this.#shared = shared;
    this.#now = now ?? (() => undefined);
    this.#random = random;
    const first = Math.max(1, Math.min(Math.floor(limit * SHARE), LIMIT_MAX));
    this.#limits = {
      first,
      ordinary: Math.max(1, Math.floor(first * ORDINARY_SHARE)),
    };
  }

  /** Resolves in order of asking, when the budget allows this weight. Rejects when too many wait, or it is closed. */
  lease(weight: number, rank: LeaseRank = 'ordinary'): Promise<Lease> {
    return new Promise((grant, refuse) => {
      const limit = this.#limits[rank];
      if (this.#closed) refuse(closedError());
      else if (this.#waiting.length >= WAITING_MAX)
        refuse(new TickringError('VENUE_REST', `${WAITING_MAX} requests wait for the venue's budget already`));
      else {
        const others = this.#waiting.findIndex((waiting) => waiting.rank === 'ordinary');
        const place = rank === 'first' && others >= 0 ? others : this.#waiting.length;
        this.#waiting.splice(place, 0, {
          weight: Math.min(weight, limit),
          limit,
          rank,
          grant,
          refuse,
        });
        this.#serve();
      }
    });
  }

  /** The request is over, however it ended: from now on its lease grows old. */
  settle({ weight, granted }: Lease): void {
    if (!this.#closed) this.#shared.settle(weight, granted, this.#now());
  }

  /** A lease was not used: its request never reached the venue. */
  refund({ weight, granted }: Lease): void {
    if (this.#closed) return;
    this.#shared.giveBack(weight, granted);
    this.#serve();
  }

  /** The venue counts this much in its present window. */
  used(weight: number): void {
    if (!this.#closed) this.#shared.used(Math.min(weight, LIMIT_MAX), this.#now());
  }

  /** Nobody may ask for so long, ms. */
  ban(ms: number): void {
    if (!this.#closed) this.#shared.closeFor(ms, this.#now());
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const { refuse } of this.#waiting.splice(0)) refuse(closedError());
    this.#shared.close();
  }

  #serve(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const { weight, limit, grant } = first;
      const { granted, waitMs } = this.#shared.take(weight, limit, this.#now());
      if (granted === undefined) {
        // Not all processes at the same moment.
        const againMs = Math.min(Math.ceil(waitMs), LOOK_AGAIN_MS) * (1 + this.#random() / 4);
        this.#timer = setTimeout(() => this.#serve(), againMs);
        this.#timer.unref();
        return;
      }
      this.#waiting.shift();
      grant({ weight, granted });
    }
  }
}

function closedError(): TickringError {
  return new TickringError('CLOSED', "the venue's budget is closed: the engine stops");
}
