import { describe, expect, test } from 'vitest';
import { startSimulator } from '../../src/simulator/index.js';
import { TestSocket, until, venueOf } from './venue-client.js';

/** What keeps a process alive: sockets, servers and timers, by kind. */
function handles(): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) {
    if (/TCP|Timeout|Immediate|HTTP|Server|Socket/.test(kind)) counted[kind] = (counted[kind] ?? 0) + 1;
  }
  return counted;
}

describe('a run', () => {
  test('keeps its pace: 10,000 messages a second are due and made, and the schedule does not slip away unseen', async () => {
    const simulator = await startSimulator({ venues: ['binance-usdm'], rate: 10_000 });
    const symbols = ['btcusdt', 'ethusdt', 'bnbusdt', 'solusdt'];
    const { wsUrl } = venueOf(simulator, 'binance-usdm');
    const open = (path: string, kinds: string[]): Promise<TestSocket> =>
      TestSocket.open(
        `${wsUrl}/${path}/stream?streams=${symbols.flatMap((symbol) => kinds.map((kind) => `${symbol}@${kind}`)).join('/')}`,
      );
    const sockets = [await open('public', ['depth@100ms', 'bookTicker']), await open('market', ['aggTrade'])];
    const began = performance.now();
    const heard = (): number => sockets.reduce((sum, { texts }) => sum + texts.length, 0);
    const first = simulator.stats().venues[0];
    await until(() => heard() >= 20_000);
    const seconds = (performance.now() - began) / 1000;
    const last = simulator.stats().venues[0];
    // The time that the schedule gave up is accounted for: what remains ran at the rate asked for.
    const slipped = ((last?.slippedMs ?? 0) - (first?.slippedMs ?? 0)) / 1000;
    const made = (last?.frames ?? 0) - (first?.frames ?? 0);
    console.info(
      `10,000/s asked for: ${Math.round(made / seconds)}/s made, ${Math.round(heard() / seconds)}/s received, ${slipped.toFixed(3)} s slipped`,
    );
    expect(made).toBeLessThanOrEqual(10_000 * (seconds + 1.1));
    expect(last?.elapsedMs).toBeCloseTo((last?.frames ?? 0) / 10, 3);
    for (const socket of sockets) await socket.close();
    await simulator.close();
  });

  test('leaves no socket, server or timer behind when it is closed, whoever is connected', async () => {
    const before = handles();
    const simulator = await startSimulator({ rate: 500 });
    const sockets: TestSocket[] = [];
    for (const { name, wsUrl, restUrl } of simulator.venues) {
      sockets.push(await TestSocket.open(`${wsUrl}/stream?streams=btcusdt@depth@100ms`));
      const path = name === 'binance-spot' ? '/api/v3' : '/fapi/v1';
      await (await fetch(`${restUrl}${path}/ping`, { headers: { connection: 'close' } })).text();
    }
    simulator.inject({ fault: 'server_shutdown', args: { delay_ms: 60_000 } });
    simulator.inject({ fault: 'snapshot_slow', args: { ms: 60_000 } });
    const slow = fetch(`${venueOf(simulator, 'binance-spot').restUrl}/api/v3/depth?symbol=BTCUSDT`).catch(() => 'cut');
    await until(() => sockets.every(({ texts }) => texts.length > 3));
    await simulator.close();
    expect(await slow).toBe('cut');
    await until(() => sockets.every(({ closed }) => closed !== undefined));
    await until(() =>
      Object.entries(handles()).every(([kind, count]) => count <= (before[kind] ?? 0) + (kind === 'Timeout' ? 1 : 0)),
    );
  });

  test('a port in use is refused with the system error, and what had started is closed again', async () => {
    const first = await startSimulator({ venues: ['binance-spot'], paused: true });
    const port = Number(new URL(venueOf(first, 'binance-spot').restUrl).port);
    await expect(startSimulator({ ports: { 'binance-spot': port }, paused: true })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
    await first.close();
    const second = await startSimulator({ venues: ['binance-spot'], ports: { 'binance-spot': port }, paused: true });
    expect(venueOf(second, 'binance-spot').wsUrl).toBe(`ws://127.0.0.1:${port}`);
    await second.close();
  });

  test.each([
    [{ rate: 0 }, 'rate 0 is outside 1 … 10000'],
    [{ rate: 10_001 }, 'rate 10001 is outside'],
    [{ symbols: ['XUSDT'] }, 'symbol XUSDT is not simulated, known: BTCUSDT'],
    [{ symbols: [] }, 'symbols is empty'],
    [{ seed: 0.5 }, 'seed 0.5 is not an integer'],
    [{ script: [{ fault: 'drop', args: { n: -1 } }] }, 'fault:'],
  ] as const)('%j is refused with the reason', async (options, reason) => {
    await expect(startSimulator(options)).rejects.toThrow(reason);
  });
});
