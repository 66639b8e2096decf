/** Configuration of several lines of a feed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoadedConfig, loadConfig, printConfig } from '../../src/cli/config.js';
import { TickringError } from '../../src/model/errors.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-config-lines-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(yaml: string): string {
  const file = join(folder, 'tickring.yaml');
  writeFileSync(file, yaml);
  return file;
}

function load(yaml: string, env: Record<string, string> = {}): LoadedConfig {
  return loadConfig({ file: fileOf(yaml), env });
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

test('config: a feed has the alternates that its venue documents, or those that are named', () => {
  const feed = (more: string, venue = 'binance-spot') => load(`feeds: [{venue: ${venue}, symbols: [BTCUSDT]${more}}]`).config;
  const [own] = feed('').engine.feeds;
  expect(own?.wsAlternates).toEqual(['wss://stream.binance.com', 'wss://data-stream.binance.vision']);
  expect(own?.restAlternates).toContain('https://api4.binance.com');
  expect(feed('', 'bybit-spot').engine.feeds[0]).toMatchObject({ restAlternates: ['https://api.bytick.com'] });
  const urls = ', ws_url: "ws://h:1", rest_url: "http://h:1"';
  expect(feed(urls).engine.feeds[0]).not.toHaveProperty('wsAlternates');
  const none = feed(', alternate_ws_urls: [], alternate_rest_urls: []');
  expect(none.engine.feeds[0]).not.toHaveProperty('restAlternates');
  const named = feed(`${urls}, alternate_ws_urls: ["wss://u:canary@h:2/"], alternate_rest_urls: ["http://h:3"]`);
  expect(named.engine.feeds[0]).toMatchObject({ wsAlternates: ['wss://u:canary@h:2'], restAlternates: ['http://h:3'] });
  expect(printConfig(named)).not.toContain('canary');
  for (const config of [feed(''), none]) expect(load(printConfig(config)).config).toEqual(config);
  const env = { TICKRING_FEEDS_0_ALTERNATE_WS_URLS: 'ws://h:1, ws://h:2' };
  const yaml = 'feeds: [{venue: binance-spot, symbols: [BTCUSDT]}]';
  expect(load(yaml, env).config.engine.feeds[0]?.wsAlternates).toEqual(['ws://h:1', 'ws://h:2']);
  const refusal = problems('feeds: [{venue: binance-spot, symbols: [BTCUSDT], alternate_rest_urls: ["http://h/api"]}]');
  expect(refusal[0]).toContain('feeds.0.alternate_rest_urls.0 http://h/api is no address');
});

test('config: a feed has up to four lines, each with an address of its own if need be', () => {
  const feeds = (more: string, venue = 'binance-spot'): string => `feeds: [{venue: ${venue}, symbols: [BTC-USD], ${more}}]`;
  const addresses = (count: number): string =>
    `line_ws_urls: [${Array.from({ length: count }, (_, line) => `"wss://u:canary@h:${line + 1}"`).join(', ')}]`;
  expect(load(feeds('lines: 1')).config.engine.feeds[0]).not.toHaveProperty('lines');
  const { config } = load(feeds('lines: 2'));
  expect(config.engine.feeds[0]).toMatchObject({ lines: 2, wsUrl: 'wss://stream.binance.com:9443' });
  expect(load(printConfig(config)).config).toEqual(config);
  const own = load(feeds(`lines: 3, ${addresses(2)}`)).config;
  expect(own.engine.feeds[0]).toMatchObject({ lines: 3, lineWsUrls: ['wss://u:canary@h:1', 'wss://u:canary@h:2'] });
  expect(printConfig(own)).toContain('wss://***@h:2');
  expect(printConfig(own)).not.toContain('canary');
  const env = { TICKRING_FEEDS_0_LINES: '2', TICKRING_FEEDS_0_LINE_WS_URLS: 'ws://h:1, ws://h:2' };
  expect(load(feeds(''), env).config.engine.feeds[0]).toMatchObject({ lines: 2, lineWsUrls: ['ws://h:1', 'ws://h:2'] });

  const place = 'tickring.yaml:1: feeds.0';
  expect(problems(feeds('lines: 5'))).toEqual([`${place}.lines 5 exceeds 4`]);
  expect(problems(feeds('lines: 0'))).toEqual([`${place}.lines 0 is below 1`]);
  expect(problems(feeds('lines: 1.5'))[0]).toContain(`${place}.lines 1.5 `);
  expect(problems(feeds('lines: many'))[0]).toContain(`${place}.lines many is no number`);
  expect(problems(feeds(`lines: 2, ${addresses(3)}`))).toEqual([`${place}.line_ws_urls has 3 addresses, lines is 2`]);
  expect(problems(feeds(addresses(2)))).toEqual([`${place}.line_ws_urls has 2 addresses, lines is 1`]);
  expect(problems(feeds('lines: 2, line_ws_urls: []'))[0]).toContain(`${place}.line_ws_urls`);
  for (const address of ['https://h', 'wss://h/ws', 'h:1'])
    expect(problems(feeds(`lines: 2, line_ws_urls: ["wss://h", "${address}"]`))[0]).toContain(
      `${place}.line_ws_urls.1 ${address} is no address`,
    );
  expect(problems(feeds(''), { TICKRING_FEEDS_0_LINES: '9' })).toEqual([
    'environment TICKRING_FEEDS_0_LINES: feeds.0.lines 9 exceeds 4',
  ]);
});

test('config: a venue whose numbers do not tell two connections apart has one line', () => {
  const feeds = (venue: string): string => `feeds: [{venue: ${venue}, symbols: [BTC-USD], lines: 2}]`;
  const place = 'tickring.yaml:1: feeds.0.lines 2 exceeds 1';
  expect(problems(feeds('coinbase'))).toEqual([`${place} for coinbase: its numbers count the messages of one connection`]);
  expect(problems(feeds('kraken-spot'))).toEqual([`${place} for kraken-spot: its messages of a book have no numbers`]);
});

test('config: the retired address is replaced in the addresses of lines, too', () => {
  const { config, warnings } = load(
    'feeds:\n  - {venue: binance-usdm, symbols: [BTCUSDT], lines: 2, line_ws_urls: ["wss://fstream.binance.com/stream"]}',
  );
  expect(config.engine.feeds[0]?.lineWsUrls).toEqual(['wss://fstream.binance.com']);
  expect(warnings.join()).toMatch(/feeds\.0\.line_ws_urls\.0 wss:.* no longer carries data/);
});
