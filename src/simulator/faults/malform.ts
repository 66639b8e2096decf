import type { Random } from '../market/random.js';
import { crossBinary, isBinary, malformBinary, shiftBinaryTime } from './binary.js';
import { checksumOf, missingMember, moreMembers, repeatLevels, unknownType, withoutChecksum } from './change.js';
import type { MalformKind } from './script.js';

const HUGE_BYTES = 8 * 1024 * 1024;
const DEEP_BRACKETS = 100_000;
const REPEATED_LEVELS = 50_000;

export interface MalformOptions {
  readonly byte?: number | undefined;
  readonly bit?: number;
  readonly size?: number | undefined;
}

/** Makes a function that spoils a message in one way; drawn once, so that all connections get the same. */
export function malform(kind: MalformKind, options: MalformOptions, random: Random): (bytes: Buffer) => Buffer {
  const draw = random.u32();
  const text = malformText(kind, options, draw);
  return (bytes) => (isBinary(bytes) ? malformBinary(kind, options, draw, bytes) : text(bytes));
}

function malformText(kind: MalformKind, options: MalformOptions, draw: number): (bytes: Buffer) => Buffer {
  const place = (bytes: Buffer): number => (options.byte ?? draw) % Math.max(1, bytes.length);
  switch (kind) {
    case 'truncated':
      return (bytes) => Buffer.from(bytes.subarray(0, Math.max(1, place(bytes))));
    case 'bitflip':
      return (bytes) => {
        const copy = Buffer.from(bytes);
        const at = place(bytes);
        copy[at] = (copy[at] ?? 0) ^ (1 << (options.bit ?? 7));
        return copy;
      };
    case 'wrong_type':
      return rewrite((number) => number);
    case 'exponent':
      return rewrite(() => '"1e400"');
    case 'decimals20':
      return rewrite((number) => `"${number}${number.includes('.') ? '' : '.'}${'1'.repeat(20)}"`);
    case 'negative':
      return rewrite((number) => `"-${number}"`);
    case 'invalid_utf8':
      return (bytes) => {
        // An overlong start byte without its continuation, in the middle of the first string.
        const at = bytes.indexOf(0x22) + 1;
        return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xc3, 0x28]), bytes.subarray(at)]);
      };
    case 'huge':
      return (bytes) => pad(bytes, options.size ?? HUGE_BYTES);
    case 'deep': {
      const brackets = options.size ?? DEEP_BRACKETS;
      return (bytes) =>
        Buffer.concat([bytes.subarray(0, -1), Buffer.from(`,"x":${'['.repeat(brackets)}${']'.repeat(brackets)}}`)]);
    }
    case 'empty':
      return () => Buffer.alloc(0);
    case 'binary':
      return (bytes) => bytes;
    case 'levels':
      return said((text) => repeatLevels(text, options.size ?? REPEATED_LEVELS));
    case 'unknown_type':
      return said(unknownType);
    case 'more_members':
      return said(moreMembers);
    case 'missing_member':
      return said(missingMember);
    case 'same_member':
      return said((text) => text.replace('{', '{"__proto__":{"x":1},"constructor":null,"__proto__":[],'));
    case 'checksum_wrong':
      return said((text) => checksumOf(text, (crc) => (crc + 1) % 2 ** 31));
    case 'checksum_zero':
      return said((text) => checksumOf(text, () => 0));
    case 'checksum_absent':
      return said(withoutChecksum);
  }
}

/** Rewrites a message as text. */
function said(change: (text: string) => string): (bytes: Buffer) => Buffer {
  return (bytes) => Buffer.from(change(bytes.toString('latin1')), 'latin1');
}

/** Where the quantity of the first level stands, or that of a trade or a quote, in the spellings of all venues. */
const QUANTITIES = [
  /\["\d+(?:\.\d+)?","(\d+(?:\.\d+)?)"/d,
  /\["[a-z]+",[\d.e+-]+,([\d.e+-]+)\]/d,
  /"(?:[qvB]|sz)":"(\d+(?:\.\d+)?)"/d,
  /"(?:amount|best_bid_amount|qty|bid_qty|bid_size)":([\d.e+-]+)/d,
  /"(?:new_quantity|size|best_bid_quantity)":"(\d+(?:\.\d+)?)"/d,
];

/**
 * Rewrites the last decimal string of the first level (its quantity), or of the message if it has no levels: the
 * quantity of a trade or of a quote. The message stays well-formed, only the value is wrong.
 */
function rewrite(change: (number: string) => string): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const text = bytes.toString('latin1');
    const found = QUANTITIES.map((spelling) => spelling.exec(text)).find((match) => match !== null);
    const place = found?.indices?.[1];
    if (place === undefined) return bytes;
    const [start, end] = place;
    const number = text.slice(start, end);
    const isText = text[start - 1] === '"';
    // Where the venue writes text a bare number is wrong, and the other way round.
    const spoilt = change(number);
    if (isText) return Buffer.from(text.slice(0, start - 1) + spoilt + text.slice(end + 1), 'latin1');
    const bare = spoilt === number ? `"${number}"` : spoilt.slice(1, -1);
    return Buffer.from(text.slice(0, start) + bare + text.slice(end), 'latin1');
  };
}

/**
 * Adds a bid far better than any ask, so that the book is crossed until it is made anew: the first bid with a nine before it, or else
 * one from the first ask.
 */
export function cross(bytes: Buffer): Buffer {
  if (isBinary(bytes)) return crossBinary(bytes);
  const text = bytes.toString('latin1');
  // The first bid may be a removal: the one before it is not.
  const crossed = text.replace(/"(b|bids)":\[\["([\d.]+)"/, '"$1":[["9$2","1"],["$2"');
  if (crossed !== text) return Buffer.from(crossed, 'latin1');
  const behind = text.replace(
    /("a":\[\["([\d.]+)".*"b":\[)\]/,
    (_, head: string, price: string) => `${head}["9${price}","1"]]`,
  );
  if (behind !== text) return Buffer.from(behind, 'latin1');
  const rows = text
    .replace(/"bids":\[\{"price":([\d.]+),/, '"bids":[{"price":9$1,"qty":1.0},{"price":$1,')
    .replace(
      /"bids":\[\],"asks":\[\{"price":([\d.]+),/,
      (all, price: string) => `"bids":[{"price":9${price},"qty":1.0}]${all.slice(9)}`,
    )
    .replace(/"bids":\[\["([a-z]+)",([\d.]+),/, '"bids":[["new",9$2,1.0],["$1",$2,')
    .replace(
      /"bids":\[\],"asks":\[\["[a-z]+",([\d.]+),/,
      (all, price: string) => `"bids":[["new",9${price},1.0]]${all.slice(9)}`,
    );
  if (rows !== text) return Buffer.from(rows, 'latin1');
  const own = text.replace(
    /"side":"[a-z]+",("seq":\d+,"price":)([\d.]+),"qty":[\d.]+/,
    (_, head: string, price: string) => `"side":"buy",${head}9${price},"qty":1.0`,
  );
  if (own !== text) return Buffer.from(own, 'latin1');
  const row = /"updates":\[\{"side":"(?:bid|offer)",("event_time":"[^"]*","price_level":")([\d.]+)"/;
  const update = text.replace(row, (all, time: string, price: string) =>
    all.replace('[', `[{"side":"bid",${time}9${price}","new_quantity":"1"},`),
  );
  if (update !== text) return Buffer.from(update, 'latin1');
  return Buffer.from(
    text.replace(
      /"(b|bids)":\[\],"(a|asks)":\[(\["[^\]]*\])/,
      (_, bids: string, asks: string, row: string) => `"${bids}":[["9${row.slice(2)}],"${asks}":[${row}`,
    ),
    'latin1',
  );
}

/** Moves event and transaction times by `offsetMs`, and counts ms in units `per` times as fine, µs in units as coarse. */
export function shiftTime(offsetMs: number, per: number): (bytes: Buffer) => Buffer {
  const text = shiftTextTime(offsetMs, per);
  return (bytes) => (isBinary(bytes) ? shiftBinaryTime(offsetMs, per, bytes) : text(bytes));
}

function shiftTextTime(offsetMs: number, per: number): (bytes: Buffer) => Buffer {
  return said((text) =>
    text
      .replace(/"(E|T|ts|cts|timestamp|time)":("?)(\d+)(?![\d-])/g, (_, key: string, quote: string, digits: string) => {
        const isMicros = digits.length > 14;
        const moved = BigInt(Math.max(0, Number(digits) + (isMicros ? offsetMs * 1000 : offsetMs)));
        return `"${key}":${quote}${isMicros ? moved / BigInt(per) : moved * BigInt(per)}`;
      })
      .replace(/"(timestamp|time|event_time)":"(\d{4}-[^".]*)(\.\d+)?Z"/g, (_, key: string, at: string, rest = '') => {
        const moved = new Date(Date.parse(`${at}Z`) + offsetMs).toISOString().slice(0, 19);
        return `"${key}":"${moved}${rest}Z"`;
      }),
  );
}

/** The same object with one more member, so that the message has `size` bytes and is otherwise valid. */
function pad(bytes: Buffer, size: number): Buffer {
  const open = Buffer.from(',"x":"');
  const fill = Math.max(0, size - bytes.length - open.length - 1);
  return Buffer.concat([bytes.subarray(0, -1), open, Buffer.alloc(fill, 0x61), Buffer.from('"}')]);
}
