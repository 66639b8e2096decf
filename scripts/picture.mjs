/** `npm run picture`: starts the engine on its simulated venues and takes the page's picture for the README. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { main, SetUpError, say } from './setup/console.mjs';
import { ROOT } from './setup/run.mjs';
import { setup } from './setup.mjs';

const FILE = join(ROOT, 'scripts/pictures/dashboard.png');
const CHROMIUM = process.env.TICKRING_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
];
const INSTRUMENT = 'binance-usdm.BTCUSDT';
const START_MS = 120_000;
/** Until there is something to see in tape, latencies and rates. */
const LIVE_MS = 45_000;

/** The gateway's address, once the program tells it. Its output is read on to the end: a closed pipe would end it. */
function addressOf(program) {
  return new Promise((resolve, reject) => {
    let text = '';
    program.stdout.setEncoding('utf8').on('data', (more) => {
      text = `${text}${more}`.slice(-4_096);
      const [, url] = /(http:\S+\/)\s/.exec(text) ?? [];
      if (url !== undefined) resolve(url);
    });
    program.once('exit', (code) => reject(new SetUpError(`tickring start ended with ${code}`)));
  });
}

async function take(url, profile) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    args: FLAGS,
    viewport: { width: 1320, height: 840 },
    colorScheme: 'dark',
  });
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(`${url}#${INSTRUMENT}`);
    await page.waitForSelector('.bids .level', { timeout: START_MS });
    await new Promise((resolve) => setTimeout(resolve, LIVE_MS));
    await page.screenshot({ path: FILE });
  } finally {
    await context.close();
  }
}

await main('picture', async () => {
  await setup();
  const profile = mkdtempSync(join(tmpdir(), 'tickring-picture-'));
  const args = ['dist/cli/main.js', 'start', '--name', `picture-${process.pid}`, '--port', '0'];
  const program = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await take(await addressOf(program), profile);
    say(`picture: ${FILE}`);
  } finally {
    program.kill('SIGTERM');
    if (program.exitCode === null) await once(program, 'exit');
    rmSync(profile, { recursive: true, force: true });
  }
});
