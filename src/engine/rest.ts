import { Agent, request } from 'undici';
import { TickringError } from '../model/errors.js';
import type { RestRequest, Venue } from '../model/venue.js';

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
]);

/** The shared budget, seen from whoever asks a venue. */
export interface Budget {
  lease(restUrl: string, weight: number, perMinute: number): Promise<void>;
  /** The leased weight was not used after all. */
  refund(restUrl: string, weight: number): void;
  used(restUrl: string, weight: number): void;
  banned(restUrl: string, ms: number): void;
}

/** Seconds or date of a Retry-After header, as ms. */
export function retryAfterMs(header: string | string[] | undefined): number {
  const text = typeof header === 'string' ? header : '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, RETRY_AFTER_MAX_S) * 1000 : RETRY_AFTER_DEFAULT_MS;
}

/** Asks venues over REST: under their budget, with deadlines and a size limit, never following a redirect. */
export class RestClient {
  readonly #agent = new Agent({
    connections: 4,
    headersTimeout: DEADLINE_MS,
    bodyTimeout: DEADLINE_MS,
    connect: { timeout: DEADLINE_MS },
  });
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /**
   * The body of a 200 answer.
   *
   * Throws `VENUE_REST` for any other outcome, with `status` and `retryAfterMs` in its context where the venue gave them; a
   * refusal (429, 418) also stops everybody until its Retry-After.
   */
  async get(venue: Venue, restUrl: string, { path, weight }: RestRequest, signal: AbortSignal): Promise<Buffer> {
    await this.#lease(restUrl, weight, venue.limits.restWeightPerMinute, signal);
    const where = `${venue.name} ${path.split('?')[0]}`;
    const abort = new AbortController();
    const stop = (): void => abort.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    const deadline = setTimeout(() => abort.abort(new Error(`no whole answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
    try {
      return await this.#ask(venue, restUrl, path, where, abort.signal);
    } catch (error) {
      if (error instanceof TickringError) throw error;
      if (UNSENT.has((error as { code?: unknown } | null)?.code)) this.#budget.refund(restUrl, weight);
      const reason = error instanceof Error ? error.message : String(error);
      throw new TickringError('VENUE_REST', `${where} failed: ${reason}`, { cause: error });
    } finally {
      clearTimeout(deadline);
      signal.removeEventListener('abort', stop);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** Waits for the budget, not longer than the signal allows. */
  async #lease(restUrl: string, weight: number, perMinute: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const leased = this.#budget.lease(restUrl, weight, perMinute);
    let stop = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
    });
    signal.addEventListener('abort', stop, { once: true });
    try {
      await Promise.race([leased, aborted]);
    } catch (error) {
      // What comes too late is given back; a lease that failed has nothing to give.
      if (signal.aborted)
        leased.then(
          () => this.#budget.refund(restUrl, weight),
          () => {},
        );
      throw error;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #ask(venue: Venue, restUrl: string, path: string, where: string, signal: AbortSignal): Promise<Buffer> {
    const { statusCode: status, headers, body } = await request(restUrl + path, { dispatcher: this.#agent, signal });
    const used = venue.usedWeight(headers);
    if (used !== undefined) this.#budget.used(restUrl, used);
    const retryAfter = headers['retry-after'];
    if (BANS.has(status)) this.#budget.banned(restUrl, retryAfterMs(retryAfter));
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
