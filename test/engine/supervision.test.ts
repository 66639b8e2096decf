import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEngine } from '#dist/engine/index.js';
import type { EngineStatus } from '#dist/model/status.js';
import { RingReader } from '#dist/native/index.js';
import { venues } from '#dist/venues/index.js';
import { memoryLogger } from './memory-logger.js';
import { SupervisedEngine, SYMBOLS, shardOfVenue } from './supervised-engine.js';

const WORKER_FILE = fileURLToPath(new URL('./worker.mjs', import.meta.url));
const SPOT = 'binance-spot';
const USDM = 'binance-usdm';

let product: SupervisedEngine;
beforeEach(async () => {
  product = await SupervisedEngine.prepare();
  await product.start();
});
afterEach(() => product.remove());

describe('supervision', () => {
  test.each(['throw', 'reject', 'exit', 'hang'] as const)(
    'a worker that ends (%s) is replaced; the other shard loses nothing',
    async (fault) => {
      const before = await product.allEqual();
      const victim = shardOfVenue(before, SPOT);
      const other = shardOfVenue(before, USDM);
      expect(other).not.toBe(victim);
      const reader = new RingReader(product.shmRoot, product.name, other);
      product.suffer(victim, fault);
      const after = await product.eventually('the worker is replaced', async () => {
        const status = await product.status();
        return status.workerRestarts > 0 && status;
      });
      expect(after.instruments).toHaveLength(4);
      const end = await product.allEqual();
      expect(BigInt(end.epochs[victim] ?? 0)).toBeGreaterThan(BigInt(before.epochs[victim] ?? 0));
      expect(end.epochs[other]).toBe(before.epochs[other]);
      expect(end.workerRestarts).toBe(1);
      expect(reader.status()).toMatchObject({ state: 'live', epoch: BigInt(before.epochs[other] ?? 0) });
      const untouched = end.instruments.filter(({ shard }) => shard === other).map(({ id }) => reader.instrumentCounters(id));
      expect(untouched.map((counters) => [counters?.[3], counters?.[4]])).toEqual(untouched.map(() => [0n, 0n]));
      expect(end.connections.filter(({ shard }) => shard === other).map(({ reconnects }) => reconnects)).toEqual([0, 0]);
      reader.close();
    },
  );

  test('while a worker hangs the status still answers, and none of its books counts as in sync', async () => {
    const before = await product.allEqual();
    const victim = shardOfVenue(before, SPOT);
    product.suffer(victim, 'hang');
    const during = await product.eventually('the hang shows', async () => {
      const status = await product.status();
      return status.instruments.some(({ inSync }) => !inSync) && status;
    });
    expect(during.instruments).toHaveLength(4);
    expect(during.instruments.filter(({ inSync }) => !inSync).map(({ shard }) => shard)).toEqual([victim, victim]);
    await product.allEqual();
  });

  test('a poisoned shard is rebuilt in its worker under a new epoch, counted, and its books are true again', async () => {
    const before = await product.allEqual();
    const victim = shardOfVenue(before, USDM);
    product.suffer(victim, 'poison');
    await product.eventually('it is rebuilt', async () => (await product.status()).counters['shard_rebuilds'] === 1);
    const end = await product.allEqual();
    expect(end.workerRestarts).toBe(0);
    expect(BigInt(end.epochs[victim] ?? 0)).toBeGreaterThan(BigInt(before.epochs[victim] ?? 0));
    expect(end.epochs[1 - victim]).toBe(before.epochs[1 - victim]);
    expect(product.lines.filter(({ message }) => message === 'the core refused an input')).toEqual([]);
  });

  test('a worker that crashes over and over is started again ever more slowly, and the engine still stops in time', async () => {
    const victim = shardOfVenue(await product.allEqual(), SPOT);
    for (let crash = 1; crash <= 3; crash++) {
      await product.eventually('it runs', async () =>
        (await product.status()).connections.some(({ shard }) => shard === victim),
      );
      product.suffer(victim, 'throw');
      await product.eventually('it is seen', async () => (await product.status()).workerRestarts === crash);
    }
    const delays = product.lines
      .filter(({ message }) => message.startsWith('a worker ended'))
      .map(({ fields }) => fields['delayMs']);
    expect(delays).toEqual([100, 200, 400]);
  });

  test('ids stay the instruments’ own over a restart of the engine, and epochs go on', async () => {
    const before = await product.allEqual();
    await product.stop();
    const reordered = product.configOf().feeds.map((feed) => ({ ...feed, symbols: [...SYMBOLS].reverse() }));
    await product.start({ feeds: reordered.reverse() });
    const after = await product.allEqual();
    const ids = ({ instruments }: EngineStatus) =>
      new Map(instruments.map(({ id, venue, symbol }) => [`${venue}:${symbol}`, id]));
    expect(ids(after)).toEqual(ids(before));
    const greatest = before.epochs.reduce((max, epoch) => (BigInt(epoch) > max ? BigInt(epoch) : max), 0n);
    for (const epoch of after.epochs) expect(BigInt(epoch)).toBeGreaterThan(greatest);
  });

  test('a stop closes the rings and the socket; a shutdown over the socket is answered and passed on', async () => {
    await product.allEqual();
    const readers = [0, 1].map((shard) => new RingReader(product.shmRoot, product.name, shard));
    expect(await product.control.request('shutdown')).toBeNull();
    await product.eventually('the request arrives', () => product.stopRequests === 1);
    await product.stop();
    expect(readers.map((reader) => reader.status().state)).toEqual(['closed', 'closed']);
    expect(existsSync(join(product.shmRoot, product.name, 'control.sock'))).toBe(false);
    for (const reader of readers) reader.close();
  });

  test('a second engine of the same name is refused, and the first goes on', async () => {
    await product.allEqual();
    const second = startEngine(product.configOf({ stateDir: join(product.stateDir, 'second') }), {
      venues,
      workerFile: WORKER_FILE,
      logger: memoryLogger(),
      onShutdownRequest: () => {},
    });
    await expect(second).rejects.toMatchObject({ code: 'SHM_HELD' });
    await product.allEqual();
  });
});
