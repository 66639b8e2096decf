/** Requests that change something and are sent again get the first answer, when they carry an `Idempotency-Key`. */
import { createHash } from 'node:crypto';
import type { Request } from './exchange.js';
import { Refusal, type Reply } from './problem.js';

const KEY = /^[\x21-\x7e]{1,128}$/;
/** Keys kept, the oldest going first; each holds one answer. */
const KEYS_MAX = 10_000;
/** Answers kept, bytes. */
const BYTES_MAX = 32 << 20;
/** How long a key is kept, ms. */
const KEPT_MS = 24 * 3_600_000;

interface Kept {
  readonly digest: string;
  readonly at: number;
  /** Undefined while the first request is in work. */
  reply: Reply | undefined;
}

const sizeOf = (reply: Reply | undefined): number => (reply === undefined ? 0 : reply.body.length + 200);

export class Idempotency {
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /**
   * Does `work` unless a request of this key was answered already. Refuses a key that came with another request (422), and one whose
   * request is still in work (409). What failed inside the server is not kept: it may be tried again.
   */
  async once(request: Request, body: Buffer, work: () => Promise<Reply>): Promise<Reply> {
    const { idempotencyKey, method, path, query, caller } = request;
    if (idempotencyKey === '') return await work();
    if (!KEY.test(idempotencyKey)) throw new Refusal(400, 'the Idempotency-Key is not 1 to 128 visible ASCII characters');
    // Each key of the gateway has names of its own; programs on this host share theirs.
    const key = `${caller?.key?.id ?? ''} ${method} ${path} ${idempotencyKey}`;
    const digest = createHash('sha256').update(`${query}\n`).update(body).digest('base64');
    const known = this.#kept.get(key);
    if (known !== undefined && performance.now() - known.at < KEPT_MS) {
      if (known.digest !== digest) throw new Refusal(422, 'the Idempotency-Key came with another query or body before');
      if (known.reply === undefined)
        throw new Refusal(409, 'the first request of this Idempotency-Key is in work', { 'Retry-After': '1' });
      return { ...known.reply, headers: { ...known.reply.headers, 'Idempotency-Replayed': 'true' } };
    }
    const kept: Kept = { digest, at: performance.now(), reply: undefined };
    this.#drop(key);
    this.#kept.set(key, kept);
    try {
      const reply = await work();
      kept.reply = reply;
      this.#bytes += sizeOf(reply);
      this.#bound();
      return reply;
    } catch (error) {
      if (this.#kept.get(key) === kept) this.#drop(key);
      throw error;
    }
  }

  #bound(): void {
    for (const [key, kept] of this.#kept) {
      if (this.#kept.size <= KEYS_MAX && this.#bytes <= BYTES_MAX) return;
      if (kept.reply !== undefined) this.#drop(key);
    }
  }

  #drop(key: string): void {
    this.#bytes -= sizeOf(this.#kept.get(key)?.reply);
    this.#kept.delete(key);
  }
}
