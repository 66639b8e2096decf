import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway/server.js';
import type { GatewayConfig } from '../../src/model/config.js';
import { Feed } from './feed.js';
import { eventually, freePort, startTestGateway } from './harness.js';
import { bookOf, type Ladder, ladderOf, ladderOnScreen } from './page-ladder.js';
import { RandomMarket } from './random-market.js';

const CHROMIUM = process.env['TICKRING_CHROMIUM'] ?? '/usr/bin/chromium';
/** A folder to which screenshots are written, for people. */
const SCREENSHOTS = process.env['TICKRING_SCREENSHOTS'];
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
const PRICES = { BTCUSDT: 64_012.4, ETHUSDT: 3_124.5, SOLUSDT: 171.3, BNBUSDT: 588.2 };
/** In the order of the list. */
const SYMBOLS = Object.keys(PRICES).sort();
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

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
  let trading: NodeJS.Timeout | undefined;
  let markets: RandomMarket[];

  const trade = (): void => {
    trading ??= setInterval(() => {
      for (const market of markets) market.step();
    }, 20);
  };
  const pause = (): void => {
    clearInterval(trading);
    trading = undefined;
  };

  beforeAll(async () => {
    feed = new Feed(Object.keys(PRICES));
    markets = Object.entries(PRICES).map(([symbol, price], index) => new RandomMarket(feed, symbol, price, index + 1));
    for (const market of markets) market.sync(200);
    trade();
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
    page.setDefaultTimeout(30_000);
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => !request.url().startsWith(gateway.url) && foreign.push(request.url()));
    await page.goto(gateway.url);
    await page.waitForSelector('.bids .level:nth-child(8)');
  });

  afterAll(async () => {
    pause();
    await context?.close();
    await gateway?.stop();
    feed?.close();
    rmSync(profile, { recursive: true, force: true });
  });

  const shoot = async (name: string): Promise<void> => {
    if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  };
  const texts = (selector: string): Promise<string[]> => page.locator(selector).allTextContents();
  const text = async (selector: string): Promise<string> => (await texts(selector))[0] ?? '';
  const selected = (): Promise<string | null> => page.locator('.instrument[aria-selected="true"]').getAttribute('data-key');
  const allLive = async (): Promise<boolean> => {
    const states = await page.locator('.instrument').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-state')));
    return states.length === SYMBOLS.length && states.every((state) => state === 'live');
  };
  const violations = async (): Promise<string[]> => {
    await page.evaluate(AXE);
    const found = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
    const { violations } = found as { violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] };
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
  };
  /** Waits until the ladder shows the engine's book as it is now, and gives both. */
  const settled = async (symbol: string): Promise<[shown: Ladder, book: Ladder]> => {
    pause();
    const { lastUpdateId } = feed.markets.find((market) => market.symbol === symbol) ?? { lastUpdateId: 0 };
    const shown = await eventually(`${symbol} at ${lastUpdateId}`, async () => {
      const ladder = await ladderOnScreen(page);
      return ladder.updateId === `${lastUpdateId}` && ladder;
    });
    return [shown, ladderOf(bookOf(feed.bookText(symbol)), shown)];
  };

  it('lists every instrument with its price, its change and its state', async () => {
    expect(await texts('.instrument .name b')).toEqual(SYMBOLS);
    await eventually('live rows', allLive);
    await eventually('prices', async () => (await texts('.instrument .last')).every((last) => /^[\d,]+\.\d\d$/.test(last)));
    await eventually('changes', async () => (await texts('.instrument .change')).every((change) => change.endsWith(' %')));
    await eventually('rates', async () => (await texts('.instrument .rate')).every((rate) => /· [\d.]+K?\/s$/.test(rate)));
    await eventually('figures', async () => (await text('#sync')) === '4/4' && (await text('#p50')) !== '–');
    expect(await text('#state')).toBe('live');
    await eventually('itself among the clients', async () => (await text('#clients')) === '1');
  });

  it('shows the ladder, the depth, the tape, latencies by stage, the feeds and the clients', async () => {
    await eventually('trades', async () => (await texts('.print')).length > 3);
    expect(new Set((await texts('.print .side')).map((side) => side.trim()))).toEqual(new Set(['▲ buy', '▼ sell']));
    await eventually('latencies', async () => (await texts('.latency tbody td')).some((cell) => /µs|ms/.test(cell)));
    expect((await texts('.latency tbody th')).length).toBeGreaterThan(1);
    await eventually('bars', async () => (await page.locator('.bucket').count()) > 3);
    expect(await page.locator('.depth canvas').count()).toBe(1);
    expect(await text('.lane-name')).toBe('binance-usdm');
    expect(await page.locator('.lane canvas').getAttribute('aria-label')).toContain('now in sync');
    await eventually('clients', async () => (await texts('.gateway dd'))[0]?.startsWith('1 ') === true);
    await shoot('dark');
  });

  it('shows the books that the engine holds, level by level, at any step', async () => {
    for (const symbol of SYMBOLS) {
      await page.locator(`.instrument[data-key="binance-usdm.${symbol}"]`).click();
      await eventually('its ladder', async () => (await text('.summary h2')) === symbol);
      trade();
      for (const step of ['1', '10', '100']) {
        await page.selectOption('#step', step);
        const [shown, book] = await settled(symbol);
        expect(shown.asks.length).toBeGreaterThan(7);
        expect(shown).toEqual(book);
        trade();
      }
      const best = (await ladderOnScreen(page)).bids[0]?.price;
      await eventually('books that move', async () => (await ladderOnScreen(page)).updateId !== '' && best !== undefined);
    }
  });

  it('shows true books while they change', async () => {
    await page.selectOption('#step', '1');
    // Every change from here on is this test's own, so that each book that can be on the screen is known.
    pause();
    const known = new Map<string, string>();
    const market = feed.markets.find(({ symbol }) => symbol === SYMBOLS.at(-1));
    if (market === undefined) throw new Error('no market');
    const compared = new Set<string>();
    await eventually('ten books', async () => {
      for (const each of markets) each.step();
      known.set(`${market.lastUpdateId}`, feed.bookText(market.symbol));
      const shown = await ladderOnScreen(page);
      const text = known.get(shown.updateId);
      if (text === undefined) return false;
      expect(shown).toEqual(ladderOf(bookOf(text), shown));
      compared.add(shown.updateId);
      return compared.size >= 10;
    });
  });

  it('is used by keys alone', async () => {
    trade();
    const keys = SYMBOLS.map((symbol) => `binance-usdm.${symbol}`);
    await page.locator('.instrument').first().click();
    for (const [key, now] of [
      ['j', keys[1]],
      ['ArrowDown', keys[2]],
      ['k', keys[1]],
      ['ArrowUp', keys[0]],
      ['ArrowUp', keys[0]],
    ] as const) {
      await page.keyboard.press(key);
      await eventually(`${now} after ${key}`, async () => (await selected()) === now);
    }
    await page.keyboard.press('/');
    await page.keyboard.type('sol');
    await eventually('the list is filtered', async () => (await texts('.instrument .name b')).join() === 'SOLUSDT');
    await page.keyboard.press('ArrowDown');
    await eventually('SOLUSDT', async () => (await text('.summary h2')) === 'SOLUSDT');
    await page.keyboard.press('Escape');
    await eventually('all again', async () => (await texts('.instrument')).length === SYMBOLS.length);
    expect(await page.evaluate('document.activeElement.id')).toBe('instruments');
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open] kbd');
    await shoot('help');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    const theme = (): Promise<unknown> => page.evaluate('document.documentElement.dataset.theme');
    expect(await theme()).toBe('dark');
    await page.keyboard.press('t');
    expect(await theme()).toBe('light');
    await page.keyboard.press('t');
    const step = await page.locator('.ladder-rows').getAttribute('data-step');
    await page.keyboard.press(']');
    await eventually('coarser', async () => (await page.locator('.ladder-rows').getAttribute('data-step')) !== step);
    const focused = new Map<string, string>();
    const focus =
      '[document.activeElement, getComputedStyle(document.activeElement)].flatMap((one, at) => at ? one.outlineStyle : one.tagName + one.className + one.id)';
    // From the list once around the page, whatever number of stages there are.
    for (let press = 0; press < 100 && !focused.has('DIVlistinstruments'); press += 1) {
      await page.keyboard.press('Tab');
      const [name, outline] = (await page.evaluate(focus)) as [string, string];
      if (name !== 'BODY') focused.set(name, outline);
    }
    expect([...focused.keys()]).toEqual(
      expect.arrayContaining([
        'SELECTstep',
        'SECTIONtape-rows',
        'BUTTONstage',
        'OLevents',
        'INPUTfilter',
        'DIVlistinstruments',
      ]),
    );
    expect(new Set(focused.values())).toEqual(new Set(['solid']));
  });

  it('has nothing that axe finds wrong, in dark, in light, on a phone, and no sideways scroll there', async () => {
    expect(await violations()).toEqual([]);
    await page.keyboard.press('t');
    await eventually('light', async () => (await page.evaluate('document.documentElement.dataset.theme')) === 'light');
    expect(await violations()).toEqual([]);
    await shoot('light');
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await violations()).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    await shoot('phone-light');
    await page.keyboard.press('t');
    await shoot('phone');
    if (SCREENSHOTS !== undefined) await page.screenshot({ path: join(SCREENSHOTS, 'phone-whole.png'), fullPage: true });
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('tells gaps and resyncs', async () => {
    pause();
    feed.depth('BTCUSDT', [], [], 5);
    await eventually('a gap in the log', async () => (await texts('.events li')).some((line) => /gap.*BTCUSDT/.test(line)));
    await eventually('a gap in the lane', async () => Number(await text('.lane-count')) > 0);
    const row = page.locator('.instrument[data-key="binance-usdm.BTCUSDT"]');
    await eventually('not in sync', async () => (await row.getAttribute('data-state')) !== 'live');
    await shoot('gap');
    markets[0]?.sync(200);
    await eventually('live again', allLive);
    await eventually('told so', async () => (await texts('.events li')).some((line) => /in sync.*BTCUSDT/.test(line)));
    trade();
  });

  it('says when the engine stops and when it is back', async () => {
    pause();
    feed.closeShard();
    await eventually('notice', async () => (await text('#state')) === 'engine closed');
    await eventually('stale ladder', async () => (await page.locator('.ladder').getAttribute('data-old')) === 'true');
    expect(await text('#notice')).toContain('The engine is closed');
    await shoot('engine-away');
    feed.restart();
    for (const market of markets) market.sync(200);
    trade();
    await eventually('live again', async () => (await text('#state')) === 'live');
    await eventually('live rows', allLive);
  });

  it('comes back by itself when the gateway was away, and says meanwhile that all is old', async () => {
    await gateway.stop();
    await eventually('reconnecting', async () => (await text('#state')) === 'reconnecting…');
    await eventually('said so', async () => (await text('#notice')).startsWith('Reconnecting…'));
    expect(await page.locator('.page').getAttribute('data-offline')).toBe('true');
    expect(await page.locator('.ladder').getAttribute('data-old')).toBe('true');
    await shoot('gateway-away');
    gateway = await startTestGateway(feed, {}, config);
    await eventually('live again', async () => (await text('#state')) === 'live');
    await eventually('live rows', allLive);
    const symbol = await text('.summary h2');
    const [shown, book] = await settled(symbol);
    expect(shown).toEqual(book);
  });

  it('keeps no more than it shows: elements and listeners stay the same however long it runs', async () => {
    trade();
    const session = await context.newCDPSession(page);
    const counts = async (): Promise<{ nodes: number; listeners: number }> => {
      await session.send('HeapProfiler.collectGarbage');
      const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
      return { nodes, listeners: jsEventListeners };
    };
    await eventually('a full tape', async () => (await page.locator('.print').count()) === 60);
    const before = await counts();
    const first = await text('.print:first-child');
    await eventually('many updates later', async () => {
      for (const market of markets) for (let step = 0; step < 20; step += 1) market.step();
      return (await text('.print:first-child')) !== first && Number(await page.locator('.print').count()) === 60;
    });
    for (let turn = 0; turn < 40; turn += 1) await page.keyboard.press(turn % 2 === 0 ? 'j' : 'k');
    await eventually('a full tape', async () => (await page.locator('.print').count()) > 0);
    const after = await counts();
    expect(after.listeners).toBeLessThan(before.listeners + 100);
    expect(after.nodes).toBeLessThan(before.nodes * 2);
  });

  it('breaks no content policy, throws nothing and asks nobody else', () => {
    const own = problems.filter((problem) => !/ERR_CONNECTION_REFUSED|WebSocket connection/.test(problem));
    expect(own).toEqual([]);
    expect(foreign.filter((url) => !url.startsWith(gateway.url.replace('http', 'ws')))).toEqual([]);
  });
});
