/** A venue that asks its clients for a sign of life. */
import { expect, it } from 'vitest';
import WebSocket from 'ws';
import { startSimulator } from '#dist/simulator/index.js';
import { eventually, Rig } from './rig.js';

const DERIBIT = { venues: ['deribit'], limits: { deribit: { pingIntervalMs: 200 } } } as const;

it('test requests are answered, and the connection lives', async () => {
  const rig = await Rig.start({ config: { shards: 1 }, simulator: { ...DERIBIT, symbols: ['BTC-PERPETUAL'] } });
  try {
    // Each heartbeat but the first comes after a test request that was answered.
    const before = await rig.counter('ignored');
    await eventually('heartbeats', async () => (await rig.counter('ignored')) >= before + 4);
    expect(await rig.counter('disconnects')).toBe(0);
    expect(await rig.counter('quarantined')).toBe(0);
    await rig.inSync();
  } finally {
    await rig.stop();
  }
});

it('the simulated venue cuts a client that does not answer', async () => {
  const simulator = await startSimulator({ ...DERIBIT, symbols: ['BTC-PERPETUAL'] });
  const socket = new WebSocket(`${simulator.venues[0]?.wsUrl}/ws/api/v2`);
  const seen: string[] = [];
  const code = await new Promise<number>((resolve, reject) => {
    const interval = 10;
    const request = { jsonrpc: '2.0', id: 1, method: 'public/set_heartbeat', params: { interval } };
    socket.on('open', () => socket.send(JSON.stringify(request)));
    socket.on('error', reject);
    socket.on('message', (data) => seen.push(String(data)));
    socket.on('close', resolve);
  });
  expect(code).toBe(1000);
  expect(seen).toHaveLength(2);
  expect(JSON.parse(seen[0] ?? '')).toMatchObject({ id: 1, result: 'ok' });
  expect(JSON.parse(seen[1] ?? '')).toMatchObject({ method: 'heartbeat', params: { type: 'test_request' } });
  await simulator.close();
});

/** However much it sends itself, it wants a ping of its clients. */
const FUTURES = {
  simulator: { venues: ['kraken-futures'], symbols: ['PI_XBTUSD'], limits: { 'kraken-futures': { idleMs: 4_000 } } },
  config: { shards: 1 },
} as const;

it('a venue that wants pings gets them while it talks, and keeps the connection', async () => {
  const rig = await Rig.start({ ...FUTURES, keepAliveMs: 300 });
  try {
    const before = await rig.counter('trades');
    const begun = performance.now();
    await eventually('trades for longer than it waits', async () => {
      return performance.now() - begun > 6_000 && (await rig.counter('trades')) > before;
    });
    expect(await rig.counter('disconnects')).toBe(0);
    await rig.inSync();
  } finally {
    await rig.stop();
  }
});

it('the simulated venue cuts a client that does not ping, whatever it sends itself', async () => {
  const rig = await Rig.start({ ...FUTURES, keepAliveMs: 60_000 });
  try {
    await eventually('a cut', async () => (await rig.counter('disconnects')) > 0);
  } finally {
    await rig.stop();
  }
});
