import { mkdtempSync, rmSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { fromAddon, KIND_WRITER, RingReader } from '#dist/native/index.js';
import { Market } from './market.js';

const root = mkdtempSync('/dev/shm/tickring-poller-');
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** As a caller without types sees it. */
type Loose = (...given: unknown[]) => number;

function codeOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return (fromAddon(error) as { code?: string }).code;
  }
  return undefined;
}

/**
 * The first `count` records of a buffer, as hexadecimal text. How the writer is doing depends on when somebody looks: a machine that is busy for a second
 * makes it stalled for one reader, and not yet for the other.
 */
function records(buffer: Buffer, count: number): string[] {
  const found: string[] = [];
  for (let at = 0, index = 0; index < count; index += 1) {
    const record = buffer.subarray(at, at + buffer.readUInt32LE(at));
    at += record.length;
    if (record[4] !== KIND_WRITER) found.push(record.toString('hex'));
  }
  return found;
}

test('poller: gives the records that poll gives, and throws what poll throws', () => {
  const market = new Market({ root, name: 'both' });
  const [method, bound] = [new RingReader(root, 'both', 0), new RingReader(root, 'both', 0)];
  const poll = bound.poller();
  for (let index = 0; index < 10; index += 1) market.depth([['10.10', `${index + 1}.000`]], []);
  const [a, b] = [Buffer.alloc(65_536), Buffer.alloc(65_536)];
  let count = 0;
  for (const max of [3, 0, 4, 1_000, 1]) {
    const polled = records(b, poll(b, max));
    expect(polled).toEqual(records(a, method.poll(a, max)));
    count += polled.length;
  }
  expect(count).toBeGreaterThanOrEqual(10);
  // One position for both ways of one reader.
  market.depth([['10.10', '5.000']], []);
  expect(records(b, bound.poll(b, 8))).toHaveLength(1);
  expect(records(b, poll(b, 8))).toEqual([]);

  market.depth([['10.10', '6.000']], []);
  expect(codeOf(() => poll(Buffer.alloc(80), 1))).toBe('ARGUMENT_RANGE');
  for (const given of [
    [],
    [b],
    ['', 1],
    [b, '1'],
    [new Uint8Array(new SharedArrayBuffer(4_096)), 1],
    [new Uint32Array(512), 1],
  ])
    expect(codeOf(() => (poll as Loose)(...given))).toBe('ARGUMENT_RANGE');
  expect(records(b, poll(b, 8))).toHaveLength(1);
  bound.close();
  expect(codeOf(() => poll(b, 1))).toBe('CLOSED');
  expect(codeOf(() => bound.poll(b, 1))).toBe('CLOSED');
  method.close();
  market.shard.close();
});
