import type { Stage } from './stage.js';
import type { Subject } from './subject.js';

/** What a fault is to a venue: a promise that is kept, nothing at all, or a promise that is known not to be kept, each with its reason. */
export type Standing =
  | { readonly is: 'promised' }
  | { readonly is: 'void'; readonly reason: string }
  | { readonly is: 'deviation'; readonly reason: string };

/** A fault, and what holds when it meets a venue. */
export interface Cell {
  /** Number in the catalogue of faults, with a letter where one has several sides. */
  readonly id: string;
  readonly fault: string;
  /** One of those that every run of the tests has; the others are for `npm run conformance`. */
  readonly isQuick?: true;
  /** What is checked from outside. */
  readonly promise: string;
  standing?(subject: Subject): Standing;
  /** On the engine that all cells of a venue share. Throws if what holds of this standing does not hold. */
  run?(stage: Stage): Promise<void>;
  /** On engines of its own. */
  alone?(subject: Subject): Promise<void>;
}

export const PROMISED: Standing = { is: 'promised' };

export function none(reason: string): Standing {
  return { is: 'void', reason };
}

export function deviation(reason: string): Standing {
  return { is: 'deviation', reason };
}

/** A failed promise, in words. */
export function hold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** Two symbols, each with its own rule. */
export const BOOKS = 2;
