import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Quarantine } from '../../src/engine/quarantine.js';
import { memoryLogger } from './memory-logger.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-quarantine-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function input(bytes: Uint8Array) {
  return { feed: 'f', connection: 2, instrument: 0, code: 'FRAME_NOT_JSON', offset: 3, message: 'no JSON', bytes };
}

function files(): { name: string; size: number; lines: Record<string, unknown>[] }[] {
  const directory = join(folder, 'quarantine');
  return readdirSync(directory)
    .sort()
    .map((name) => {
      const text = readFileSync(join(directory, name), 'utf8');
      return {
        name,
        size: text.length,
        lines: text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      };
    });
}

describe('quarantine', () => {
  test('a refused input is kept byte for byte, with its reason, for the owner alone', async () => {
    const quarantine = new Quarantine(folder, 3, 1 << 20, memoryLogger());
    const memory = Buffer.from('..\u0000\xff{"e":"x"..', 'latin1');
    const bytes = memory.subarray(2, 9);
    const kept = Buffer.from(bytes);
    quarantine.add(input(bytes));
    // The buffer belongs to the socket: what it does with it afterwards must not matter.
    memory.fill(0);
    await quarantine.flush();
    const [file] = files();
    expect(file?.name).toMatch(/^\d{4}-\d\d-\d\d-3-\d{6}\.jsonl$/);
    expect(statSync(join(folder, 'quarantine', file?.name ?? '')).mode & 0o777).toBe(0o600);
    const [line] = file?.lines ?? [];
    expect(line).toMatchObject({ feed: 'f', connection: 2, code: 'FRAME_NOT_JSON', offset: 3, message: 'no JSON', shard: 3 });
    expect(Buffer.from(String(line?.['frame_base64']), 'base64')).toEqual(kept);
  });

  test('all files of all shards together stay within the limit; the oldest goes first, counted and logged', async () => {
    const logger = memoryLogger();
    const limit = 64 << 10;
    const shards = [0, 1].map((shard) => new Quarantine(folder, shard, limit, logger));
    for (let round = 0; round < 400; round++) {
      for (const quarantine of shards) quarantine.add(input(Buffer.alloc(500, round)));
      await Promise.all(shards.map((quarantine) => quarantine.flush()));
    }
    const kept = files();
    // Two shards may make room at the same moment: each may be over by its own last line.
    expect(kept.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(limit + 2_048);
    const newest = Buffer.alloc(500, 399 % 256).toString('base64');
    expect(kept.flatMap(({ lines }) => lines).filter((line) => line['frame_base64'] === newest).length).toBeGreaterThanOrEqual(
      2,
    );
    expect(logger.lines.filter(({ message }) => message.includes('oldest file was removed')).length).toBeGreaterThan(0);
    expect(shards.map(({ dropped }) => dropped)).toEqual([0, 0]);
  });

  test('an input that is larger than the limit, or comes too fast, is counted as dropped and never waited for', async () => {
    const logger = memoryLogger();
    const small = new Quarantine(folder, 0, 1_000, logger);
    small.add(input(Buffer.alloc(2_000)));
    await small.flush();
    expect(small.dropped).toBe(1);
    expect(logger.lines.at(-1)).toMatchObject({ level: 'error', fields: { dropped: 1 } });
    const flooded = new Quarantine(folder, 1, 1 << 30, logger);
    for (let index = 0; index < 12; index++) flooded.add(input(Buffer.alloc(4 << 20)));
    expect(flooded.dropped).toBeGreaterThan(0);
    await flooded.flush();
    expect(files().flatMap(({ lines }) => lines)).toHaveLength(12 - flooded.dropped);
  });

  test('a limit of nothing keeps nothing', async () => {
    const quarantine = new Quarantine(folder, 0, 0, memoryLogger());
    quarantine.add(input(Buffer.from('x')));
    await quarantine.flush();
    expect([quarantine.dropped, existsSync(join(folder, 'quarantine'))]).toEqual([1, false]);
  });

  test('a disk that refuses costs the bytes, counted and logged, and nothing else; later inputs are kept again', async () => {
    const logger = memoryLogger();
    const quarantine = new Quarantine(folder, 0, 1 << 20, logger);
    // A file stands where the directory should be.
    writeFileSync(join(folder, 'quarantine'), '');
    quarantine.add(input(Buffer.from('lost')));
    await quarantine.flush();
    expect(quarantine.dropped).toBe(1);
    expect(logger.lines.some(({ level }) => level === 'error')).toBe(true);
    rmSync(join(folder, 'quarantine'));
    mkdirSync(join(folder, 'quarantine'));
    chmodSync(join(folder, 'quarantine'), 0o700);
    quarantine.add(input(Buffer.from('kept')));
    await quarantine.flush();
    expect(files().flatMap(({ lines }) => lines)).toHaveLength(1);
  });
});
