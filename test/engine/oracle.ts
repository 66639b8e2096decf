/** What the engine must have reported, worked out from the fate of every message at the venue. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { OracleRecord } from '#dist/simulator/index.js';
import { eventually, type Rig } from './rig.js';
import type { GapRecord } from './ring-log.js';

/** A hole in the ids that reached the engine. `lastMin` differs from `last` where the venue does not log the id before. */
export interface Hole {
  readonly stream: string;
  readonly reason: string;
  readonly first: number;
  readonly lastMin: number;
  readonly last: number;
}

export interface Quarantined {
  readonly code: string;
  readonly instrument: number;
  readonly frame_base64: string;
}

/** All lines of the quarantine files. */
export function quarantined(rig: Rig): Quarantined[] {
  const directory = join(rig.config.stateDir, 'quarantine');
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  const lines = names.flatMap((name) => readFileSync(join(directory, name), 'utf8').split('\n'));
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Quarantined);
}

/** Checksums of everything set aside. */
export function quarantinedChecksums(rig: Rig): Set<number> {
  return new Set(quarantined(rig).map(({ frame_base64 }) => crc32(Buffer.from(frame_base64, 'base64'))));
}

/** The venue's whole log so far. */
export function oracleRecords(rig: Rig): OracleRecord[] {
  const lines = readFileSync(rig.oracleLog, 'utf8').split('\n');
  return lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as OracleRecord);
}

const FRAME_SIZE_MAX = 8 << 20;
const LOST = /^(dropped|stalled|refused)$/;

/** Records of messages that reached the state machine and made sense there. */
function arrived(records: readonly OracleRecord[], spoilt: Set<number>): OracleRecord[] {
  // A frame beyond the limit ends its connection; what the venue sent behind it reaches nobody.
  const ended = new Set<number>();
  return records.filter(({ fate, crc32: checksum, bytes, connection }) => {
    if (bytes > FRAME_SIZE_MAX) ended.add(connection);
    return !ended.has(connection) && !LOST.test(fate) && !(fate.includes('malformed') && spoilt.has(checksum));
  });
}

/** Holes of one stream, given its messages and those of them that arrived. */
export function holes(
  records: readonly OracleRecord[],
  good: ReadonlySet<OracleRecord>,
  stream: string,
  linked: boolean,
): Hole[] {
  const found: Hole[] = [];
  let tail: OracleRecord | undefined;
  const lastIds = records.map(({ last_id }) => last_id).sort((left, right) => left - right);
  for (const record of records) {
    if (!good.has(record)) continue;
    if (tail === undefined) {
      tail = record;
      continue;
    }
    if (record.last_id <= tail.last_id) {
      const restarted = record.last_id < tail.last_id && record.time_us > tail.time_us && record.fate === 'sent';
      if (!restarted) continue;
      if (stream === 'book') found.push({ stream, reason: 'rollback', first: 0, lastMin: 0, last: 0 });
      tail = record;
      continue;
    }
    const first = tail.last_id + 1;
    const reconnected = record.connection !== tail.connection;
    const before = linked ? lastBefore(lastIds, record.first_id) : record.first_id - 1;
    const last = linked && reconnected ? record.first_id - 1 : before;
    const reason = reconnected ? 'disconnect' : 'sequence';
    // Futures ids are sparse: a new connection's first message names the id before, the log does not.
    if (last >= first) found.push({ stream, reason, first, lastMin: linked && reconnected ? first - 1 : last, last });
    tail = record;
  }
  return found;
}

function lastBefore(sorted: readonly number[], id: number): number {
  let best = 0;
  for (const value of sorted) {
    if (value >= id) break;
    best = value;
  }
  return best;
}

/** What is wrong with the gaps that were told, `undefined` if nothing is. */
function wrongGaps(expected: readonly Hole[], told: readonly GapRecord[]): string | undefined {
  const unmatched = [...told];
  for (const hole of expected) {
    const index = unmatched.findIndex(
      ({ stream, reason, first, last }) =>
        stream === hole.stream && reason === hole.reason && first === hole.first && last <= hole.last && last >= hole.lastMin,
    );
    if (index >= 0) unmatched.splice(index, 1);
    else if (hole.lastMin >= hole.first || hole.reason === 'rollback')
      return `no gap ${JSON.stringify(hole)}; told ${JSON.stringify(told)}`;
  }
  return unmatched.length > 0 ? `gaps without a loss ${JSON.stringify(unmatched)}` : undefined;
}

/** Aggregates have contiguous numbers that the log does not carry: how many in a row were lost on one connection is compared. */
function wrongAggregates(
  records: readonly OracleRecord[],
  good: ReadonlySet<OracleRecord>,
  told: readonly GapRecord[],
): string | undefined {
  const expected: number[] = [];
  let row = 0;
  for (const [index, record] of records.entries()) {
    if (records[index - 1]?.connection !== record.connection) row = 0;
    if (!good.has(record)) row += 1;
    else if (row > 0) expected.push(row);
    if (good.has(record)) row = 0;
  }
  const sizes = told.filter(({ reason }) => reason === 'sequence').map(({ first, last }) => last - first + 1);
  return expected.join() === sizes.join() ? undefined : `lost aggregates ${expected.join()}; told ${JSON.stringify(told)}`;
}

/** Trade ids have no holes: each is on the ring or named by a gap. */
function uncovered(trades: ReadonlySet<number>, told: readonly GapRecord[]): string | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const id of trades) [first, last] = [Math.min(first, id), Math.max(last, id)];
  const named = told.reduce((sum, gap) => sum + gap.last - gap.first + 1, 0);
  const missing = last - first + 1 - trades.size - named;
  return trades.size === 0 || missing === 0 ? undefined : `${missing} trades are neither on the ring nor in a gap`;
}

/** Compares all gaps and trades of the ring with the venue's log. Says what differs, `undefined` when nothing does. */
async function difference(rig: Rig, venues: readonly string[]): Promise<string | undefined> {
  const { instruments } = await rig.status();
  const records = oracleRecords(rig);
  const good = new Set(arrived(records, quarantinedChecksums(rig)));
  rig.ring.drain();
  for (const { id, venue, symbol } of instruments) {
    if (!venues.includes(venue)) continue;
    const of = (pattern: RegExp): OracleRecord[] =>
      records.filter((record) => record.venue === venue && record.symbol === symbol && pattern.test(record.stream));
    const told = (stream: string): GapRecord[] => (rig.ring.gaps.get(id) ?? []).filter((gap) => gap.stream === stream);
    const trades = of(/@(aggTrade|trade)$/);
    const isLinked = venue === 'binance-usdm';
    const wrong =
      wrongGaps(holes(of(/@depth/), good, 'book', isLinked), told('book')) ??
      (isLinked
        ? wrongAggregates(trades, good, told('trade'))
        : wrongGaps(holes(trades, good, 'trade', false), told('trade'))) ??
      uncovered(rig.ring.trades.get(id) ?? new Set(), told('trade'));
    if (wrong !== undefined) return `${venue} ${symbol}: ${wrong}`;
  }
  return rig.ring.lapped > 0 ? 'the reader was lapped' : undefined;
}

/** Waits until the ring tells every loss of these venues exactly, and nothing else. */
export async function exactLosses(
  rig: Rig,
  venues: readonly string[] = rig.config.feeds.map(({ venue }) => venue),
): Promise<void> {
  let what: string | undefined = 'not compared yet';
  await eventually(
    'exact gaps',
    async () => {
      what = await difference(rig, venues);
      return what === undefined;
    },
    15_000,
  ).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}: ${what}`);
  });
}
