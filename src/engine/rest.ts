import { Agent, request } from 'undici';
import { TickringError } from '../model/errors.js';
import type { RestRequest, Venue } from '../model/venue.js';

/** Longest a whole answer may take. */
const DEADLINE_MS = 10_000;
/** Largest body: listings of all instruments, snapshots of 10^6 levels. */
const BODY_SIZE_MAX = 64 << 20;
/** Wait after a refusal that does not say how long. */
const RETRY_AFTER_DEFAULT_MS = 60_000;

/** The shared budget, seen from whoever asks a venue. */
export interface Budget {
  lease(restUrl: string, weight: number, perMinute: number): Promise<void>;
  used(restUrl: string, weight: number): void;
  banned(restUrl: string, ms: number): void;
}

/** Seconds or date of a Retry-After header, as ms. */
export function retryAfterMs(header: string | string[] | undefined): number {
  const text = typeof header === 'string' ? header : '';
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 7 * 86_400) * 1000 : RETRY_AFTER_DEFAULT_MS;
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
   * Throws `VENUE_REST` for any other outcome; a refusal (429, 418) also stops everybody until its Retry-After.
   */
  async get(venue: Venue, restUrl: string, { path, weight }: RestRequest, signal: AbortSignal): Promise<Buffer> {
    await this.#budget.lease(restUrl, weight, venue.limits.restWeightPerMinute);
    signal.throwIfAborted();
    const where = `${venue.name} ${path.split('?')[0]}`;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
    try {
      const answer = await request(restUrl + path, { dispatcher: this.#agent, signal: deadline });
      const used = venue.usedWeight(answer.headers);
      if (used !== undefined) this.#budget.used(restUrl, used);
      if (answer.statusCode === 429 || answer.statusCode === 418)
        this.#budget.banned(restUrl, retryAfterMs(answer.headers['retry-after']));
      if (answer.statusCode !== 200) {
        await answer.body.dump();
        throw new TickringError('VENUE_REST', `${where} answered ${answer.statusCode}`, {
          context: { status: answer.statusCode },
        });
      }
      return await collect(answer.body, where);
    } catch (error) {
      if (error instanceof TickringError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new TickringError('VENUE_REST', `${where} failed: ${reason}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
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
