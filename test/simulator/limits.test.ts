/** Limits of venues about silence and requests: what they cut, and what they fill. */
import { afterEach, describe, expect, test } from 'vitest';
import { type ServerLimits, type Simulator, startSimulator, type VenueName } from '../../src/simulator/index.js';
import { TestSocket, until } from './venue-client.js';

let simulator: Simulator;

afterEach(() => simulator.close());

/** A venue that takes no step: it is as quiet as can be. */
async function quiet(name: VenueName, path: string, limits: Partial<ServerLimits> = {}): Promise<TestSocket> {
  simulator = await startSimulator({ venues: [name], paused: true, limits: { [name]: limits } });
  return TestSocket.open(`${simulator.venues[0]?.wsUrl}${path}`);
}

const send = (socket: TestSocket, message: object): void => socket.ws.send(JSON.stringify(message));
const closedByLimit = (): number | undefined => simulator.stats().venues[0]?.counters.closedByLimit;

describe('okx', () => {
  const subscribe = (channel: string) => ({ op: 'subscribe', args: [{ channel, instId: 'BTC-USDT' }] });

  test('cuts a connection on which nobody says anything, and keeps one that pings', async () => {
    const silent = await quiet('okx-spot', '/ws/v5/public', { idleMs: 300 });
    const talking = await TestSocket.open(`${simulator.venues[0]?.wsUrl}/ws/v5/public`);
    const pinging = setInterval(() => talking.ws.send('ping'), 50);
    await until(() => silent.closed !== undefined);
    clearInterval(pinging);
    expect(silent.closed?.code).toBe(4004);
    expect(talking.closed).toBeUndefined();
    expect(talking.texts).toContain('pong');
    expect(closedByLimit()).toBe(1);
    await talking.close();
  });

  test('refuses control messages beyond those of an hour, and none of the pings', async () => {
    const socket = await quiet('okx-spot', '/ws/v5/public', { requestsPerHour: 2 });
    for (const channel of ['trades', 'bbo-tbt', 'books']) send(socket, subscribe(channel));
    for (let count = 0; count < 3; count += 1) socket.ws.send('ping');
    await until(() => socket.texts.filter((text) => text === 'pong').length === 3);
    const answers = socket.texts.filter((text) => text.includes('"event"')).map((text) => JSON.parse(text));
    expect(answers.map(({ event, code }) => code ?? event)).toEqual(['subscribe', 'subscribe', '60014']);
    await socket.close();
  });
});

test('coinbase cuts who has subscribed nothing in time, and only that one', async () => {
  const late = await quiet('coinbase', '/', { firstSubscriptionMs: 300 });
  const prompt = await TestSocket.open(`${simulator.venues[0]?.wsUrl}/`);
  send(prompt, { type: 'subscribe', channel: 'ticker', product_ids: ['BTC-USD'] });
  await until(() => late.closed !== undefined);
  await until(() => prompt.texts.length > 0);
  expect(prompt.closed).toBeUndefined();
  expect(closedByLimit()).toBe(1);
  await prompt.close();
});

test('kraken fills its silence with heartbeats, once something is subscribed', async () => {
  const socket = await quiet('kraken-spot', '/v2', { quietMs: 50 });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(socket.texts.filter((text) => text === '{"channel":"heartbeat"}')).toEqual([]);
  send(socket, { method: 'subscribe', params: { channel: 'trade', symbol: ['BTC/USD'] } });
  await until(() => socket.texts.filter((text) => text === '{"channel":"heartbeat"}').length >= 2);
  expect(socket.closed).toBeUndefined();
  await socket.close();
});
