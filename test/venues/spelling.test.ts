/** What a venue's contract says in its own spelling: sizes and minutes. */
import { describe, expect, it } from 'vitest';
import { sizesOf, type Venue } from '#dist/model/venue.js';
import { venueByName } from '#dist/venues/index.js';

describe('what a size counts', () => {
  it.each([
    ['kraken-futures', 'PI_XBTUSD', 'quote'],
    ['kraken-futures', 'FI_ETHUSD_210730', 'quote'],
    ['kraken-futures', 'PF_XBTUSD', 'base'],
    ['deribit', 'BTC-PERPETUAL', 'quote'],
    ['deribit', 'BTC_USDC-PERPETUAL', 'base'],
    ['deribit', 'BTC-27AUG26-100000-C', 'base'],
    ['bybit-inverse', 'BTCUSD', 'quote'],
    ['okx-swap', 'BTC-USDT-SWAP', 'contracts'],
    ['binance-spot', 'BTCUSDT', 'base'],
  ])('%s: of %s the %s', (name, symbol, unit) => {
    expect(sizesOf(venueByName(name) as Venue, symbol)).toBe(unit);
  });
});

describe('minutes as venues spell them', () => {
  const minutes = (name: string) => {
    const venue = venueByName(name);
    if (venue?.minutes === undefined) throw new Error(`no minutes of ${name}`);
    return venue.minutes;
  };

  it('deribit: futures settled in the coin count USD, all else the coin, and small numbers have no exponent', () => {
    const column = { open: [1e-7], high: [2.5], low: [1e-7], close: [2], volume: [2.94375216], cost: [257_490] };
    const result = { status: 'ok', ticks: [1_766_483_460_000], ...column };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 2, result, usIn: 1, usOut: 2, usDiff: 1, testnet: false });
    const told = { startMs: 1_766_483_460_000, open: '0.0000001', high: '2.5', low: '0.0000001', close: '2', count: 0 };
    for (const symbol of ['BTC-PERPETUAL', 'ETH-27AUG26'])
      expect(minutes('deribit').read(body, symbol)).toEqual([{ ...told, volume: '257490' }]);
    for (const symbol of ['BTC_USDC-PERPETUAL', 'BTC_USDC', 'BTC-27AUG26-100000-C', 'ETH-27AUG26-4000-P'])
      expect(minutes('deribit').read(body, symbol)).toEqual([{ ...told, volume: '2.94375216' }]);
    expect(() => minutes('deribit').read(body.replace('[257490]', '[]'), 'BTC-PERPETUAL')).toThrow('ends before its minute 0');
    const none = { status: 'no_data', ticks: [], open: [], high: [], low: [], close: [], volume: [], cost: [] };
    expect(minutes('deribit').read(JSON.stringify({ result: none }), 'X')).toEqual([]);
  });

  it('kraken: asked for by the old names of assets, from the minute that is wanted on', () => {
    const { path } = minutes('kraken-spot').request('DOGE/BTC', 1_762_777_200_000, 1_762_777_260_000);
    expect(path).toBe('/0/public/OHLC?pair=XDGXBT&interval=1&since=1762777140');
    const row = [1_762_777_200, '106038.1', '106044.3', '106038.1', '106040.1', '106039.6', '0.08317981', 3];
    const body = { error: [], result: { XXBTZUSD: [row], last: 1_762_777_140 } };
    const told = { startMs: 1_762_777_200_000, open: '106038.1', high: '106044.3', low: '106038.1', close: '106040.1' };
    expect(minutes('kraken-spot').read(JSON.stringify(body), 'BTC/USD')).toEqual([{ ...told, volume: '0.08317981', count: 3 }]);
    const two = { error: [], result: { ...body.result, XETHZUSD: [] } };
    expect(() => minutes('kraken-spot').read(JSON.stringify(two), 'BTC/USD')).toThrow('2 pairs');
  });

  it('kraken-futures: bounds are seconds, and rows tell what sizes count', () => {
    const { path } = minutes('kraken-futures').request('PI_XBTUSD', 1_731_715_200_000, 1_731_715_320_000);
    expect(path).toBe('/api/charts/v1/trade/PI_XBTUSD/1m?from=1731715200&to=1731715319');
    const row = { time: 1_731_715_200_000, open: '91069', high: '91373.5', low: '90956', close: '91045.5', volume: '319499' };
    const { time, ...told } = row;
    const body = JSON.stringify({ candles: [row], more_candles: false });
    expect(minutes('kraken-futures').read(body, 'PI_XBTUSD')).toEqual([{ ...told, startMs: time, count: 0 }]);
  });

  it('okx: the bounds of a request are left out by the venue, and its rows come in either order', () => {
    const { path } = minutes('okx-swap').request('BTC-USDT-SWAP', 1_625_097_600_000, 1_625_097_720_000);
    expect(path).toContain('&before=1625097599999&after=1625097720000&');
    const row = (start: number) => [String(start), '2', '3', '1', '2.5', '778.838', '0', '0', '1'];
    const rows = [row(1_625_097_660_000), row(1_625_097_600_000)];
    for (const data of [rows, rows.toReversed()])
      expect(minutes('okx-swap').read(JSON.stringify({ code: '0', msg: '', data }), 'X')).toEqual([
        { startMs: 1_625_097_600_000, open: '2', high: '3', low: '1', close: '2.5', volume: '778.838', count: 0 },
        { startMs: 1_625_097_660_000, open: '2', high: '3', low: '1', close: '2.5', volume: '778.838', count: 0 },
      ]);
  });
});
