/** Engines of one host on one venue: what it grants an address is theirs together. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '#dist/simulator/index.js';
import { bookFeed, EngineProcess } from './engine-process.js';
import { eventually } from './rig.js';

const WATCHDOG_MS = 240_000;
/** A minute of the venue passes in so many ms, or the test would take five of them. */
const WINDOW_MS = 5_000;
const WEIGHT = 2_400;
const SYMBOLS = Array.from({ length: 501 }, (_, index) => `${index + 1}BTCUSDT`);

let directory: string;
let shmRoot: string;
let simulator: Simulator;
let running: EngineProcess[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tickring-host-budget-'));
  shmRoot = mkdtempSync('/dev/shm/tickring-host-budget-');
  running = [];
  const limits = { 'binance-usdm': { restWeightPerMinute: WEIGHT, restWindowMs: WINDOW_MS } };
  simulator = await startSimulator({ venues: ['binance-usdm'], symbols: SYMBOLS, rate: 1_500, seed: 5, limits });
});

afterEach(async () => {
  for (const engine of running) await engine.end('SIGTERM');
  await simulator.close();
  for (const each of [directory, shmRoot]) rmSync(each, { recursive: true, force: true });
});

function start(name: string, symbols: readonly string[]): EngineProcess {
  const feeds = simulator.venues.map((venue) => bookFeed(venue, symbols));
  const limits = { restWindow: { weight: WEIGHT, ms: WINDOW_MS } };
  const engine = new EngineProcess({ name, shmRoot, stateDir: join(directory, name), feeds }, limits);
  running.push(engine);
  return engine;
}

function refused(): number {
  return simulator.stats().venues[0]?.counters['restRefused'] ?? Number.NaN;
}

it('three engines with 501 books are never refused, also when one is killed on the way and comes back (N18)', async () => {
  const share = SYMBOLS.length / 3;
  const symbolsOf = (part: number): string[] => SYMBOLS.slice(part * share, (part + 1) * share);
  const first = start('engine-0', symbolsOf(0));
  const second = start('engine-1', symbolsOf(1));
  const third = start('engine-2', symbolsOf(2));
  await eventually('some books', async () => (await second.live()) > 20, WATCHDOG_MS);
  await second.end('SIGKILL');
  const again = start('engine-1', symbolsOf(1));
  for (const engine of [first, again, third])
    await eventually('all books', async () => (await engine.live()) === share, WATCHDOG_MS);
  expect(refused()).toBe(0);
  // Those of the engine that died were asked for twice; all together are four of the venue's minutes and more.
  expect(simulator.stats().venues[0]?.counters['restRequests']).toBeGreaterThan(SYMBOLS.length + 20);
  const files = readdirSync(join(shmRoot, '.budget')).map((name) => name.split('-')[0]);
  expect(files.sort()).toEqual(['connect', 'rest']);
}, 600_000);

it('when one engine is refused, no other asks before Retry-After, nor one that starts meanwhile (F29)', async () => {
  const engines = [start('refused', SYMBOLS.slice(0, 5)), start('innocent', SYMBOLS.slice(5, 10))];
  for (const engine of engines) await eventually('all books', async () => (await engine.live()) === 5, WATCHDOG_MS);
  simulator.inject({ fault: 'snapshot_limit', args: { n: 1, retry_after: 4, ban_seconds: 4 } });
  simulator.inject({ fault: 'drop', args: { n: 1 } });
  await eventually('a refusal', () => refused() > 0, WATCHDOG_MS);
  engines.push(start('latecomer', SYMBOLS.slice(10, 15)));
  for (const engine of engines) await eventually('all books', async () => (await engine.live()) === 5, WATCHDOG_MS);
  const banned = engines.flatMap(({ lines }) => lines.filter((line) => line.includes('answered 418')));
  expect(banned).toEqual([]);
}, 600_000);
