import { mkdtempSync, rmSync } from 'node:fs';
import { afterAll, expect, expectTypeOf, test } from 'vitest';
import { STAMP_HERE } from '#dist/native/index.js';
import {
  decimalText,
  engines,
  KINDS,
  type RecordCursor,
  RingReader,
  type RingRecord,
  shards,
  TickringError,
  toNumber,
} from '#dist/reader/index.js';
import { Market } from '../native/market.js';

const root = mkdtempSync('/dev/shm/tickring-arguments-');
const market = new Market({ root, name: 'one' }, [['10.10', '1.000']], [['10.20', '1.000']]);
afterAll(() => {
  market.shard.close();
  rmSync(root, { recursive: true, force: true });
});

/** As a caller without types sees it. */
type Loose = (...given: unknown[]) => unknown;

function failure(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(TickringError);
    return `${(error as TickringError).code}: ${(error as Error).message}`;
  }
  throw new Error('nothing was thrown');
}

test('reader: what cannot be opened says which file, name or number is wrong', () => {
  const open = RingReader.open as Loose;
  expect(failure(() => open({ root, name: 'nobody' }))).toMatch(/^SHM_NOT_FOUND: .*nobody/);
  expect(failure(() => open({ root: `${root}/nowhere`, name: 'one' }))).toMatch(/^SHM_NOT_FOUND: .*nowhere/);
  expect(failure(() => open({ root, name: '../one' }))).toMatch(/^SHM_NAME: name "\.\.\/one" is not 1 to 64 of/);
  expect(failure(() => open({ root, name: 'one', shard: 7 }))).toMatch(/^SHM_NOT_FOUND: .*shard-7/);
  expect(failure(() => open({ root, name: 7 }))).toBe('ARGUMENT_RANGE: name 7 is not a string');
  expect(failure(() => open({ root, name: 'one', shard: 256 }))).toBe('ARGUMENT_RANGE: shard 256 is not a number of 0 ..= 255');
  expect(failure(() => open({ root, name: 'one', shard: 0.5 }))).toBe('ARGUMENT_RANGE: shard 0.5 is not a whole number');
  expect(failure(() => open({ root, name: 'one', owner: -1 }))).toMatch(/^ARGUMENT_RANGE: owner -1 is not a number of 0/);
  // Root's files are trusted whoever is named; those of others are not.
  if (process.getuid?.() === 0) RingReader.open({ root, name: 'one', owner: 4_321 }).close();
  else expect(failure(() => open({ root, name: 'one', owner: 4_321 }))).toMatch(/^SHM_PERMISSION: /);
});

test('reader: a wrong use of an open reader is an error with a sentence', () => {
  const reader = RingReader.open({ root, name: 'one' });
  const [loose, book] = [reader as unknown as Record<string, Loose>, reader.book('BTCUSDT')];
  const call = (name: string, ...given: unknown[]): string => failure(() => loose[name]?.apply(reader, given));
  for (const max of [0, -1, 4_097, Number.NaN, '9'])
    expect(call('poll', max)).toBe(`ARGUMENT_RANGE: max ${max} is not a number of 1 ..= 4096`);
  expect(call('poll', 2.5)).toBe('ARGUMENT_RANGE: max 2.5 is not a whole number');
  const unknown = 'INSTRUMENT_UNKNOWN: no instrument "BTCUSD" in engine one; it has binance-usdm:BTCUSDT';
  for (const name of ['instrument', 'latest', 'book']) expect(call(name, 'BTCUSD')).toBe(unknown);
  expect(call('counters', 3)).toBe('ARGUMENT_RANGE: shard 3 is none of [0]');
  expect(call('histogram', 'sequence')).toBe(
    'ARGUMENT_RANGE: stage sequence is none of receive_to_ring, venue_to_receive, receive, parse, book, ring, line_lead',
  );
  expect(call('histogram', 'receive_to_ring', { shares: [2] })).toBe('ARGUMENT_RANGE: share 2 is not a number of 0 ..= 1');
  expect(call('histogram', 'receive_to_ring', { shard: 3 })).toBe('ARGUMENT_RANGE: shard 3 is none of [0]');
  expect(call('instrumentCounters', 'BTCUSD')).toBe(unknown);
  expect(call('records', { kinds: ['trades'] })).toMatch(/^ARGUMENT_RANGE: kind trades is none of trade, quote, /);
  expect(call('records', { wait: { spinMs: 2 } })).toBe('ARGUMENT_RANGE: spinMs 2 is not a number of 0 ..= 1');
  expect(call('records', { wait: { sleepMs: 0 } })).toBe('ARGUMENT_RANGE: sleepMs 0 is not a number of 1 ..= 1000');
  expect(failure(() => book.copyTop(new Float64Array(11), 3))).toBe(
    'ARGUMENT_RANGE: an array of 11 numbers does not hold 3 levels a side: 4 numbers each',
  );
  reader.close();
  reader.close();
  expect(call('poll')).toBe('CLOSED: ring reader is closed');
  expect(call('histogram', 'receive_to_ring')).toBe('CLOSED: ring reader is closed');
  for (const name of ['instruments', 'liveness', 'counters', 'seekOldest', 'seekNewest'])
    expect(call(name)).toBe('CLOSED: ring reader is closed');
  expect(failure(() => book.status())).toBe('CLOSED: ring reader is closed');
});

test('reader: tables are read by name', () => {
  const reader = RingReader.open({ root, name: 'one' });
  expect(reader.shards).toEqual([0]);
  expect(reader.instruments()).toEqual([
    {
      id: 1,
      venue: 'binance-usdm',
      symbol: 'BTCUSDT',
      priceExponent: -2,
      qtyExponent: -3,
      tickSize: 10n,
      lotSize: 1n,
      state: 'trading',
      changeCount: 0,
    },
  ]);
  expect(reader.latest('binance-usdm:BTCUSDT')).toMatchObject({
    instrument: { symbol: 'BTCUSDT' },
    bids: [{ price: 1_010n, qty: 1_000n }],
    asks: [{ price: 1_020n, qty: 1_000n }],
    bidLevels: 1,
  });
  market.shard.tick(STAMP_HERE);
  expect(reader.counters(0)).toMatchObject({ connects: 1n, book_snapshots: 1n, ring_refused: 0n });
  expect(reader.liveness()).toMatchObject([{ shard: 0, state: 'live', lag: 0, epoch: 1n, slots: 1_024 }]);
  reader.close();
});

test('reader: a seek forgets what was polled and not come to', () => {
  const reader = RingReader.open({ root, name: 'one', oldest: true });
  const first = reader.poll(2);
  expect(first.next() && first.left).toBe(1);
  reader.seekNewest();
  expect(first.left).toBe(0);
  expect(reader.poll().left).toBe(0);
  reader.seekOldest();
  expect(reader.poll().next() && first.kind).toBe(KINDS.epoch_start);
  reader.close();
});

test('reader: what is published is listed', () => {
  expect(engines(root)).toEqual(['one']);
  expect(shards('one', root)).toEqual([0]);
  expect(failure(() => engines(`${root}/nowhere`))).toMatch(/^SHM_NOT_FOUND: .*nowhere/);
  expect(failure(() => shards('../one', root))).toMatch(/^SHM_NAME: /);
});

test('decimals: a number is the one that the exact text reads as', () => {
  let state = 7n;
  for (let round = 0; round < 20_000; round += 1) {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) & 0xffff_ffff_ffff_ffffn;
    const mantissa = BigInt.asIntN(64, state) >> (state & 63n);
    const exponent = -Number((state >> 20n) % 19n);
    expect(toNumber(mantissa, exponent)).toBe(Number(decimalText(mantissa, exponent)));
  }
  expect(toNumber(Number.NaN, -2)).toBeNaN();
  expect(toNumber(5, 3)).toBe(5_000);
});

test('reader: types say what a record has', () => {
  expectTypeOf<Extract<RingRecord, { kind: 'trade' }>['price']>().toEqualTypeOf<bigint>();
  expectTypeOf<Extract<RingRecord, { kind: 'writer' }>['state']>().toEqualTypeOf<
    'live' | 'stalled' | 'dead' | 'closed' | 'superseded'
  >();
  expectTypeOf<RecordCursor['quote']['bidPrice']>().toEqualTypeOf<number>();
});
