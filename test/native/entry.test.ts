import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { CODES } from '#dist/model/codes.js';
import { type Ingest, REJECTED_BIT } from '#dist/native/index.js';
import { CONNECTION, depthFrame, INSTRUMENT, Market } from './market.js';

const REFUSED = -CODES.ARGUMENT_RANGE.number;
/** As a caller without types sees it. */
type Loose = (...given: unknown[]) => number;

const market = new Market();
const ingest: Ingest = market.shard.ingester();
const frame = depthFrame(market.updateId, [['10.10', '1.000']], []);

test.each<[string, unknown[]]>([
  ['no argument', []],
  ['a connection that is no number', ['1', frame, 1]],
  ['a connection beyond 16 bits', [65_536, frame, 1]],
  ['a negative connection', [-1, frame, 1]],
  ['no frame', [CONNECTION, undefined, 1]],
  ['text as frame', [CONNECTION, '{}', 1]],
  ['an array of another element type', [CONNECTION, new Uint16Array(8), 1]],
  ['a DataView', [CONNECTION, new DataView(new ArrayBuffer(8)), 1]],
  ['an ArrayBuffer itself', [CONNECTION, new ArrayBuffer(8), 1]],
  ['memory that another thread may write', [CONNECTION, new Uint8Array(new SharedArrayBuffer(8)), 1]],
  ['a length beyond the buffer', [CONNECTION, frame, frame.length + 1]],
  ['a negative length', [CONNECTION, frame, -1]],
  ['a length that is no number', [CONNECTION, frame, null]],
  ['a time that is a number', [CONNECTION, frame, frame.length, 1]],
  ['a negative time', [CONNECTION, frame, frame.length, -1n]],
  ['a time beyond 64 bits', [CONNECTION, frame, frame.length, 2n ** 64n]],
])('entry: %s is refused, and nothing is applied', (_, given) => {
  const before = market.text();
  expect((ingest as Loose)(...given)).toBe(REFUSED);
  expect(market.text()).toBe(before);
});

test('entry: the memory of a transferred or shrunk buffer is never read', () => {
  const moved = new Uint8Array(frame);
  structuredClone(moved.buffer, { transfer: [moved.buffer] });
  expect(ingest(CONNECTION, moved, frame.length)).toBe(REFUSED);
  // Node 20 has them; the compiler's library does not yet.
  const Resizable = ArrayBuffer as unknown as new (
    size: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(size: number): void };
  const memory = new Resizable(frame.length, { maxByteLength: 2 * frame.length });
  const tracking = new Uint8Array(memory);
  const fixed = new Uint8Array(memory, 0, frame.length);
  memory.resize(10);
  expect(ingest(CONNECTION, tracking, frame.length)).toBe(REFUSED);
  expect(ingest(CONNECTION, fixed, frame.length)).toBe(REFUSED);
});

test('entry: a frame in the middle of a larger buffer is taken', () => {
  const next = depthFrame(market.updateId, [['10.10', '1.000']], []);
  const pool = Buffer.concat([Buffer.alloc(3, '}'), next, Buffer.alloc(5, '{')]);
  const bits = ingest(CONNECTION, pool.subarray(3), next.length);
  expect([bits >= 0, bits & REJECTED_BIT]).toEqual([true, 0]);
  expect(market.text()).toContain('10.1');
});

test('entry: without a length the whole buffer counts', () => {
  for (const given of [[], [undefined], [undefined, 5n], [undefined, undefined]]) {
    const next = depthFrame(market.updateId, [['10.10', '1.000']], []);
    expect((ingest as Loose)(CONNECTION, next, ...given) & REJECTED_BIT).toBe(0);
    const longer = Buffer.concat([next, Buffer.from('}')]);
    expect((ingest as Loose)(CONNECTION, longer, ...given) & REJECTED_BIT).toBe(REJECTED_BIT);
  }
});

test('entry: functions of one shard are the same shard, and outlive its object', () => {
  const other = new Market();
  const second = other.shard.ingester();
  const next = depthFrame(other.updateId, [['10.10', '2.000']], []);
  expect(second(CONNECTION, next, next.length) & REJECTED_BIT).toBe(0);
  expect(other.shard.bookText(INSTRUMENT)?.lastUpdateId).toBe(BigInt(other.updateId + 1));
  const orphan = new Market().shard.ingester();
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  expect(orphan(CONNECTION, next, next.length)).toBeGreaterThanOrEqual(0);
});
