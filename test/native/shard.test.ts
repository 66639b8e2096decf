import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import { CODES } from '#dist/model/codes.js';
import { TickringError } from '#dist/model/errors.js';
import {
  EngineLock,
  EVENTS_MASK,
  native,
  parseListings,
  REJECTED_BIT,
  REQUESTS_BIT,
  RingReader,
  Shard,
  type ShardOptions,
  STAMP_HERE,
} from '#dist/native/index.js';
import { CONNECTION, DEFINITION, depthFrame, INSTRUMENT, Market, OPTIONS } from './market.js';

const root = mkdtempSync('/dev/shm/tickring-native-');
afterAll(() => rmSync(root, { recursive: true, force: true }));

const WORKER = fileURLToPath(new URL('./shard-worker.mjs', import.meta.url));
/** Every thread takes many times as long under an emulator. */
const IS_EMULATED = process.env['TICKRING_TEST_EMULATED'] === '1';
const LIVES = IS_EMULATED ? 60 : 1_000;
const TERMINATIONS = IS_EMULATED ? 5 : 50;
const AT_ONCE = 4;
/** Generous: a leaked segment or thread a life would be far more. */
const RSS_GROWTH_MAX = 128 * 1024 * 1024;
/** A guard against hangs alone: a thousand threads take their time on a busy machine. */
const CHURN_WATCHDOG_MS = 300_000;
let epoch = 0n;

function worker(wait: boolean, shard: number): Worker {
  epoch += 1n;
  const options: ShardOptions = { ...OPTIONS, root, name: 'lives', shard, epoch, prevEpoch: epoch - 1n };
  const frames = Array.from({ length: 4 }, (_, index) => depthFrame(1_000 + index, [['10.10', `${index}.5`]], []));
  return new Worker(WORKER, { workerData: { options, frames, wait } });
}

async function life(shard: number): Promise<void> {
  const one = worker(false, shard);
  const [code] = await once(one, 'exit');
  if (code !== 0) throw new Error(`worker ended with ${code}`);
}

function held(): { fds: number; mappings: number } {
  // A segment is made without a name and linked when it is whole, so the kernel shows its folder and a number.
  const maps = readFileSync('/proc/self/maps', 'utf8').split('\n');
  return { fds: readdirSync('/proc/self/fd').length, mappings: maps.filter((line) => line.includes(root)).length };
}

test(
  `native: ${LIVES} shards in worker threads leave no descriptor, mapping or memory behind`,
  async () => {
    const batch = () => Promise.all(Array.from({ length: AT_ONCE }, (_, shard) => life(shard)));
    for (let index = 0; index < 5; index += 1) await batch();
    const [before, rss] = [held(), process.memoryUsage.rss()];
    for (let lives = 0; lives < LIVES; lives += AT_ONCE) await batch();
    expect(held()).toEqual({ ...before, mappings: 0 });
    expect(process.memoryUsage.rss() - rss).toBeLessThan(RSS_GROWTH_MAX);
  },
  CHURN_WATCHDOG_MS,
);

test('native: worker threads that are terminated amid their work leave nothing behind either', async () => {
  await life(0);
  const before = held();
  for (let index = 0; index < TERMINATIONS; index += 1) {
    const one = worker(true, 0);
    await once(one, 'message');
    expect(held().mappings).toBeGreaterThan(before.mappings);
    await one.terminate();
  }
  expect(held()).toEqual(before);
});

function codeOf(call: () => unknown): string | undefined {
  try {
    native(call);
  } catch (error) {
    if (!(error instanceof TickringError)) throw error;
    expect(error.message).not.toBe('');
    return error.code;
  }
  return undefined;
}

test('native: errors cross the boundary as one class with their code', () => {
  const lock = new EngineLock(root, 'held');
  expect(codeOf(() => new EngineLock(root, 'held'))).toBe('SHM_HELD');
  lock.release();
  lock.release();
  const again = new EngineLock(root, 'held');
  again.release();
  expect(codeOf(() => new RingReader(root, 'nobody', 0))).toBe('SHM_NOT_FOUND');
  expect(codeOf(() => new Shard({ ...OPTIONS, root, name: 'odd', ringBytes: 65_537 }))).toBe('ARGUMENT_RANGE');
  expect(codeOf(() => parseListings(99, Buffer.from('{}')))).toBe('VENUE_UNKNOWN');
  const { shard } = new Market();
  expect(codeOf(() => shard.instrument({ ...DEFINITION, id: 2, venue: 99 }, STAMP_HERE))).toBe('VENUE_UNKNOWN');
  expect(codeOf(() => shard.instrument({ ...DEFINITION, id: 2, symbol: '' }, STAMP_HERE))).toBe('INSTRUMENT_INVALID');
  expect(codeOf(() => shard.connect(2, 99, STAMP_HERE))).toBe('VENUE_UNKNOWN');
  expect(codeOf(() => shard.connect(65_536, DEFINITION.venue, STAMP_HERE))).toBe('ARGUMENT_RANGE');
  expect(codeOf(() => shard.disconnect(CONNECTION, 6, STAMP_HERE))).toBe('ARGUMENT_RANGE');
  expect(codeOf(() => shard.subscribe(CONNECTION, INSTRUMENT, 65_536, STAMP_HERE))).toBe('ARGUMENT_RANGE');
  expect(codeOf(() => shard.ack(65_536, INSTRUMENT, true, STAMP_HERE))).toBe('ARGUMENT_RANGE');
  shard.close();
  shard.close();
  for (const call of [() => shard.bookText(INSTRUMENT), () => shard.counters(), () => shard.requests()])
    expect(codeOf(call)).toBe('CLOSED');
});

test.each<[string, Partial<ShardOptions>, string]>([
  ['a ring of no power of two', { ringBytes: 65_537 }, 'ring size 65537'],
  ['a ring of less than 64 KiB', { ringBytes: 4_096 }, 'ring size 4096'],
  ['no room for instruments', { instrumentsMax: 0 }, 'number of instruments 0'],
  ['too much room for instruments', { instrumentsMax: 65_537 }, 'number of instruments 65537'],
  ['no depth', { depth: 0 }, 'depth of the latest table 0'],
  ['a depth beyond the limit', { depth: 1_001 }, 'depth of the latest table 1001'],
  ['a depth beyond 16 bits', { depth: 65_536 }, 'depth 65536 exceeds 65535'],
  ['a shard beyond 16 bits', { shard: 65_536 }, 'shard 65536 exceeds 65535'],
  ['no epoch', { epoch: 0n }, 'epoch 0'],
  ['a negative epoch', { epoch: -1n }, 'epoch'],
  ['an interval of no whole ms', { snapshotIntervalMs: 0.5 }, 'snapshotIntervalMs 0.5'],
  ['an interval beyond 64 bits of ns', { snapshotIntervalMs: 2 ** 53 }, 'snapshotIntervalMs 9007199254740992 exceeds'],
])('native: a shard with %s is refused, with a ring and without', (_, options, text) => {
  for (const where of [{}, { root, name: 'refused' }]) {
    const make = () => new Shard({ ...OPTIONS, ...where, ...options });
    expect(codeOf(make)).toBe('ARGUMENT_RANGE');
    expect(make).toThrow(text);
  }
});

test('native: a shard that publishes nowhere needs no ring size; one that does, does', () => {
  new Shard({ ...OPTIONS, ringBytes: 0 }).close();
  expect(codeOf(() => new Shard({ ...OPTIONS, root, name: 'sizeless', ringBytes: 0 }))).toBe('ARGUMENT_RANGE');
  expect(codeOf(() => new Shard({ ...OPTIONS, root: '' }))).toBe('SHM_NAME');
  expect(codeOf(() => new Shard({ ...OPTIONS, name: 'a/b' }))).toBe('SHM_NAME');
});

test('native: inputs return the number of events and two bits', () => {
  const market = new Market();
  const { shard } = market;
  shard.requests();
  const taken = market.depth([['10.10', '1.000']], []);
  expect([taken & EVENTS_MASK, taken & ~EVENTS_MASK]).toEqual([1, 0]);
  expect(shard.rejection()).toBeNull();
  const refused = market.ingest(Buffer.from('{'));
  expect(refused & REJECTED_BIT).toBe(REJECTED_BIT);
  const what = 'the frame is not one complete JSON value, nor as long as its binary header says';
  const message = `${what} at byte 1 of 1`;
  expect(shard.rejection()).toEqual({ code: 'FRAME_NOT_JSON', offset: 1, message });
  market.ingest(Buffer.from('{"e":nul,"E":1}'));
  expect(shard.rejection()?.message).toMatch(new RegExp(`^${what} at byte \\d+ of 15: .+`));
  market.depth([], []);
  expect(shard.rejection()).toBeNull();
  const gap = market.ingest(depthFrame(market.updateId + 5, [], []));
  expect(gap & REQUESTS_BIT).toBe(REQUESTS_BIT);
  expect(shard.requests().map(({ kind }) => kind)).toContain('depth_snapshot');
  shard.close();
});

test('native: inputs of a closed shard are negative codes', () => {
  const market = new Market();
  const frame = depthFrame(market.updateId, [], []);
  const { shard } = market;
  shard.close();
  expect(market.ingest(frame)).toBe(-CODES.CLOSED.number);
  expect(shard.tick(STAMP_HERE)).toBe(-CODES.CLOSED.number);
  expect(shard.depthSnapshot(INSTRUMENT, frame, frame.length, STAMP_HERE)).toBe(-CODES.CLOSED.number);
});

test('native: what a closed shard wrote is there for readers, marked closed', () => {
  const market = new Market({ root, name: 'closed' });
  const reader = new RingReader(root, 'closed', 0);
  expect(reader.status().state).toBe('live');
  market.shard.close();
  expect(reader.status().state).toBe('closed');
  reader.close();
  expect(codeOf(() => reader.status())).toBe('CLOSED');
  expect(readdirSync(join(root, 'closed'))).toContain('shard-0');
});
