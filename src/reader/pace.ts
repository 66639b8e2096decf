/** What a reader does while nothing is new, and how long it may keep the event loop. */
import { setImmediate as turn } from 'node:timers/promises';
import { TickringError } from '../model/errors.js';

/** How to wait for records; see README.md for what each costs. */
export interface WaitOptions {
  /** Polls without a pause for so long in a turn of the event loop, ms; 0 to 1. */
  readonly spinMs?: number;
  /** Does so turn after turn until nothing has come for so long, ms. `Infinity`: always. */
  readonly yieldMs?: number;
  /** Then looks once in so many ms; 1 to 1,000. */
  readonly sleepMs?: number;
}

/** Longest time that a reader keeps the event loop without a pause, records or not. */
const TURN_MS_MAX = 1;
const DEFAULTS = { spinMs: 0.05, yieldMs: 0.2, sleepMs: 1 } as const;

/** `value` if it lies in `low ..= high`. */
export function within(name: string, value: number, low: number, high: number): number {
  if (typeof value === 'number' && value >= low && value <= high) return value;
  throw new TickringError('ARGUMENT_RANGE', `${name} ${String(value)} is not a number of ${low} ..= ${high}`);
}

export class Pace {
  readonly #spinMs: number;
  readonly #yieldMs: number;
  readonly #sleepMs: number;
  readonly #signal: AbortSignal | undefined;
  #wake: () => void = () => {};
  readonly #abort = (): void => this.#wake();
  #turnBegan = performance.now();
  #idleSince: number | undefined;

  constructor(wait: WaitOptions, signal: AbortSignal | undefined) {
    this.#spinMs = within('spinMs', wait.spinMs ?? DEFAULTS.spinMs, 0, TURN_MS_MAX);
    this.#yieldMs = within('yieldMs', wait.yieldMs ?? DEFAULTS.yieldMs, 0, Number.POSITIVE_INFINITY);
    this.#sleepMs = within('sleepMs', wait.sleepMs ?? DEFAULTS.sleepMs, 1, 1_000);
    this.#signal = signal;
  }

  /** The loop begins. One listener for all its rests: one for each would double their cost. */
  begin(): void {
    this.#signal?.addEventListener('abort', this.#abort);
  }

  /** The loop is over. */
  end(): void {
    this.#signal?.removeEventListener('abort', this.#abort);
  }

  /** There was a record. True when the event loop should get its turn before the next one. */
  isTurnOver(): boolean {
    this.#idleSince = undefined;
    return performance.now() - this.#turnBegan >= TURN_MS_MAX;
  }

  /** Lets the event loop go round. */
  async turn(): Promise<void> {
    await turn();
    this.#turnBegan = performance.now();
  }

  /** Nothing is new. True when it is worth another look at once. */
  spins(): boolean {
    const now = performance.now();
    this.#idleSince ??= now;
    return now - this.#turnBegan < this.#spinMs;
  }

  /** Waits as long as the wait has become; not longer than until the abort. */
  async rest(): Promise<void> {
    if (performance.now() - (this.#idleSince ?? 0) < this.#yieldMs) await turn();
    else {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, this.#sleepMs);
      });
      clearTimeout(timer);
    }
    this.#turnBegan = performance.now();
  }
}
