import { DISCONNECT_REASONS } from '../model/codes.js';
import type { Closing } from './socket.js';

/** Answers from here on are failures of an address; other refusals are the venue's own word. */
export const SERVER_ERROR = 500;
/** In the log. */
const UNREACHABLE = 'an address of the venue cannot be reached; another one is tried';
const SILENT = 'an address of the venue is silent; another one is tried';
/** Failures in a row after which the next address of a venue is tried. */
export const FAILURES_MAX = 3;
/** REST, which has no connections that rotate, tries the first address again after this, ms. */
export const RETURN_MS = 5 * 60_000;

/** Another address is in use from now on, and what the log says about it. */
interface Move {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

/**
 * Addresses of one venue, in order of preference: the one in use, until it cannot be reached, or is reached and says nothing. What the venue
 * refuses is no failure of an address: another one would be the same venue, and the same ban.
 */
export class Addresses {
  readonly #urls: readonly string[];
  readonly #now: () => number;
  #at = 0;
  #failures = 0;
  #movedAt = 0;
  /** Where to go back to while the first one is tried again. */
  #before: number | undefined;

  /** One at least. `now` is monotonic, ms. */
  constructor(urls: readonly string[], now: () => number = () => performance.now()) {
    this.#urls = [...new Set(urls)];
    this.#now = now;
  }

  get url(): string {
    return this.#urls[this.#at] ?? '';
  }

  get isFirst(): boolean {
    return this.#at === 0;
  }

  worked(url: string): void {
    if (url !== this.url) return;
    this.#failures = 0;
    this.#before = undefined;
  }

  /** It could not be reached. True if another address is in use from now on; what was under way at one that was left counts no more. */
  failed(url: string): boolean {
    if (url !== this.url || this.#urls.length < 2) return false;
    this.#failures += 1;
    if (this.#before === undefined && this.#failures < FAILURES_MAX) return false;
    this.#at = this.#before ?? (this.#at + 1) % this.#urls.length;
    [this.#failures, this.#before, this.#movedAt] = [0, undefined, this.#now()];
    return true;
  }

  /**
   * A connection to the address in use ended; `hasWorked` ends the row of failures before it. Silence begins a row even then: the venue may have ceased to
   * speak at this address for good, and a connection that is replaced costs no more elsewhere.
   */
  closed({ reason, refusal }: Closing, hasWorked: boolean): Move | undefined {
    const { url } = this;
    const isSilent = reason === DISCONNECT_REASONS.silence;
    if (hasWorked) this.worked(url);
    if ((hasWorked && !isSilent) || reason === DISCONNECT_REASONS.local) return undefined;
    const isOfVenue = refusal?.status !== undefined && refusal.status < SERVER_ERROR;
    if (isOfVenue || !this.failed(url)) return undefined;
    return { from: shown(url), to: shown(this.url), why: isSilent ? SILENT : UNREACHABLE };
  }

  /** Tries the first address again once it is time; one failure there suffices to leave it. */
  comeBack(): void {
    if (this.#at === 0 || this.#now() - this.#movedAt < RETURN_MS) return;
    [this.#before, this.#at, this.#failures, this.#movedAt] = [this.#at, 0, 0, this.#now()];
  }
}

/** An address as it may be shown: without user, password, path and query. */
export function shown(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}
