/** The faults of messages on binary ones, which have other places for the same mistakes: Binance spot's, reference of 2026-07-21, §7. */
import type { MalformOptions } from './malform.js';
import type { MalformKind } from './script.js';

/** Places in the header, and what stands behind it: u16 root block length, template, schema, version. */
const BLOCK = 0;
const TEMPLATE = 2;
const VERSION = 6;
const HEADER_BYTES = 8;

/** The template of quotes. */
const BEST = 10_001;
/** A template that nobody knows. */
const NOVELTY = 65_000;
/** What is appended where a later version of the schema would append. */
const APPENDED = Buffer.from('novelty!');
/** Further than 64 bits, and finer than any exponent, however many zeros a mantissa ends with. */
const EXPONENTS = { exponent: 100, decimals20: -40 } as const;
const REPEATED_LEVELS = 50_000;

/** Where the rest of a message begins, by its template: the exponents, the times at the beginning of its root block, and whether its groups are levels. */
interface Layout {
  readonly exponents: number;
  readonly times: number;
  readonly isBook: boolean;
}
const LAYOUTS: ReadonlyMap<number, Layout> = new Map([
  [10_000, { exponents: 24, times: 2, isBook: false }],
  [BEST, { exponents: 24, times: 1, isBook: false }],
  [10_003, { exponents: 32, times: 1, isBook: true }],
]);

/** Whether a message is a binary one: the root block is short, and text has no zeros. */
export const isBinary = (bytes: Buffer): boolean => bytes.length > HEADER_BYTES && bytes[1] === 0;

/** Undefined for what is none of these messages any more. */
function layoutOf(bytes: Buffer): Layout | undefined {
  const layout = LAYOUTS.get(bytes.readUInt16LE(TEMPLATE));
  const end = HEADER_BYTES + bytes.readUInt16LE(BLOCK);
  return layout !== undefined && end <= bytes.length && layout.exponents + 2 <= end ? layout : undefined;
}

/** A group of levels: where it begins, its rows, and where they end. */
interface Group {
  readonly at: number;
  readonly size: number;
  readonly count: number;
  readonly end: number;
}

function groupAt(bytes: Buffer, at: number): Group | undefined {
  if (at + 4 > bytes.length) return undefined;
  const [size, count] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
  const end = at + 4 + size * count;
  return end <= bytes.length ? { at, size, count, end } : undefined;
}

/** Bids, then asks, of a change of a book. */
function groupsOf(bytes: Buffer): readonly [Group, Group] | undefined {
  if (layoutOf(bytes)?.isBook !== true) return undefined;
  const bids = groupAt(bytes, HEADER_BYTES + bytes.readUInt16LE(BLOCK));
  const asks = bids && groupAt(bytes, bids.end);
  return bids && asks && [bids, asks];
}

/** The group with these rows in the place of its own. */
function withRows(bytes: Buffer, { at, end }: Group, rows: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(rows[0]?.length ?? bytes.readUInt16LE(at));
  head.writeUInt16LE(rows.length, 2);
  return Buffer.concat([bytes.subarray(0, at), head, ...rows, bytes.subarray(end)]);
}

function rowsOf(bytes: Buffer, { at, size, count }: Group): Buffer[] {
  return Array.from({ length: count }, (_, index) => bytes.subarray(at + 4 + index * size, at + 4 + (index + 1) * size));
}

/** Both sides with other rows. */
function eachSide(bytes: Buffer, change: (rows: readonly Buffer[]) => readonly Buffer[]): Buffer {
  const [bids, asks] = groupsOf(bytes) ?? [];
  if (bids === undefined || asks === undefined) return bytes;
  // The later one first, so that the earlier one stays where it was.
  return withRows(withRows(bytes, asks, change(rowsOf(bytes, asks))), bids, change(rowsOf(bytes, bids)));
}

/** The same message with something changed in place. */
function edited(bytes: Buffer, edit: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  edit(copy);
  return copy;
}

/** With other bytes between `from` and `to` of its root block, whose length follows. */
function withRoot(bytes: Buffer, from: number, to: number, between: Buffer): Buffer {
  const made = Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(to)]);
  made.writeUInt16LE(bytes.readUInt16LE(BLOCK) + between.length - (to - from), BLOCK);
  return made;
}

/** Of a later version, which may have more behind the symbol. */
function later(bytes: Buffer, more: Buffer): Buffer {
  return edited(Buffer.concat([bytes, more]), (copy) => copy.writeUInt16LE(1, VERSION));
}

/** The first quantity below zero: of a level, or of a trade or a quote, which have it behind a price. */
function negative(bytes: Buffer): Buffer {
  const layout = layoutOf(bytes);
  if (layout === undefined) return bytes;
  const levels = groupsOf(bytes)?.find(({ count }) => count > 0);
  const root = HEADER_BYTES + bytes.readUInt16LE(BLOCK);
  const other = bytes.readUInt16LE(TEMPLATE) === BEST ? layout.exponents + 10 : root + 22;
  const place = layout.isBook ? levels && levels.at + 12 : other;
  const isThere = place !== undefined && place + 8 <= bytes.length;
  return isThere ? edited(bytes, (copy) => copy.writeBigInt64LE(-1n, place)) : bytes;
}

/** Spoils a binary message; kinds that it has no place for leave it as it is. `draw` is the place where one is chosen. */
export function malformBinary(kind: MalformKind, { byte, bit = 7, size }: MalformOptions, draw: number, bytes: Buffer): Buffer {
  const layout = layoutOf(bytes);
  const root = HEADER_BYTES + bytes.readUInt16LE(BLOCK);
  switch (kind) {
    case 'truncated':
      return Buffer.from(bytes.subarray(0, Math.max(1, (byte ?? draw) % bytes.length)));
    case 'bitflip':
      // Of the template or the schema: in a number it would be another number, which nothing disproves.
      return edited(bytes, (copy) => {
        const at = byte === undefined ? TEMPLATE + (draw % 4) : byte % bytes.length;
        copy[at] = (copy[at] ?? 0) ^ (1 << bit);
      });
    case 'empty':
      return Buffer.alloc(0);
    case 'exponent':
    case 'decimals20':
      return layout === undefined
        ? bytes
        : edited(bytes, (copy) => copy.fill(EXPONENTS[kind] & 0xff, layout.exponents, layout.exponents + 2));
    case 'wrong_type':
      // Numbers of 32 bits.
      return eachSide(bytes, (rows) => rows.map((row) => Buffer.concat([row.subarray(0, 4), row.subarray(8, 12)])));
    case 'negative':
      return negative(bytes);
    case 'invalid_utf8':
      return edited(bytes, (copy) => copy.set([0xc3, 0x28], bytes.length - 2));
    case 'huge':
      return later(bytes, Buffer.alloc(Math.max(0, (size ?? 8 << 20) - bytes.length), 0x61));
    case 'levels':
      return eachSide(bytes, (rows) =>
        rows[0] === undefined ? rows : [...rows, ...Array(size ?? REPEATED_LEVELS).fill(rows[0])],
      );
    case 'unknown_type':
      return edited(bytes, (copy) => copy.writeUInt16LE(NOVELTY, TEMPLATE));
    case 'more_members': {
      const wider = eachSide(bytes, (rows) => rows.map((row) => Buffer.concat([row, APPENDED])));
      return later(withRoot(wider, root, root, APPENDED), APPENDED);
    }
    case 'missing_member':
      return withRoot(bytes, root - 2, root, Buffer.alloc(0));
    case 'binary':
    case 'deep':
    case 'same_member':
    case 'checksum_wrong':
    case 'checksum_zero':
    case 'checksum_absent':
      return bytes;
  }
}

/** Adds a bid ten times as high as the first one, or as the first ask, so that the book is crossed until it is made anew. */
export function crossBinary(bytes: Buffer): Buffer {
  const [bids, asks] = groupsOf(bytes) ?? [];
  if (bids === undefined || asks === undefined) return bytes;
  const rows = rowsOf(bytes, bids);
  const first = rows[0] ?? rowsOf(bytes, asks)[0];
  if (first === undefined) return bytes;
  const bid = edited(first, (copy) => {
    copy.writeBigInt64LE(first.readBigInt64LE(0) * 10n, 0);
    const places = -bytes.readInt8((layoutOf(bytes)?.exponents ?? 0) + 1);
    copy.writeBigInt64LE(10n ** BigInt(Math.max(0, places)), 8);
  });
  return withRows(bytes, bids, [bid, ...rows]);
}

/** Moves times, which are µs, by `offsetMs`, and counts them in units `per` times as coarse. */
export function shiftBinaryTime(offsetMs: number, per: number, bytes: Buffer): Buffer {
  return edited(bytes, (copy) => {
    for (let index = 0; index < (layoutOf(bytes)?.times ?? 0); index += 1) {
      const at = HEADER_BYTES + 8 * index;
      copy.writeBigInt64LE((bytes.readBigInt64LE(at) + BigInt(offsetMs * 1_000)) / BigInt(per), at);
    }
  });
}
