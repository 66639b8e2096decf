/** What a recording is to those who play it: inputs in the order of their receive times, and the books between them. */
import type { VenueName } from '../dialects/dialect.js';

/** Something that a recorder got from a venue. */
export interface PlayedInput {
  readonly venue: VenueName;
  /** A message of a WebSocket, or the answer to a request for a depth snapshot. */
  readonly kind: 'frame' | 'depth';
  /** As received. */
  readonly bytes: Buffer;
  /** Of a depth answer: whose book it is. */
  readonly symbol?: string;
}

/** All inputs of one instant: what is served never ends within them. */
export interface PlayedInstant {
  /** Receive time, ns since the UNIX epoch. */
  readonly tsRecv: bigint;
  readonly inputs: readonly PlayedInput[];
}

/** A book of the recording as it is now. */
export interface PlayedBook {
  readonly lastUpdateId: bigint;
  readonly inSync: boolean;
  /** Lines `B <price> <qty>`, then `A <price> <qty>`, best first, plain decimals. */
  readonly text: string;
}

/** An instrument of the recording; sizes count in units of 10^exponent, 0 where they are not known. */
export interface PlayedInstrument {
  readonly symbol: string;
  readonly priceExponent: number;
  readonly qtyExponent: number;
  readonly tickSize: bigint;
  readonly lotSize: bigint;
}

/** A recorded answer of the venue's REST interface that lists instruments. */
export interface PlayedListing {
  readonly path: string;
  readonly query: string;
  readonly bytes: Buffer;
}

/** What is known of a venue before anything is played. */
export interface PlayedVenue {
  readonly name: VenueName;
  readonly instruments: readonly PlayedInstrument[];
  /** Names of the recorded streams, as far as they are known. */
  readonly streams: ReadonlySet<string>;
  readonly listings: readonly PlayedListing[];
}

/** A recording from its beginning; it is read once. */
export interface Recording {
  instants(): AsyncGenerator<PlayedInstant>;
  /** Feeds an instant to the books. */
  apply(instant: PlayedInstant): void;
  /** Undefined where nothing is known of it yet. */
  book(venue: VenueName, symbol: string): PlayedBook | undefined;
  close(): void;
}
