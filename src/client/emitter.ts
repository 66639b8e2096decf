type Listener = (...values: readonly unknown[]) => void;

/** Listeners by event. One that throws hurts neither the others nor the connection: it is told to `onError`. */
export class Emitter<Events extends Record<keyof Events, readonly unknown[]>> {
  readonly #listeners = new Map<keyof Events, Set<Listener>>();
  readonly #onError: (error: unknown, event: keyof Events) => void;

  constructor(onError: (error: unknown, event: keyof Events) => void) {
    this.#onError = onError;
  }

  /** Returns what takes the listener away again. */
  on<Name extends keyof Events>(event: Name, listener: (...values: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    // Kept by event, so it is called with that event's values alone.
    const kept = listener as unknown as Listener;
    listeners.add(kept);
    this.#listeners.set(event, listeners);
    return () => listeners.delete(kept);
  }

  emit<Name extends keyof Events>(event: Name, ...values: Events[Name]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(...values);
      } catch (error) {
        this.#onError(error, event);
      }
    }
  }
}
