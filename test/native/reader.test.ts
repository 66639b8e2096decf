import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { STAMP_HERE } from '#dist/native/index.js';
import { INSTRUMENT, type Level, Market } from './market.js';

const root = mkdtempSync('/dev/shm/tickring-reader-');
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FOLD = fileURLToPath(new URL('./fold.mjs', import.meta.url));
/** Levels a side: more than two records hold, so that full books come in parts. */
const LEVELS = 150;
/** Every process takes many times as long to start under an emulator. */
const IS_EMULATED = process.env['TICKRING_TEST_EMULATED'] === '1';
const RUNS = IS_EMULATED ? 4 : 25;
/** So that the runs were not all empty ones. */
const RECORDS_MIN = IS_EMULATED ? 100 : 1_000;
/** Only a hang takes this long. */
const WATCHDOG_MS = IS_EMULATED ? 600_000 : 120_000;
/** Frames of a step that laps any reader of a ring of 64 KiB. */
const LAP_FRAMES = 3_000;

/** What a reader's process tells in the end; see `fold.mjs`. */
interface Seen {
  readonly records: number;
  readonly lost: number;
  readonly laps: number;
  readonly jumps: number;
  readonly first: number;
  readonly last: number;
  readonly problem?: string;
  readonly text: string;
}

type Change = readonly [side: 'bid' | 'ask', index: number, qty: number];
type Step =
  | { readonly act: 'write'; readonly deltas: readonly (readonly Change[])[] }
  | { readonly act: 'lap' | 'restart' | 'full book' | 'pause' };

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('bid', 'ask'),
  fc.nat({ max: LEVELS - 1 }),
  fc.nat({ max: 9_999 }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(fc.array(change, { maxLength: 12 }), { maxLength: 200 })
      .map((deltas) => ({ act: 'write' as const, deltas })),
  },
  { weight: 4, arbitrary: fc.constantFrom('lap', 'restart', 'full book', 'pause').map((act) => ({ act }) as Step) },
);

function level([side, index, qty]: Change): Level {
  const ticks = side === 'bid' ? 50_000 - index : 50_001 + index;
  return [(ticks / 10).toFixed(2), (qty / 1_000).toFixed(3)];
}

function full(side: 'bid' | 'ask'): Level[] {
  return Array.from({ length: LEVELS }, (_, index) => level([side, index, index + 1]));
}

/** The reader's process: can be killed and frozen. */
class Fold {
  #process: ChildProcess | undefined;

  async start(name: string, from: string): Promise<void> {
    this.#process = fork(FOLD, [root, name, from]);
    await once(this.#process, 'message');
  }

  async kill(): Promise<void> {
    if (this.#process === undefined) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
    this.#process = undefined;
  }

  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** What it has seen once it holds the market's book. */
  async seenAtEnd(market: Market): Promise<Seen> {
    if (this.#process === undefined) throw new Error('the reader does not run');
    this.#process.send({ id: String(market.updateId) });
    // As the engine does for readers that ask: whoever lost records, or was lapped past a full book, finds one again.
    const full = setInterval(() => market.shard.publishSnapshot(INSTRUMENT, STAMP_HERE), 50);
    try {
      const [seen] = await once(this.#process, 'message');
      return seen as Seen;
    } finally {
      clearInterval(full);
    }
  }
}

function write(market: Market, deltas: readonly (readonly Change[])[]): void {
  for (const changes of deltas) {
    // A delta names a level once.
    const unique = [...new Map(changes.map((each) => [`${each[0]}${each[1]}`, each])).values()];
    const of = (side: 'bid' | 'ask'): Level[] => unique.filter(([one]) => one === side).map(level);
    market.depth(of('bid'), of('ask'));
  }
}

async function take(step: Step, market: Market, fold: Fold, name: string, from: string): Promise<void> {
  switch (step.act) {
    case 'write':
      return write(market, step.deltas);
    case 'lap':
      fold.freeze();
      for (let frame = 0; frame < LAP_FRAMES; frame += 1) write(market, [[['bid', frame % LEVELS, frame + 1]]]);
      return fold.thaw();
    case 'restart':
      await fold.kill();
      return await fold.start(name, from);
    case 'full book':
      market.shard.publishSnapshot(INSTRUMENT, STAMP_HERE);
      return;
    case 'pause':
      return await sleep(10);
  }
}

let runs = 0;
const totals = { laps: 0, records: 0 };

async function holds(before: Step[], steps: Step[], from: string): Promise<void> {
  runs += 1;
  const name = `run-${runs}`;
  const market = new Market({ root, name }, full('bid'), full('ask'));
  const fold = new Fold();
  try {
    for (const one of before) if (one.act === 'write') write(market, one.deltas);
    await fold.start(name, from);
    for (const one of steps) await take(one, market, fold, name, from);
    market.shard.publishSnapshot(INSTRUMENT, STAMP_HERE);
    write(market, [[['ask', 3, 777]], [['bid', 4, 0]]]);
    const seen = await fold.seenAtEnd(market);
    expect(seen.problem).toBeUndefined();
    expect(seen.text).toBe(market.shard.bookText(INSTRUMENT)?.text);
    // Nothing is lost silently: read and lost together are the whole range.
    expect(seen.last - seen.first + 1).toBe(seen.records + seen.jumps);
    expect(seen.lost).toBeGreaterThanOrEqual(seen.jumps);
    totals.laps += seen.laps;
    totals.records += seen.records;
  } finally {
    await fold.kill();
    market.shard.close();
  }
}

test(
  'native: a reader that starts late, dies, comes back or is lapped loses exactly what it says, and ends with the book',
  async () => {
    const seed = Number(process.env['TICKRING_TEST_SEED'] ?? Date.now() % 2 ** 31);
    process.stderr.write(`reader.test: TICKRING_TEST_SEED=${seed}\n`);
    const steps = fc.array(step, { maxLength: 12 });
    const property = fc.asyncProperty(steps, steps, fc.constantFrom('oldest', 'newest'), holds);
    const lapped: Step[] = [{ act: 'lap' }, { act: 'pause' }, { act: 'lap' }];
    await fc.assert(property, {
      seed,
      numRuns: RUNS,
      endOnFailure: true,
      examples: [
        [[], lapped, 'newest'],
        [[], lapped, 'oldest'],
      ],
    });
    expect(totals.laps).toBeGreaterThan(0);
    expect(totals.records).toBeGreaterThan(RECORDS_MIN);
  },
  WATCHDOG_MS,
);
