/**
 * A reader of journals that shares no code with the product's: written from native/journal/README.md alone, for plain segments. It
 * stops at the first byte that is no record, and says what it saw.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const HEADER_BYTES = 4_096;
const HEAD_BYTES = 64;
const FRAME = 1;
const GAP = 32;
const SEAL = 35;
const INPUTS_END = 32;

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

function crc32c(crc: number, bytes: Buffer): number {
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
  return crc;
}

/** The check of LevelDB: of salt, offset, and the record from byte 4 on. */
function checkOf(salt: Buffer, offset: number, record: Buffer): number {
  const place = Buffer.alloc(8);
  place.writeBigUInt64LE(BigInt(offset));
  const crc = ~[salt, place, record.subarray(4)].reduce(crc32c, 0xffffffff) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

export interface Input {
  readonly kind: number;
  readonly sequence: number;
  readonly epoch: number;
  readonly connection: number;
  readonly payload: Buffer;
}

export interface Missing {
  readonly cause: number;
  readonly first: number;
  readonly last: number;
}

export interface Journal {
  readonly frames: readonly Input[];
  readonly inputs: number;
  readonly gaps: readonly Missing[];
  /** Epochs with their first and last input. */
  readonly epochs: ReadonlyMap<number, { first: number; last: number }>;
  readonly last: number;
}

interface Walked {
  readonly end: number;
  readonly last: number;
}

/** Reads a journal whole. Throws where a number is missing, given twice, or a segment is not where its successor says. */
export function readJournal(folder: string): Journal {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.seg'))
    .sort();
  const frames: Input[] = [];
  const gaps: Missing[] = [];
  const epochs = new Map<number, { first: number; last: number }>();
  let inputs = 0;
  let last = 0;
  const segments = names.map((name) => readFileSync(join(folder, name)));
  const walk = (bytes: Buffer, end: number | undefined): Walked => {
    const salt = bytes.subarray(24, 32);
    let at = HEADER_BYTES;
    while (at + HEAD_BYTES <= (end ?? bytes.length)) {
      const length = bytes.readUInt32LE(at + 4);
      const after = at + Math.ceil((HEAD_BYTES + length) / 8) * 8;
      if (after > bytes.length || checkOf(salt, at, bytes.subarray(at, after)) !== bytes.readUInt32LE(at)) break;
      const kind = bytes.readUInt8(at + 8);
      if (kind === SEAL) break;
      const sequence = Number(bytes.readBigUInt64LE(at + 24));
      const epoch = Number(bytes.readBigUInt64LE(at + 16));
      const payload = bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length);
      if (kind === GAP) {
        const gap = { cause: payload.readUInt16LE(0), first: word(payload, 8), last: word(payload, 16) };
        if (gap.first !== last + 1) throw new Error(`gap ${gap.first}–${gap.last} behind input ${last}`);
        gaps.push(gap);
        last = gap.last;
      } else if (kind < INPUTS_END) {
        if (sequence !== last + 1) throw new Error(`input ${sequence} behind input ${last}`);
        last = sequence;
        inputs += 1;
        const known = epochs.get(epoch);
        if (known === undefined) epochs.set(epoch, { first: sequence, last: sequence });
        else known.last = sequence;
        if (kind === FRAME) frames.push({ kind, sequence, epoch, connection: bytes.readUInt16LE(at + 10), payload });
      }
      at = after;
    }
    return { end: at, last };
  };
  for (const [index, bytes] of segments.entries()) {
    if (bytes.toString('latin1', 0, 8) !== 'TKRJRNL1') throw new Error(`${names[index]} is no segment`);
    const successor = segments[index + 1];
    const end = successor === undefined ? undefined : word(successor, 72);
    const walked = walk(bytes, end);
    if (end !== undefined && walked.end !== end)
      throw new Error(`${names[index]} ends at ${walked.end}, its successor says ${end}`);
  }
  return { frames, inputs, gaps, epochs, last };
}

function word(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at));
}
