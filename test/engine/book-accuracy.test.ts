/** N9: copies of live books are fetched and compared; what the stream told wrong is measured, and what lasts is rebuilt. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VenueName } from '#dist/simulator/index.js';
import { eventually, Rig } from './rig.js';

const SHARE = 0.05;
/** Two symbols of each venue, and how many audits are waited for. */
const VENUES: readonly (readonly [VenueName, readonly [string, string], number])[] = [
  ['binance-spot', ['BTCUSDT', 'ETHUSDT'], 4],
  ['backpack', ['BTC_USDC_PERP', 'SOL_USDC'], 2],
  ['bybit-linear', ['BTCUSDT', 'ETHUSDT'], 2],
  ['okx-swap', ['BTC-USDT-SWAP', 'ETH-USDT-SWAP'], 4],
  ['deribit', ['BTC-PERPETUAL', 'ETH-PERPETUAL'], 2],
  ['kraken-futures', ['PI_XBTUSD', 'PF_ETHUSD'], 2],
  ['kraken-spot', ['BTC/USD', 'ETH/USD'], 2],
  ['coinbase', ['BTC-USD', 'ETH-USD'], 2],
];
/** Of a venue with checksums these tell first, and no book lasts until it is looked at. */
const PROVEN: readonly VenueName[] = ['kraken-spot'];

describe.each(VENUES)('%s', (venue, symbols, count) => {
  let rig: Rig;
  beforeAll(async () => {
    const ids = { ownIds: venue === 'kraken-spot', renumbers: venue === 'coinbase' };
    rig = await Rig.start({ config: { shards: 1 }, simulator: { venues: [venue], symbols }, ...ids });
  });
  afterAll(() => rig?.stop());

  const figures = async () => ({
    audits: await rig.counter('audits'),
    levels: await rig.counter('audit_levels'),
    different: await rig.counter('audit_different'),
  });

  it('a true stream is 100 % of what the venue says', async () => {
    await eventually('audits', async () => (await rig.counter('audits')) >= count);
    const { levels, different } = await figures();
    expect(levels).toBeGreaterThan(count * 50);
    expect(different).toBe(0);
    expect(await rig.counter('resyncs')).toBe(0);
  });

  it.skipIf(PROVEN.includes(venue))(
    'wrong quantities are measured, and books in which they last are rebuilt with their code',
    async () => {
      const before = await figures();
      rig.inject('corrupt', { share: SHARE, n: 1_000_000 });
      await eventually('audits', async () => (await rig.counter('audits')) >= before.audits + 2 * count);
      const { levels, different } = await figures();
      const measured = (different - before.different) / (levels - before.levels);
      // Levels that did not change since are true still, so that less is wrong in a book than in its stream; far more cannot be.
      expect(measured).toBeGreaterThan(0);
      expect(measured).toBeLessThan(SHARE + 5 * Math.sqrt(SHARE / (levels - before.levels)));
      await eventually('a difference that lasts', async () => (await rig.counter('resyncs')) > 0);
    },
  );
});
