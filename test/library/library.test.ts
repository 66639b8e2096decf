import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEngine, type Engine, type EngineOptions, type PerformanceStats, TickringError } from '#dist/index.js';
import { childrenOf, eventually, isRunning, ROOT } from '../cli/program.js';

const SHM_ROOT = '/dev/shm/tickring-test';
const INSTRUMENTS = ['binance-spot', 'binance-usdm'].flatMap((venue) =>
  ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT'].map((symbol) => `${venue}:${symbol}`),
);

let folder: string;
let name: string;
const engines: Engine[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-library-'));
  name = `library-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
});
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close();
  rmSync(folder, { recursive: true, force: true });
  rmSync(join(SHM_ROOT, name), { recursive: true, force: true });
});

function settings(): Record<string, unknown> {
  return { name, shm_root: SHM_ROOT, state_dir: join(folder, 'state'), ring_bytes: 2 ** 20 };
}

function engineOf(options: EngineOptions = {}): Engine {
  const engine = createEngine({ settings: settings(), output: () => {}, ...options });
  engines.push(engine);
  return engine;
}

/** The engine's own process, and the simulated venues'. */
async function processes(): Promise<Map<string, number>> {
  return await childrenOf(process.pid);
}

test('library: an engine starts, tells all instruments, keeps the newest, counts, and ends without a trace', async () => {
  const engine = engineOf();
  const types = new Set<string>();
  for (const type of ['trade', 'quote', 'book'] as const)
    engine.on(type, (message) => types.add(`${message.type} ${message.exchange}:${message.symbol}`));
  await Promise.all([engine.initialize(), engine.initialize()]);
  await eventually('all is told', () => types.size === 3 * INSTRUMENTS.length);

  const stats = engine.getPerformanceStats();
  expect(Object.keys(stats).sort()).toEqual([...INSTRUMENTS].sort());
  const figures = stats['binance-usdm:BTCUSDT'] as PerformanceStats;
  expect(Object.keys(figures)).toEqual(['avg_latency_ms', 'message_count', 'error_count']);
  expect([figures.message_count > 0, figures.avg_latency_ms > 0, figures.error_count]).toEqual([true, true, 0]);
  expect(stats['binance:BTCUSDT']).toMatchObject({ error_count: 0 });

  const [book] = engine.getLatestData('binance-usdm', 'BTCUSDT', 'book');
  if (book === undefined) throw new Error('no book');
  expect(book.bids.length > 0 && book.bids.length <= 20 && book.asks.length > 0).toBe(true);
  expect(book.bids.every(([price], level) => level === 0 || price < (book.bids[level - 1]?.[0] ?? 0))).toBe(true);
  expect((book.bids[0]?.[0] ?? 0) < (book.asks[0]?.[0] ?? 0)).toBe(true);
  const trades = engine.getLatestData('binance', 'ETHUSDT', 'trade', 3);
  expect(trades.every(({ symbol, price, quantity }) => symbol === 'ETHUSDT' && price > 0 && quantity > 0)).toBe(true);
  expect(() => engine.getLatestData('binance', 'ETHUSDT', 'trade', -1)).toThrow('count -1 is no whole number');
  expect(engine.getLatestData('nobody', 'ETHUSDT', 'trade')).toEqual([]);

  const children = await processes();
  expect([...children.keys()]).toEqual(expect.arrayContaining(['engine', 'simulator']));
  const [engineId = 0, simulatorId = 0] = [children.get('engine'), children.get('simulator')];
  await Promise.all([engine.close(), engine.close()]);
  expect([isRunning(engineId), isRunning(simulatorId)]).toEqual([false, false]);
  expect(engine.getLatestData('binance-usdm', 'BTCUSDT', 'book')).toHaveLength(1);
  await expect(engine.initialize()).rejects.toMatchObject({ code: 'CLOSED' });
});

test('library: a listener that fails is counted for its instrument; others, and other readers, go on; one may close', async () => {
  const engine = engineOf();
  const errors: string[] = [];
  let quotes = 0;
  engine.on('trade', () => {
    throw new Error('broken');
  });
  engine.on('quote', () => {
    quotes += 1;
  });
  engine.on('error', ({ event, symbol }) => errors.push(`${event} ${symbol}`));
  await engine.initialize();
  await eventually('errors are told', () => errors.length > 10 && quotes > 10);
  expect(new Set(errors.map((text) => text.split(' ')[0]))).toEqual(new Set(['trade']));
  const stats = engine.getPerformanceStats();
  const counted = Object.values(stats).reduce((sum, { error_count: count }) => sum + count, 0);
  expect(counted).toBe(errors.length);

  // A second program's view of the same engine, which it does not end.
  const other = engineOf({ attach: true });
  let seen = 0;
  other.on('book', () => {
    seen += 1;
  });
  await other.initialize();
  await eventually('the other one is told, too', () => seen > 10);
  await other.close();
  const closed = new Promise<void>((resolve) =>
    engine.on('quote', () => {
      void engine.close().then(resolve);
    }),
  );
  await closed;
});

test('library: an engine that dies is started again, and the program is told', async () => {
  const engine = engineOf();
  const states: string[] = [];
  let trades = 0;
  engine.on('status', ({ state }) => state.startsWith('engine_') && states.push(state));
  engine.on('trade', () => {
    trades += 1;
  });
  await engine.initialize();
  await eventually('trades come', () => trades > 0);
  const before = (await processes()).get('engine') ?? 0;
  process.kill(before, 'SIGSTOP');
  await eventually('the engine is told to be away', () => states.includes('engine_away'));
  process.kill(before, 'SIGKILL');
  await eventually('another engine runs', async () => ![before, undefined].includes((await processes()).get('engine')));
  await eventually('it is told to be back', () => states.at(-1) === 'engine_back');
  expect(states.every((state, index) => state === (index % 2 === 0 ? 'engine_away' : 'engine_back'))).toBe(true);
  trades = 0;
  await eventually('trades come again', () => trades > 0);
});

test('library: what keeps an engine from starting is the reason that it gives', async () => {
  await expect(engineOf({ settings: { ...settings(), shards: 0 } }).initialize()).rejects.toThrow(
    'option shards: shards 0 is below 1',
  );
  expect(() => createEngine({ bufferSize: -1 })).toThrow(TickringError);
  await engineOf().initialize();
  await expect(engineOf().initialize()).rejects.toMatchObject({ code: 'SHM_HELD' });
});

test.each([
  ['trades.mjs', /^binance-\w+:\w+ (buy|sell) [\d.]+ at [\d.]+$/m],
  ['arbitrage.mjs', /^compared [1-9]\d* pairs of quotes, found \d+$/m],
])('library: the example %s runs, and its engine ends with it even when it is killed', async (example, line) => {
  const path = join(ROOT, 'src/cli/library/examples', example);
  const env = { ...process.env, TICKRING_NAME: name, TICKRING_SHM_ROOT: SHM_ROOT, TICKRING_STATE_DIR: join(folder, 'state') };
  const program = spawn(process.execPath, [path, '300'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  program.stdout.on('data', (text: Buffer) => {
    stdout += text;
  });
  program.stderr.on('data', (text: Buffer) => {
    stderr += text;
  });
  try {
    await eventually(`a line of ${example}`, () => line.test(stdout));
    expect(stderr).toBe('');
    const engineId = (await childrenOf(program.pid)).get('engine') ?? 0;
    expect(isRunning(engineId)).toBe(true);
    program.kill('SIGKILL');
    await eventually('its engine is gone', () => !isRunning(engineId));
  } finally {
    program.kill('SIGKILL');
  }
});
