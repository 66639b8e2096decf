/** `tickring journal verify`: every byte of a journal against its checks, numbers and digests. */
import { checkJournal, type JournalCheck, type JournalDamage, type JournalGap, native } from '../../native/index.js';
import { Progress } from '../progress.js';
import type { ShardFolder } from './folders.js';
import { bytesText, listShard } from './list.js';

export interface CheckedShard extends ShardFolder {
  readonly check: JournalCheck;
}

export function checkShard(place: ShardFolder): CheckedShard {
  const { segments } = listShard(place);
  // Compressed segments hold several times their size: the bar is a guess, the bytes beside it are not.
  const all = segments.reduce((sum, { bytes, packed }) => sum + bytes * (packed ? 4 : 1), 0);
  const progress = new Progress(`verifying shard ${place.shard}`, all);
  const check = native(() => checkJournal(place.folder, (bytes) => progress.show(bytes, `${bytesText(bytes)} read`)));
  progress.end();
  return { ...place, check };
}

/** Whether a journal holds all that it says. A folder without any segment says nothing: it may have lost all of them. */
export function isWhole({ check }: CheckedShard): boolean {
  return check.damage.length === 0 && check.segments > 0;
}

function verdict({ damage, segments }: JournalCheck): string {
  if (segments === 0) return 'NOTHING IS HERE: the folder has no segment';
  return damage.length === 0 ? 'whole' : `${damage.length} places damaged`;
}

export function gapText({ cause, first, last, bytes }: JournalGap): string {
  return `gap: inputs ${first} ..= ${last} are not here (${cause}${bytes > 0n ? `, ${bytes} bytes` : ''})`;
}

export function damageText({ file, from, first, last, what }: JournalDamage): string {
  const lost = last === undefined ? `from input ${first} on` : last < first ? 'no input' : `inputs ${first} ..= ${last}`;
  return `DAMAGE: ${file} at byte ${from}: ${what} (lost: ${lost})`;
}

export function checkText({ shard, check }: CheckedShard): string {
  const kinds = check.kinds.map(({ kind, count }) => `${kind} ${count}`).join(', ');
  return [
    `shard ${shard}  ${check.segments} segments  ${check.records} records (${kinds})  ${bytesText(check.bytes)} of payloads`,
    ...check.ranges.map(({ epoch, first, last }) => `  epoch ${epoch}: inputs ${first} ..= ${last}`),
    ...check.gaps.map((gap) => `  ${gapText(gap)}`),
    ...(check.torn === undefined ? [] : [`  torn end, never acknowledged: ${check.torn}`]),
    ...check.damage.map((damage) => `  ${damageText(damage)}`),
    `  ${verdict(check)}`,
  ].join('\n');
}

export function gapJson({ cause, first, last, bytes }: JournalGap): object {
  return { cause, first: String(first), last: String(last), bytes: String(bytes) };
}

export function damageJson({ file, from, to, first, last, what }: JournalDamage): object {
  return { file, from, to, first: String(first), last: last === undefined ? null : String(last), what };
}

export function checkJson(checked: CheckedShard): object {
  const { shard, folder, check } = checked;
  return {
    shard,
    folder,
    whole: isWhole(checked),
    segments: check.segments,
    records: check.records,
    bytes: check.bytes,
    kinds: Object.fromEntries(check.kinds.map(({ kind, count }) => [kind, count])),
    ranges: check.ranges.map(({ epoch, first, last }) => ({ epoch: String(epoch), first: String(first), last: String(last) })),
    gaps: check.gaps.map(gapJson),
    damage: check.damage.map(damageJson),
    torn: check.torn ?? null,
  };
}
