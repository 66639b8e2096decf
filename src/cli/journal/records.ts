/** Records of a journal, for people and as JSON lines. */
import { DISCONNECT_REASON_NAMES } from '../../model/codes.js';
import { JournalReader, type JournalRecord, native } from '../../native/index.js';
import { timeText } from '../times.js';
import { damageText, gapText } from './check.js';

/** Records that are taken from the addon at a time. */
const BATCH = 1_000;
/** Characters of a payload that a line for people shows. */
const SHOWN = 160;

/** Kinds whose payload is the sender's own text. */
const TEXTUAL: ReadonlySet<string> = new Set(['frame', 'rest_body', 'mark']);

export interface RecordsOptions {
  readonly from?: bigint;
  /** Up to the first input that was received later. */
  readonly to?: bigint;
  readonly kinds?: ReadonlySet<string>;
  readonly salvage: boolean;
}

/** All records of a shard's journal, in order. */
export function* recordsOf(folder: string, { from, to, kinds, salvage }: RecordsOptions): Generator<JournalRecord> {
  const reader = native(() => new JournalReader(folder, salvage));
  if (from !== undefined && !native(() => reader.seekTime(from))) return;
  for (;;) {
    const batch = native(() => reader.next(BATCH));
    if (batch.length === 0) return;
    for (const record of batch) {
      if (to !== undefined && record.kind !== 'damage' && record.tsRecv > to) return;
      if (kinds === undefined || kinds.has(record.kind)) yield record;
    }
  }
}

/** What is particular about a record, in words. */
function detail(record: JournalRecord): string {
  const { kind, payload, definition, gap, damage } = record;
  if (damage !== undefined) return damageText(damage);
  if (gap !== undefined) return gapText(gap);
  if (definition !== undefined) {
    const { symbol, venue, priceExponent, qtyExponent } = definition;
    return `${symbol} of venue ${venue}, exponents ${priceExponent} and ${qtyExponent}`;
  }
  if (record.venue !== undefined) return `venue ${record.venue}`;
  if (record.reason !== undefined)
    return `reason ${(DISCONNECT_REASON_NAMES as Readonly<Record<string, string>>)[record.reason] ?? record.reason}`;
  if (record.channels !== undefined) return `channels ${record.channels}`;
  if (record.accepted !== undefined) return record.accepted ? 'accepted' : 'refused';
  if (!TEXTUAL.has(kind)) return payload.length === 0 ? '' : `${payload.length} bytes`;
  const text = payload.toString('utf8', 0, SHOWN).replace(/\p{Cc}/gu, ' ');
  return `${payload.length} bytes  ${text}${payload.length > SHOWN ? '…' : ''}`;
}

/** A record as one line for people. */
export function recordLine(record: JournalRecord): string {
  if (record.damage !== undefined) return detail(record);
  const { connection, instrument } = record;
  const about = [connection === 0 ? '' : `connection ${connection}`, instrument === 0 ? '' : `instrument ${instrument}`];
  const fields = [timeText(record.tsRecv), `#${record.sequence}`, record.kind, ...about, detail(record)];
  return fields.filter((field) => field !== '').join('  ');
}

/** The payload as text where it is UTF-8, else in base64: nothing of it is lost. */
function payloadJson({ kind, payload }: JournalRecord): object {
  if (payload.length === 0) return {};
  const text = TEXTUAL.has(kind) ? payload.toString('utf8') : undefined;
  return text !== undefined && Buffer.from(text, 'utf8').equals(payload)
    ? { data: text }
    : { data_base64: payload.toString('base64') };
}

/** A record as JSON has it, with nothing left out but what its place says. */
export function recordJson(record: JournalRecord, shard: number): object {
  if (record.damage !== undefined) {
    const { first, last, ...rest } = record.damage;
    return { kind: 'damage', shard, ...rest, first: String(first), ...(last === undefined ? {} : { last: String(last) }) };
  }
  const { definition, gap } = record;
  return {
    kind: record.kind,
    shard,
    epoch: String(record.epoch),
    sequence: String(record.sequence),
    ts_recv: String(record.tsRecv),
    ...(record.connection === 0 ? {} : { connection: record.connection }),
    ...(record.instrument === 0 ? {} : { instrument: record.instrument }),
    ...(record.venue === undefined ? {} : { venue: record.venue }),
    ...(record.reason === undefined ? {} : { reason: record.reason }),
    ...(record.channels === undefined ? {} : { channels: record.channels }),
    ...(record.accepted === undefined ? {} : { accepted: record.accepted }),
    ...(definition === undefined
      ? {}
      : { definition: { ...definition, tickSize: String(definition.tickSize), lotSize: String(definition.lotSize) } }),
    ...(gap === undefined ? {} : { gap: { cause: gap.cause, first: String(gap.first), last: String(gap.last) } }),
    ...(definition === undefined && gap === undefined ? payloadJson(record) : {}),
    ...(record.outputs === undefined ? {} : { outputs: record.outputs }),
    file: record.file,
    offset: record.offset,
  };
}
