import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { eventually } from '../cli/program.js';
import { RedisServer, redisTest } from '../sinks/redis-server.js';
import { childrenOf, Product } from './product.js';

const CANARY = 'canary-4711';

let product: Product;
let server: RedisServer;
beforeEach(() => {
  product = new Product();
  server = new RedisServer(CANARY);
});
afterEach(async () => {
  await product.remove();
  await server.remove();
});

redisTest('start: Redis down, killed and back, or the jobs process killed: feeds and gateway notice nothing', async () => {
  const passwordFile = join(server.folder, 'password');
  writeFileSync(passwordFile, CANARY);
  const environment = { TICKRING_REDIS_URL: server.url, TICKRING_REDIS_PASSWORD_FILE: passwordFile };
  const program = product.start(environment);
  const url = await product.url(program);
  await product.inSync();
  /** Ready, whatever Redis does; the gateway looks 4 times a second. */
  const readyWith = (isConnected: boolean): Promise<unknown> =>
    eventually(`ready, and redis_connected is ${isConnected}`, async () => {
      const answer = (await (await fetch(new URL('/ready', url))).json()) as { ready: boolean; redis_connected: boolean };
      return answer.ready && answer.redis_connected === isConnected;
    });
  await readyWith(false);
  const before = childrenOf(program.process.pid ?? 0);

  await server.start();
  const client = server.client();
  await readyWith(true);
  const body = await eventually('a key is there', async () => (await client.get('market_data:BTCUSDT')) ?? undefined);
  expect(Object.keys(JSON.parse(body) as object)).toEqual(
    'symbol,last_price,bid_price,ask_price,volume_24h,high_24h,low_24h,updated_at'.split(','),
  );

  const jobs = before.get('jobs') ?? 0;
  const cmdlines = [...before.values()].map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  const told: string[] = [];
  client.on('message', (_channel: string, text: string) => told.push(text));
  await client.subscribe('gaps');
  process.kill(jobs, 'SIGKILL');
  await eventually('the restart is told', () => told.some((text) => text.includes('"kind":"restart"')));
  const after = childrenOf(program.process.pid ?? 0);
  expect(after.get('jobs')).not.toBe(jobs);
  expect([after.get('engine'), after.get('gateway')]).toEqual([before.get('engine'), before.get('gateway')]);

  await server.kill();
  await readyWith(false);
  const metrics = await (await fetch(new URL('/metrics', url))).text();
  expect(metrics).toMatch(/^tickring_sink_connected\{sink="redis"\} 0$/m);
  const status = await product.status();
  expect(status?.counters).toMatchObject({ gaps: 0, resyncs: 0 });

  program.kill('SIGTERM');
  const { code, stdout, stderr } = await program.ended;
  expect(code).toBe(0);
  expect(`${stdout}${stderr}${cmdlines.join('')}${metrics}${told.join('')}`).not.toContain(CANARY);
});
