/** The book of any instant, from the journal. */
import { VENUE_NAMES, VENUES } from '../../model/codes.js';
import type { Level } from '../../model/payloads.js';
import { fromAddon, journalBookAt } from '../../native/index.js';
import { levels } from '../../reader/book.js';
import { journalDir, shardFolders } from '../journal/folders.js';

export interface BookAtOptions {
  /** Folder of a journal; absent: that of the engine that the configuration of this environment names. */
  readonly journal?: string;
  /** YAML configuration, for the place of the journal. */
  readonly config?: string;
}

/** A book as the engine had it at an instant. */
export interface BookAt {
  readonly venue: string;
  readonly symbol: string;
  readonly shard: number;
  /** Whether the engine had proven it then. */
  readonly inSync: boolean;
  /** Whether this is what the engine had, to the byte: not so behind inputs that the journal lost, up to the next checkpoint. */
  readonly exact: boolean;
  /** The venue's update id. */
  readonly lastUpdateId: bigint;
  /** The last input before the instant: its number, epoch of its writer, and the latest receive time. */
  readonly frameSeq: bigint;
  readonly epoch: bigint;
  readonly tsLatest: bigint;
  readonly priceExponent: number;
  readonly qtyExponent: number;
  /** All levels as mantissas, best first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** Lines `B <price> <qty>`, then `A <price> <qty>`, best first. */
  readonly text: string;
}

/** Number of the venue, if one is named, and the venue's spelling. */
function wanted(symbol: string): { venue: number | undefined; name: string } {
  const colon = symbol.indexOf(':');
  const venue = (VENUES as Readonly<Record<string, number>>)[symbol.slice(0, Math.max(colon, 0))];
  return { venue, name: venue === undefined ? symbol : symbol.slice(colon + 1) };
}

/**
 * The book of a symbol (`SYMBOL` or `venue:SYMBOL`) at a time, ns since the UNIX epoch: after all inputs before the first one that was
 * received later. A symbol without a venue is that of the first shard that has it. Undefined where no shard had it then. Works on a thread of the pool.
 *
 * @throws TickringError `JOURNAL_*`, `USAGE_INVALID` where there is no journal
 */
export async function bookAt(symbol: string, ns: bigint, options: BookAtOptions = {}): Promise<BookAt | undefined> {
  const { config, journal } = options;
  const dir = journalDir(journal, config === undefined ? {} : { config });
  const { venue, name } = wanted(symbol);
  for (const { shard, folder } of shardFolders(dir)) {
    let answer: Awaited<ReturnType<typeof journalBookAt>>;
    try {
      answer = await journalBookAt(folder, name, venue, ns);
    } catch (error) {
      throw fromAddon(error);
    }
    const { book, code, message } = answer;
    if (code !== undefined) throw fromAddon(Object.assign(new Error(message), { code }));
    if (book === undefined) continue;
    const { instrument, bids, asks, sequence, ...rest } = book;
    return {
      venue: (VENUE_NAMES as Readonly<Record<number, string>>)[instrument.venue] ?? String(instrument.venue),
      symbol: instrument.symbol,
      shard,
      priceExponent: instrument.priceExponent,
      qtyExponent: instrument.qtyExponent,
      frameSeq: sequence,
      bids: levels(bids),
      asks: levels(asks),
      ...rest,
    };
  }
  return undefined;
}
