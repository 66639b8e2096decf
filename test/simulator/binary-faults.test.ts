/** The mistakes of venues in binary messages: each is where it should be, and nothing else is changed. */
import { describe, expect, test } from 'vitest';
import { binanceSpotSbe } from '../../src/simulator/dialects/binance-spot-sbe.js';
import { cross, malform, shiftTime } from '../../src/simulator/faults/malform.js';
import { type MalformKind, malformKinds } from '../../src/simulator/faults/script.js';
import { Random } from '../../src/simulator/market/random.js';
import { spotSymbols } from '../../src/simulator/market/symbols.js';

const [SPEC] = [...spotSymbols.values()];
if (SPEC === undefined) throw new Error('no symbol');
const TIMES = { engineUs: 1_767_225_600_000_000, eventUs: 1_767_225_600_001_000 };
const IDS = { firstId: 10, lastId: 12, previousId: 9 };
const [BIDS, ASKS] = [[[650_000, 5] as const, [650_001, 0] as const], [[650_003, 7] as const]];
const DEPTH = binanceSpotSbe.depth(SPEC, { ...IDS, ...TIMES, bids: BIDS, asks: ASKS });
const TRADES = binanceSpotSbe.trades(SPEC, [{ id: 7, tick: 650_000, lots: 3, buyerIsMaker: true, ...TIMES }]);
const BEST = { bidTick: 650_000, bidLots: 1, askTick: 650_001, askLots: 2 };
const QUOTE = binanceSpotSbe.bookTicker(SPEC, { updateId: 12, ...BEST, ...TIMES });
const NAME = Buffer.concat([Buffer.from([SPEC.symbol.length]), Buffer.from(SPEC.symbol)]);

const spoil = (kind: MalformKind, bytes: Buffer, options = {}): Buffer => malform(kind, options, new Random(1, 'test'))(bytes);

/** What a reader finds that steps over what it does not know. */
function read(bytes: Buffer) {
  const [block, template, schema, version] = [0, 2, 4, 6].map((at) => bytes.readUInt16LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  let at = 8 + block;
  const side = (): bigint[][] => {
    const [size, count] = [bytes.readUInt16LE(at), bytes.readUInt16LE(at + 2)];
    const rows = Array.from({ length: count }, (_, row) => [0, 8].map((of) => bytes.readBigInt64LE(at + 4 + row * size + of)));
    at += 4 + size * count;
    return rows;
  };
  const [bids, asks] = [side(), side()];
  const symbol = bytes.toString('utf8', at + 1, at + 1 + bytes.readUInt8(at));
  const exponents = [bytes.readInt8(32), bytes.readInt8(33)];
  return { header: [block, template, schema, version], time: bytes.readBigInt64LE(8), exponents, bids, asks, symbol };
}
const WELL = read(DEPTH);

describe('malformed', () => {
  test('what a later version appends is stepped over, and everything else is as it was', () => {
    const more = spoil('more_members', DEPTH);
    expect(read(more)).toEqual({ ...WELL, header: [34, 10_003, 1, 1] });
    // Behind the root block, each of three rows, and the symbol.
    expect(more.length).toBe(DEPTH.length + 5 * 8);
    const huge = spoil('huge', DEPTH, { size: 5_000 });
    expect(read(huge)).toEqual({ ...WELL, header: [26, 10_003, 1, 1] });
    expect(huge.length).toBe(5_000);
  });

  test('numbers that cannot be: exponents, signs, types', () => {
    for (const bytes of [DEPTH, TRADES, QUOTE]) {
      const at = bytes === DEPTH ? 32 : 24;
      expect([spoil('exponent', bytes).readInt8(at), spoil('exponent', bytes).readInt8(at + 1)]).toEqual([100, 100]);
      expect(spoil('decimals20', bytes).readInt8(at)).toBe(-40);
    }
    expect(read(spoil('negative', DEPTH)).bids[0]?.[1]).toBe(-1n);
    expect(spoil('negative', TRADES).readBigInt64LE(8 + 18 + 6 + 16)).toBe(-1n);
    expect(spoil('negative', QUOTE).readBigInt64LE(8 + 26)).toBe(-1n);
    expect(spoil('wrong_type', DEPTH).length).toBe(DEPTH.length - 3 * 8);
    expect(spoil('wrong_type', DEPTH).readUInt16LE(34)).toBe(8);
  });

  test('what it is, what it lacks, what it is called', () => {
    expect(read(spoil('unknown_type', DEPTH))).toEqual({ ...WELL, header: [26, 65_000, 1, 0] });
    const lacking = spoil('missing_member', DEPTH);
    expect([lacking.readUInt16LE(0), lacking.length]).toEqual([24, DEPTH.length - 2]);
    const named = spoil('invalid_utf8', DEPTH);
    expect(named.subarray(0, -2)).toEqual(DEPTH.subarray(0, -2));
    expect(named.subarray(-2)).toEqual(Buffer.from([0xc3, 0x28]));
    const flipped = spoil('bitflip', DEPTH);
    const places = [...flipped.keys()].filter((at) => flipped[at] !== DEPTH[at]);
    expect(places).toHaveLength(1);
    expect(places[0]).toBeGreaterThanOrEqual(2);
    expect(places[0]).toBeLessThan(6);
    expect(spoil('bitflip', DEPTH, { byte: 9, bit: 0 })[9]).toBe((DEPTH[9] ?? 0) ^ 1);
    expect(DEPTH.subarray(0, 30)).toEqual(spoil('truncated', DEPTH, { byte: 30 }));
    expect(spoil('empty', DEPTH)).toHaveLength(0);
  });

  test('a row as often as it is asked for', () => {
    const { bids, asks } = read(spoil('levels', DEPTH, { size: 100 }));
    expect([bids.length, asks.length]).toEqual([102, 101]);
    expect(new Set(bids.map(String))).toEqual(new Set(WELL.bids.map(String)));
  });

  test('kinds that it has no place for leave a message, and what is no such message any more is spoilt without an error', () => {
    for (const kind of ['binary', 'deep', 'same_member', 'checksum_wrong', 'checksum_zero', 'checksum_absent'] as const)
      expect(spoil(kind, DEPTH)).toEqual(DEPTH);
    for (const bytes of [DEPTH, TRADES, QUOTE])
      for (let length = 0; length < bytes.length; length += 1) {
        const cut = bytes.subarray(0, length);
        for (const kind of malformKinds) expect(spoil(kind, cut, { size: 3 })).toBeInstanceOf(Buffer);
        expect(cross(cut).length).toBeGreaterThanOrEqual(length);
        expect(shiftTime(1, 1)(cut)).toHaveLength(length);
      }
  });
});

test('crossed: the first bid once more at ten times its price; of asks alone the first of them', () => {
  const { bids, ...others } = read(cross(DEPTH));
  const { bids: before, ...same } = WELL;
  expect(others).toEqual(same);
  expect(bids.slice(1)).toEqual(before);
  expect(bids[0]?.[0]).toBe((before[0]?.[0] ?? 0n) * 10n);
  expect(bids[0]?.[1]).toBeGreaterThan(0n);
  const alone = binanceSpotSbe.depth(SPEC, { ...IDS, ...TIMES, bids: [], asks: ASKS });
  expect(read(cross(alone)).bids).toEqual([[(WELL.asks[0]?.[0] ?? 0n) * 10n, bids[0]?.[1]]]);
  const none = binanceSpotSbe.depth(SPEC, { ...IDS, ...TIMES, bids: [], asks: [] });
  for (const bytes of [TRADES, QUOTE, none]) expect(cross(bytes)).toEqual(bytes);
});

test('bad_time: times are moved, or are ms where µs belong', () => {
  expect(read(shiftTime(-1_000, 1)(DEPTH))).toEqual({ ...WELL, time: WELL.time - 1_000_000n });
  expect(read(shiftTime(0, 1_000)(DEPTH)).time).toBe(WELL.time / 1_000n);
  const both = shiftTime(1, 1)(TRADES);
  expect([0, 8].map((at) => both.readBigInt64LE(8 + at) - TRADES.readBigInt64LE(8 + at))).toEqual([1_000n, 1_000n]);
  expect(both.subarray(-NAME.length)).toEqual(NAME);
});
