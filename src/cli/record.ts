/** Ring records as lines for people. */
import type { RecordView } from '../native/record-view.js';

/** Members that every record has; the rest of a text line is what is particular about it. */
const COMMON = new Set([
  'kind',
  'venue',
  'symbol',
  'shard',
  'sequence',
  'frame_seq',
  'index',
  'flags',
  'ts_event',
  'ts_recv',
  'ts_out',
  'bids',
  'asks',
]);
/** Levels a side that a text line shows. */
const LEVELS_SHOWN = 3;

function levelsText(name: string, levels: unknown): string {
  if (!Array.isArray(levels)) return '';
  const shown = levels.slice(0, LEVELS_SHOWN).map(([price, qty]) => `${qty}@${price}`);
  return ` ${name}[${shown.join(' ')}${levels.length > LEVELS_SHOWN ? ` +${levels.length - LEVELS_SHOWN}` : ''}]`;
}

function timeText(ns: unknown): string {
  const value = BigInt(String(ns));
  return `${new Date(Number(value / 1_000_000n)).toISOString().slice(11, 19)}.${String(value % 1_000_000_000n).padStart(9, '0')}`;
}

/** A record as one line for people. */
export function recordText(record: RecordView): string {
  if (record.kind === 'lapped')
    return `--- lapped: ${record['lost']} records of shard ${record['shard']} were overwritten before they were read`;
  if (record.kind === 'generation')
    return `--- the engine started anew: shard ${record['shard']}, epoch ${record['prev_epoch']} → ${record['new_epoch']}`;
  const who = record['symbol'] === undefined ? '-' : `${record['venue']}:${record['symbol']}`;
  const fields = Object.entries(record).flatMap(([name, value]) =>
    COMMON.has(name) || value === null ? [] : [`${name}=${value}`],
  );
  const flags = (record['flags'] as string[]).filter((name) => name !== 'last');
  return [
    timeText(record['ts_recv']),
    `#${record['sequence']}`,
    who.padEnd(20),
    record.kind.padEnd(13),
    fields.join(' ') + levelsText('bids', record['bids']) + levelsText('asks', record['asks']),
    flags.length === 0 ? '' : `(${flags.join(' ')})`,
  ]
    .join(' ')
    .trimEnd();
}
