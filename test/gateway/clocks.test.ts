import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Clocks } from '../../src/gateway/clocks.js';
import { Exposition } from '../../src/gateway/prometheus.js';
import type { EngineStatus } from '../../src/model/status.js';

const CLOCK = { offsetNs: -2_500_000, driftPpb: 1_200, errorNs: 1_500_000, jumps: 1 };

function scene() {
  const state = { now: 0, asked: 0, away: false };
  const connections = [
    { feed: 'spot', shard: 0, clock: CLOCK },
    { feed: 'spot', shard: 0, clock: CLOCK },
    { feed: 'backpack', shard: 1, clock: { offsetNs: -40_000_000, driftPpb: null, errorNs: null, jumps: 0 } },
    { feed: 'new', shard: 1, clock: null },
  ];
  const request = async (): Promise<EngineStatus> => {
    state.asked += 1;
    if (state.away) throw new Error('away');
    return { connections } as unknown as EngineStatus;
  };
  const clocks = new Clocks({ request: request as never }, () => state.now);
  const scrape = async (): Promise<string[]> => {
    const out = new Exposition();
    clocks.expose(out);
    await setImmediate();
    return out.text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  };
  return { state, scrape };
}

test('each feed of a shard once, with what is known of its clock', async () => {
  const { state, scrape } = scene();
  expect(await scrape()).toEqual([]);
  expect(await scrape()).toEqual([
    'tickring_venue_clock_offset_seconds{feed="spot",shard="0"} -0.0025',
    'tickring_venue_clock_offset_seconds{feed="backpack",shard="1"} -0.04',
    'tickring_venue_clock_error_seconds{feed="spot",shard="0"} 0.0015',
    'tickring_venue_clock_drift_ratio{feed="spot",shard="0"} 0.0000012',
    'tickring_venue_clock_jumps{feed="spot",shard="0"} 1',
    'tickring_venue_clock_jumps{feed="backpack",shard="1"} 0',
  ]);
  expect(state.asked).toBe(1);
});

test('of an engine that is away nothing is told', async () => {
  const { state, scrape } = scene();
  await scrape();
  state.away = true;
  state.now = 5_000;
  await scrape();
  expect(await scrape()).toEqual([]);
  expect(state.asked).toBe(2);
});
