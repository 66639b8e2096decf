/** The key of this page: asked for where the gateway wants one, kept as long as the tab is open. */
import { Changes } from './changes.js';

const STORED = 'tickring.key';
const TIMEOUT_MS = 5_000;
/** What a key looks like; what does not is never sent. */
const KEY = /^tkr_[0-9a-f]{16}_[A-Za-z0-9_-]{43}$/;

/** The gateway wants a key, or another one. */
class KeyNeeded extends Error {
  override readonly name = 'KeyNeeded';
}

export class Session {
  readonly changes = new Changes();
  /** Whether a key has to be typed in, and why the last one was not taken. */
  isAsking = false;
  reason = '';
  #key: string | undefined = sessionStorage.getItem(STORED) ?? undefined;
  /** Nothing is asked without a key until there is one. */
  #isBlocked = false;
  #isKnown = false;
  #waiting: (() => void)[] = [];

  get hasKey(): boolean {
    return this.#key !== undefined;
  }

  /** Takes what was typed. What comes of it is told by the next answer. */
  enter(text: string): void {
    const key = text.trim();
    if (!KEY.test(key)) {
      this.#tell('This is not a key: one begins with tkr_ and has 64 characters.');
      return;
    }
    this.#key = key;
    sessionStorage.setItem(STORED, key);
    this.#isBlocked = false;
    this.#tell('');
    this.#wake();
  }

  forget(): void {
    sessionStorage.removeItem(STORED);
    location.reload();
  }

  /** Asks the gateway, once there is a key where one is needed. Rejects for every answer that is none. */
  async ask(path: string, method: 'GET' | 'POST' = 'GET'): Promise<Response> {
    while (this.#isBlocked) await this.#change();
    const key = this.#key;
    const headers: HeadersInit = key === undefined ? {} : { Authorization: `Bearer ${key}` };
    const answer = await fetch(path, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    // Another key was typed in meanwhile: what was said of this one is of no interest.
    if (key === this.#key) this.#judge(answer, key);
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}`);
    return answer;
  }

  /** What a socket has to offer besides its subprotocol. Waits until it is known whether a key is needed, and for the key. */
  readonly authorize = async (): Promise<string[]> => {
    while (!this.#isKnown || this.#isBlocked) await this.#change();
    if (this.#key === undefined) return [];
    const { ticket } = (await (await this.ask('/tickets', 'POST')).json()) as { ticket: string };
    return [`tickring.ticket.${ticket}`];
  };

  #judge(answer: Response, key: string | undefined): void {
    const lacksScope = answer.headers.get('WWW-Authenticate')?.includes('insufficient_scope') === true;
    if (answer.status !== 401 && !lacksScope) {
      if (answer.ok && (!this.#isKnown || this.isAsking)) this.#accepted();
      return;
    }
    this.#isKnown = false;
    this.isAsking = true;
    if (key === undefined) this.#isBlocked = true;
    else {
      // Perhaps none is needed here: the next request goes without.
      this.#key = undefined;
      sessionStorage.removeItem(STORED);
      this.reason = lacksScope
        ? 'This key may not read: it lacks the scope read.'
        : 'This key is not valid: it is wrong, expired or revoked.';
    }
    this.changes.touch();
    throw new KeyNeeded('a key is needed');
  }

  #accepted(): void {
    this.#isKnown = true;
    this.isAsking = false;
    this.#tell('');
    this.#wake();
  }

  #tell(reason: string): void {
    this.reason = reason;
    this.changes.touch();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
