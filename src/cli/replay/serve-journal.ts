/** A journal as it is served: its frames and depth answers as they were kept, its books by the replay that proves journals. */
import { VENUE_NAMES } from '../../model/codes.js';
import { type JournalBook, type JournalRecord, JournalReplay, native } from '../../native/index.js';
import {
  type PlayedInput,
  type PlayedInstant,
  type PlayedInstrument,
  type PlayedVenue,
  type Recording,
  type VenueName,
  venueNames,
} from '../../simulator/index.js';
import type { ShardFolder } from '../journal/folders.js';
import { recordsOf } from '../journal/records.js';
import { Progress } from '../progress.js';

/** Records between two looks at whoever waits. */
const RECORDS_AT_ONCE = 20_000;

export interface JournalSpan {
  readonly places: readonly ShardFolder[];
  readonly salvage: boolean;
  /** Inputs received up to this time are applied, not served. */
  readonly from?: bigint;
  /** Ends before the first input received later. */
  readonly to?: bigint;
  /** Only this venue. */
  readonly venue?: string;
}

interface Owner {
  readonly venue: VenueName;
  readonly symbol: string;
}

/** What a shard's ids stand for; connections change theirs with each writer. */
interface Names {
  readonly instruments: Map<number, Owner>;
  readonly connections: Map<number, VenueName>;
}

function nameOf(venue: number): VenueName | undefined {
  const name = (VENUE_NAMES as Readonly<Record<number, string>>)[venue];
  return name === undefined ? undefined : venueNames.find((known) => known === name);
}

function note({ instruments, connections }: Names, record: JournalRecord): void {
  const { kind, definition } = record;
  const venue = nameOf(definition?.venue ?? record.venue ?? -1);
  if (venue === undefined) return;
  if (definition !== undefined) instruments.set(record.instrument, { venue, symbol: definition.symbol });
  else if (kind === 'connect') connections.set(record.connection, venue);
}

/** Reads all definitions of the journal. */
export function venuesOf({ places, salvage, venue: only }: JournalSpan): PlayedVenue[] {
  const venues = new Map<VenueName, Map<string, PlayedInstrument>>();
  const progress = new Progress('reading definitions', 0);
  for (const { folder } of places) {
    for (const { definition, sequence } of recordsOf(folder, { salvage, kinds: new Set(['instrument']) })) {
      progress.show(Number(sequence), `${sequence} inputs`);
      const name = nameOf(definition?.venue ?? -1);
      if (definition === undefined || name === undefined || (only !== undefined && only !== name)) continue;
      const instruments = venues.get(name) ?? new Map<string, PlayedInstrument>();
      venues.set(name, instruments.set(definition.symbol, definition));
    }
  }
  progress.end();
  return [...venues].map(([name, instruments]) => ({
    name,
    instruments: [...instruments.values()],
    streams: new Set<string>(),
    listings: [],
  }));
}

class ShardTrack {
  readonly replay: JournalReplay;
  readonly #records: Generator<JournalRecord>;
  readonly #names: Names = { instruments: new Map(), connections: new Map() };
  readonly #from: bigint;
  head: JournalRecord | undefined;

  constructor(folder: string, { salvage, from, to }: JournalSpan) {
    this.replay = native(() => new JournalReplay({ folder, salvage, ...(from === undefined ? {} : { from }) }));
    this.#records = recordsOf(folder, { salvage, ...(to === undefined ? {} : { to }) });
    this.#from = from ?? -1n;
    this.advance();
  }

  /** The next input that is to be served. */
  advance(): void {
    for (;;) {
      this.head = this.#records.next().value as JournalRecord | undefined;
      if (this.head === undefined) return;
      note(this.#names, this.head);
      const { kind, tsRecv } = this.head;
      if ((kind === 'frame' || kind === 'rest_body') && tsRecv > this.#from) return;
    }
  }

  /** The head as it is served. */
  played({ kind, connection, instrument, payload: bytes }: JournalRecord): PlayedInput[] {
    if (kind === 'frame') {
      const venue = this.#names.connections.get(connection);
      return venue === undefined ? [] : [{ venue, kind: 'frame', bytes }];
    }
    const owner = this.#names.instruments.get(instrument);
    return owner === undefined ? [] : [{ ...owner, kind: 'depth', bytes }];
  }

  close(): void {
    this.replay.close();
  }
}

/** All shards of a journal side by side, in the order of receive times. */
export class JournalRecording implements Recording {
  readonly #tracks: readonly ShardTrack[];
  readonly #venue: string | undefined;
  #books: readonly JournalBook[] | undefined;

  constructor(span: JournalSpan) {
    this.#tracks = span.places.map(({ folder }) => new ShardTrack(folder, span));
    this.#venue = span.venue;
  }

  async *instants(): AsyncGenerator<PlayedInstant> {
    for (;;) {
      const times = this.#tracks.flatMap(({ head }) => (head === undefined ? [] : [head.tsRecv]));
      if (times.length === 0) return;
      const tsRecv = times.reduce((least, time) => (time < least ? time : least));
      const inputs: PlayedInput[] = [];
      for (const track of this.#tracks) {
        // Times of a shard may run backwards by a little: what is behind belongs to this instant too.
        for (; track.head !== undefined && track.head.tsRecv <= tsRecv; track.advance())
          inputs.push(...track.played(track.head));
      }
      yield { tsRecv, inputs: inputs.filter(({ venue }) => this.#venue === undefined || venue === this.#venue) };
    }
  }

  apply({ tsRecv }: PlayedInstant): void {
    this.#books = undefined;
    for (const { replay } of this.#tracks) while (native(() => replay.run(tsRecv, RECORDS_AT_ONCE)).state === 'more');
  }

  book(venue: VenueName, symbol: string): JournalBook | undefined {
    this.#books ??= this.#tracks.flatMap(({ replay }) => native(() => replay.books()));
    return this.#books.find(({ instrument }) => instrument.symbol === symbol && nameOf(instrument.venue) === venue);
  }

  close(): void {
    for (const track of this.#tracks) track.close();
  }
}
