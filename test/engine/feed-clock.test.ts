/** N7 on a simulated venue: its time is asked for over REST, and messages are held against it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually, Rig } from './rig.js';

const OFFSET_MS = 7_000;

let rig: Rig;
beforeAll(async () => {
  // The simulated venue's clock begins so far ahead of ours.
  rig = await Rig.start({
    config: { shards: 1 },
    simulator: { venues: ['binance-spot'], symbols: ['BTCUSDT'], epochMs: Date.now() + OFFSET_MS },
  });
});
afterAll(() => rig?.stop());

it('a venue whose clock is ahead is known to be, within the bound that is told, and nothing of its data is dropped', async () => {
  const clock = await eventually('an exchange', async () => {
    const { connections } = await rig.status();
    return connections.find(({ clock }) => clock?.errorNs != null)?.clock ?? undefined;
  });
  // The simulated clock runs with ours but for the steps that it is late: a generous second either way.
  expect(clock.offsetNs / 1e6).toBeGreaterThan(OFFSET_MS - 1_000);
  expect(clock.offsetNs / 1e6).toBeLessThan(OFFSET_MS + 1_000);
  expect(clock.errorNs).toBeGreaterThan(0);
  await rig.inSync();
  for (const name of ['quarantined', 'gaps', 'resyncs']) expect(await rig.counter(name)).toBe(0);
});
