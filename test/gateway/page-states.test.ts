/** The page where things are not as they should be: no engine, no instrument, hundreds of them, books that are old, an instrument that goes. */
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Gateway } from '../../src/gateway/server.js';
import { Feed } from './feed.js';
import { eventually, startTestGateway } from './harness.js';

const CHROMIUM = process.env['TICKRING_CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const MANY = 500;

const found = existsSync(CHROMIUM);
if (!found && process.env['CI'] !== undefined) throw new Error(`no Chromium at ${CHROMIUM}, and CI must not go without`);
if (!found) console.warn(`SKIPPED: the states of the page are not tested, there is no Chromium at ${CHROMIUM}`);

describe.skipIf(!found)('page', () => {
  let browser: Browser;
  let page: Page;
  let gateway: Gateway | undefined;
  let feed: Feed | undefined;
  const problems: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    await page.context().close();
    await gateway?.stop();
    feed?.close();
    gateway = undefined;
    feed = undefined;
    expect(problems.splice(0)).toEqual([]);
  });

  const open = async (symbols: readonly string[], hash = ''): Promise<Feed> => {
    const made = new Feed(symbols, 16_777_216);
    feed = made;
    for (const symbol of symbols) made.sync(symbol, [['100', '1']], [['101', '1']]);
    gateway = await startTestGateway(made);
    await visit(gateway, hash);
    return made;
  };
  const visit = async ({ url }: Gateway, hash = ''): Promise<void> => {
    page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    page.setDefaultTimeout(30_000);
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`${url}/${hash}`);
  };
  const text = async (selector: string): Promise<string> => (await page.locator(selector).allTextContents())[0] ?? '';
  const state = (symbol: string): Promise<string | null> =>
    page.locator(`.instrument[data-key="binance-usdm.${symbol}"]`).getAttribute('data-state');
  const says = (selector: string, wanted: string): Promise<unknown> =>
    eventually(`${selector} says ${wanted}`, async () => (await text(selector)).includes(wanted));

  it('waits where there is no engine, and shows it once it comes', async () => {
    const made = new Feed(['BTCUSDT']);
    feed = made;
    const [name, nothing] = [`${made.name}-later`, { host: '127.0.0.1', port: 0 }];
    gateway = await startTestGateway(made, {}, { ...nothing, name, shmRoot: made.root });
    await visit(gateway);
    await says('#state', 'engine away');
    await says('#notice', 'The engine is away');
    await says('.empty', 'Waiting for the first instrument');
    await says('.list .none', 'No instruments yet');
    expect(await text('#sync')).toBe('0/0');
    const later = new Feed(['ETHUSDT'], 4_194_304, made.root, name);
    later.sync('ETHUSDT', [['100', '1']], [['101', '1']]);
    await says('.summary h2', 'ETHUSDT');
    await says('#state', 'live');
    await eventually('its book', async () => (await page.locator('.bids .level').count()) > 0);
    later.closeShard();
  });

  it('is whole where an engine follows nothing', async () => {
    const made = await open([]);
    await eventually('an engine', async () => !(await text('#state')).startsWith('connecting'));
    await says('.empty', 'Waiting for the first instrument');
    await says('.list .none', 'No instruments yet');
    for (const key of ['j', 'k', 't', ']', '[']) await page.keyboard.press(key);
    made.tick();
    expect(await page.locator('.latency').count()).toBe(1);
  });

  it(`lists ${MANY} instruments, and follows those that are seen`, async () => {
    const symbols = Array.from({ length: MANY }, (_, index) => `A${String(index).padStart(3, '0')}USDT`);
    const made = await open(symbols);
    await says('.search .count', `${MANY}`);
    await eventually('the first is live', async () => (await state('A000USDT')) === 'live');
    await page.locator('#instruments').evaluate((list) => {
      list.scrollTop = list.scrollHeight;
    });
    await eventually('the last is live', async () => (await state(symbols.at(-1) ?? '')) === 'live');
    expect(await page.locator('.instrument').count()).toBeLessThan(60);
    made.depth('A499USDT', [['100.5', '7']], []);
    await page.locator('.instrument[data-key="binance-usdm.A499USDT"]').click();
    await says('.summary h2', 'A499USDT');
    await eventually('its ladder', async () => (await page.locator('.bids .level').count()) > 0);
    await page.keyboard.press('/');
    await page.keyboard.type('a25');
    await says('.search .count', `10/${MANY}`);
    await eventually('ten rows', async () => (await page.locator('.instrument').count()) === 10);
    await page.keyboard.type('zz');
    await says('.list .none', 'Nothing is called that');
    await says('.summary h2', 'A499USDT');
  });

  it('greys a book that is old, with its levels, and says so in the list and above it', async () => {
    const made = await open(['BTCUSDT', 'ETHUSDT'], '#binance-usdm.ETHUSDT');
    await eventually('live', async () => (await state('ETHUSDT')) === 'live');
    made.depth('ETHUSDT', [['100', '2']], [], 5);
    await eventually('not live', async () => ['resync', 'stale'].includes((await state('ETHUSDT')) ?? ''));
    await eventually('a grey ladder', async () => (await page.locator('.ladder').getAttribute('data-old')) === 'true');
    await says('#notice', 'binance-usdm.ETHUSDT');
    expect(await page.locator('.bids .level').count()).toBeGreaterThan(0);
    expect(await state('BTCUSDT')).toBe('live');
    made.sync('ETHUSDT', [['99', '1']], [['101', '1']]);
    await eventually('live again', async () => (await state('ETHUSDT')) === 'live');
    await eventually('no longer grey', async () => (await page.locator('.ladder').getAttribute('data-old')) === 'false');
  });

  it.each([
    ['that was chosen', '#binance-usdm.ETHUSDT', 'ETHUSDT'],
    ['that is shown because it is the first', '', 'BTCUSDT'],
  ])('keeps an instrument %s on the screen when it is removed, and takes it up when it is back', async (_, hash, symbol) => {
    const made = await open(['BTCUSDT', 'ETHUSDT'], hash);
    await says('.summary h2', symbol);
    await eventually('live', async () => (await state(symbol)) === 'live');
    made.remove(symbol);
    await eventually('gone from the list', async () => (await page.locator('.instrument').count()) === 1);
    await says('.summary .pill', 'removed');
    expect(await text('.summary h2')).toBe(symbol);
    expect(await page.locator('.ladder').getAttribute('data-old')).toBe('true');
    made.add(symbol);
    made.sync(symbol, [['90', '1']], [['91', '1']]);
    await eventually('back in the list', async () => (await state(symbol)) === 'live');
    await says('.summary .pill', 'in sync');
    expect(await text('.summary h2')).toBe(symbol);
    await page.keyboard.press(symbol === 'BTCUSDT' ? 'j' : 'k');
    await says('.summary h2', symbol === 'BTCUSDT' ? 'ETHUSDT' : 'BTCUSDT');
  });

  it('shows nothing of a market when the last one is removed and something else is asked for', async () => {
    const made = await open(['BTCUSDT']);
    await eventually('live', async () => (await state('BTCUSDT')) === 'live');
    made.remove('BTCUSDT');
    await says('.list .none', 'No instruments yet');
    await says('.summary .pill', 'removed');
    await page.evaluate('location.hash = "#binance-usdm.NOSUCH"');
    await says('.empty', 'Waiting for the first instrument');
  });
});
