/** `tickring journal ls`: segments, and what is in them. */
import { type JournalSegment, journalCursors, journalSegments, type NamedCursor, native } from '../../native/index.js';
import { timeText } from '../times.js';
import type { ShardFolder } from './folders.js';

/** Bytes for people. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}

export interface ListedShard extends ShardFolder {
  readonly segments: readonly JournalSegment[];
  /** How far sinks have come. */
  readonly cursors: readonly NamedCursor[];
}

export function listShard(shard: ShardFolder): ListedShard {
  const { folder } = shard;
  return native(() => ({ ...shard, segments: journalSegments(folder), cursors: journalCursors(folder) }));
}

function segmentText(segment: JournalSegment): string {
  const { tsFirst, tsLast, lastSequence, records } = segment;
  const form = segment.packed ? 'zstd' : lastSequence === undefined ? 'open' : 'plain';
  const fields = [
    `${String(segment.index).padStart(6)}  epoch ${segment.epoch}  inputs ${segment.firstSequence} ..= ${lastSequence ?? '?'}`,
    `${bytesText(segment.bytes)} ${form}`,
    tsFirst === undefined || tsLast === undefined
      ? `begun ${timeText(segment.created)}`
      : `${timeText(tsFirst)} to ${timeText(tsLast)}`,
    records === undefined ? '' : `${records} records`,
    segment.checkpoints > 0 ? `${segment.checkpoints} checkpoints` : '',
    segment.fromReserve ? 'from the reserve' : '',
    segment.damage === undefined ? '' : `DAMAGED: ${segment.damage}`,
  ];
  return fields.filter((field) => field !== '').join('  ');
}

function cursorText({ name, cursor, problem }: NamedCursor): string {
  if (cursor === undefined) return `  sink ${name}: ${problem ?? 'gone'}`;
  const { epoch, sequence, from, tsRecv } = cursor;
  const received = tsRecv === 0n ? '' : `, received ${timeText(tsRecv)}`;
  return `  sink ${name} has inputs up to ${sequence} (epoch ${epoch}${received}) and needs those from ${from} on`;
}

export function listText({ shard, folder, segments, cursors }: ListedShard): string {
  const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const head = `shard ${shard}  ${segments.length} segments  ${bytesText(bytes)}  ${folder}`;
  return [head, ...segments.map(segmentText), ...cursors.map(cursorText)].join('\n');
}

/** The same for programs: numbers beyond 2^53 as text. */
export function listJson({ shard, folder, segments, cursors }: ListedShard): object {
  return {
    shard,
    folder,
    segments: segments.map((segment) => ({
      file: segment.file,
      index: segment.index,
      epoch: String(segment.epoch),
      first: String(segment.firstSequence),
      last: segment.lastSequence === undefined ? null : String(segment.lastSequence),
      ts_first: segment.tsFirst === undefined ? null : String(segment.tsFirst),
      ts_last: segment.tsLast === undefined ? null : String(segment.tsLast),
      records: segment.records ?? null,
      checkpoints: segment.checkpoints,
      bytes: segment.bytes,
      packed: segment.packed,
      damage: segment.damage ?? null,
    })),
    cursors: cursors.map(({ name, cursor, problem }) => ({
      name,
      epoch: cursor === undefined ? null : String(cursor.epoch),
      sequence: cursor === undefined ? null : String(cursor.sequence),
      from: cursor === undefined ? null : String(cursor.from),
      ts_recv: cursor === undefined ? null : String(cursor.tsRecv),
      output: cursor?.output ?? null,
      problem: problem ?? null,
    })),
  };
}
