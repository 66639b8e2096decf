/** Configuration of what looks at events: rules of validation, and views of several venues. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoadedConfig, loadConfig, printConfig } from '../../src/cli/config.js';
import { TickringError } from '../../src/model/errors.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-config-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(yaml: string): string {
  const file = join(folder, 'tickring.yaml');
  writeFileSync(file, yaml);
  return file;
}

function load(yaml: string, env: Record<string, string> = {}, flags: Record<string, unknown> = {}): LoadedConfig {
  return loadConfig({ file: fileOf(yaml), env, flags });
}

/** All problems of a configuration, without the folder. */
function problems(yaml: string, env: Record<string, string> = {}): string[] {
  try {
    load(yaml, env);
  } catch (error) {
    if (!(error instanceof TickringError) || error.code !== 'CONFIG_INVALID') throw error;
    const all = (error.context['problems'] as string[] | undefined) ?? [error.message];
    return all.map((text) => text.replaceAll(`${folder}/`, ''));
  }
  return [];
}

const FEED = ['feeds:', '  - venue: binance-spot', '    symbols: [BTCUSDT, ETHUSDT]'];

test('config: rules of validation go from all feeds to a feed to a symbol, key by key, and are printed as they are', () => {
  const yaml = [
    'validation: {spread_bps: 100, time_back_ms: 7}',
    ...FEED,
    '    validation:',
    '      time_back_ms: 8',
    '      symbols: {btcusdt: {price_min: "0.5", completeness: 0.5}}',
  ].join('\n');
  const { config } = load(yaml);
  expect(config.engine.validation?.rules).toMatchObject({ spreadBps: 100, timeBackMs: 7, completenessPpm: 990_000 });
  const { rules, symbols } = config.engine.feeds[0]?.validation ?? { rules: null, symbols: {} };
  expect(rules).toMatchObject({ spreadBps: 100, timeBackMs: 8, outlierMads: 12 });
  expect(symbols).toEqual({ BTCUSDT: { ...rules, priceMin: '0.5', completenessPpm: 500_000 } });
  expect(load(printConfig(config)).config).toEqual(config);
});

test("config: small letters beside capitals are the venue's own, alone they are taken for capitals", () => {
  const yaml = [
    'feeds:',
    '  - {venue: kraken-futures, symbols: [PF_AAPLxUSD, pf_xbtusd], validation: {symbols: {PF_AAPLxUSD: {spread_bps: 5}}}}',
    '  - {venue: deribit, symbols: [XRP_USDC-26DEC25-2d5-C]}',
    '  - {venue: coinbase, symbols: [aapl-usd]}',
    'views: [{symbol: aapl, legs: [{venue: kraken-futures, symbol: PF_AAPLxUSD, multiplier: "1"}, {venue: coinbase, symbol: aapl-usd}]}]',
  ].join('\n');
  const { config } = load(yaml);
  expect(config.engine.feeds.map(({ symbols }) => symbols)).toEqual([
    ['PF_AAPLxUSD', 'PF_XBTUSD'],
    ['XRP_USDC-26DEC25-2d5-C'],
    ['AAPL-USD'],
  ]);
  expect(Object.keys(config.engine.feeds[0]?.validation?.symbols ?? {})).toEqual(['PF_AAPLxUSD']);
  expect(config.engine.views?.[0]?.legs.map(({ symbol }) => symbol)).toEqual(['PF_AAPLxUSD', 'AAPL-USD']);
  expect(load(printConfig(config)).config).toEqual(config);
});

test('config: rules that can never be met, or that nobody has, are refused', () => {
  const refusal = (lines: readonly string[]) => problems(lines.join('\n'))[0];
  const bounds = ['validation: {price_min: "10.5"}', ...FEED, '    validation: {price_max: "10.25"}'];
  expect(refusal(bounds)).toBe('tickring.yaml:3: feeds.0.validation: price_min 10.5 exceeds price_max 10.25');
  const foreign = [...FEED, '    validation: {symbols: {NOPEUSDT: {spread_bps: 5}}}'];
  expect(refusal(foreign)).toBe('tickring.yaml:2: feeds.0.validation.symbols names NOPEUSDT, which the feed does not follow');
});

test('config: a leg of a view has a book, of a simulated venue too', () => {
  const view = (symbol: string) =>
    `views: [{symbol: X, legs: [{venue: binance-spot, symbol: BTCUSDT}, {venue: binance-usdm, symbol: ${symbol}}]}]`;
  expect(load(view('BTCUSDT')).config.engine.views).toHaveLength(1);
  expect(problems(view('NOPE'))[0]).toMatch(/views\.0\.legs\.1\.symbol NOPE is in no feed of binance-usdm$/);
  const feed = (venue: string, channel: string) => `  - {venue: ${venue}, symbols: [BTCUSDT], channels: [${channel}]}`;
  const lines = ['feeds:', feed('binance-spot', 'book'), feed('binance-usdm', 'trade'), view('BTCUSDT')];
  expect(problems(lines.join('\n'))[0]).toMatch(/legs\.1\.symbol BTCUSDT has no books: the feed of binance-usdm /);
});

test('config: a view follows one leg at a time where it says so, and may wait longer for it', () => {
  const legs = 'legs: [{venue: binance-spot, symbol: BTCUSDT}, {venue: binance-usdm, symbol: BTCUSDT}]';
  const views = (more: string) => load(`views: [{symbol: X, ${more}${legs}}]`).config;
  expect(views('').engine.views?.[0]).toMatchObject({ toleranceMs: 100 });
  expect(views('').engine.views?.[0]?.failover).toBeUndefined();
  expect(views('mode: failover, ').engine.views?.[0]).toMatchObject({ failover: { holdMs: 5_000 }, toleranceMs: 3_000 });
  const config = views('mode: failover, hold_ms: 0, sync_tolerance_ms: 700, ');
  expect(config.engine.views?.[0]).toMatchObject({ failover: { holdMs: 0 }, toleranceMs: 700 });
  expect(load(printConfig(config)).config.engine.views).toEqual(config.engine.views);
  const refusal = (more: string) => problems(`views: [{symbol: X, ${more}${legs}}]`)[0];
  expect(refusal('hold_ms: 7, ')).toMatch(/:1: views\.0\.hold_ms 7 is of views with mode failover; this one has mode merge$/);
  expect(refusal('mode: best, ')).toMatch(/views\.0\.mode best /);
  expect(refusal('mode: failover, hold_ms: 3600001, ')).toMatch(/views\.0\.hold_ms 3600001 exceeds 3600000$/);
});

test('config: validation is switched off for all, and on for a feed', () => {
  const { config } = load(['validation: {enabled: false}', ...FEED, '    validation: {enabled: true}'].join('\n'));
  expect(config.engine.validation).toBeNull();
  expect(config.engine.feeds[0]?.validation?.rules.spreadBps).toBe(500);
});

test('config: a rule that cannot be is refused with its line, key, value and limit', () => {
  const yaml = ['validation:', '  completeness: 1.5', '  price_max: "0.0"', ...FEED, '    validation: {spread: 1}'].join('\n');
  expect(problems(yaml)).toEqual([
    'tickring.yaml:2: validation.completeness 1.5 exceeds 1',
    'tickring.yaml:3: validation.price_max 0.0 is no price above 0 as decimal text, in quotes',
    expect.stringMatching(/^tickring\.yaml:7: unknown key feeds\.0\.validation\.spread, known are price_min, /),
  ]);
});
