/** A view that follows one of two simulated venues, each in a worker of its own, while one or the other is lost in every way. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BroadcastChannel } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { shardOf } from '#dist/engine/engine.js';
import { ControlClient, type Engine, startEngine } from '#dist/engine/index.js';
import { startGateway } from '#dist/gateway/server.js';
import { FLAGS } from '#dist/model/codes.js';
import type { EngineConfig, ViewConfig } from '#dist/model/config.js';
import { verifyReplay } from '#dist/native/index.js';
import { RingReader } from '#dist/reader/index.js';
import { type FaultInput, type Simulator, startSimulator } from '#dist/simulator/index.js';
import { venues } from '#dist/venues/index.js';
import { memoryLogger } from './memory-logger.js';
import { eventually } from './rig.js';

const FIRST = { feed: 'venue-a', venue: 'binance-spot', symbol: 'BTCUSDT', seed: 5 } as const;
const SECOND = { feed: 'venue-b', venue: 'okx-spot', symbol: 'BTC-USDT', seed: 17 } as const;
const LEGS = [FIRST, SECOND];
const DEPTH = 10;
const HOLD_MS = 700;
const VIEW: ViewConfig = {
  symbol: 'BTC-USDT',
  failover: { holdMs: HOLD_MS },
  depth: DEPTH,
  toleranceMs: 2_000,
  deviationBps: 0,
  legs: LEGS.map(({ venue, symbol }) => ({ venue, symbol, feePpm: 0, multiplier: '1' })),
};
/** Behind those of the feeds, and the place of sources. */
const VIEW_SHARD = LEGS.length + 1;
const INPUTS_MIN = 200;

const folder = mkdtempSync(join(tmpdir(), 'tickring-failover-'));
const shmRoot = mkdtempSync('/dev/shm/tickring-failover-');
const name = `failover-${process.pid}`;
const logger = memoryLogger();
const simulators = new Map<string, Simulator>();
let engine: Engine;
let control: ControlClient;
let watch: Watch;

interface Switch {
  readonly from: string;
  readonly to: string;
  readonly code: string;
  readonly tsRecv: bigint;
}

interface Folded {
  readonly bids: Map<bigint, bigint>;
  readonly asks: Map<bigint, bigint>;
  id: bigint;
  isLive: boolean;
}

/** Follows the view's ring, and holds what it folds against the venues' true books behind each input. */
class Watch {
  readonly books = new Map<string, Folded>();
  readonly switches: Switch[] = [];
  /** Changes of the view's own state. */
  readonly states: { readonly state: string; readonly tsRecv: bigint }[] = [];
  readonly fitSince = new Map<string, bigint>();
  source = '';
  inputs = 0;
  /** Deltas that do not follow the one before, and records that were lost. */
  breaks = 0;
  error: unknown;
  readonly #end = new AbortController();
  readonly #reader = RingReader.open({ name, root: shmRoot, shard: VIEW_SHARD, oldest: true });
  readonly #done: Promise<void>;

  constructor() {
    this.#done = this.#run().catch((error: unknown) => {
      this.error = error;
    });
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#done;
    this.#reader.close();
  }

  async #run(): Promise<void> {
    const symbols = new Map<number, string>();
    for await (const record of this.#reader.records({ signal: this.#end.signal })) {
      if (record.kind === 'lapped') this.breaks += 1;
      if (!('instrument' in record) || record.instrument === null) continue;
      const { id, symbol } = record.instrument;
      symbols.set(id, symbol);
      const book = this.#bookOf(symbol);
      if (record.kind === 'book_snapshot' || record.kind === 'book_delta') {
        const isWhole = record.kind === 'book_snapshot';
        if (isWhole && record.part === 0) for (const side of [book.bids, book.asks]) side.clear();
        if (!isWhole && record.part === 0 && record.prevUpdateId !== book.id) this.breaks += 1;
        book.id = record.lastUpdateId;
        for (const { price, qty } of record.bids) put(book.bids, price, qty);
        for (const { price, qty } of record.asks) put(book.asks, price, qty);
      }
      if (record.kind === 'status' && (record.state === 'live' || record.state === 'stale')) {
        if (!book.isLive && record.state === 'live') this.fitSince.set(symbol, record.tsRecv);
        book.isLive = record.state === 'live';
        const { state, tsRecv, code } = record;
        if (symbol === VIEW.symbol) this.states.push({ state, tsRecv });
        if (code === 'VIEW_SOURCE_LOST' || code === 'VIEW_SOURCE_PREFERRED') {
          const [from, to] = [record.detail >> 32n, record.detail & 0xffff_ffffn].map(
            (instrument) => symbols.get(Number(instrument))?.split('@')[1] ?? '',
          ) as [string, string];
          expect(from).toBe(this.source);
          this.switches.push({ from, to, code, tsRecv });
          this.source = to;
        }
      }
      if ((record.flags & FLAGS.last) !== 0) this.#check();
    }
  }

  #bookOf(symbol: string): Folded {
    const book = this.books.get(symbol) ?? { bids: new Map(), asks: new Map(), id: 0n, isLive: false };
    this.books.set(symbol, book);
    return book;
  }

  #check(): void {
    const leg = LEGS.find(({ venue }) => venue === this.source);
    const view = this.#bookOf(VIEW.symbol);
    const followed = this.#bookOf(`${VIEW.symbol}@${this.source}`);
    if (leg === undefined || !view.isLive) return;
    expect(followed.isLive, `${leg.venue} is fit while it is followed`).toBe(true);
    const { bids, asks } = truth(leg, followed.id);
    expect(sorted(view.bids, true), `bids of ${leg.venue} at ${followed.id}`).toEqual(bids);
    expect(sorted(view.asks, false), `asks of ${leg.venue} at ${followed.id}`).toEqual(asks);
    this.inputs += 1;
  }
}

function put(side: Map<bigint, bigint>, price: bigint, qty: bigint): void {
  if (qty === 0n) side.delete(price);
  else side.set(price, qty);
}

function sorted(side: ReadonlyMap<bigint, bigint>, isBid: boolean): [bigint, bigint][] {
  return [...side].sort(([a], [b]) => (a < b === isBid ? 1 : -1));
}

/** Text as a mantissa at -8, the exponent of views. */
function mantissa(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(8, '0').slice(0, 8));
}

/** Best levels of a venue's true book. */
function truth({ venue, symbol }: (typeof LEGS)[number], id: bigint): Record<'bids' | 'asks', [bigint, bigint][]> {
  const text = simulators.get(venue)?.bookAt(venue, symbol, id);
  if (typeof text !== 'string') throw new Error(`${venue} has no book at ${id}`);
  const side = (letter: string): [bigint, bigint][] =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${letter} `))
      .slice(0, DEPTH)
      .map((line) => line.split(' ').slice(1).map(mantissa) as [bigint, bigint]);
  return { bids: side('B'), asks: side('A') };
}

beforeAll(async () => {
  for (const { venue, symbol, seed } of LEGS) {
    const limits = { [venue]: { restWeightPerMinute: 1_000_000 } };
    simulators.set(venue, await startSimulator({ venues: [venue], symbols: [symbol], seed, rate: 300, limits }));
  }
  const journal = { dir: join(folder, 'journal'), durability: 'batch', segmentBytes: 1 << 24, bufferBytes: 1 << 22 } as const;
  const keep = { retainBytes: 0, retainMs: 0, diskFloorBytes: 0, compress: false, recovery: 'strict' } as const;
  const config: EngineConfig = {
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
    maxReconnectDelayMs: 1_000,
    quarantineBytesMax: 1 << 24,
    journal: { ...journal, ...keep },
    feeds: LEGS.map(({ feed, venue, symbol }) => {
      const { wsUrl = '', restUrl = '' } = simulators.get(venue)?.venues[0] ?? {};
      const channels = ['book', 'trade', 'quote'] as const;
      return { id: feed, venue, wsUrl, restUrl, symbols: [symbol], channels, transport: 'native' };
    }),
    views: [VIEW],
  };
  const workerFile = fileURLToPath(new URL('./worker.mjs', import.meta.url));
  engine = await startEngine(config, { venues, workerFile, logger, onShutdownRequest: () => {} });
  control = new ControlClient(shmRoot, name);
  watch = await eventually('the view is published', () => {
    try {
      return new Watch();
    } catch {
      return undefined;
    }
  });
  await followed(FIRST.venue);
  // Until then there is nothing to move to.
  await eventually('the other source is fit', () => watch.books.get(`${VIEW.symbol}@${SECOND.venue}`)?.isLive === true);
});

afterAll(async () => {
  await watch?.close();
  control?.close();
  await engine?.stop();
  for (const simulator of simulators.values()) await simulator.close();
  rmSync(folder, { recursive: true, force: true });
  rmSync(shmRoot, { recursive: true, force: true });
});

const now = (): bigint => BigInt(Date.now()) * 1_000_000n;

/** Waits until the view follows a venue. */
async function followed(venue: string): Promise<void> {
  const live = () => watch.books.get(VIEW.symbol)?.isLive === true;
  await eventually(`the view follows ${venue}`, () => {
    if (watch.error !== undefined) throw watch.error;
    return watch.source === venue && live();
  });
}

/** The preferred venue is lost, the view moves to the other one and, once it has been fit for the hold time, back. */
async function movesAndComesBack(what: string, lose: () => void): Promise<void> {
  await followed(FIRST.venue);
  const [inputs, told, begun] = [watch.inputs, watch.switches.length, now()];
  const outages = watch.states.filter(({ state }) => state === 'stale').length;
  lose();
  await followed(SECOND.venue);
  await followed(FIRST.venue);
  const [down, up] = watch.switches.slice(told);
  expect(down).toMatchObject({ from: FIRST.venue, to: SECOND.venue, code: 'VIEW_SOURCE_LOST' });
  expect(up).toMatchObject({ from: SECOND.venue, to: FIRST.venue, code: 'VIEW_SOURCE_PREFERRED' });
  const since = watch.fitSince.get(`${VIEW.symbol}@${FIRST.venue}`) ?? 0n;
  expect((up?.tsRecv ?? 0n) - since, 'held').toBeGreaterThanOrEqual(BigInt(HOLD_MS) * 1_000_000n);
  expect(watch.inputs, 'inputs that were held against true books').toBeGreaterThan(inputs);
  expect(watch.breaks).toBe(0);
  expect(watch.states.filter(({ state }) => state === 'stale').length, 'the view stayed live').toBe(outages);
  const ms = (from: bigint, to = 0n) => Number(to - from) / 1e6;
  const figures = `lost to told ${ms(begun, down?.tsRecv).toFixed(0)} ms, away ${ms(down?.tsRecv ?? 0n, up?.tsRecv).toFixed(0)} ms`;
  process.stderr.write(`failover, ${what}: ${figures}\n`);
}

const inject = (venue: string, fault: FaultInput['fault'], args: Record<string, unknown>): void =>
  simulators.get(venue)?.inject({ fault, args });

it('each source has a worker of its own', () => {
  expect(new Set(LEGS.map(({ feed }) => shardOf(feed, LEGS.length))).size).toBe(LEGS.length);
});

it.each([
  ['messages of its book are missing', () => inject(FIRST.venue, 'drop', { n: 3 })],
  ['its connection is reset', () => inject(FIRST.venue, 'disconnect', { hard: true, outage_ms: 500 })],
  ['it goes away and is back after a while', () => inject(FIRST.venue, 'restart', { ms: 1_000 })],
  ['it falls silent and keeps the connection', () => inject(FIRST.venue, 'stall', { ms: 3_500 })],
  [
    'the worker of its shard is killed',
    () => {
      const orders = new BroadcastChannel(`${name}/${shardOf(FIRST.feed, LEGS.length)}`);
      orders.postMessage('exit');
      orders.close();
    },
  ],
] as const)('the preferred source is left and taken back: %s', movesAndComesBack);

it('the status, HTTP and /metrics tell which source is followed', async () => {
  const switches = watch.switches.length - 1;
  expect((await control.request('status')).views).toEqual([
    {
      symbol: VIEW.symbol,
      mode: 'failover',
      inSync: true,
      source: FIRST.venue,
      switches,
      legs: LEGS.map(({ venue, symbol }) => ({ venue, symbol, isIn: true })),
    },
  ]);
  const lines = logger.lines.filter(({ fields }) => fields['view'] === VIEW.symbol);
  const lost = lines.filter(({ level, fields }) => level === 'warn' && fields['code'] === 'VIEW_SOURCE_LOST');
  expect(lost).toHaveLength(watch.switches.filter(({ code }) => code === 'VIEW_SOURCE_LOST').length);
  expect(lost[0]?.fields).toMatchObject({ from: FIRST.venue, to: SECOND.venue });
  const gateway = await startGateway(
    { name, shmRoot, host: '127.0.0.1', port: 0, views: [VIEW] },
    { logger, control, version: 'test' },
  );
  try {
    const get = async (path: string) => await fetch(`${gateway.url}${path}`);
    const answer = await eventually('the view is served', async () => {
      const response = await get('/views/BTC-USDT');
      const body = response.ok ? ((await response.json()) as Answer) : undefined;
      return body?.in_sync === true && body.venues.every(({ synchronised }) => synchronised) && body;
    });
    expect(answer).toMatchObject({ mode: 'failover', source: FIRST.venue, switches });
    for (const { venues: shares, quantity } of [...answer.bids, ...answer.asks])
      expect(shares).toEqual([{ venue: FIRST.venue, quantity }]);
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain(`tickring_view_source{view="BTC-USDT",venue="${FIRST.venue}"} 1\n`);
    expect(metrics).toContain(`tickring_view_source{view="BTC-USDT",venue="${SECOND.venue}"} 0\n`);
    expect(metrics).toContain(`tickring_view_switches_total{view="BTC-USDT"} ${switches}\n`);
    expect(metrics).toContain('tickring_view_live{view="BTC-USDT"} 1\n');
  } finally {
    await gateway.stop();
  }
});

interface Answer {
  in_sync: boolean;
  venues: { synchronised: boolean }[];
  bids: { quantity: string; venues: object[] }[];
  asks: { quantity: string; venues: object[] }[];
}

it('with both sources dead the last book stays and says so', async () => {
  await followed(FIRST.venue);
  const told = watch.switches.length;
  for (const { venue } of LEGS) inject(venue, 'stall', { ms: 4_500, all: true });
  const view = () => watch.books.get(VIEW.symbol);
  await eventually('the view is stale', () => view()?.isLive === false);
  const status = await control.request('status');
  expect(status.views[0]).toMatchObject({ inSync: false, legs: [{ isIn: false }, { isIn: false }] });
  expect([view()?.bids.size, view()?.asks.size], 'the last book stands').toEqual([DEPTH, DEPTH]);
  const none = logger.lines.filter(({ level, fields }) => level === 'error' && fields['view'] === VIEW.symbol);
  expect(none.at(-1)?.fields).toMatchObject({ to: null, code: 'VIEW_UNSYNCHRONIZED' });
  await followed(FIRST.venue);
  await eventually('both are back', async () => (await control.request('status')).views[0]?.legs.every(({ isIn }) => isIn));
  await followed(FIRST.venue);
  for (const { from, to, code } of watch.switches.slice(told))
    expect([from, to, code].join(' ')).toMatch(
      /^(binance-spot okx-spot VIEW_SOURCE_LOST|okx-spot binance-spot VIEW_SOURCE_\w+)$/,
    );
  expect(watch.breaks).toBe(0);
});

it('its journal gives again what was published live', async () => {
  expect(watch.inputs).toBeGreaterThan(INPUTS_MIN);
  await watch.close();
  expect(watch.error).toBeUndefined();
  await engine.stop();
  const report = verifyReplay(join(folder, 'journal', `shard-${VIEW_SHARD}`), false);
  expect(report.difference ?? null).toBeNull();
  expect(report.inputs).toBeGreaterThan(INPUTS_MIN);
  expect([report.passed, report.inexact, report.damage]).toEqual([0, 0, []]);
});
