/** A reader of the ring backtests unchanged: the same strategy gives the same orders on a live ring and on a journal replayed into another. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { replayJournal } from '../../src/cli/replay/journal.js';
import { CHANNELS, VENUES } from '../../src/model/codes.js';
import { EngineLock, Shard } from '../../src/native/index.js';
import { type EngineRecord, RingReader } from '../../src/reader/index.js';
import { run } from './program.js';
import { type Recording, record } from './recordings.js';

const RING = { ringBytes: 4 * 2 ** 20, booksBytes: 2 ** 20, instrumentsMax: 16, depth: 20 };
let folder: string;
let root: string;
let recording: Recording;
let journal: { shard: number; folder: string };

/** Feeds the recording to a shard with a ring and a journal, as an engine does; the ring stays behind, closed. */
function live(name: string, { lines, symbol }: Recording): void {
  const { folder: path } = journal;
  const kept = { durability: 'batch', segmentBytes: 2 ** 24, bufferBytes: 2 ** 24, retainBytes: 0, retainMs: 0 } as const;
  const shard = new Shard({
    ...RING,
    root,
    name,
    shard: 0,
    epoch: 7n,
    prevEpoch: 0n,
    snapshotIntervalMs: 0,
    journal: {
      ...kept,
      folder: path,
      diskFloorBytes: 0,
      compress: false,
      recovery: 'strict',
      recordedFrom: lines[0]?.tsRecv ?? 0n,
    },
  });
  const at = lines[0]?.tsRecv ?? 0n;
  const scale = { priceExponent: -2, qtyExponent: -5, tickSize: 1n, lotSize: 1n, trading: true, changeCount: 0 };
  shard.instrument({ id: 1, venue: VENUES['binance-spot'], symbol, ...scale }, at);
  shard.connect(1, VENUES['binance-spot'], at);
  shard.subscribe(1, 1, CHANNELS.book | CHANNELS.trade | CHANNELS.quote, at);
  const ingest = shard.ingester();
  for (const { kind, text, tsRecv } of lines) {
    const bytes = Buffer.from(text);
    if (kind === 'depth') shard.depthSnapshot(1, bytes, bytes.length, tsRecv);
    else ingest(1, bytes, bytes.length, tsRecv);
  }
  shard.tick((lines.at(-1)?.tsRecv ?? 0n) + 1n);
  shard.close();
}

/** All records of a ring whose writer has ended, in order. */
async function recordsOf(name: string): Promise<EngineRecord[]> {
  const reader = RingReader.open({ root, name, oldest: true });
  const found: EngineRecord[] = [];
  for await (const each of reader.records({})) {
    if (each.kind === 'writer' && each.state !== 'live') break;
    if (each.kind !== 'lapped' && each.kind !== 'generation' && each.kind !== 'writer') found.push(each);
  }
  reader.close();
  return found;
}

/** Buys above the last price that it saw, sells below it: orders depend on each trade and on where the book stands. */
function ordersOf(records: readonly EngineRecord[]): string[] {
  const orders: string[] = [];
  let last = 0n;
  let bids = 0;
  for (const each of records) {
    if (each.kind === 'book_delta' || each.kind === 'book_snapshot') bids += each.bids.length;
    if (each.kind !== 'trade') continue;
    if (last !== 0n && each.price !== last)
      orders.push(
        `${each.price > last ? 'buy' : 'sell'} ${each.qty} at ${each.price} after ${each.frameSeq} and ${bids} levels`,
      );
    last = each.price;
  }
  return orders;
}

/** What a record says, without what its ring adds. */
function said(each: EngineRecord): object {
  const { tsOut, sequence, ...rest } = each;
  return rest;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-backtest-'));
  root = mkdtempSync('/dev/shm/tickring-backtest-');
  journal = { shard: 0, folder: join(folder, 'journal', 'shard-0') };
  recording = await record('binance-spot', 'BTCUSDT', 30);
  live('live', recording);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(root, { recursive: true, force: true });
});

test('a journal replayed into a ring: the same events, the same orders, and the recorded time on the clock', async () => {
  const ring = { root, name: 'again', ...RING };
  await replayJournal({ places: [journal], salvage: false, ring });
  const [first, second] = await Promise.all(['live', 'again'].map(recordsOf));
  const events = (records: EngineRecord[] = []): EngineRecord[] => records.filter(({ kind }) => kind !== 'epoch_start');
  expect(events(second).length).toBeGreaterThan(20);
  expect(events(second).map(said)).toEqual(events(first).map(said));
  const orders = ordersOf(events(second));
  expect(orders.length).toBeGreaterThan(0);
  expect(orders).toEqual(ordersOf(events(first)));
  for (const each of second ?? []) expect(each.tsOut).toBe(each.tsRecv);
});

test('replay --into-ring: speed, from, symbols; refused while an engine has the name', async () => {
  const dir = join(folder, 'journal');
  const ring = ['--shm-root', root, '--json'];
  const environment = { TICKRING_RING_BYTES: '4MiB' };
  const middle = recording.lines[Math.floor(recording.lines.length / 2)]?.tsRecv ?? 0n;
  const from = await run(
    ['replay', dir, '--into-ring', 'from', '--speed', 'max', '--from', String(middle), ...ring],
    environment,
  );
  expect(from).toMatchObject({ code: 0, stderr: '' });
  const told = (await recordsOf('from')).filter(({ kind }) => kind !== 'epoch_start');
  const all = (await recordsOf('live')).filter(({ kind }) => kind !== 'epoch_start');
  expect(told.map(said)).toEqual(all.filter(({ tsRecv }) => tsRecv > middle).map(said));
  // Who joins has the whole book all the same.
  const reader = RingReader.open({ root, name: 'from', oldest: true });
  const book = reader.book(`binance-spot:${recording.symbol}`);
  for (let cursor = reader.poll(); cursor.left > 0; cursor = reader.poll()) while (cursor.next());
  expect(book?.status().state).toBe('live');
  reader.close();

  const none = await run(
    ['replay', dir, '--into-ring', 'none', '--speed', 'max', '--symbols', 'ETHUSDT', ...ring],
    environment,
  );
  expect(JSON.parse(none.stdout).shards[0].frames).toBe(recording.lines.length - 1);
  expect((await recordsOf('none')).filter(({ kind }) => kind === 'trade' || kind === 'book_delta')).toEqual([]);

  // Not as fast as it goes: the recording lasts longer than nothing.
  const began = recording.lines[0]?.tsRecv ?? 0n;
  const lasted = Number((recording.lines.at(-1)?.tsRecv ?? 0n) - began) / 1e9;
  const slow = JSON.parse((await run(['replay', dir, '--into-ring', 'slow', '--speed', '2', ...ring], environment)).stdout);
  expect(slow.seconds).toBeGreaterThanOrEqual(lasted / 2 - 0.1);

  const lock = new EngineLock(root, 'held');
  const held = await run(['replay', dir, '--into-ring', 'held', ...ring], environment);
  lock.release();
  expect(held).toMatchObject({ code: 75, stdout: '', stderr: expect.stringContaining('(SHM_HELD)') });
});
