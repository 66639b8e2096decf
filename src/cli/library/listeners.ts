/** Who wants to know, and what became of telling them. */
import type { EngineEvents, EventName, Listener } from './types.js';

/** Whom an error is counted for. */
export interface Origin {
  readonly exchange: string | null;
  readonly symbol: string | null;
  failed(): void;
}

const EVENTS: ReadonlySet<string> = new Set<EventName>(['trade', 'quote', 'book', 'gap', 'lost', 'status', 'error']);

export class Listeners {
  /** Never changed in place: whoever is told now is told to the end. */
  readonly #byEvent = new Map<EventName, readonly Listener<never>[]>();

  /** @throws TypeError for an event that there is not, or a listener that is no function. */
  add<Name extends EventName>(event: Name, listener: Listener<Name>): void {
    if (!EVENTS.has(event)) throw new TypeError(`event ${String(event)} is none of ${[...EVENTS].join(', ')}`);
    if (typeof listener !== 'function') throw new TypeError(`listener of ${event} is no function`);
    this.#byEvent.set(event, [...(this.#byEvent.get(event) ?? []), listener]);
  }

  /** Takes away one of them. */
  remove<Name extends EventName>(event: Name, listener: Listener<Name>): void {
    const all = this.#byEvent.get(event) ?? [];
    const index = all.lastIndexOf(listener);
    if (index >= 0) this.#byEvent.set(event, all.toSpliced(index, 1));
  }

  has(event: EventName): boolean {
    return (this.#byEvent.get(event)?.length ?? 0) > 0;
  }

  /** Tells everybody, whatever the others do. */
  tell<Name extends EventName>(event: Name, message: EngineEvents[Name], origin: Origin): void {
    for (const listener of (this.#byEvent.get(event) ?? []) as readonly Listener<Name>[]) {
      try {
        const answer = listener(message);
        if (isThenable(answer)) answer.then(undefined, (error: unknown) => this.#failed(event, error, origin));
      } catch (error) {
        this.#failed(event, error, origin);
      }
    }
  }

  #failed(event: EventName, error: unknown, origin: Origin): void {
    origin.failed();
    // Who listens to errors and fails is only counted.
    if (event === 'error') return;
    const { exchange, symbol } = origin;
    this.tell('error', { type: 'error', event, exchange, symbol, error }, origin);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
