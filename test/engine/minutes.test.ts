import { afterEach, expect, it } from 'vitest';
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
