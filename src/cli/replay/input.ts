/** What a recording turns into: the inputs of the state machine, in the order in which they happened. */
import type { Listing } from '../../native/index.js';

/** Where in a recording an input stands. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** Channels as bits of `CHANNELS`. */
export interface Subscription {
  readonly symbol: string;
  readonly channels: number;
}

interface At {
  /** Receive time, ns since the UNIX epoch. */
  readonly tsRecv: bigint;
  readonly place: Place;
}

export type ReplayInput = At &
  (
    | { readonly kind: 'listings'; readonly listings: readonly Listing[]; readonly url: URL; readonly bytes: Buffer }
    | { readonly kind: 'connect'; readonly connection: string }
    | { readonly kind: 'subscribe'; readonly connection: string; readonly subscriptions: readonly Subscription[] }
    | { readonly kind: 'frame'; readonly connection: string; readonly bytes: Buffer }
    | { readonly kind: 'depth'; readonly symbol: string; readonly bytes: Buffer }
  );
