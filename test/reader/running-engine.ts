/** What the tests of the examples share, in whichever language: an engine on the simulated venues, and what every example prints. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { complaints, eventually, Place, type Program } from '../cli/program.js';

/** Compiling takes minutes on a slow machine. */
export const BUILD_MS = 600_000;
/** Symbols of each simulated venue. */
export const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT'];

/** Starts an engine before the tests of this block, with all books in sync, and `prepare` before that; gives its place. */
export function runningEngine(prepare: () => void = () => {}): () => Place {
  let place: Place | undefined;
  let engine: Program | undefined;
  beforeAll(async () => {
    prepare();
    place = new Place();
    const started = place.start();
    engine = started;
    await eventually('all books are in sync', () => started.stdout.includes('books in sync 8/8'));
  }, BUILD_MS);
  afterAll(async () => {
    engine?.kill('SIGTERM');
    await engine?.ended;
    place?.remove();
  });
  return () => {
    if (place === undefined) throw new Error('the engine has not started yet');
    return place;
  };
}

/** Every example fits a page. */
export function expectPages(folder: string): void {
  const lines = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => [name, readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').length] as const);
  expect(lines.filter(([, count]) => count >= 80)).toEqual([]);
  expect(lines.length).toBeGreaterThan(0);
}

/** A program ended well; gives what it wrote. */
export function expectEnded({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }): string {
  expect({ status, stderr: complaints(stderr) }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** Trades and quotes as CSV, with exact decimals; `instrument` is what stands behind the kind. */
export function expectDump(stdout: string, count: number, instrument = 'binance-\\w+,\\w+'): void {
  const [head, ...rows] = stdout.trimEnd().split('\n');
  expect(rows).toHaveLength(count);
  const decimal = '\\d+(\\.\\d+)?';
  const trade = `trade,${instrument},\\d+,\\d{19},\\d{19},${decimal},${decimal},(buy|sell),`;
  const quote = `quote,${instrument},\\d+,\\d+,\\d{19}(,${decimal}){4}`;
  const row = new RegExp(`^(${trade}|${quote})$`);
  expect(rows.filter((line) => line.split(',').length !== head?.split(',').length || !row.test(line))).toEqual([]);
}
