/** Connections that are replaced before their venue cuts them: the next one carries everything before the present one is closed. */
import { env } from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import type { VenueName } from '#dist/simulator/index.js';
import { eventually, Rig, type RigOptions, TRANSPORTS } from './rig.js';

/** Rotations of the whole file's largest case: `TICKRING_ROTATIONS=1000` for the long check. */
const ROTATIONS = Number(env['TICKRING_ROTATIONS'] ?? 50);
/** A day at the venue. */
const LIFE_MS = 3_000;

let rig: Rig;
afterEach(() => rig?.stop());

async function start(venue: VenueName, symbols: readonly string[], more: RigOptions = {}): Promise<void> {
  rig = await Rig.start({
    config: { shards: 1 },
    ...more,
    simulator: { venues: [venue], symbols, ...more.simulator },
    limits: { connectionLifeMs: LIFE_MS, ...more.limits },
    ownIds: venue === 'kraken-spot',
  });
}

async function rotations(): Promise<number> {
  const { connections } = await rig.status();
  const lines = new Map(connections.map(({ connection, rotations }) => [connection, rotations]));
  return [...lines.values()].reduce((sum, each) => sum + each, 0);
}

/** Trade ids that are neither on the ring nor the first or last one there, by instrument. */
function missingTrades(): number[] {
  rig.ring.drain();
  return [...rig.ring.trades.values()].map((ids) => {
    let [first, last] = [Number.POSITIVE_INFINITY, 0];
    for (const id of ids) [first, last] = [Math.min(first, id), Math.max(last, id)];
    return last - first + 1 - ids.size;
  });
}

async function nothingIsLost(isCounted: boolean): Promise<void> {
  await rig.inSync();
  rig.ring.drain();
  expect([...rig.ring.gaps.values()].flat()).toEqual([]);
  for (const name of ['gaps', 'resyncs', 'quarantined', 'rollbacks'])
    expect([name, await rig.counter(name)]).toEqual([name, 0]);
  if (isCounted) expect(missingTrades().filter((count) => count > 0)).toEqual([]);
  expect(rig.ring.lapped).toBe(0);
  expect(rig.lines.filter(({ message }) => message === 'disconnected')).toEqual([]);
}

const VENUES: readonly (readonly [VenueName, readonly string[], boolean])[] = [
  ['binance-spot', ['BTCUSDT', 'ETHUSDT'], true],
  ['binance-usdm', ['BTCUSDT', 'ETHUSDT'], true],
  ['backpack', ['BTC_USDC_PERP', 'SOL_USDC'], true],
  ['bybit-linear', ['BTCUSDT', 'ETHUSDT'], false],
  ['deribit', ['BTC-PERPETUAL', 'BTC_USDC'], false],
  ['okx-swap', ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'], false],
  ['coinbase', ['BTC-USD', 'ETH-USD'], true],
  ['kraken-spot', ['BTC/USD', 'ETH/USD'], true],
  ['kraken-futures', ['PI_XBTUSD', 'PF_ETHUSD'], true],
];

describe.each(VENUES)('%s', (venue, symbols, isCounted) => {
  it('connections change without a gap, a stale book or a lost trade', async () => {
    await start(venue, symbols);
    await eventually('each line has rotated twice', async () => {
      const { connections } = await rig.status();
      return connections.length > 0 && connections.every((each) => each.rotations >= 2);
    });
    await nothingIsLost(isCounted);
    const numbers = (await rig.status()).connections.map(({ connection }) => connection);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(6);
  });
});

const TURNED: readonly VenueName[] = ['binance-usdm', 'binance-spot', 'bybit-spot'];
/** The venues' limits of connections are not what is tried here. */
const OPEN = { connectionsPer5Minutes: 1_000_000, restWeightPerMinute: 1_000_000 };

it(`${ROTATIONS} rotations lose nothing`, {
  timeout: 60_000 + ROTATIONS * 2_000,
}, async () => {
  const symbols = ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT'];
  // A connection for each symbol and class.
  const limits = {
    streamsPerConnection: 3,
    connectionAttemptsPer5Minutes: 100_000,
  };
  rig = await Rig.start({
    simulator: { symbols, venues: TURNED, rate: 100, limits: Object.fromEntries(TURNED.map((name) => [name, OPEN])) },
    config: { shards: 2 },
    limits: { connectionLifeMs: LIFE_MS, ...limits },
  });
  const checked = setInterval(() => rig.ring.drain(), 100);
  await eventually('rotations', async () => (await rotations()) >= ROTATIONS, 60_000 + ROTATIONS * 2_000);
  clearInterval(checked);
  const { connections } = await rig.status();
  expect(connections.length).toBeGreaterThan(10);
  await nothingIsLost(false);
  const { instruments } = await rig.status();
  const counted = new Set(instruments.filter(({ venue }) => venue.startsWith('binance')).map(({ id }) => id));
  for (const [id, trades] of rig.ring.trades) {
    if (!counted.has(id)) continue;
    const sorted = [...trades].sort((left, right) => left - right);
    expect(sorted.length).toBe((sorted.at(-1) ?? 0) - (sorted[0] ?? 0) + 1);
  }
});

const ANNOUNCED = TRANSPORTS.flatMap((transport) => [
  ['binance-spot', 'BTCUSDT', transport] as const,
  ['okx-swap', 'BTC-USDT-SWAP', transport] as const,
]);

it.each(ANNOUNCED)(
  '%s announces the cut of %s, and finds the connection replaced before it, over %s',
  async (venue, symbol, transport) => {
    await start(venue, [symbol], { transport, limits: { connectionLifeMs: 3_600_000 } });
    rig.inject('server_shutdown', { delay_ms: 15_000 });
    await eventually('it is replaced', async () => (await rotations()) === 1);
    await nothingIsLost(venue === 'binance-spot');
  },
);

it('a connection that is cut while its successor is made leaves it the place', async () => {
  await start('binance-spot', ['BTCUSDT'], {
    limits: { connectionLifeMs: 3_600_000 },
  });
  const [old] = rig.simulator.stats().venues[0]?.connections ?? [];
  rig.inject('server_shutdown', { delay_ms: 300 });
  await eventually('it is replaced', async () => (await rotations()) === 1);
  await rig.inSync();
  const { connections } = await rig.status();
  expect(connections).toHaveLength(1);
  const now = rig.simulator.stats().venues[0]?.connections ?? [];
  expect(now.map(({ id }) => id)).not.toContain(old?.id);
  expect(now).toHaveLength(1);
});

it('a successor that stays silent is not given the place', async () => {
  await start('binance-spot', ['BTCUSDT'], {
    limits: { connectionLifeMs: 3_600_000 },
  });
  const before = (await rig.status()).connections.map(({ connection }) => connection);
  // Subscriptions of the next connection are answered, and nothing comes of them.
  rig.inject('ack_error', { n: 1_000 });
  rig.inject('server_shutdown', { delay_ms: 60_000 });
  await eventually('it is tried', async () => (await rig.status()).connections.length === 2);
  await eventually('the refusal is told', () => rig.lines.some(({ message }) => message.includes('did not accept')));
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect(await rotations()).toBe(0);
  expect((await rig.status()).connections.map(({ connection }) => connection)).toEqual(expect.arrayContaining(before));
  await rig.inSync();
  expect(await rig.counter('gaps')).toBe(0);
});
