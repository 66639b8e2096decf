/** The page of a gateway where everybody needs a key. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { newKey } from '../../src/gateway/keys.js';
import type { Gateway } from '../../src/gateway/server.js';
import { ask, KeyChain, makeCertificate, startWith } from './access-harness.js';
import { Feed } from './feed.js';
import { eventually } from './harness.js';

const CHROMIUM = process.env['TICKRING_CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const SYMBOL = 'BTCUSDT';

const found = existsSync(CHROMIUM);
if (!found && process.env['CI'] !== undefined) throw new Error(`no Chromium at ${CHROMIUM}, and CI must not go without`);
if (!found) console.warn(`SKIPPED: the page's keys are not tested, there is no Chromium at ${CHROMIUM}`);

const folder = mkdtempSync(join(tmpdir(), 'tickring-page-key-'));
let feed: Feed;
let keys: KeyChain;
let gateway: Gateway;
let plain: Gateway;
/** Made before the gateways start: they look at the file only now and then. */
const made: Record<'reader' | 'other' | 'pageRevoked' | 'revoked' | 'ingester', { key: string; id: string }> =
  Object.create(null);
beforeAll(async () => {
  feed = new Feed([SYMBOL]);
  feed.sync(SYMBOL, [['100', '1']], [['101', '1']]);
  keys = new KeyChain();
  for (const name of ['reader', 'other', 'pageRevoked', 'revoked'] as const) made[name] = keys.add(['read']);
  made.ingester = keys.add(['ingest']);
  // Behind a proxy nobody counts as local, so this host will do for another one.
  gateway = await startWith(feed, { stateDir: keys.stateDir, behindProxy: true, tls: makeCertificate(folder) });
  plain = await startWith(feed, { stateDir: keys.stateDir, behindProxy: true });
});
afterAll(async () => {
  await gateway?.stop();
  await plain?.stop();
  keys.close();
  feed.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!found)('page with keys', () => {
  let browser: Browser;
  let page: Page;
  const asked: { url: string; authorization: string | undefined }[] = [];
  const sockets: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    await page?.context().close();
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    page = await context.newPage();
    page.setDefaultTimeout(30_000);
    asked.length = 0;
    sockets.length = 0;
    page.on('request', (request) => asked.push({ url: request.url(), authorization: request.headers()['authorization'] }));
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    session.on('Network.webSocketWillSendHandshakeRequest', ({ request }) => sockets.push(JSON.stringify(request.headers)));
    await page.goto(gateway.url);
    await page.waitForSelector('dialog[open] #key');
  });

  const enter = async (key: string): Promise<void> => {
    await page.fill('#key', key);
    await page.keyboard.press('Enter');
  };
  const problem = (says: string): Promise<boolean> =>
    eventually(says, async () => (await page.locator('#key-problem').textContent())?.includes(says) === true);
  const isLive = (): Promise<boolean> =>
    eventually('live', async () => (await page.locator('#state').textContent()) === 'live');

  it('loads without a key, asks for one, and connects with it by a ticket', async () => {
    const { key } = made.reader;
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open] #key').count()).toBe(1);
    await enter(key);
    await isLive();
    await page.waitForSelector('.bids .level');
    expect(await page.locator('dialog').count()).toBe(0);
    expect(sockets.length).toBeGreaterThan(0);
    for (const headers of sockets) {
      expect(headers).toContain('tickring.ticket.');
      expect(headers).not.toContain(key);
    }
    for (const { url } of asked) expect(url).not.toContain(key);
    await page.reload();
    await isLive();
  });

  it('says what is wrong with a key: no key, an unknown one, one that may not read', async () => {
    await enter('secret');
    await problem('not a key');
    expect(asked.some(({ authorization }) => authorization?.includes('secret'))).toBe(false);
    await enter(newKey().key);
    await problem('not valid');
    await enter(made.ingester.key);
    await problem('may not read');
    await enter(made.reader.key);
    await isLive();
  });

  it('asks again when its key is revoked', async () => {
    const { key, id } = made.pageRevoked;
    await enter(key);
    await isLive();
    keys.revoke(id);
    await problem('not valid');
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    await enter(made.reader.key);
    await isLive();
  });
});

describe('tickets', () => {
  const ticketOf = async (key: string): Promise<string> => {
    const { status, body } = await post(key);
    expect(status).toBe(201);
    return (JSON.parse(body) as { ticket: string }).ticket;
  };
  const post = async (key?: string): Promise<{ status: number; body: string }> => {
    const headers: Record<string, string> = key === undefined ? {} : { Authorization: `Bearer ${key}` };
    const answer = await fetch(`${plain.url}/tickets`, { method: 'POST', headers });
    return { status: answer.status, body: await answer.text() };
  };
  /** The status that an upgrade gets. */
  const open = (protocols: string[]): Promise<number> =>
    new Promise((resolve, reject) => {
      const ws = new WebSocket(`${plain.url.replace('http', 'ws')}/ws`, protocols);
      ws.on('open', () => {
        ws.terminate();
        resolve(101);
      });
      ws.on('unexpected-response', (_, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      ws.on('error', reject);
    });

  it('only the page goes without a key', async () => {
    for (const path of ['/', '/assets/none.js']) expect((await ask(plain, { path })).status, path).not.toBe(401);
    for (const path of ['/health', '/docs', '/assets', '//', '/symbols', '/metrics'])
      expect((await ask(plain, { path })).status, path).toBe(401);
    for (const method of ['POST', 'DELETE']) expect((await ask(plain, { method, path: '/' })).status).toBe(401);
  });

  it('one opens one socket, with a key that may read and still holds', async () => {
    const { key } = made.reader;
    const ticket = await ticketOf(key);
    const offered = [`tickring.ticket.${ticket}`, 'tickring.json.v1'];
    expect(await open(offered)).toBe(101);
    expect(await open(offered)).toBe(401);
    expect((await post()).status).toBe(401);
    expect((await post(made.ingester.key)).status).toBe(403);
    const { revoked } = made;
    const worthless = await ticketOf(revoked.key);
    keys.revoke(revoked.id);
    await eventually('revoked', async () => (await post(revoked.key)).status === 401);
    expect(await open([`tickring.ticket.${worthless}`, 'tickring.json.v1'])).toBe(401);
    expect(await open([`tickring.ticket.${ticket.slice(0, -1)}A`, 'tickring.json.v1'])).toBe(401);
    expect(await open(['tickring.ticket.', 'tickring.json.v1'])).toBe(401);
  });

  it('only the newest of a key are kept', async () => {
    const { key } = made.reader;
    const tickets: string[] = [];
    for (let count = 0; count < 17; count += 1) tickets.push(await ticketOf(key));
    const offer = (ticket: string | undefined): Promise<number> => open([`tickring.ticket.${ticket}`, 'tickring.json.v1']);
    expect(await offer(tickets[0])).toBe(401);
    expect(await offer(tickets[1])).toBe(101);
    expect(await offer(tickets[16])).toBe(101);
  });
});
