import { afterEach, expect, it } from 'vitest';
import { startSimulator } from '#dist/simulator/index.js';
import { venueByName } from '#dist/venues/index.js';
import { fetchMinutes } from '../../src/engine/minutes.js';
import { RestClient } from '../../src/engine/rest.js';
import { eventually, Rig } from './rig.js';

const MINUTE_MS = 60_000;
let rig: Rig | undefined;
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

it('minutes of an instrument are what its venue counts, asked for on the control socket', { timeout: 120_000 }, async () => {
  rig = await Rig.start({ simulator: { venues: ['binance-usdm', 'binance-spot'], symbols: ['BTCUSDT'] } });
  const { control } = rig;
  const { instruments } = await rig.status();
  expect(instruments).toHaveLength(2);
  for (const { id, venue } of instruments) {
    const minutes = await eventually(`minutes of ${venue}`, async () => {
      const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
      const found = await control.request('minutes', { instrument: id, fromMs: now - 2 * MINUTE_MS, toMs: now + MINUTE_MS });
      return (found?.length ?? 0) > 0 && found;
    });
    for (const { startMs, open, high, low, close, volume, count } of minutes ?? []) {
      expect(startMs % MINUTE_MS).toBe(0);
      const prices = [open, close].map(Number);
      expect(prices.every((price) => Number(low) <= price && price <= Number(high))).toBe(true);
      expect([Number(volume) > 0, count > 0]).toEqual([true, true]);
    }
    const far = { instrument: id, fromMs: 0, toMs: 1_001 * MINUTE_MS };
    await expect(control.request('minutes', far)).rejects.toMatchObject({ code: 'ARGUMENT_RANGE' });
    await expect(control.request('minutes', { ...far, toMs: 0 })).rejects.toMatchObject({ code: 'ARGUMENT_RANGE' });
    await expect(control.request('minutes', { ...far, toMs: 1 })).rejects.toMatchObject({ code: 'CONTROL_PROTOCOL' });
  }
  expect(await control.request('minutes', { instrument: 4_000_000, fromMs: 0, toMs: MINUTE_MS })).toBeNull();
});

it.each([
  ['okx-futures', 'BTC-USD-270326', 700, 3],
  ['kraken-spot', 'BTC/USD', 700, 1],
  ['deribit', 'BTC_USDC', 700, 1],
] as const)('%s: more minutes than one answer has are asked for page by page', async (name, symbol, count, requests) => {
  const venue = venueByName(name);
  if (venue === undefined) throw new Error(`no venue ${name}`);
  const epochMs = 1_767_225_600_000;
  const simulator = await startSimulator({ venues: [name], symbols: [symbol], rate: 1, paused: true, epochMs });
  let leases = 0;
  const rest = new RestClient({
    lease: ({ weight }) => {
      leases += 1;
      return Promise.resolve({ weight, granted: 1 });
    },
    ...{ settle: () => {}, refund: () => {}, used: () => {}, banned: () => {} },
  });
  try {
    // Not much further: one of the venues tells the newest 720 alone.
    while ((simulator.stats().venues[0]?.elapsedMs ?? 0) < (count + 1) * MINUTE_MS) simulator.step(100);
    const [{ restUrl } = { restUrl: '' }] = simulator.venues;
    const signal = new AbortController().signal;
    const span = { fromMs: epochMs + MINUTE_MS, toMs: epochMs + (count + 1) * MINUTE_MS };
    const minutes = await fetchMinutes(venue, restUrl, symbol, span, { rest, signal });
    const starts = Array.from({ length: count }, (_, index) => span.fromMs + index * MINUTE_MS);
    expect(minutes?.map(({ startMs }) => startMs)).toEqual(starts);
    expect(leases).toBe(requests);
    for (const { low, high, volume } of minutes ?? [])
      expect([Number(low) <= Number(high), Number(volume) >= 0]).toEqual([true, true]);
    const unknown = fetchMinutes(venue, restUrl, 'NONE', span, { rest, signal });
    await expect(unknown).rejects.toMatchObject({ code: 'VENUE_REST' });
  } finally {
    await rest.close();
    await simulator.close();
  }
});
