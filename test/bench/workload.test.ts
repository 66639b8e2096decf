import { createHash } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { Shard } from '#dist/native/index.js';
import type { Workload } from '../../bench/workload.js';
import { VENUES } from '../../src/model/codes.js';

/** Made once a module. */
async function simulated(): Promise<Workload> {
  vi.stubEnv('TICKRING_CAPTURES', '/nonexistent');
  const { depthWorkload } = await import('../../bench/workload.js');
  return depthWorkload(Number.POSITIVE_INFINITY);
}

test('workload: without recordings it is the simulated feed, which ends in the venue’s own book', async () => {
  const workload = await simulated();
  expect(workload.source).toBe('simulated venue, seed 1');
  expect(workload.frames.filter(({ kind }) => kind === 'snapshot')).toHaveLength(1);
  // The rows of the targets speak of frames of this size.
  expect(workload.frames.filter(({ bytes }) => bytes.length >= 1_130 && bytes.length <= 1_250).length).toBeGreaterThan(300);

  const options = { name: 'bench', shard: 0, epoch: 1n, prevEpoch: 0n, ringBytes: 65_536, instrumentsMax: 1, depth: 20 };
  const shard = new Shard({ ...options, snapshotIntervalMs: 0 });
  const venue = VENUES['binance-usdm'];
  const definition = { priceExponent: -2, qtyExponent: -3, tickSize: 10n, lotSize: 1n, trading: true, changeCount: 0 };
  shard.instrument({ id: 1, venue, symbol: 'BTCUSDT', ...definition }, 0n);
  shard.connect(1, venue, 0n);
  shard.subscribe(1, 1, 1, 0n);
  const ingest = shard.ingester();
  for (const { kind, bytes } of workload.frames) {
    if (kind === 'snapshot') shard.depthSnapshot(1, bytes, bytes.length, 0n);
    else ingest(1, bytes, bytes.length);
  }
  const book = shard.bookText(1);
  shard.close();
  expect(book?.inSync).toBe(true);
  const hash = createHash('sha256');
  expect(hash.update(book?.text ?? '').digest('hex')).toBe(workload.bookSha256);
});

test('workload: the simulated feed is the same bytes each time', async () => {
  const first = (await simulated()).sha256;
  vi.resetModules();
  expect((await simulated()).sha256).toBe(first);
});
