/** Several lines of one feed, each with jitter and loss of its own: the first arrival counts, and what one loses another brings. */
import { afterEach, describe, expect, it } from 'vitest';
import type { ChannelName } from '#dist/model/config.js';
import type { VenueName } from '#dist/simulator/index.js';
import { eventually, Rig, TRANSPORTS } from './rig.js';

const AGES = 3_600_000;

let rig: Rig;
afterEach(() => rig?.stop());

/** Venue's numbers of the open connections, oldest first. */
function venueConnections(): number[] {
  return (rig.simulator.stats().venues[0]?.connections ?? []).map(({ id }) => id);
}

async function nothingIsLost(isCounted: boolean): Promise<void> {
  await rig.inSync();
  rig.ring.drain();
  expect([...rig.ring.gaps.values()].flat()).toEqual([]);
  for (const name of ['gaps', 'resyncs', 'quarantined', 'rollbacks'])
    expect([name, await rig.counter(name)]).toEqual([name, 0]);
  let different = 0;
  for (const ids of rig.ring.trades.values()) {
    const sorted = [...ids].sort((left, right) => left - right);
    different += sorted.length;
    if (isCounted) expect(sorted.length).toBe((sorted.at(-1) ?? 0) - (sorted[0] ?? 0) + 1);
  }
  expect(rig.ring.tradeCount).toBe(different);
}

const ALL: readonly ChannelName[] = ['book', 'trade', 'quote'];
/** Venue, symbols, whether trade ids count by one, and channels that have one connection there. */
const VENUES: readonly (readonly [VenueName, readonly string[], boolean, readonly ChannelName[]])[] = [
  ['binance-spot', ['BTCUSDT', 'ETHUSDT'], true, ALL],
  ['binance-usdm', ['BTCUSDT', 'ETHUSDT'], true, ['book', 'quote']],
  ['bybit-linear', ['BTCUSDT', 'ETHUSDT'], false, ALL],
  ['deribit', ['BTC-PERPETUAL', 'BTC_USDC'], false, ALL],
  ['okx-swap', ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'], false, ALL],
];

describe.each(VENUES)('%s', (venue, symbols, isCounted, channels) => {
  it('two lines with jitter and loss, of which either dies: no gap, no repetition, true books', async () => {
    rig = await Rig.start({
      lines: 2,
      channels,
      config: { shards: 1 },
      simulator: { venues: [venue], symbols },
    });
    await eventually('all lines are open', async () => {
      const { connections } = await rig.status();
      return connections.length >= 2 && connections.every(({ state }) => state === 'open');
    });
    for (const hard of [true, false]) {
      await eventually('both lines carry every stream', () => {
        const open = rig.simulator.stats().venues[0]?.connections ?? [];
        return open.length === 2 && open.every(({ streams }) => streams >= symbols.length * channels.length);
      });
      // The older one of the two loses messages, and dies then. It is ahead, so that what it lacks has to be waited for.
      const [dying, other] = venueConnections();
      rig.inject('unsteady', { connection: dying, ms: AGES, jitter_ms: 5, loss: 0.25 });
      rig.inject('unsteady', { connection: other, ms: AGES, jitter_ms: 40 });
      const filled = await rig.counter('filled');
      await eventually('a hole of it is filled', async () => (await rig.counter('filled')) > filled);
      await nothingIsLost(isCounted);
      rig.inject('disconnect', { connection: dying, hard });
      await eventually('it is back', () => venueConnections().length === 2 && !venueConnections().includes(dying ?? 0));
      await nothingIsLost(isCounted);
    }
    const connections = await eventually('each line brings something', async () => {
      const { connections: all } = await rig.status();
      return all.every(({ firsts, repeats }) => firsts + repeats > 0) && all;
    });
    expect(new Set(connections.map(({ line }) => line))).toEqual(new Set([1, 2]));
    expect(connections.some(({ leadUs }) => leadUs !== null && leadUs > 0)).toBe(true);
  });
});

it.each(TRANSPORTS)('what all lines lose is a gap of exactly those ids, over %s', async (transport) => {
  rig = await Rig.start({
    transport,
    lines: 3,
    config: { shards: 1 },
    simulator: { venues: ['binance-spot'], symbols: ['BTCUSDT'] },
  });
  await eventually('all lines are open', () => venueConnections().length === 3);
  await rig.inSync();
  rig.inject('drop', { n: 3 });
  await eventually('the gap is told', () => {
    rig.ring.drain();
    return [...rig.ring.gaps.values()].flat().length > 0;
  });
  await rig.inSync();
  const gaps = [...rig.ring.gaps.values()].flat();
  expect(gaps.map(({ stream, reason }) => `${stream} ${reason}`)).toEqual(['book sequence']);
});

it('a line that goes silent costs nothing', async () => {
  rig = await Rig.start({
    lines: 2,
    config: { shards: 1 },
    simulator: { venues: ['binance-spot'], symbols: ['BTCUSDT'] },
  });
  await eventually('all lines are open', () => venueConnections().length === 2);
  const [silent] = venueConnections();
  rig.inject('stall', { connection: silent, ms: AGES, pings: false });
  await eventually('it is replaced', () => !venueConnections().includes(silent ?? 0) && venueConnections().length === 2);
  await nothingIsLost(true);
});

it('lines rotate one at a time', async () => {
  rig = await Rig.start({
    lines: 2,
    config: { shards: 1 },
    simulator: { venues: ['binance-usdm'], symbols: ['BTCUSDT'] },
    limits: { connectionLifeMs: 3_000 },
  });
  await eventually('each has rotated', async () => {
    const { connections } = await rig.status();
    expect(connections.length).toBeLessThanOrEqual(6);
    return connections.every(({ rotations }) => rotations >= 2);
  });
  await nothingIsLost(true);
});
