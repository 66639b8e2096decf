/**
 * The file sink (N21): its process is killed at any moment, again and again, now and then the engine with it. Then each event that a
 * replay of the journal gives stands in one line, in the same order, and nothing else does.
 *
 * `TICKRING_SINK_KILLS` says how often (default 20, 50 under CI), `TICKRING_SINK_RATE` how many frames a second each venue sends.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '#dist/simulator/index.js';
import { eventually } from '../cli/program.js';
import { comparable, FileRig, type Line } from './file-rig.js';

const KILLS = Number(process.env['TICKRING_SINK_KILLS'] ?? (process.env['CI'] === undefined ? 20 : 50));
const RATE = Number(process.env['TICKRING_SINK_RATE'] ?? 300);
const SEED = Number(process.env['TICKRING_SINK_SEED'] ?? 5);
/** A sink lives so long at most, ms, counted from its start or from when it is there. */
const LIFE_MS = 300;
/** One of so many deaths is the engine's as well. */
const ENGINE_EVERY = 8;

let simulator: Simulator;
let rig: FileRig | undefined;
const cleaners: (() => void)[] = [];

async function begin(name: string, dir?: string): Promise<FileRig> {
  rig = new FileRig(simulator, `${name}-${process.pid}`, dir);
  await rig.lives.revive();
  return rig;
}

beforeAll(async () => {
  const limits = { restWeightPerMinute: 1_000_000 };
  simulator = await startSimulator({
    rate: RATE,
    symbols: ['BTCUSDT', 'ETHUSDT'],
    seed: SEED,
    limits: { 'binance-spot': limits, 'binance-usdm': limits },
  });
  return () => simulator.close();
});

afterEach(async () => {
  await rig?.remove();
  rig = undefined;
  for (const clean of cleaners.splice(0)) clean();
});

function dice(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}

/** The engine has ended; each shard's lines are what a replay gives. Says how many there are. */
function expectAll(of: FileRig): number {
  const lines = of.lines(0);
  const isEvent = ({ kind }: Line): boolean => kind !== 'missing';
  const expected = comparable(of.replayed(0));
  const found = comparable(lines.filter(isEvent));
  const wrong = found.findIndex((line, index) => line !== expected[index]);
  expect(wrong === -1 ? [] : [`line ${wrong}`, found[wrong], expected[wrong]]).toEqual([]);
  expect(found.length).toBe(expected.length);
  const missing = lines.filter((line) => !isEvent(line));
  expect(missing.map(({ cause, first, last }) => ({ cause, first, last }))).toEqual(of.gaps(0));
  return found.length;
}

/** A sink that was killed for minutes has minutes to catch up: only one that stands still is given up. */
async function caughtUp(files: FileRig): Promise<void> {
  while (!files.isEven()) {
    const behind = files.lagInputs();
    await eventually('the files get more', () => files.isEven() || files.lagInputs() < behind);
  }
}

test(`file sink: killed ${KILLS} times, and engines with it, it has each event of the journal once`, async () => {
  const roll = dice(SEED);
  const files = await begin('sink-kills');
  let crashes = 0;
  for (let death = 0; death < KILLS; death += 1) {
    const started = files.startSinks();
    // While it starts, or later.
    if (roll(4) > 0) await started;
    await sleep(roll(LIFE_MS));
    if (roll(ENGINE_EVERY) === 0) {
      crashes += 1;
      await files.lives.crash();
      expect(await files.endSinks('SIGKILL')).toBe('SIGKILL');
      await files.lives.revive();
    } else {
      expect(await files.endSinks('SIGKILL')).toBe('SIGKILL');
    }
  }
  await files.startSinks();
  await eventually('the sink has caught up', () => files.status()?.connected);
  await files.lives.stop();
  await caughtUp(files);
  expect(await files.endSinks('SIGTERM')).toBe('0');
  const events = expectAll(files);
  process.stdout.write(`sink kills: ${KILLS} sinks and ${crashes} engines killed, ${events} events, each once\n`);
  expect(events).toBeGreaterThan(KILLS * 20);
  expect(files.files(0).length).toBeGreaterThan(1);
  expect(files.log).not.toContain('error');
}, 900_000);

test('file sink: a second process that is the same sink waits, and goes on when the first one has died', async () => {
  const files = await begin('sink-rival');
  await files.startSinks();
  await eventually('the sink has caught up', () => files.status()?.connected);
  await files.startRival();
  await eventually('the second one is refused', () => files.log.includes('is held by another process'));
  expect(await files.endSinks('SIGKILL')).toBe('SIGKILL');
  await eventually('the second one goes on', () => files.log.includes('the sink goes on') && files.status()?.connected);
  await files.lives.stop();
  await eventually('the files have all', () => files.isEven());
  expect(await files.endSinks('SIGTERM')).toBe('0');
  expect(expectAll(files)).toBeGreaterThan(0);
}, 120_000);

const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0;
const canMount = process.getuid?.() === 0;
if (!canMount && process.env['CI'] === undefined)
  console.error('not root: the test of a full disk of the file sink is skipped');

test.skipIf(!canMount && process.env['CI'] === undefined)(
  'file sink: on a full disk it waits and says so, the engine goes on, and with room it has each event once',
  async () => {
    const dir = mkdtempSync(join(tmpdir(), 'tickring-full-'));
    expect(mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir)).toBe(true);
    cleaners.push(() => {
      spawnSync('umount', ['-l', dir]);
      rmSync(dir, { recursive: true, force: true });
    });
    const files = await begin('sink-full', dir);
    await files.startSinks();
    await eventually('the full disk is told', () => files.status()?.connected === false && files.log.includes('ENOSPC'));
    const lag = (): number => files.status()?.journal?.[0]?.lagInputs ?? 0;
    const before = lag();
    await eventually('the engine goes on', () => lag() > before + RATE);
    // Told once, not at each attempt.
    expect(files.log.match(/the sink waits/g)).toHaveLength(1);
    expect(mount('-o', 'remount,size=512m', dir)).toBe(true);
    await eventually('the sink goes on', () => files.log.includes('the sink goes on') && files.status()?.connected);
    await files.lives.stop();
    await eventually('the files have all', () => files.isEven());
    await files.endSinks('SIGTERM');
    expect(expectAll(files)).toBeGreaterThan(RATE);
  },
  300_000,
);
