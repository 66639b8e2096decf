import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../cli/program.js';
import { expectDump, expectEnded, expectPages, runningEngine, SYMBOLS } from './running-engine.js';

const EXAMPLES = join(ROOT, 'src/reader/examples');
const INSTRUMENTS = ['binance-spot', 'binance-usdm'].flatMap((venue) => SYMBOLS.map((symbol) => `${venue}:${symbol}`)).sort();

const place = runningEngine();

function run(example: string, count: string, name = place().name): { status: number | null; stdout: string; stderr: string } {
  const args = [join(EXAMPLES, example), name, count, place().shmRoot];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 50_000 });
  return { status, stdout, stderr };
}

test('examples: each is a page', () => {
  expectPages(EXAMPLES);
});

test('examples: the strategy prints spread and flow of every instrument of all shards', () => {
  const stdout = expectEnded(run('spread.mjs', '2'));
  const line = /^(binance-\w+:\w+) +spread +(\d+\.\d{4}) {2}flow +-?\d+\.\d{4} {2}quotes (\d+)$/;
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((row) => line.exec(row));
  expect(stdout.split('\n').filter((row) => row !== '' && !line.test(row))).toEqual([]);
  expect(
    rows
      .slice(-INSTRUMENTS.length)
      .map((match) => match?.[1])
      .sort(),
  ).toEqual(INSTRUMENTS);
  expect(rows.some((match) => Number(match?.[2]) > 0)).toBe(true);
});

test('examples: the dumper prints exact decimals of trades and quotes', () => {
  expectDump(expectEnded(run('dump.mjs', '200')), 200);
});

test('examples: the recorder prints percentiles', () => {
  const stdout = expectEnded(run('latency.mjs', '500'));
  expect(stdout).toMatch(
    /^500 records, \d+ lost, p50 [\d.]+ us, p90 [\d.]+ us, p99 [\d.]+ us, p99.9 [\d.]+ us, max [\d.]+ us\n$/,
  );
});

test('examples: without an engine each ends with the reason', () => {
  for (const example of readdirSync(EXAMPLES)) {
    const { status, stderr } = run(example, '1', 'nobody');
    expect(status).toBe(1);
    expect(stderr).toMatch(/TickringError: nothing is published at .*nobody/);
  }
});
