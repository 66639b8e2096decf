/** A view of three simulated venues, each with a seed and a spelling of its own, against their true books. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ControlClient, type Engine, startEngine } from '#dist/engine/index.js';
import { startGateway } from '#dist/gateway/server.js';
import { FLAGS } from '#dist/model/codes.js';
import type { EngineConfig, ViewConfig } from '#dist/model/config.js';
import { decimalText } from '#dist/model/decimal.js';
import { verifyReplay } from '#dist/native/index.js';
import { RingReader } from '#dist/reader/index.js';
import { type Simulator, startSimulator, type VenueName } from '#dist/simulator/index.js';
import { venues } from '#dist/venues/index.js';
import { memoryLogger } from './memory-logger.js';
import { eventually } from './rig.js';

const LEGS = [
  {
    venue: 'binance-spot',
    symbol: 'BTCUSDT',
    seed: 5,
    feePpm: 1_000,
    multiplier: '1',
  },
  {
    venue: 'okx-spot',
    symbol: 'BTC-USDT',
    seed: 17,
    feePpm: 0,
    multiplier: '1',
  },
  // Counts contracts of 0.01 BTC.
  {
    venue: 'okx-swap',
    symbol: 'BTC-USDT-SWAP',
    seed: 99,
    feePpm: 250,
    multiplier: '0.01',
  },
] as const satisfies readonly {
  venue: VenueName;
  symbol: string;
  seed: number;
  feePpm: number;
  multiplier: string;
}[];
const DEPTH = 10;
const VIEW: ViewConfig = {
  symbol: 'BTC-USDT',
  depth: DEPTH,
  toleranceMs: 1_500,
  deviationBps: 500,
  legs: LEGS,
};
/** Behind one shard a venue, and the place of sources. */
const VIEW_SHARD = LEGS.length + 1;
const INPUTS = 300;

const folder = mkdtempSync(join(tmpdir(), 'tickring-views-'));
const shmRoot = mkdtempSync('/dev/shm/tickring-views-');
const name = `views-${process.pid}`;
const logger = memoryLogger();
const simulators = new Map<string, Simulator>();
let engine: Engine;
let control: ControlClient;
let config: EngineConfig;

beforeAll(async () => {
  for (const { venue, symbol, seed } of LEGS)
    simulators.set(
      venue,
      await startSimulator({
        venues: [venue],
        symbols: [symbol],
        seed,
        rate: 100,
      }),
    );
  config = {
    name,
    shmRoot,
    stateDir: join(folder, 'state'),
    shards: LEGS.length,
    ringBytes: 1 << 24,
    wakeIntervalUs: 0,
    hardened: false,
    instrumentsMax: 32,
    orderBookDepth: 20,
    snapshotIntervalMs: 1_000,
    reconnectDelayMs: 100,
    maxReconnectDelayMs: 2_000,
    quarantineBytesMax: 1 << 24,
    journal: {
      dir: join(folder, 'journal'),
      durability: 'batch',
      segmentBytes: 1 << 24,
      bufferBytes: 1 << 22,
      retainBytes: 0,
      retainMs: 0,
      diskFloorBytes: 0,
      compress: false,
      recovery: 'strict',
    },
    feeds: LEGS.map(({ venue, symbol }, at) => {
      const served = simulators.get(venue)?.venues[0];
      return {
        id: `feed-${at}`,
        venue,
        wsUrl: served?.wsUrl ?? '',
        restUrl: served?.restUrl ?? '',
        symbols: [symbol],
        channels: ['book', 'trade', 'quote'],
        transport: 'native',
      };
    }),
    views: [VIEW],
  };
  const workerFile = fileURLToPath(new URL('./worker.mjs', import.meta.url));
  engine = await startEngine(config, {
    venues,
    workerFile,
    logger,
    onShutdownRequest: () => {},
  });
  control = new ControlClient(shmRoot, name);
});

afterAll(async () => {
  control?.close();
  await engine?.stop();
  for (const simulator of simulators.values()) await simulator.close();
  rmSync(folder, { recursive: true, force: true });
  rmSync(shmRoot, { recursive: true, force: true });
});

type Side = Map<bigint, bigint>;
interface Told {
  readonly text: string;
  readonly tsRecv: bigint;
}
interface Folded {
  bids: Side;
  asks: Side;
  id: bigint;
  isLive: boolean;
}

/** Whole text numbers as mantissas at -8, the exponents of views. */
function mantissa(text: string, multiplier = '1'): bigint {
  const at = (number: string, places: number): bigint => {
    const [whole = '0', fraction = ''] = number.split('.');
    return BigInt(whole + fraction.padEnd(places, '0').slice(0, places));
  };
  return (at(text, 8) * at(multiplier, 2)) / 100n;
}

/** Best levels of a true book. */
function truth(
  { venue, symbol, multiplier }: (typeof LEGS)[number],
  id: bigint,
): { bids: [bigint, bigint][]; asks: [bigint, bigint][] } {
  const text = simulators.get(venue)?.bookAt(venue, symbol, id);
  if (typeof text !== 'string') throw new Error(`${venue} has no book at ${id}`);
  const side = (letter: string): [bigint, bigint][] =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${letter} `))
      .slice(0, DEPTH)
      .map((line) => {
        const [, price = '', qty = ''] = line.split(' ');
        return [mantissa(price), mantissa(qty, multiplier)];
      });
  return { bids: side('B'), asks: side('A') };
}

/** The best levels of all, quantities at one price added. */
function consolidated(sides: readonly (readonly [bigint, bigint][])[], isBid: boolean): [bigint, bigint][] {
  const all = new Map<bigint, bigint>();
  for (const [price, qty] of sides.flat()) all.set(price, (all.get(price) ?? 0n) + qty);
  const order = (a: bigint, b: bigint): number => (a < b === isBid ? 1 : -1);
  return [...all].sort(([a], [b]) => order(a, b)).slice(0, DEPTH);
}

function sorted(side: Side, isBid: boolean): [bigint, bigint][] {
  return consolidated([[...side]], isBid).slice(0, Math.max(DEPTH, side.size));
}

function openView(): RingReader {
  return RingReader.open({
    name,
    root: shmRoot,
    shard: VIEW_SHARD,
    oldest: true,
  });
}

/** Follows the view's ring; `check` is called behind each input with all books as events made them. */
async function follow(check: (books: ReadonlyMap<string, Folded>, statuses: readonly Told[]) => boolean): Promise<void> {
  const reader = await eventually('the view is published', () => {
    try {
      return openView();
    } catch {
      return undefined;
    }
  });
  const books = new Map<string, Folded>();
  const statuses: Told[] = [];
  const end = new AbortController();
  const watchdog = setTimeout(() => end.abort(), 40_000);
  try {
    for await (const record of reader.records({ signal: end.signal })) {
      if (!('instrument' in record) || record.instrument === null) continue;
      const { symbol } = record.instrument;
      const book = books.get(symbol) ?? {
        bids: new Map(),
        asks: new Map(),
        id: 0n,
        isLive: false,
      };
      books.set(symbol, book);
      if (record.kind === 'book_snapshot' || record.kind === 'book_delta') {
        if (record.kind === 'book_snapshot' && record.part === 0) {
          book.bids.clear();
          book.asks.clear();
        }
        book.id = record.lastUpdateId;
        for (const [side, changes] of [
          [book.bids, record.bids],
          [book.asks, record.asks],
        ] as const)
          for (const { price, qty } of changes)
            if (qty === 0n) side.delete(price);
            else side.set(price, qty);
      }
      if (record.kind === 'status') {
        if (record.state === 'live' || record.state === 'stale') book.isLive = record.state === 'live';
        statuses.push({
          text: `${symbol} ${record.state} ${record.code ?? ''}`.trim(),
          tsRecv: record.tsRecv,
        });
      }
      if ((record.flags & FLAGS.last) !== 0 && check(books, statuses)) return;
    }
    throw new Error(
      `watchdog: the view did not become what it must; its statuses: ${statuses
        .slice(-20)
        .map(({ text }) => text)
        .join(', ')}`,
    );
  } finally {
    clearTimeout(watchdog);
    reader.close();
  }
}

it('equals the consolidation of the true books at the same ids, at every input', async () => {
  let inputs = 0;
  let whole = 0;
  await follow((books) => {
    const present = LEGS.flatMap((leg) => {
      const book = books.get(`BTC-USDT@${leg.venue}`);
      return book?.isLive === true ? [{ leg, book }] : [];
    });
    const view = books.get('BTC-USDT');
    if (present.length === 0 || view === undefined) return false;
    const truths = present.map(({ leg, book }) => {
      const true_ = truth(leg, book.id);
      expect(sorted(book.bids, true), `${leg.venue} at ${book.id}`).toEqual(true_.bids);
      expect(sorted(book.asks, false), `${leg.venue} at ${book.id}`).toEqual(true_.asks);
      return true_;
    });
    expect(sorted(view.bids, true)).toEqual(
      consolidated(
        truths.map(({ bids }) => bids),
        true,
      ),
    );
    expect(sorted(view.asks, false)).toEqual(
      consolidated(
        truths.map(({ asks }) => asks),
        false,
      ),
    );
    inputs += 1;
    if (present.length === LEGS.length) whole += 1;
    return inputs >= INPUTS && whole >= INPUTS / 3;
  });
});

it('over HTTP: quotes of one instant, the spread of each pair net of fees, levels with their venues', async () => {
  const gateway = await startGateway(
    { name, shmRoot, host: '127.0.0.1', port: 0, views: [VIEW] },
    { logger, control, version: 'test' },
  );
  try {
    const get = async (path: string) => await fetch(`${gateway.url}${path}`);
    const answer = await eventually('all venues are in', async () => {
      const response = await get('/views/btc-usdt');
      if (!response.ok) return undefined;
      const body = (await response.json()) as Answer;
      return body.venues.every(({ synchronised }) => synchronised) && body.bids.length === DEPTH && body;
    });
    expect(answer).toMatchObject({
      symbol: 'BTC-USDT',
      in_sync: true,
      tolerance_ms: 1_500,
    });
    expect(answer.venues.map(({ fee_bps }) => fee_bps)).toEqual([10, 0, 2.5]);
    expect(answer.spreads).toHaveLength(6);
    const fee = (venue: string): bigint => BigInt(LEGS.find((leg) => leg.venue === venue)?.feePpm ?? 0);
    for (const { buy, sell, gross, net } of answer.spreads) {
      const bid = mantissa(answer.venues.find(({ venue }) => venue === sell)?.bid?.price ?? '');
      const ask = mantissa(answer.venues.find(({ venue }) => venue === buy)?.ask?.price ?? '');
      expect(gross).toBe(decimalText(bid - ask, -8));
      expect(net).toBe(decimalText(bid * (1_000_000n - fee(sell)) - ask * (1_000_000n + fee(buy)), -14));
    }
    for (const { quantity, venues: shares } of [...answer.bids, ...answer.asks]) {
      expect(shares.length).toBeGreaterThan(0);
      expect(shares.reduce((sum, share) => sum + mantissa(share.quantity), 0n)).toBe(mantissa(quantity));
    }
    const best = answer.venues.map(({ bid }) => mantissa(bid?.price ?? '0')).reduce((a, b) => (a > b ? a : b));
    expect(mantissa(answer.bids[0]?.price ?? '')).toBe(best);
    expect(await (await get('/views')).json()).toMatchObject({
      count: 1,
      views: [{ symbol: 'BTC-USDT' }],
    });
    expect((await get('/views/ETH-USDT')).status).toBe(404);
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toMatch(/^tickring_cross_source_consistency_ratio [01]/m);
  } finally {
    await gateway.stop();
  }
});

interface Answer {
  venues: {
    venue: string;
    synchronised: boolean;
    fee_bps: number;
    bid: { price: string } | null;
    ask: { price: string } | null;
  }[];
  spreads: { buy: string; sell: string; gross: string; net: string }[];
  bids: { price: string; quantity: string; venues: { quantity: string }[] }[];
  asks: { price: string; quantity: string; venues: { quantity: string }[] }[];
}

it('a venue that falls silent is named and left out, and is back when it speaks', async () => {
  const muted = 'BTC-USDT@okx-spot';
  await follow((books) => books.get(muted)?.isLive === true);
  const since = BigInt(Date.now()) * 1_000_000n;
  simulators.get('okx-spot')?.inject({ fault: 'stall', args: { ms: 5_000 } });
  let hasLeft = false;
  await follow((books, statuses) => {
    const told = statuses.filter(({ tsRecv }) => tsRecv >= since).map(({ text }) => text);
    if (!hasLeft && told.includes(`${muted} stale VIEW_UNSYNCHRONIZED`)) {
      hasLeft = true;
      const others = LEGS.filter(({ venue }) => venue !== 'okx-spot' && books.get(`BTC-USDT@${venue}`)?.isLive === true);
      const bids = others.map((leg) => truth(leg, books.get(`BTC-USDT@${leg.venue}`)?.id ?? 0n).bids);
      expect(sorted(books.get('BTC-USDT')?.bids ?? new Map(), true)).toEqual(consolidated(bids, true));
    }
    return hasLeft && told.lastIndexOf(`${muted} live`) > told.lastIndexOf(`${muted} stale VIEW_UNSYNCHRONIZED`);
  });
  expect(hasLeft).toBe(true);
});

it('the arbitrage example finds what a crossed net quote says', async () => {
  const example = fileURLToPath(new URL('../../src/reader/examples/arbitrage.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [example, name, '3', shmRoot]);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.at(-1)).toMatch(/^looked at \d+ quotes, found \d+$/);
  const venue = '(binance-spot|okx-spot|okx-swap)';
  const found = new RegExp(`^BTC-USDT: buy [\\d.e-]+ at ${venue} for [\\d.]+ net, sell at ${venue}: [\\d.e-]+ each$`);
  for (const line of lines.slice(0, -1)) expect(line).toMatch(found);
});

it('its journal gives again what was published live', async () => {
  await control.request('status');
  await engine.stop();
  const report = verifyReplay(join(folder, 'journal', `shard-${VIEW_SHARD}`), false);
  expect(report.difference ?? null).toBeNull();
  expect(report.inputs).toBeGreaterThan(INPUTS);
  expect([report.passed, report.inexact, report.damage]).toEqual([0, 0, []]);
  expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
