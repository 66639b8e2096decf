/**
 * The whole engine is killed at any moment, again and again over one journal. Then a reader of its own looks at the files, and holds
 * them against what the dead rings had told and what the venues had sent: an exact prefix of each connection, everything that was
 * said to be durable, every number once.
 *
 * `TICKRING_ENGINE_KILLS` says how often (default 40, 200 under CI), `TICKRING_ENGINE_RATE` how many frames a second each venue sends,
 * `TICKRING_ENGINE_LIFE_MS` how long an engine lives at most.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ControlClient } from '#dist/engine/index.js';
import { type Simulator, startSimulator } from '#dist/simulator/index.js';
import { eventually } from '../engine/rig.js';
import { type Death, Lives, sentByConnection } from './lives.js';
import { type Journal, readJournal } from './witness.js';

const KILLS = Number(process.env['TICKRING_ENGINE_KILLS'] ?? (process.env['CI'] === undefined ? 40 : 200));
const RATE = Number(process.env['TICKRING_ENGINE_RATE'] ?? 500);
const LIFE_MS = Number(process.env['TICKRING_ENGINE_LIFE_MS'] ?? 800);
const SEED = Number(process.env['TICKRING_ENGINE_SEED'] ?? 7);
/** Engines at a time: most of a start is waiting. */
const LANES = LIFE_MS > 2_000 ? 1 : 3;
/** Cause of a gap: readers saw these inputs, and no disk has them. */
const NOT_DURABLE = 5;

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tickring-kills-oracle-'));
const oracleLog = join(folder, 'oracle.jsonl');
let simulator: Simulator;
let isClosed = false;
const lanes: Lives[] = [];

beforeAll(async () => {
  const limits = { restWeightPerMinute: 1_000_000 };
  simulator = await startSimulator({
    rate: RATE,
    symbols: ['BTCUSDT', 'ETHUSDT'],
    seed: SEED,
    oracleLog,
    limits: { 'binance-spot': limits, 'binance-usdm': limits },
  });
});

afterAll(async () => {
  await Promise.all(lanes.map((lane) => lane.stop()));
  if (!isClosed) await simulator.close();
  for (const lane of lanes) lane.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Numbers that look random and are the same in each run. */
function dice(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}

/** What is wrong with a shard's journal, given what its dead rings had told. */
function complaints(journal: Journal, deaths: readonly Death[], sent: Map<string, number[]>): string[] {
  const wrong: string[] = [];
  const isMissing = (number: number): boolean => journal.gaps.some(({ first, last }) => first <= number && number <= last);
  for (const gap of journal.gaps) {
    if (gap.cause !== NOT_DURABLE) wrong.push(`gap ${gap.first}–${gap.last} for cause ${gap.cause}`);
  }
  for (const { epoch, durable, seen, inputs } of deaths) {
    const lived = journal.epochs.get(epoch);
    if (durable > 0 && lived === undefined) wrong.push(`epoch ${epoch} is not there, ${durable} was durable`);
    if (durable > journal.last) wrong.push(`${durable} was durable, ${journal.last} is there`);
    for (const { first, last } of journal.gaps) {
      if (first <= durable && lived !== undefined && last >= lived.first && durable >= lived.first)
        wrong.push(`epoch ${epoch}: ${first}–${last} missing, ${durable} was durable`);
    }
    if (lived === undefined) continue;
    // Received = kept + told as missing; the counter is up to a tick old.
    let gone = 0;
    for (let number = lived.last + 1; number <= seen && isMissing(number); number += 1) gone += 1;
    if (seen > lived.last + gone) wrong.push(`epoch ${epoch}: input ${seen} was seen, and is neither kept nor missing`);
    const kept = lived.last - lived.first + 1;
    // The configuration is an input of the journal alone.
    if (inputs > kept - 1 + gone) wrong.push(`epoch ${epoch}: ${inputs} inputs applied, ${kept} kept, ${gone} missing`);
  }
  return [...wrong, ...strangers(journal, sent)];
}

interface Replayed {
  readonly equal: boolean;
  readonly spans: readonly object[];
}

/** What the product's own comparison of live and replay says of each shard. */
async function replay(dir: string): Promise<Replayed[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, 'replay', dir, '--verify', '--json'], {
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout) as Replayed[];
}

/** Connections whose frames are not the first ones of any that a venue had. */
function strangers(journal: Journal, sent: Map<string, number[]>): string[] {
  const byFirst = new Map<number, number[][]>();
  for (const list of sent.values()) {
    const first = list[0];
    if (first !== undefined) byFirst.set(first, [...(byFirst.get(first) ?? []), list]);
  }
  const received = new Map<string, number[]>();
  for (const { epoch, connection, payload } of journal.frames) {
    // Answers to what we asked are no messages of a stream.
    if (payload.includes('"id":') && payload.includes('"result":')) continue;
    const key = `${epoch}/${connection}`;
    const list = received.get(key);
    if (list === undefined) received.set(key, [crc32(payload)]);
    else list.push(crc32(payload));
  }
  return [...received].flatMap(([key, list]) => {
    const candidates = byFirst.get(list[0] ?? -1) ?? [];
    const fits = candidates.some((whole) => list.every((checksum, index) => whole[index] === checksum));
    return fits ? [] : [`connection ${key}: its ${list.length} frames are not what a venue sent first`];
  });
}

test(`engines killed ${KILLS} times leave journals that are exact prefixes, with all that was durable`, async () => {
  const roll = dice(SEED);
  await Promise.all(
    Array.from({ length: LANES }, async (_, lane) => {
      const lives = new Lives(simulator, `kills-${process.pid}-${lane}`);
      lanes.push(lives);
      const mine = Math.ceil((KILLS - lane) / LANES);
      for (let count = 0; count < mine; count += 1) await lives.kill(roll(4) === 0 ? 'start' : 'ready', roll(LIFE_MS));
      // One more lives on: its books are the venues'.
      await lives.revive();
      const control = new ControlClient(lives.config.shmRoot, lives.config.name);
      const { instruments } = await eventually('all books are in sync', async () => {
        const status = await control.request('status');
        return status.instruments.length === 4 && status.instruments.every(({ inSync }) => inSync) && status;
      });
      for (const { id, venue, symbol } of instruments) {
        await eventually(`${venue} ${symbol} equals the true book`, async () => {
          const book = await control.request('book', { instrument: id });
          return book?.inSync === true && book.text === simulator.bookAt(venue, symbol, BigInt(book.lastUpdateId));
        });
      }
      await lives.stop();
    }),
  );
  isClosed = true;
  await simulator.close();
  const sent = sentByConnection(oracleLog);
  let frames = 0;
  let missing = 0;
  let durable = 0;
  const wrong = lanes.flatMap((lives) =>
    lives.deaths.flatMap((deaths, shard) => {
      const journal = readJournal(lives.folderOf(shard));
      frames += journal.frames.length;
      missing += journal.gaps.reduce((sum, { first, last }) => sum + last - first + 1, 0);
      durable += deaths.filter((death) => death.durable > 0).length;
      return complaints(journal, deaths, sent).map((line) => `${lives.config.name} shard ${shard}: ${line}`);
    }),
  );
  const replayed = await Promise.all(lanes.map((lives) => replay(lives.config.journal?.dir ?? '')));
  process.stdout.write(
    `kills: ${KILLS} engines killed, ${durable} shards among them had told what is durable; ${frames} frames kept, ${missing} inputs seen and not durable\n`,
  );
  expect(wrong).toEqual([]);
  // Every life gives again what it gave live: a span for each that had inputs, none that differs, nothing left out.
  for (const shard of replayed.flat()) {
    expect(shard).toMatchObject({ equal: true, difference: null, passed: 0, inexact: 0, damage: [] });
    expect(shard.spans.length).toBeGreaterThan(KILLS / LANES / 3);
  }
  expect(frames).toBeGreaterThan(KILLS * 10);
  expect(durable).toBeGreaterThan(KILLS / 4);
}, 900_000);
