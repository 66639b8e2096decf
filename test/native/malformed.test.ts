import { expect, test } from 'vitest';
import { CODES } from '#dist/model/codes.js';
import { REJECTED_BIT } from '#dist/native/index.js';
import { depthFrame, type Level, Market } from './market.js';

const BIDS: readonly Level[] = [
  ['10.10', '1.000'],
  ['10.00', '2.500'],
];
const ASKS: readonly Level[] = [['10.20', '3.000']];
const FRAME_SIZE_MAX = 8 * 1024 * 1024;

let market = new Market({}, BIDS, ASKS);
let text = market.text();

/** The delta that would be next. */
function next(): Buffer {
  return depthFrame(market.updateId, [['10.10', '7.000']], [['10.30', '0.125']]);
}

/** Gives the shard a frame. Returns the code of a refusal, which must have left the book alone; undefined if it was taken. */
function offer(frame: Uint8Array): string | undefined {
  const bits = market.ingest(frame);
  expect(bits).toBeGreaterThanOrEqual(0);
  const rejection = market.shard.rejection();
  if ((bits & REJECTED_BIT) !== 0) {
    expect(rejection).not.toBeNull();
    expect(Object.keys(CODES)).toContain(rejection?.code);
    // Lower case, no full stop, and where: STYLE §5.
    expect(rejection?.message).toMatch(/^[a-z].* (at byte \d+ of \d+(: .+)?|exceeds \d+)$/s);
    expect(rejection?.offset).toBeLessThanOrEqual(frame.length);
    expect(market.text()).toBe(text);
    return rejection?.code;
  }
  expect(rejection).toBeNull();
  // It may have moved the book, or shown a gap: the next frame gets a fresh one.
  market.shard.close();
  market = new Market({}, BIDS, ASKS);
  text = market.text();
  return undefined;
}

function isJson(frame: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(frame));
    return true;
  } catch {
    return false;
  }
}

test('malformed: a frame that is cut at any byte is refused, and the book stays', () => {
  const frame = next();
  for (let size = 0; size < frame.length; size += 1) expect(offer(frame.subarray(0, size))).toMatch(/^FRAME_/);
  expect(offer(frame)).toBeUndefined();
});

test('malformed: any flipped bit is refused with a reason, or leaves a frame that is JSON', () => {
  const frame = next();
  let taken = 0;
  for (let bit = 0; bit < frame.length * 8; bit += 1) {
    const flipped = Buffer.from(frame);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const code = offer(flipped);
    if (code === undefined) {
      taken += 1;
      expect(`${bit} ${isJson(flipped)}`).toBe(`${bit} true`);
    } else if (/^FRAME_NOT/.test(code)) {
      expect(`${bit} ${code} ${isJson(flipped)}`).toBe(`${bit} ${code} false`);
    }
  }
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(frame.length * 4);
});

/** The next delta with one piece of its text replaced. */
function replaced(piece: string, by: string): Buffer {
  const before = next().toString();
  const after = before.replace(piece, by);
  if (after === before) throw new Error(`${piece} is not in ${before}`);
  return Buffer.from(after);
}

test.each([
  ['a number where the symbol belongs', '"BTCUSDT"', '7', 'FIELD_TYPE'],
  ['null where the bids belong', '"b":[["10.10","7.000"]]', '"b":null', 'FIELD_TYPE'],
  ['an object where a level belongs', '["10.10","7.000"]', '{}', 'FIELD_TYPE'],
  ['a level of one member', '["10.10","7.000"]', '["10.10"]', undefined],
  ['a number where a price belongs', '"10.10"', '10.10', undefined],
  ['1e400 as price', '"10.10"', '"1e400"', 'NUMBER_SYNTAX'],
  ['1e400 as number', '"10.10"', '1e400', undefined],
  ['a price of twenty decimals', '"10.10"', '"10.12345678901234567891"', 'NUMBER_PRECISION'],
  ['a price of forty digits', '"10.10"', `"${'9'.repeat(40)}"`, 'NUMBER_RANGE'],
  ['a negative quantity', '"7.000"', '"-7.000"', 'NUMBER_NEGATIVE'],
  ['a price of zero', '"10.10"', '"0.00"', 'NUMBER_NEGATIVE'],
  ['NaN as price', '"10.10"', '"NaN"', 'NUMBER_SYNTAX'],
  ['no price', '"10.10"', '""', 'NUMBER_SYNTAX'],
  ['an update id beyond 64 bits', '"u":1002', '"u":18446744073709551616', 'NUMBER_RANGE'],
  ['an update id of text', '"u":1002', '"u":"x"', undefined],
  ['update ids in the wrong order', '"U":1002', '"U":2002', 'UPDATE_ID_ORDER'],
  ['no update id', '"u":1002,', '', 'FIELD_MISSING'],
  ['a member that stands there twice', '"u":1002', '"u":1002,"u":1003', 'FIELD_TYPE'],
  ['another symbol', '"BTCUSDT"', '"NOBODY"', 'UNKNOWN_SYMBOL'],
  ['another event', '"depthUpdate"', '"surprise"', 'UNKNOWN_EVENT'],
  ['nothing but an array', '{"stream"', '[]{"stream"', 'FRAME_NOT_JSON'],
])('malformed: %s is refused, and the book stays', (_, piece, by, code) => {
  const refused = offer(replaced(piece, by));
  expect(refused).toBeDefined();
  if (code !== undefined) expect(refused).toBe(code);
});

test('malformed: bytes that are not UTF-8 are refused wherever they stand', () => {
  for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    const frame = next();
    const at = frame.indexOf('BTCUSDT');
    expect(offer(Buffer.concat([frame.subarray(0, at), Buffer.from(bytes), frame.subarray(at)]))).toBe('FRAME_NOT_UTF8');
  }
});

test('malformed: a frame of 8 MiB and one byte is refused', () => {
  const frame = Buffer.alloc(FRAME_SIZE_MAX + 1, ' ');
  next().copy(frame);
  expect(offer(frame)).toBe('FRAME_TOO_LARGE');
  expect(market.shard.rejection()?.message).toBe('message of 8388609 bytes exceeds 8388608');
  expect(offer(frame.subarray(0, FRAME_SIZE_MAX))).toBeUndefined();
});

test('malformed: a million nested values are refused', () => {
  const deep = 1_000_000;
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    expect(offer(Buffer.from(open.repeat(deep)))).toBe('FRAME_TOO_DEEP');
    const closed = `${open.repeat(deep)}${open === '[' ? '' : '1'}${close.repeat(deep)}`;
    expect(offer(Buffer.from(closed))).toBe('FRAME_TOO_DEEP');
    expect(offer(replaced('"E":1', `"E":1,"x":${closed}`))).toBe('FRAME_TOO_DEEP');
  }
});
