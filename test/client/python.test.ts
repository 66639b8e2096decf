/** The Python example beside a real gateway. Its packages come from PyPI, into a folder of their own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Gateway } from '../../src/gateway/server.js';
import { Feed } from '../gateway/feed.js';
import { startTestGateway } from '../gateway/harness.js';
import { RandomMarket } from '../gateway/random-market.js';
import { ROOT } from '../repository/files.js';

interface Venvs {
  pythonMissing(): string | undefined;
  makeVenv(name: string, packages: readonly string[]): Promise<boolean>;
  python(name: string): string;
}
const venvs = new URL('../../scripts/python/venv.mjs', import.meta.url).href;
const { makeVenv, python, pythonMissing } = (await import(venvs)) as Venvs;

const EXAMPLE = join(ROOT, 'src/client/examples/python/book.py');
const PACKAGES = ['flatbuffers==25.9.23', 'websockets==15.0.1'];
const MESSAGES = 200;

let feed: Feed | undefined;
let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.stop();
  feed?.close();
});

test('python: the example follows a book and proves it with every message', { timeout: 300_000 }, async (context) => {
  const missing = pythonMissing() ?? ((await makeVenv('client', PACKAGES)) ? undefined : `pip could not install ${PACKAGES}`);
  if (missing !== undefined) {
    expect(process.env['CI'], missing).toBeUndefined();
    console.warn(`skipped: the Python example needs more: ${missing}`);
    context.skip();
  }
  feed = new Feed(['BTCUSDT']);
  const market = new RandomMarket(feed, 'BTCUSDT', 50_000, 4);
  market.sync(50);
  gateway = await startTestGateway(feed);
  const url = `${gateway.url.replace('http', 'ws')}/ws`;
  const stepping = setInterval(() => market.step(), 10);
  try {
    const child = spawn(python('client'), ['-B', EXAMPLE, url, 'book.binance-usdm.BTCUSDT', `${MESSAGES}`]);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (bytes) => {
      stdout += bytes;
    });
    child.stderr.on('data', (bytes) => {
      stderr += bytes;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(lines.length).toBe(MESSAGES);
    expect(lines.at(-1)).toMatch(/^BTCUSDT [\d.]+ \/ [\d.]+ proven at \d+$/);
  } finally {
    clearInterval(stepping);
  }
});
