/** A started product calls back, with the secret that it told whoever subscribed. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { changeKeys, hashOf, keysPath, newKey } from '#dist/gateway/keys.js';
import type { Program } from '../cli/program.js';
import { childrenOf, Product } from './product.js';

const product = new Product();
interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}
const got: Got[] = [];
const stateDir = mkdtempSync(join(tmpdir(), 'tickring-webhooks-'));
const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    text += chunk;
  });
  request.on('end', () => {
    got.push({ headers: request.headers, text });
    response.end();
  });
});
let port = 0;
let url = '';
let program: Program;
let secret = '';
let subscription = '';

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  await start();
});
async function start(): Promise<void> {
  program = product.start({
    TICKRING_GATEWAY_LOCAL_WRITES: 'open',
    TICKRING_STATE_DIR: stateDir,
    TICKRING_WEBHOOKS_ENABLED: 'true',
    TICKRING_WEBHOOKS_ALLOW_HTTP: 'true',
    TICKRING_WEBHOOKS_PORTS: String(port),
    TICKRING_WEBHOOKS_ALLOW_ADDRESSES: '127.0.0.1',
    TICKRING_WEBHOOKS_INTERVAL_MS: '50',
  });
  await product.inSync();
  url = (await product.url(program)).replace(/\/$/, '');
}
afterAll(async () => {
  server.close();
  await product.remove();
  rmSync(stateDir, { recursive: true, force: true });
});

test('start: a subscription with a callback_url is called, signed with its secret', async () => {
  const order = { symbols: ['BTCUSDT'], data_types: ['tick'], callback_url: `http://127.0.0.1:${port}/` };
  const answer = await fetch(`${url}/subscriptions`, { method: 'POST', body: JSON.stringify(order) });
  expect(answer.status).toBe(201);
  const made = (await answer.json()) as { subscription_id: string; callback_secret: string };
  expect(made.callback_secret).toMatch(/^whsec_/);
  expect(JSON.stringify(await (await fetch(`${url}/subscriptions`)).json())).not.toContain('whsec_');
  [secret, subscription] = [made.callback_secret, made.subscription_id];
  checkNext(await called());
});

test('start: it is called again after a restart of the jobs, and of everything, with the same secret', async () => {
  process.kill(childrenOf(program.process.pid ?? 0).get('jobs') ?? 0, 'SIGKILL');
  got.length = 0;
  checkNext(await called());
  program.kill('SIGTERM');
  await program.ended;
  got.length = 0;
  await start();
  checkNext(await called());
  const { subscriptions } = (await (await fetch(`${url}/subscriptions`)).json()) as { subscriptions: object[] };
  expect(subscriptions).toEqual([expect.objectContaining({ subscription_id: subscription, is_active: true })]);
});

test('start: a key that is revoked is not called any more, the others are', async () => {
  const { key, id } = newKey();
  const now = new Date().toISOString();
  const sha256 = hashOf(key).toString('hex');
  const stored = { id, name: '', scopes: ['read', 'write'] as ('read' | 'write')[], sha256, created_at: now };
  const put = (revoked_at: string | null): void =>
    changeKeys(keysPath(stateDir), () => [{ ...stored, expires_at: null, revoked_at }]);
  put(null);
  const order = { symbols: ['ETHUSDT'], data_types: ['tick'], callback_url: `http://127.0.0.1:${port}/` };
  const init = { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: JSON.stringify(order) };
  await until('its subscription', async () => (await fetch(`${url}/subscriptions`, init)).status === 201);
  const isOwn = ({ text }: Got): boolean => !text.includes(subscription);
  await until('it is called', () => got.some(isOwn));
  put(now);
  got.length = 0;
  // Before, they took turns.
  await until('six calls of the other in a row', () => got.length - 1 - got.findLastIndex(isOwn) >= 6);
});

async function until(what: string, check: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 90_000; !(await check()); ) {
    if (performance.now() > deadline) throw new Error(`watchdog: ${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function called(): Promise<Got> {
  await until('a callback', () => got.length > 0);
  return got[0] as Got;
}

/** It is of the subscription, about a wanted symbol, and signed with the secret that was told when it was made. */
function checkNext({ headers, text }: Got): void {
  const body = JSON.parse(text) as { subscription_id: string; data: { symbol: string; source: string }[] };
  expect(body.subscription_id).toBe(subscription);
  expect(body.data[0]).toMatchObject({ symbol: 'BTCUSDT', data_type: 'tick', source: expect.stringMatching(/^binance-/) });
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
}
