import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import type { FeedConfig } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import type { RestAddress } from '../model/status.js';
import type { RestRequest, Venue } from '../model/venue.js';
import { Addresses, SERVER_ERROR, shown } from './addresses.js';
import type { Logger } from './log.js';
import { NAME_REFUSED } from './names.js';
import type { Lease, LeaseRank } from './weight-budget.js';

/** Longest a whole answer may take. */
const DEADLINE_MS = 10_000;
/** Largest body: listings of all instruments, snapshots of 10^6 levels. */
const BODY_SIZE_MAX = 64 << 20;
/** Wait after a refusal that does not say how long. */
const RETRY_AFTER_DEFAULT_MS = 60_000;
const RETRY_AFTER_MAX_S = 7 * 86_400;

/** Statuses after which everybody stops asking this venue. */
const BANS: ReadonlySet<number> = new Set([418, 429]);

/** Errors that happen before a request leaves: the venue did not count it. */
const UNSENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  NAME_REFUSED,
]);

/** Span in which a venue counts weight unless it says otherwise, ms. */
const MINUTE_MS = 60_000;

/** A wish for a share of a venue's budget: `limit` in any `windowMs` is the whole of it. */
export interface Asking {
  readonly restUrl: string;
  readonly weight: number;
  readonly limit: number;
  readonly windowMs: number;
  readonly rank: LeaseRank;
}

/** The shared budget, seen from whoever asks a venue. */
export interface Budget {
  lease(asking: Asking): Promise<Lease>;
  /** The request of this lease is over, and the venue may have counted it until now. */
  settle(restUrl: string, lease: Lease): void;
  /** The lease was not used after all. */
  refund(restUrl: string, lease: Lease): void;
  used(restUrl: string, weight: number): void;
  banned(restUrl: string, ms: number): void;
}

/** Seconds or date of a Retry-After header, as ms. */
export function retryAfterMs(header: string | string[] | undefined): number {
  const text = typeof header === 'string' ? header : '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, RETRY_AFTER_MAX_S) * 1000 : RETRY_AFTER_DEFAULT_MS;
}

/** Another address of a venue is asked from now on. */
export interface RestMove {
  readonly venue: string;
  readonly from: string;
  readonly to: string;
}

export interface RestOptions {
  moved?(move: RestMove): void;
  /** Monotonic, ms. */
  readonly now?: () => number;
  readonly lookup?: LookupFunction;
}

/** Where a request goes, and on whose budget. */
interface Asked {
  readonly account: string;
  readonly url: string;
  readonly asked: RestRequest;
}

/** Tells the log. */
export const movedLog =
  (logger: Logger) =>
  (move: RestMove): void =>
    logger.warn({ ...move }, 'the REST address of a venue cannot be reached; another one is asked');

/** All addresses that a venue documents are one budget, by whichever of them a feed begins: it counts what we ask, not where. */
function accountOf({ defaults }: Venue, restUrl: string): string {
  return defaults.restAlternates?.includes(restUrl) === true ? defaults.restUrl : restUrl;
}

/** The address was not reached, or did not answer as a server that works; what the venue refuses is no matter of the address. */
function isUnreachable(error: unknown): boolean {
  return !(error instanceof TickringError) || Number(error.context['status'] ?? 0) >= SERVER_ERROR;
}

/** The venue answered, and has no such thing. */
export function isUnknown(error: unknown): boolean {
  const status = error instanceof TickringError ? Number(error.context['status']) : 0;
  return status === 400 || status === 404;
}

/** Asks venues over REST: under their budget, with deadlines and a size limit, never following a redirect. */
export class RestClient {
  readonly #agent: Agent;
  readonly #budget: Budget;
  readonly #moved: (move: RestMove) => void;
  /** By REST root of a feed. */
  readonly #addresses = new Map<string, { readonly venue: string; readonly addresses: Addresses }>();
  readonly #now: (() => number) | undefined;

  /** `moved` is told when another address of a venue is asked from now on. `lookup` says where names lead; default: the system. */
  constructor(budget: Budget, { moved = () => {}, now, lookup }: RestOptions = {}) {
    this.#agent = new Agent({
      connections: 4,
      headersTimeout: DEADLINE_MS,
      bodyTimeout: DEADLINE_MS,
      connect: { timeout: DEADLINE_MS, ...(lookup === undefined ? {} : { lookup }) },
    });
    this.#budget = budget;
    this.#moved = moved;
    this.#now = now;
  }

  /** From now on, requests to this feed's REST root may go to its alternates; without this, to those that the venue documents. */
  know({ venue, restUrl, restAlternates = [] }: Pick<FeedConfig, 'venue' | 'restUrl' | 'restAlternates'>): void {
    if (this.#addresses.has(restUrl)) return;
    this.#addresses.set(restUrl, { venue, addresses: new Addresses([restUrl, ...restAlternates], this.#now) });
  }

  /** Venues that are asked at another address than their first. */
  get moved(): RestAddress[] {
    const all = [...this.#addresses.values()].filter(({ addresses }) => !addresses.isFirst);
    return all.map(({ venue, addresses }) => ({ venue, address: shown(addresses.url) }));
  }

  /**
   * The body of a 200 answer.
   *
   * Throws `VENUE_REST` for any other outcome, with `status` and `retryAfterMs` in its context where the venue gave them; a
   * refusal (429, 418) also stops everybody until its Retry-After.
   */
  async get(
    venue: Venue,
    restUrl: string,
    asked: RestRequest,
    signal: AbortSignal,
    rank: LeaseRank = 'ordinary',
  ): Promise<Buffer> {
    const { path, weight } = asked;
    const { restWeightPerMinute, restWindow } = venue.limits;
    const { weight: limit, ms: windowMs } = restWindow ?? { weight: restWeightPerMinute, ms: MINUTE_MS };
    const account = accountOf(venue, restUrl);
    const lease = await this.#lease({ restUrl: account, weight, limit, windowMs, rank }, signal);
    let over = (): void => this.#budget.settle(account, lease);
    const addresses = this.#addressesOf(venue, restUrl);
    const { url } = addresses;
    const where = `${venue.name} ${path.split('?')[0]}`;
    const abort = new AbortController();
    const stop = (): void => abort.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const deadline = setTimeout(() => abort.abort(new Error(`no whole answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    try {
      const body = await this.#ask(venue, { account, url, asked }, where, abort.signal);
      addresses.worked(url);
      return body;
    } catch (error) {
      if (!signal.aborted && isUnreachable(error) && addresses.failed(url))
        this.#moved({ venue: venue.name, from: shown(url), to: shown(addresses.url) });
      if (error instanceof TickringError) throw error;
      if (UNSENT.has((error as { code?: unknown } | null)?.code)) over = () => this.#budget.refund(account, lease);
      const reason = error instanceof Error ? error.message : String(error);
      throw new TickringError('VENUE_REST', `${where} failed: ${reason}`, { cause: error });
    } finally {
      over();
      clearTimeout(deadline);
      signal.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** Waits for the budget, not longer than the signal allows. */
  async #lease(asking: Asking, signal: AbortSignal): Promise<Lease> {
    signal.throwIfAborted();
    const leased = this.#budget.lease(asking);
    let stop = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
    });
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([leased, aborted]);
    } catch (error) {
      // What comes too late is given back; a lease that failed has nothing to give.
      if (signal.aborted)
        leased.then(
          (lease) => this.#budget.refund(asking.restUrl, lease),
          () => {},
        );
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  #addressesOf(venue: Venue, restUrl: string): Addresses {
    const { defaults, name } = venue;
    this.know({ venue: name, ...(restUrl === defaults.restUrl ? defaults : {}), restUrl });
    const { addresses } = this.#addresses.get(restUrl) as { addresses: Addresses };
    addresses.comeBack();
    return addresses;
  }

  async #ask(venue: Venue, { account, url, asked }: Asked, where: string, signal: AbortSignal): Promise<Buffer> {
    const sent = { dispatcher: this.#agent, signal, headers: asked.headers ?? {} };
    const { statusCode: status, headers, body } = await request(url + asked.path, sent);
    const used = venue.usedWeight(headers);
    if (used !== undefined) this.#budget.used(account, used);
    const retryAfter = headers['retry-after'];
    if (BANS.has(status)) this.#budget.banned(account, retryAfterMs(retryAfter));
    if (status === 200) return await collect(body, where);
    await body.dump();
    const wait = retryAfter === undefined || BANS.has(status) ? {} : { retryAfterMs: retryAfterMs(retryAfter) };
    throw new TickringError('VENUE_REST', `${where} answered ${status}`, { context: { status, ...wait } });
  }
}

async function collect(body: AsyncIterable<Buffer>, where: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > BODY_SIZE_MAX) throw new TickringError('VENUE_REST', `${where} answered more than ${BODY_SIZE_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
