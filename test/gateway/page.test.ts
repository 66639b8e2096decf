import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway/server.js';
import type { GatewayConfig } from '../../src/model/config.js';
import { Feed } from './feed.js';
import { eventually, freePort, startTestGateway } from './harness.js';
import { RandomMarket } from './random-market.js';

const CHROMIUM = process.env['TICKRING_CHROMIUM'] ?? '/usr/bin/chromium';
/** A folder to which screenshots are written, for people. */
const SCREENSHOTS = process.env['TICKRING_SCREENSHOTS'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
const PRICES = { BTCUSDT: 64_012.4, ETHUSDT: 3_124.5, SOLUSDT: 171.3, BNBUSDT: 588.2 };

const found = existsSync(CHROMIUM);
if (!found && process.env['CI'] !== undefined) throw new Error(`no Chromium at ${CHROMIUM}, and CI must not go without`);
if (!found) console.warn(`SKIPPED: the page is not tested, there is no Chromium at ${CHROMIUM}`);

describe.skipIf(!found)('page', () => {
  const profile = mkdtempSync(join(tmpdir(), 'tickring-page-'));
  const problems: string[] = [];
  const foreign: string[] = [];
  let feed: Feed;
  let config: GatewayConfig;
  let gateway: Gateway;
  let context: BrowserContext;
  let page: Page;
  let trading: NodeJS.Timeout;

  beforeAll(async () => {
    feed = new Feed(Object.keys(PRICES));
    const markets = Object.entries(PRICES).map(([symbol, price], index) => new RandomMarket(feed, symbol, price, index + 1));
    for (const market of markets) market.sync(200);
    trading = setInterval(() => {
      for (const market of markets) market.step();
    }, 20);
    config = { name: feed.name, shmRoot: feed.root, host: '127.0.0.1', port: await freePort() };
    gateway = await startTestGateway(feed, {}, config);
    context = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      headless: true,
      args: [...FLAGS, ...QUIET],
      viewport: { width: 1440, height: 900 },
      colorScheme: 'dark',
    });
    page = context.pages()[0] ?? (await context.newPage());
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => !request.url().startsWith(gateway.url) && foreign.push(request.url()));
    await page.goto(gateway.url);
    await page.waitForSelector('.card .bid:nth-child(14) .price:not(:empty)');
  });

  afterAll(async () => {
    clearInterval(trading);
    await context?.close();
    await gateway?.stop();
    feed?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  const shoot = async (name: string): Promise<void> => {
    if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  };
  const texts = (selector: string): Promise<string[]> => page.locator(selector).allTextContents();
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2_500));

  it('shows a card with ten levels a side for every symbol', async () => {
    expect((await texts('.card h2')).sort()).toEqual(Object.keys(PRICES).sort());
    for (const symbol of Object.keys(PRICES)) {
      const card = `.card[data-topic="binance-usdm.${symbol}"]`;
      await eventually(
        `${symbol} has trades`,
        async () => (await texts(`${card} .tape .price`)).filter((text) => text !== '').length > 3,
      );
      const asks = (await texts(`${card} .ask .price`)).map((text) => Number(text.replaceAll(',', '')));
      const bids = (await texts(`${card} .bid .price`)).map((text) => Number(text.replaceAll(',', '')));
      expect(asks).toHaveLength(10);
      expect(bids).toHaveLength(10);
      const ladder = [...asks, ...bids];
      expect(ladder).toEqual([...ladder].sort((a, b) => b - a));
    }
    await eventually('live cards', async () => (await texts('.card .pill')).every((text) => text === 'live'));
    await eventually('figures', async () => (await texts('#sync'))[0] === '4 of 4' && (await texts('#p50'))[0] !== '–');
    await eventually('live', async () => (await texts('#state'))[0] === 'live');
    await settled();
    await shoot('dark');
  });

  it('is readable on a phone and in light, without scrolling sideways', async () => {
    await page.emulateMedia({ colorScheme: 'light' });
    await shoot('light');
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    await shoot('phone');
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('says when the engine stops and when it is back', async () => {
    clearInterval(trading);
    feed.closeShard();
    await eventually('notice', async () => (await texts('#state'))[0] === 'engine closed');
    await eventually('stale cards', async () => (await texts('.card .pill')).every((text) => text === 'stale'));
    await shoot('engine-away');
    feed.restart();
    for (const [index, [symbol, price]] of Object.entries(PRICES).entries())
      new RandomMarket(feed, symbol, price, index).sync(50);
    await eventually('live again', async () => (await texts('#state'))[0] === 'live');
    await eventually('live cards', async () => (await texts('.card .pill')).every((text) => text === 'live'));
  });

  it('comes back by itself when the gateway was away', async () => {
    await gateway.stop();
    await eventually('disconnected', async () => (await texts('#state'))[0] === 'disconnected');
    expect(new Set(await texts('.card .pill'))).toEqual(new Set(['stale']));
    gateway = await startTestGateway(feed, {}, config);
    await eventually('live again', async () => (await texts('#state'))[0] === 'live');
    await eventually('live cards', async () => (await texts('.card .pill')).every((text) => text === 'live'));
  });

  it('breaks no content policy, throws nothing and asks nobody else', () => {
    const own = problems.filter((text) => !/ERR_CONNECTION_REFUSED|WebSocket connection|503/.test(text));
    expect(own).toEqual([]);
    expect(foreign.filter((url) => !url.startsWith('ws://127.0.0.1'))).toEqual([]);
  });
});
