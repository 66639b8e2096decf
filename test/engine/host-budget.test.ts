/** Engines of one host on one venue: what it grants an address is theirs together. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ControlClient } from '#dist/engine/index.js';
import type { EngineConfig } from '#dist/model/config.js';
import type { EngineStatus } from '#dist/model/status.js';
import { type Simulator, startSimulator } from '#dist/simulator/index.js';
import { eventually } from './rig.js';

const PROGRAM = fileURLToPath(new URL('./engine-process.mjs', import.meta.url));
const WATCHDOG_MS = 240_000;
/** A minute of the venue passes in so many ms, or the test would take five of them. */
const WINDOW_MS = 5_000;
const WEIGHT = 2_400;
const SYMBOLS = Array.from({ length: 501 }, (_, index) => `${index + 1}BTCUSDT`);

interface Running {
  readonly child: ChildProcess;
  readonly control: ControlClient;
  readonly lines: string[];
}

let directory: string;
let shmRoot: string;
let simulator: Simulator;
let running: Running[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tickring-host-budget-'));
  shmRoot = mkdtempSync('/dev/shm/tickring-host-budget-');
  running = [];
  const limits = { restWeightPerMinute: WEIGHT, restWindowMs: WINDOW_MS };
  const options = {
    venues: ['binance-usdm'],
    symbols: SYMBOLS,
    rate: 1_500,
    seed: 5,
    limits: { 'binance-usdm': limits },
  } as const;
  simulator = await startSimulator(options);
});

afterEach(async () => {
  for (const { child, control } of running) {
    control.close();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  }
  await simulator.close();
  for (const each of [directory, shmRoot]) rmSync(each, { recursive: true, force: true });
});

function start(name: string, symbols: readonly string[]): Running {
  const [venue] = simulator.venues;
  if (venue === undefined) throw new Error('no venue is simulated');
  const config: EngineConfig = {
    name,
    shmRoot,
    stateDir: join(directory, name),
    shards: 1,
    ringBytes: 1 << 22,
    booksBytes: 1 << 24,
    wakeIntervalUs: 0,
    hardened: false,
    instrumentsMax: 256,
    orderBookDepth: 5,
    snapshotIntervalMs: 0,
    reconnectDelayMs: 100,
    maxReconnectDelayMs: 2_000,
    quarantineBytesMax: 1 << 24,
    feeds: [
      {
        id: name,
        venue: venue.name,
        wsUrl: venue.wsUrl,
        restUrl: venue.restUrl,
        symbols,
        channels: ['book'],
        transport: 'native',
      },
    ],
  };
  const limits = { restWindow: { weight: WEIGHT, ms: WINDOW_MS } };
  const env = { ...process.env, TICKRING_TEST_LIMITS: JSON.stringify(limits) };
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(config)], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => lines.push(line));
  const engine = { child, control: new ControlClient(shmRoot, name), lines };
  running.push(engine);
  return engine;
}

/** Number of books in sync; 0 while the engine is away. */
async function live({ control }: Running): Promise<number> {
  const status: EngineStatus | undefined = await control.request('status').catch(() => undefined);
  return status?.instruments.filter(({ inSync }) => inSync).length ?? 0;
}

function refused(): number {
  return simulator.stats().venues[0]?.counters['restRefused'] ?? Number.NaN;
}

it('three engines with 501 books are never refused, also when one is killed on the way and comes back (N18)', async () => {
  const share = SYMBOLS.length / 3;
  const [first, second, third] = [0, 1, 2].map((part) =>
    start(`engine-${part}`, SYMBOLS.slice(part * share, (part + 1) * share)),
  );
  await eventually('some books', async () => (await live(second as Running)) > 20, WATCHDOG_MS);
  second?.child.kill('SIGKILL');
  await once(second?.child as ChildProcess, 'exit');
  const again = start('engine-1', SYMBOLS.slice(share, 2 * share));
  for (const engine of [first, again, third])
    await eventually('all books', async () => (await live(engine as Running)) === share, WATCHDOG_MS);
  expect(refused()).toBe(0);
  // Asked for more than once, those of the engine that died; all together four of the venue's minutes and more.
  const { restRequests } = simulator.stats().venues[0]?.counters ?? {};
  expect(restRequests).toBeGreaterThan(SYMBOLS.length + 20);
  const files = readdirSync(join(shmRoot, '.budget')).map((name) => name.split('-')[0]);
  expect(files.sort()).toEqual(['connect', 'rest']);
}, 600_000);

it('when one engine is refused, no other asks before Retry-After, nor one that starts meanwhile (F29)', async () => {
  const [few, more] = [SYMBOLS.slice(0, 5), SYMBOLS.slice(5, 10)];
  const engines = [start('refused', few), start('innocent', more)];
  for (const engine of engines) await eventually('all books', async () => (await live(engine)) === 5, WATCHDOG_MS);
  simulator.inject({
    fault: 'snapshot_limit',
    args: { n: 1, retry_after: 4, ban_seconds: 4 },
  });
  simulator.inject({ fault: 'drop', args: { n: 1 } });
  await eventually('a refusal', () => refused() > 0, WATCHDOG_MS);
  engines.push(start('latecomer', SYMBOLS.slice(10, 15)));
  for (const engine of engines) await eventually('all books', async () => (await live(engine)) === 5, WATCHDOG_MS);
  const banned = engines.flatMap(({ lines }) => lines.filter((line) => line.includes('answered 418')));
  expect(banned).toEqual([]);
}, 600_000);
