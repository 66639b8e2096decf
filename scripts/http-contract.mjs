/**
 * Schemathesis against a started product: requests made from its own OpenAPI document, legal ones and others, must get answers that the
 * document allows. Part of `npm test`; `node scripts/http-contract.mjs` alone.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { argv, execPath } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeVenv, python, pythonMissing } from './python/venv.mjs';
import { main, SetUpError, say } from './setup/console.mjs';
import { ROOT, run } from './setup/run.mjs';
import { setup } from './setup.mjs';
import { failure, nothing } from './test-counts.mjs';

const PACKAGES = ['schemathesis==4.32.5'];
const NAME = 'HTTP contract (schemathesis)';
const READY_MS = 180_000;
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'unsupported_method',
].join(',');
/** What is larger than a body may be is refused before its shape is looked at. */
const CONFIG = `[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, 503]
`;
/** It answers 501 for what only the history store could, which is a server error to the tool. */
const NOT_YET = '/history$';

/** Asks until the product is ready. */
async function ready(url, isRunning) {
  for (const deadline = performance.now() + READY_MS; performance.now() < deadline && isRunning(); await sleep(200)) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
  }
  throw new SetUpError('the product did not become ready');
}

/** A product of its own name and state; the address that it prints. */
async function startProduct(folder) {
  const name = `contract-${process.pid}`;
  const env = { ...process.env, XDG_STATE_HOME: folder, TICKRING_GATEWAY_LOCAL_WRITES: 'open', TICKRING_RING_BYTES: '4MiB' };
  const args = [join(ROOT, 'dist/cli/main.js'), 'start', '--name', name, '--port', '0'];
  const child = spawn(execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk) => {
      text = (text + chunk).slice(-100_000);
    });
  }
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(join('/dev/shm/tickring', name), { recursive: true, force: true });
  };
  for (const deadline = performance.now() + READY_MS; performance.now() < deadline; await sleep(100)) {
    const url = /live books\s+(\S+?)\/?\s/.exec(text)?.[1];
    if (url !== undefined) return { url, stop, isRunning: () => child.exitCode === null };
    if (child.exitCode !== null) break;
  }
  await stop();
  throw new SetUpError(`the product did not start: ${text.slice(-500)}`);
}

/** Runs the tool once. Its findings are printed; returns counts as the other parts of the test do. */
export async function httpContract() {
  const missing =
    pythonMissing() ?? ((await makeVenv('http-contract', PACKAGES)) ? undefined : 'pip cannot be asked for schemathesis');
  if (missing !== undefined) {
    say(`test: ${missing}, so the HTTP contract is not checked`);
    return process.env.CI ? failure(NAME) : { ...nothing(NAME), skipped: 1 };
  }
  const folder = mkdtempSync(join(tmpdir(), 'tickring-contract-'));
  const config = join(folder, 'schemathesis.toml');
  writeFileSync(config, CONFIG);
  const product = await startProduct(folder);
  try {
    await ready(product.url, product.isRunning);
    const tool = join(dirname(python('http-contract')), 'schemathesis');
    const what = ['run', `${product.url}/openapi.json`, '--url', product.url, '--exclude-path-regex', NOT_YET];
    const how = [
      '--phases',
      'examples,coverage,fuzzing',
      '--max-examples',
      '5',
      '--generation-deterministic',
      '--request-timeout',
      '30',
    ];
    const status = await run(tool, ['--config-file', config, ...what, '--checks', CHECKS, ...how, '--no-color'], {
      allowFailure: true,
      // It keeps what it found beside where it runs.
      cwd: folder,
    });
    // A product that ended says more than any answer.
    return status === 0 && product.isRunning() ? { ...nothing(NAME), passed: 1 } : failure(NAME);
  } finally {
    await product.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  await main('http-contract', async () => {
    await setup();
    if ((await httpContract()).failed > 0) throw new SetUpError(`${NAME}: see above`);
  });
}
