/** Recordings of other programs as they are served: read once for what is in them, and once to be played. */
import type { Venue } from '../../model/venue.js';
import type { Listing } from '../../native/index.js';
import {
  type PlayedInput,
  type PlayedInstant,
  type PlayedVenue,
  type Recording,
  streamsOf,
  type VenueName,
} from '../../simulator/index.js';
import type { ReplayInput } from './input.js';
import { EXPONENT, ReplaySession } from './session.js';

/** Reads everything from its beginning. */
export type Inputs = () => AsyncIterable<ReplayInput>;

/** What is known of the venue from the whole recording. */
export async function venueOf(venue: Venue, inputs: Inputs): Promise<PlayedVenue> {
  const name = venue.name as VenueName;
  const symbols = new Set<string>();
  const streams = new Set<string>();
  const listings = new Map<string, Listing>();
  const bodies = new Map<string, { path: string; query: string; bytes: Buffer }>();
  for await (const input of inputs()) {
    if (input.kind === 'subscribe') for (const { symbol } of input.subscriptions) symbols.add(symbol);
    if (input.kind === 'frame') for (const stream of streamsOf(name, input.bytes)) streams.add(stream);
    if (input.kind !== 'listings') continue;
    for (const listing of input.listings) listings.set(listing.symbol, listing);
    const { pathname: path, search: query } = input.url;
    bodies.set(`${path}${query}`, { path, query, bytes: input.bytes });
  }
  const unknown = { priceExponent: EXPONENT, qtyExponent: EXPONENT, tickSize: 0n, lotSize: 0n };
  const instruments = [...symbols].map((symbol) => ({ ...unknown, ...listings.get(symbol), symbol }));
  return { name, instruments, streams, listings: [...bodies.values()] };
}

/** Inputs of one receive time, with what else the state machine is to be told before them. */
interface FileInstant extends PlayedInstant {
  readonly all: readonly ReplayInput[];
}

function playedOf(venue: VenueName, input: ReplayInput): PlayedInput[] {
  if (input.kind === 'frame') return [{ venue, kind: 'frame', bytes: input.bytes }];
  return input.kind === 'depth' ? [{ venue, kind: 'depth', bytes: input.bytes, symbol: input.symbol }] : [];
}

/** A recording, and the books that the state machine makes of it as it is played. */
export class FileRecording implements Recording {
  readonly #name: VenueName;
  readonly #inputs: Inputs;
  readonly #session: ReplaySession;

  constructor(venue: Venue, inputs: Inputs) {
    this.#name = venue.name as VenueName;
    this.#inputs = inputs;
    this.#session = new ReplaySession(venue);
  }

  async *instants(): AsyncGenerator<FileInstant> {
    let all: ReplayInput[] = [];
    const instant = (tsRecv: bigint): FileInstant => ({
      tsRecv,
      all,
      inputs: all.flatMap((input) => playedOf(this.#name, input)),
    });
    for await (const input of this.#inputs()) {
      const tsRecv = all[0]?.tsRecv ?? input.tsRecv;
      if (tsRecv !== input.tsRecv) {
        yield instant(tsRecv);
        all = [];
      }
      all.push(input);
    }
    const [first] = all;
    if (first !== undefined) yield instant(first.tsRecv);
  }

  apply({ all }: FileInstant): void {
    for (const input of all) this.#session.apply(input);
  }

  book(_: VenueName, symbol: string) {
    return this.#session.book(symbol);
  }

  close(): void {
    this.#session.close();
  }
}
