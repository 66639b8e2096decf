/** What a venue is like, as far as faults are concerned: drawn from its contract and its simulated side, so that a new one has no list to be put on. */
import type { FormatName } from '#dist/model/config.js';
import type { Venue } from '#dist/model/venue.js';
import type { Dialect } from '#dist/simulator/dialects/dialect.js';
import { dialects } from '#dist/simulator/dialects/index.js';
import { venues } from '#dist/venues/index.js';

export interface Subject {
  readonly name: string;
  readonly venue: Venue;
  readonly dialect: Dialect;
  /** It writes binary messages: a venue once more, under a name of its own here. */
  readonly format?: FormatName;
  /** Two of its symbols. */
  readonly symbols: readonly [string, string];
  /** Where a book begins: asked for over REST, or in its stream. */
  readonly books: 'fetched' | 'streamed';
  /**
   * What the numbers of book messages say: `counted` and `linked` (each names the one before) show every loss, numbers of a
   * `connection` too but nothing beyond its end, `none` leaves it to checksums.
   */
  readonly ids: 'counted' | 'linked' | 'connection' | 'none';
  /** A hole in the trades shows in their numbers. */
  readonly countsTrades: boolean;
  /** `proof`: each book message has a checksum. `remains`: it may have one, and it says nothing since messages have ids. */
  readonly checksum: 'proof' | 'remains' | undefined;
  /** It says which subscription it accepted. */
  readonly acknowledges: boolean;
  /** It says that a connection is about to be cut. */
  readonly announces: boolean;
}

/** Venues whose trade numbers may jump without a loss; their folders' READMEs say why. */
const JUMPING_TRADES = /^(okx|bybit)-/;
/** Venues whose documents know a checksum that proves nothing any more. */
const FORMER_CHECKSUM = /^okx-/;

function subjectOf(venue: Venue, format?: FormatName): Subject {
  const dialect = (dialects as Readonly<Record<string, Dialect>>)[venue.name];
  if (dialect === undefined) throw new Error(`${venue.name} has no simulated side`);
  const [first = '', second = ''] = dialect.symbols.keys();
  const numbered = dialect.sparseIds ? 'linked' : 'counted';
  return {
    name: format === undefined ? venue.name : `${venue.name}-${format}`,
    ...(format === undefined ? {} : { format }),
    venue,
    dialect,
    symbols: [first, second],
    books: venue.snapshotRequest === undefined ? 'streamed' : 'fetched',
    ids: dialect.stamp !== undefined ? 'connection' : dialect.sumsBest === true ? 'none' : numbered,
    countsTrades: !JUMPING_TRADES.test(venue.name),
    checksum: dialect.sumsBest === true ? 'proof' : FORMER_CHECKSUM.test(venue.name) ? 'remains' : undefined,
    acknowledges: venue.isSilent !== true,
    announces: dialect.announcesShutdown,
  };
}

/** Each venue in each of its formats. */
export const subjects: readonly Subject[] = venues.flatMap((venue) => [
  subjectOf(venue),
  ...Object.entries(venue.formats ?? {}).map(([format, other]) => subjectOf(other, format as FormatName)),
]);
