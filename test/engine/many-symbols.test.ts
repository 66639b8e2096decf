/** A thousand symbols at once, and what one costs in memory. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '#dist/simulator/index.js';
import { bookFeed, EngineProcess } from './engine-process.js';
import { eventually } from './rig.js';

const WATCHDOG_MS = 240_000;
const FEW = 10;
const MANY = 1_000;
/** PERFORMANCE row 15, KB a symbol with its slot. */
const SYMBOL_KB_MAX = 160;
const BOOKS_COMPARED = 50;
const VENUES = ['binance-usdm', 'binance-spot'] as const;
const SYMBOLS = Array.from({ length: MANY / VENUES.length }, (_, index) => `${index + 1}ETHUSDT`);
const WEIGHT = { restWeightPerMinute: 10_000_000 } as const;

let simulator: Simulator | undefined;
const running: EngineProcess[] = [];
const directories: string[] = [];

afterEach(async () => {
  for (const engine of running.splice(0)) await engine.end('SIGTERM');
  await simulator?.close();
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** Resident memory of a process, the segment it has mapped included, KB. */
function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

it('a thousand symbols of two venues are live at once, each within its share of memory (A10)', async () => {
  const venue =
    simulator ??
    (await startSimulator({
      venues: VENUES,
      symbols: SYMBOLS,
      rate: 2_000,
      seed: 9,
      limits: { 'binance-usdm': WEIGHT, 'binance-spot': WEIGHT },
    }));
  simulator = venue;
  const [stateDir, shmRoot] = [mkdtempSync(join(tmpdir(), 'tickring-many-')), mkdtempSync('/dev/shm/tickring-many-')];
  directories.push(stateDir, shmRoot);
  const resident: number[] = [];
  for (const count of [FEW, MANY]) {
    const feeds = venue.venues.map((each) => bookFeed(each, SYMBOLS.slice(0, count / VENUES.length)));
    const name = `many-${count}`;
    // 20 levels a side in the slot, and room for the images of all books.
    const sizes = { instrumentsMax: count, orderBookDepth: 20, booksBytes: 1 << 26 };
    const engine = new EngineProcess({ name, shmRoot, stateDir: join(stateDir, name), feeds, ...sizes }, WEIGHT);
    running.push(engine);
    await eventually(`${count} books`, async () => (await engine.live()) === count, WATCHDOG_MS);
    resident.push(residentKb(engine.pid));
    if (count === MANY) await compare(engine, venue);
    await engine.end('SIGTERM');
  }
  const [few = 0, many = 0] = resident;
  const symbolKb = (many - few) / (MANY - FEW);
  console.info(
    `${MANY} symbols: ${Math.round(many / 1_024)} MB resident, ${symbolKb.toFixed(1)} KB a symbol (row 15: ${SYMBOL_KB_MAX})`,
  );
  // The bench `memory` measures; here the collector's mood is in it, so this finds leaks alone.
  expect(symbolKb).toBeLessThan(2 * SYMBOL_KB_MAX);
}, 600_000);

/** Books spread over all of them equal the venue's at the same update id. */
async function compare(engine: EngineProcess, { bookAt }: Simulator): Promise<void> {
  const { instruments = [] } = (await engine.status()) ?? {};
  for (const { id, venue, symbol } of instruments.filter((_, index) => index % (MANY / BOOKS_COMPARED) === 0)) {
    await eventually(`${venue} ${symbol} equals the true book`, async () => {
      const book = await engine.control.request('book', { instrument: id });
      return book?.inSync === true && book.text === bookAt(venue, symbol, BigInt(book.lastUpdateId));
    });
  }
}
