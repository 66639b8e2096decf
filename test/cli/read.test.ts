import { expect, test } from 'vitest';
import { decimalText } from '../../src/model/decimal.js';
import { runningEngine } from '../reader/running-engine.js';
import { eventually, Program, run } from './program.js';

const place = runningEngine();

function records(stdout: string): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('read: from the oldest record on, sequences have no hole and every kind decodes', async () => {
  const { code, stdout } = await place().run('read', '--oldest', '--count', '2000', '--json');
  expect(code).toBe(0);
  const all = records(stdout);
  expect(all).toHaveLength(2000);
  const shards = new Set(all.map(({ shard }) => shard));
  expect(shards.size).toBeGreaterThan(0);
  for (const one of shards) {
    const ofShard = all.filter(({ shard }) => shard === one);
    const sequences = ofShard.map(({ sequence }) => BigInt(String(sequence)));
    expect(sequences.every((sequence, index) => index === 0 || sequence === (sequences[index - 1] ?? 0n) + 1n)).toBe(true);
    expect(ofShard[0]).toMatchObject({ kind: 'epoch_start', reason: 'first' });
  }
  const instruments = all.filter(({ kind }) => kind === 'instrument').map(({ venue, symbol }) => `${venue}:${symbol}`);
  expect(new Set(instruments)).toContain('binance-usdm:BTCUSDT');
  expect(all.find(({ kind }) => kind === 'book_snapshot')).toMatchObject({ part: 0, bids: expect.any(Array) });
  expect(all.some(({ kind }) => kind === 'unknown')).toBe(false);
});

test('read: kinds and instrument filter', async () => {
  const { stdout } = await place().run(
    'read',
    '--kinds',
    'trade,quote',
    '--instrument',
    'binance-spot:ETHUSDT',
    '--count',
    '20',
    '--json',
  );
  for (const record of records(stdout)) {
    expect(['trade', 'quote']).toContain(record['kind']);
    expect(record).toMatchObject({ venue: 'binance-spot', symbol: 'ETHUSDT' });
  }
});

test('read: text lines name instrument, kind and figures', async () => {
  const { stdout } = await place().run('read', '--kinds', 'trade', '--count', '3');
  for (const line of stdout.trim().split('\n'))
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{9} #\d+ binance-\w+:\w+ +trade +price=[\d.]+ qty=[\d.]+ trade_id=\d+/);
});

test('read: ends with 0 on SIGINT, and when its output is closed', async () => {
  const interrupted = new Program(['read'], place().env);
  await eventually('something is printed', () => interrupted.stdout.length > 0);
  interrupted.kill('SIGINT');
  expect(await interrupted.ended).toMatchObject({ code: 0, stderr: '' });

  const closed = new Program(['read', '--json'], place().env);
  await eventually('something is printed', () => closed.stdout.length > 0);
  closed.process.stdout.destroy();
  expect(await closed.ended).toMatchObject({ code: 0, stderr: '' });
});

test('read: ends with 0 when its time is over, and finds the engine by flags alone', async () => {
  const root = place().env['TICKRING_SHM_ROOT'] ?? '';
  const ended = await run(['read', '--name', place().name, '--shm-root', root, '--for', '500ms', '--json']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(records(ended.stdout).length).toBeGreaterThan(0);
});

test('read: a kind that does not exist is a usage error with a suggestion', async () => {
  const { code, stderr } = await place().run('read', '--kinds', 'trades');
  expect(code).toBe(64);
  expect(stderr).toBe('tickring: --kinds trades is no kind, did you mean trade? (USAGE_INVALID)\n');
});

test('read: without an engine it ends with 69 and says how to start one', async () => {
  const { code, stderr } = await place().run('read', '--name', 'nobody');
  expect(code).toBe(69);
  expect(stderr).toMatch(/^tickring: no engine has published .*tickring start.* \(SHM_NOT_FOUND\)\n$/);
});

test('decimalText: mantissa and exponent become the shortest exact text', () => {
  expect(decimalText(6165970000000n, -8)).toBe('61659.7');
  expect(decimalText(1n, -8)).toBe('0.00000001');
  expect(decimalText(-5n, -1)).toBe('-0.5');
  expect(decimalText(0n, -8)).toBe('0');
  expect(decimalText(100n, 0)).toBe('100');
  expect(decimalText(9223372036854775807n, -18)).toBe('9.223372036854775807');
});
