import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { complaints, eventually, Place, type Program, ROOT } from '../cli/program.js';

const EXAMPLES = join(ROOT, 'src/reader/examples');
/** The simulated venues. */
const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT'];
const INSTRUMENTS = ['binance-spot', 'binance-usdm'].flatMap((venue) => SYMBOLS.map((symbol) => `${venue}:${symbol}`)).sort();

let place: Place;
let engine: Program;
beforeAll(async () => {
  place = new Place();
  engine = place.start();
  await eventually('all books are in sync', () => engine.stdout.includes('books in sync 8/8'));
});
afterAll(async () => {
  engine.kill('SIGTERM');
  await engine.ended;
  place.remove();
});

function run(example: string, count: string, name = place.name): { status: number | null; stdout: string; stderr: string } {
  const args = [join(EXAMPLES, example), name, count, place.shmRoot];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 50_000 });
  return { status, stdout, stderr };
}

test('examples: each is a page', () => {
  const lines = readdirSync(EXAMPLES).map((name) => [name, readFileSync(join(EXAMPLES, name), 'utf8').split('\n').length]);
  expect(lines.filter(([, count]) => Number(count) >= 80)).toEqual([]);
  expect(lines.length).toBeGreaterThanOrEqual(3);
});

test('examples: the strategy prints spread and flow of every instrument of all shards', () => {
  const { status, stdout, stderr } = run('spread.mjs', '2');
  expect({ status, stderr: complaints(stderr) }).toEqual({ status: 0, stderr: '' });
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
  const { status, stdout, stderr } = run('dump.mjs', '200');
  expect({ status, stderr: complaints(stderr) }).toEqual({ status: 0, stderr: '' });
  const [head, ...rows] = stdout.trimEnd().split('\n');
  expect(rows).toHaveLength(200);
  const decimal = '\\d+(\\.\\d+)?';
  const row = new RegExp(
    `^(trade,binance-\\w+,\\w+,\\d+,\\d{19},\\d{19},${decimal},${decimal},(buy|sell),|quote,binance-\\w+,\\w+,\\d+,\\d+,\\d{19}(,${decimal}){4})$`,
  );
  expect(rows.filter((each) => each.split(',').length !== head?.split(',').length || !row.test(each))).toEqual([]);
});

test('examples: the recorder prints percentiles', () => {
  const { status, stdout, stderr } = run('latency.mjs', '500');
  expect({ status, stderr: complaints(stderr) }).toEqual({ status: 0, stderr: '' });
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
