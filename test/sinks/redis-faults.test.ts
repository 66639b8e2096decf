import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect } from 'vitest';
import type { Sink } from '../../src/model/sink.js';
import { freePort } from '../gateway/harness.js';
import { eventually, type Received, redisTest } from './redis-server.js';
import { gapsOf, Rig, tradeIds } from './rig.js';

const NAME = 'trades:BTCUSDT';
const OUTBOX = 2 ** 17;
const FROZEN_MS = 5_000;

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.remove());

/** Whoever listened from `firstId` on has every trade, or was told of it. */
async function accounted(sink: Sink, received: readonly Received[], firstId = 1): Promise<void> {
  rig.rest();
  await eventually('everything is sent', () => sink.status().connected && sink.status().outboxMessages === 0);
  // Gaps are told once a second at most.
  await eventually('the last trade has arrived, and all losses are told', () => {
    const ids = new Set(tradeIds(received, NAME));
    const missing = rig.trades - firstId + 1 - ids.size;
    const told = gapsOf(received).filter(({ name, kind }) => name === NAME && kind === 'channel');
    const lost = told.reduce((sum, gap) => sum + (gap.lost ?? 0), 0);
    const doubtful = told.reduce((sum, gap) => sum + (gap.unconfirmed ?? 0), 0);
    return ids.has(rig.trades) && missing >= lost && missing <= lost + doubtful;
  });
  const ids = tradeIds(received, NAME);
  expect(ids.every((id, index) => index === 0 || id > (ids[index - 1] ?? 0))).toBe(true);
  expect(rig.harm).toEqual([]);
  expect(rig.outboxBytesMost).toBeLessThanOrEqual(OUTBOX);
}

/** What the sink's user may, as src/sinks/README.md says. */
const RIGHTS =
  'resetkeys ~market_data:* ~stream:* resetchannels &orderbook:* &market_data:* &trades:* &gaps -@all +ping +publish +set +xadd +select';

/** The server lets the sink in only when somebody listens, so that nothing is told to nobody. */
async function admit(password = 'open sesame'): Promise<void> {
  const admin = rig.server.client();
  await eventually('somebody listens', async () => (await admin.call('PUBSUB', 'NUMPAT')) === 1);
  await admin.call('ACL', 'SETUSER', 'sink', 'on', `>${password}`, ...RIGHTS.split(' '));
}

async function listenThenAdmit(password?: string): Promise<Received[]> {
  const received = await rig.server.listen();
  await admit(password);
  return received;
}

const LOGIN = { username: 'sink', outboxBytesMax: OUTBOX } as const;

function passwordFile(password = 'open sesame'): string {
  const path = join(rig.server.folder, 'password');
  writeFileSync(path, `${password}\n`, { mode: 0o600 });
  return path;
}

redisTest('redis down at start: the feed goes on, memory is bounded, what was given up is told when it comes', async () => {
  const sink = rig.sink({ ...LOGIN, passwordFile: passwordFile() });
  rig.feedOn(sink);
  await eventually('the outbox overflows', () => sink.status().dropped > 100);
  expect(sink.status()).toMatchObject({ connected: false, published: 0 });
  await rig.server.start();
  const received = await listenThenAdmit();
  await eventually('trades arrive', () => tradeIds(received, NAME).length > 100);
  const [first] = gapsOf(received);
  expect(received[0]?.channel).toBe('gaps');
  expect(first).toMatchObject({ kind: 'channel', reasons: ['outbox_full'], unconfirmed: 0 });
  await accounted(sink, received);
  expect(rig.log).toMatch(/redis missed messages/);
});

redisTest('redis killed and started again: the sink comes back by itself, and every trade is accounted for', async () => {
  await rig.server.start();
  const received = await listenThenAdmit();
  const sink = rig.sink({ ...LOGIN, passwordFile: passwordFile() });
  rig.feedOn(sink);
  await eventually('trades arrive', () => tradeIds(received, NAME).length > 50);
  await rig.server.kill();
  await eventually('the sink knows', () => !sink.status().connected);
  await eventually('the outbox overflows', () => sink.status().dropped > 100);
  const count = received.length;
  await rig.server.start();
  await admit();
  await eventually('trades arrive again', () => tradeIds(received.slice(count), NAME).length > 50);
  expect(received[count]?.channel).toBe('gaps');
  expect(sink.status().reconnects).toBeGreaterThanOrEqual(1);
  await accounted(sink, received);
});

redisTest('redis frozen for 5 s: nothing waits for it but the outbox, and the loss is told exactly', async () => {
  await rig.server.start();
  const received = await listenThenAdmit();
  const sink = rig.sink({ ...LOGIN, passwordFile: passwordFile() });
  rig.feedOn(sink);
  await eventually('trades arrive', () => tradeIds(received, NAME).length > 50);
  rig.server.signal('SIGSTOP');
  const trades = rig.trades;
  const frozenAt = performance.now();
  await eventually('the silence is told', () => !sink.status().connected);
  await sleep(Math.max(0, FROZEN_MS - (performance.now() - frozenAt)));
  expect(sink.status().dropped).toBeGreaterThan(0);
  expect(rig.trades).toBeGreaterThan(trades + 100);
  rig.server.signal('SIGCONT');
  await accounted(sink, received);
  expect(sink.status()).toMatchObject({ unconfirmed: 0, reconnects: 0 });
});

redisTest('redis out of memory (noeviction): messages go on, keys that were refused are told and come back', async () => {
  await rig.server.start();
  const received = await listenThenAdmit();
  const admin = rig.server.client();
  const sink = rig.sink({ ...LOGIN, passwordFile: passwordFile(), streams: ['trades'] });
  rig.feedOn(sink);
  rig.feed.tick();
  await eventually('the key is there', async () => (await admin.exists('market_data:BTCUSDT')) === 1);
  await admin.config('SET', 'maxmemory', '1');
  await eventually('the refusal is told', () =>
    ['key', 'stream'].every((kind) => gapsOf(received).some((gap) => gap.kind === kind && gap.reasons.includes('OOM'))),
  );
  await admin.del('market_data:BTCUSDT');
  const trades = tradeIds(received, NAME).length;
  await eventually('messages go on', () => tradeIds(received, NAME).length > trades + 20);
  await admin.config('SET', 'maxmemory', '0');
  await eventually('the key is back', async () => (await admin.exists('market_data:BTCUSDT')) === 1);
  // Whoever reads the stream later finds the hole where it was.
  await eventually('the stream tells its own gap', async () =>
    (await admin.xrange('stream:trades:BTCUSDT', '-', '+')).some(([, fields]) => fields[0] === 'gap'),
  );
  await accounted(sink, received);
  expect(sink.status().connected).toBe(true);
});

redisTest('redis read-only: the same, and the sink looks for the server that is not', async () => {
  await rig.server.start();
  const received = await listenThenAdmit();
  const admin = rig.server.client();
  const sink = rig.sink({ ...LOGIN, passwordFile: passwordFile() });
  rig.feedOn(sink);
  await eventually('trades arrive', () => tradeIds(received, NAME).length > 20);
  await admin.replicaof('127.0.0.1', '1');
  await eventually('the refusal is told', () => gapsOf(received).some(({ reasons }) => reasons.includes('READONLY')));
  await eventually('it connected again', () => sink.status().reconnects > 0);
  await admin.replicaof('NO', 'ONE');
  await admin.del('market_data:BTCUSDT');
  await eventually('the key is back', async () => (await admin.exists('market_data:BTCUSDT')) === 1);
  await accounted(sink, received);
});

redisTest('redis refuses the password: the sink tries on, says so without the password, and takes the new one', async () => {
  const [wrong, right] = ['canary-wrong-4711', 'canary-right-0815'];
  await rig.server.start();
  const sink = rig.sink({ ...LOGIN, passwordFile: passwordFile(wrong) });
  rig.feedOn(sink);
  await eventually('the refusal is logged', () => /WRONGPASS/.test(rig.log));
  const received = await listenThenAdmit(right);
  passwordFile(right);
  await eventually('trades arrive', () => tradeIds(received, NAME).length > 20);
  await accounted(sink, received);
  expect(rig.log + JSON.stringify(sink.status()) + JSON.stringify(received)).not.toMatch(/canary/);
});

redisTest('redis over TLS: only a certificate that its authority signed is believed', async () => {
  const { folder } = rig.server;
  const path = (name: string): string => join(folder, name);
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { stdio: 'ignore' });
  for (const name of ['ca', 'other'])
    openssl('req', '-x509', ...ec, '-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`));
  writeFileSync(path('san'), 'subjectAltName=IP:127.0.0.1');
  openssl('req', ...ec, '-subj', '/CN=redis', '-keyout', path('redis.key'), '-out', path('redis.csr'));
  openssl(
    'x509',
    '-req',
    '-in',
    path('redis.csr'),
    '-CA',
    path('ca.pem'),
    '-CAkey',
    path('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    path('san'),
    '-out',
    path('redis.pem'),
  );
  const port = String(await freePort());
  const files = [
    '--tls-cert-file',
    path('redis.pem'),
    '--tls-key-file',
    path('redis.key'),
    '--tls-ca-cert-file',
    path('ca.pem'),
  ];
  await rig.server.start('--port', '0', '--tls-port', port, '--tls-auth-clients', 'no', ...files);
  const received = await rig.server.listen();
  const url = `rediss://127.0.0.1:${port}`;
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    const doubting = rig.sink({ url, caFile: path('other.pem') });
    await eventually('the certificate is refused', () => /redis is not connected/.test(rig.log));
    expect(rig.log).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED|UNABLE_TO_GET_ISSUER/);
    expect(doubting.status().connected).toBe(false);
    await doubting.stop(100);
    const sink = rig.sink({ url, caFile: path('ca.pem'), outboxBytesMax: OUTBOX });
    await eventually('it is connected', () => sink.status().connected);
    rig.feedOn(sink);
    await eventually('trades arrive', () => tradeIds(received, NAME).length > 20);
    await accounted(sink, received);
  } finally {
    if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  }
});
