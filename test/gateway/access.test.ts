import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changeKeys, ensureLocalKey, keysPath, localKeyPath, newKey } from '../../src/gateway/keys.js';
import type { Gateway } from '../../src/gateway/server.js';
import { ask, KeyChain, makeCertificate, outerAddress, startWith } from './access-harness.js';
import { Feed } from './feed.js';
import { eventually, JsonClient } from './harness.js';
import { rawRequest, upgradeRequest } from './raw-http.js';

const PAST = '2020-01-01T00:00:00.000Z';
const OLD_BROWSER = 'http://evil.example';

let feed: Feed;
let keys: KeyChain;
let gateway: Gateway | undefined;
beforeAll(() => {
  feed = new Feed(['BTCUSDT']);
  feed.sync('BTCUSDT', [['100', '1']], [['101', '1']]);
});
afterAll(() => feed.close());
beforeEach(() => {
  keys = new KeyChain();
});
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
  keys.close();
});

const start = async (access: Parameters<typeof startWith>[1] = {}, host?: string): Promise<Gateway> => {
  gateway = await startWith(feed, { stateDir: keys.stateDir, ...access }, host);
  return gateway;
};

describe('on this host', () => {
  it('reading is open, writing needs a key with the scope', async () => {
    const { key: reader } = keys.add(['read']);
    const { key: writer } = keys.add(['write']);
    const { key: ingester } = keys.add(['ingest']);
    const { key: admin } = keys.add(['admin']);
    const at = await start();
    expect((await ask(at, {})).status).toBe(200);
    const statusOf = async (method: string, path: string, key?: string): Promise<number> =>
      (await ask(at, { method, path, ...(key === undefined ? {} : { key }) })).status;
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of ['/feeds', '/data/ingest', '/nothing']) {
        expect(await statusOf(method, path), `${method} ${path}`).toBe(401);
        expect(await statusOf(method, path, reader), `${method} ${path} by a reader`).toBe(403);
        const isIngest = method === 'POST' && path === '/data/ingest';
        expect((await statusOf(method, path, ingester)) === 403, `${method} ${path} by an ingester`).toBe(!isIngest);
        if (isIngest) expect(await statusOf(method, path, writer)).toBe(403);
        else expect([401, 403]).not.toContain(await statusOf(method, path, writer));
        expect([401, 403]).not.toContain(await statusOf(method, path, admin));
      }
    }
  });

  it('an Idempotency-Key of one key brings no answer that was given to another', async () => {
    const both = [keys.add(['read', 'write']), keys.add(['read', 'write'])];
    const at = await start();
    const headers = { 'Idempotency-Key': 'one' };
    for (const { key, id } of both) {
      const { status, body } = await ask(at, { method: 'POST', path: '/tickets', key, headers });
      expect([status, body]).toEqual([201, expect.stringContaining(`"ticket":"${id}_`)]);
    }
  });

  it('refusals say what is missing, and no more', async () => {
    const { key } = keys.add(['read']);
    const at = await start();
    const without = await ask(at, { method: 'POST', path: '/feeds' });
    expect(without.headers.get('www-authenticate')).toBe('Bearer realm="tickring"');
    const wrong = await ask(at, { method: 'POST', path: '/feeds', key: newKey().key });
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="tickring", error="invalid_token"',
    ]);
    const lacking = await ask(at, { method: 'POST', path: '/data/ingest', key });
    expect(lacking.headers.get('www-authenticate')).toContain('scope="ingest"');
    for (const { headers, body } of [without, wrong, lacking]) {
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(Object.keys(JSON.parse(body)).sort()).toEqual(['detail', 'request_id', 'status', 'title', 'type']);
      expect(body).not.toContain(key);
    }
  });

  it('a wrong key is refused also where none is needed, and wrong ones do not hold up a right one', async () => {
    const { key, id } = keys.add(['write', 'read']);
    const { key: expired } = keys.add(['read'], { expires_at: PAST });
    const { key: revoked } = keys.add(['read'], { revoked_at: PAST });
    const at = await start();
    const other = `tkr_${id}_${key.slice(-1)}${key.slice(21, -1)}`;
    const wrong = [newKey().key, expired, revoked, other, key.slice(0, -1), `${key}x`, 'x', `tkr_${id}_`, key.toUpperCase()];
    for (const text of wrong) expect((await ask(at, { key: text })).status, text).toBe(401);
    const flood = await Promise.all(Array.from({ length: 200 }, () => ask(at, { key: newKey().key })));
    expect(new Set(flood.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect((await ask(at, { key })).status).toBe(200);
    expect((await ask(at, { headers: { Authorization: 'Basic eDp5' } })).status).toBe(200);
  });

  it('the local key is a file that its owner alone may read, and writes without being an admin', async () => {
    const at = await start();
    const path = localKeyPath(keys.stateDir);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const key = readFileSync(path, 'utf8').trim();
    expect([401, 403]).not.toContain((await ask(at, { method: 'POST', path: '/feeds', key })).status);
    await at.stop();
    const again = await start();
    expect(readFileSync(path, 'utf8').trim()).toBe(key);
    expect([401, 403]).not.toContain((await ask(again, { method: 'DELETE', path: '/feeds/x', key })).status);
  });

  it('pages of other origins may not write, whatever key they have', async () => {
    const { key } = keys.add(['admin']);
    const at = await start({ origins: ['https://app.example'] });
    const own = `http://127.0.0.1:${at.port}`;
    const good = [own, 'https://app.example'];
    const bad = [
      OLD_BROWSER,
      'null',
      `${own}.evil.example`,
      `https://127.0.0.1:${at.port}`,
      'http://127.0.0.1',
      'https://app.example:444',
    ];
    bad.push('https://app.example.evil', 'http://app.example', 'https://xn--pp-gia.example', `${own}/`, 'HTTPS://EVIL.EXAMPLE');
    for (const Origin of [...good, ...bad]) {
      const { status } = await ask(at, { method: 'POST', path: '/feeds', key, headers: { Origin } });
      expect(status === 403, Origin).toBe(bad.includes(Origin));
      const upgrade = await rawRequest(at.port, upgradeRequest(at.port, { Origin }));
      expect(upgrade.status, Origin).toBe(bad.includes(Origin) ? 403 : 101);
    }
  });

  it('open local writes are open to programs, not to pages', async () => {
    const at = await start({ localWrites: 'open' });
    expect([401, 403]).not.toContain((await ask(at, { method: 'POST', path: '/feeds' })).status);
    const page = await ask(at, {
      method: 'POST',
      path: '/feeds',
      headers: { Origin: OLD_BROWSER, 'Content-Type': 'text/plain' },
    });
    expect(page.status).toBe(403);
  });

  it('any bytes as a key give 401, never a failure', async () => {
    const at = await start();
    const text = fc.string({ minLength: 1, maxLength: 200, unit: fc.constantFrom(...'tkr_0123456789abcdefXYZ-.=+/ ,;"') });
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const { status } = await ask(at, { method: 'POST', path: '/feeds', headers: { Authorization: `Bearer ${value}` } });
        expect([401, 429]).toContain(status);
      }),
      { numRuns: 100 },
    );
    expect((await ask(at, {})).status).toBe(200);
  });
});

describe('sockets', () => {
  const subscribe = { op: 'subscribe', topics: ['book.binance-usdm.BTCUSDT'] };

  it('take a key as a header, or among the subprotocols, which is not sent back', async () => {
    const { key } = keys.add(['read']);
    const at = await start();
    const byHeader = await JsonClient.open(at, ['tickring.json.v1'], { headers: { Authorization: `Bearer ${key}` } });
    const byProtocol = await JsonClient.open(at, [`tickring.key.${key}`, 'tickring.json.v1']);
    for (const client of [byHeader, byProtocol]) {
      expect(client.ws.protocol).toBe('tickring.json.v1');
      expect((await client.ask(subscribe)).type).toBe('ack');
      client.close();
    }
    const wrong = upgradeRequest(at.port, { 'Sec-WebSocket-Protocol': `tickring.key.${newKey().key}, tickring.json.v1` });
    expect((await rawRequest(at.port, wrong)).status).toBe(401);
  });

  it('end when their key is revoked or expires, and no others do', async () => {
    const revoked = keys.add(['read']);
    const expiring = keys.add(['read']);
    const kept = keys.add(['read']);
    const at = await start();
    const open = (key: string): Promise<JsonClient> => JsonClient.open(at, [`tickring.key.${key}`, 'tickring.json.v1']);
    const [first, second, third] = [await open(revoked.key), await open(expiring.key), await open(kept.key)];
    const anonymous = await JsonClient.open(at);
    for (const client of [first, second, third, anonymous]) expect((await client.ask(subscribe)).type).toBe('ack');
    keys.revoke(revoked.id);
    await eventually('the socket of the revoked key is closed', () => first.closed !== undefined);
    expect(first.closed).toEqual({ code: 1008, reason: 'the key is revoked or expired' });
    expect((await ask(at, { key: revoked.key })).status).toBe(401);
    expect(second.closed).toBeUndefined();
    keys.change(expiring.id, { expires_at: new Date(Date.now() + 300).toISOString() });
    await eventually('the socket of the expired key is closed', () => second.closed !== undefined);
    for (const client of [third, anonymous]) {
      expect((await client.ask({ op: 'ping' })).type).toBe('ack');
      client.close();
    }
  });

  it('a damaged file of keys changes nothing, a removed one ends all keys', async () => {
    const { key } = keys.add(['read']);
    const path = keysPath(keys.stateDir);
    const whole = readFileSync(path);
    const at = await start();
    const client = await JsonClient.open(at, [`tickring.key.${key}`, 'tickring.json.v1']);
    writeFileSync(path, '{"version":1,');
    chmodSync(path, 0o600);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect((await ask(at, { key })).status).toBe(200);
    writeFileSync(path, whole);
    changeKeys(path, () => []);
    await eventually('the socket is closed', () => client.closed !== undefined);
  });
});

describe('behind a proxy', () => {
  it('nobody is local, and every resource but the page needs a key', async () => {
    const { key } = keys.add(['read']);
    const at = await start({ behindProxy: true, hosts: ['md.example'] });
    const Host = 'md.example';
    for (const path of ['/health', '/livez', '/metrics', '/nothing', '/ws', '/tickets', '/assets']) {
      expect((await ask(at, { path, headers: { Host } })).status, path).toBe(401);
      expect((await ask(at, { path, headers: { Host, 'X-Forwarded-For': '127.0.0.1' } })).status, path).toBe(401);
    }
    expect((await rawRequest(at.port, upgradeRequest(at.port, { Host }))).status).toBe(401);
    expect((await ask(at, { key, headers: { Host } })).status).toBe(200);
    expect((await ask(at, { key, headers: { Host: 'other.example' } })).status).toBe(421);
    // The page's own origin is https there: the proxy ends TLS.
    const authorized = { Host, Authorization: `Bearer ${key}` };
    for (const [origin, status] of [
      ['https://md.example', 101],
      ['http://md.example', 403],
    ] as const) {
      expect((await rawRequest(at.port, upgradeRequest(at.port, { ...authorized, Origin: origin }))).status, origin).toBe(
        status,
      );
    }
  });

  it('only the configured proxies may connect', async () => {
    const { key } = keys.add(['read']);
    const at = await start({ behindProxy: true, trustedProxies: ['10.0.0.0/8'] });
    expect((await ask(at, { key })).status).toBe(403);
  });

  it('clients are limited by the address that the proxy tells, and each key by itself', async () => {
    const one = keys.add(['read']);
    const other = keys.add(['read']);
    const at = await start({ behindProxy: true, requestsPerSecond: 5 });
    const burst = async (key: string, from: string): Promise<Set<number>> => {
      const headers = { 'X-Forwarded-For': `6.6.6.6, ${from}` };
      const answers = await Promise.all(Array.from({ length: 60 }, () => ask(at, { key, headers })));
      return new Set(answers.map(({ status }) => status));
    };
    expect(await burst(one.key, '192.0.2.1')).toEqual(new Set([200, 429]));
    expect((await ask(at, { key: other.key, headers: { 'X-Forwarded-For': '192.0.2.2' } })).status).toBe(200);
    // The limit of the first key holds from another address, too.
    expect(await burst(one.key, '192.0.2.3')).toContain(429);
  });

  it('a line of the header that the client made up before that of the proxy changes nothing', async () => {
    keys.add(['read']);
    const at = await start({ behindProxy: true, requestsPerSecond: 1 });
    const statuses: number[] = [];
    for (let count = 0; count < 60; count += 1) {
      const made = `X-Forwarded-For: 203.0.113.${count}\r\nX-Forwarded-For: 192.0.2.9\r\n`;
      statuses.push((await rawRequest(at.port, `GET /health HTTP/1.1\r\nHost: localhost\r\n${made}\r\n`)).status);
    }
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
  });

  it('a key has so many sockets at most, and room again when one closes', async () => {
    const { key } = keys.add(['read']);
    const at = await start({ behindProxy: true, socketsMax: 2 });
    const open = (from: string): Promise<JsonClient> =>
      JsonClient.open(at, ['tickring.json.v1'], { headers: { Authorization: `Bearer ${key}`, 'X-Forwarded-For': from } });
    const first = await open('192.0.2.1');
    const second = await open('192.0.2.2');
    await expect(open('192.0.2.3')).rejects.toThrow('429');
    first.close();
    const third = await eventually('room', () => open('192.0.2.3').catch(() => undefined));
    for (const client of [second, third]) client.close();
  });
});

describe('exposure', () => {
  const outer = outerAddress();

  it('is refused without keys, and without TLS or a proxy, saying what to do', async () => {
    const refusal = async (access: Parameters<typeof startWith>[1], host: string): Promise<string> => {
      const outcome = await startWith(feed, { stateDir: keys.stateDir, ...access }, host).catch((error: Error) => error);
      if (outcome instanceof Error) return `${(outcome as Error & { code: string }).code} ${outcome.message}`;
      await outcome.stop();
      return '';
    };
    const proxied = { behindProxy: true };
    for (const host of ['0.0.0.0', '::', '10.0.0.1'])
      expect(await refusal({}, host), host).toMatch(/CONFIG_INVALID .*tls_cert_file.*--behind-proxy/);
    for (const host of ['0.0.0.0', '127.0.0.1'])
      expect(await refusal(proxied, host)).toMatch(/CONFIG_INVALID .*tickring keys add/);
    keys.add(['read'], { revoked_at: PAST });
    keys.add(['read'], { expires_at: PAST });
    expect(await refusal(proxied, '127.0.0.1')).toMatch(/tickring keys add/);
    keys.add(['read']);
    expect(await refusal({}, '0.0.0.0')).toMatch(/tls_cert_file/);
    expect(await refusal({ ...proxied, localWrites: 'open' }, '127.0.0.1')).toMatch(/local_writes/);
    for (const host of ['0.0.0.0', '127.0.0.1', '::1']) expect(await refusal(proxied, host), host).toBe('');
  });

  it.skipIf(outer === undefined)('from beyond this host everything needs a key', async () => {
    const { key } = keys.add(['read']);
    const at = await start({ behindProxy: true, trustedProxies: [outer ?? '', '127.0.0.0/8'] }, '0.0.0.0');
    const from = (path: string, extra = ''): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(at.port, outer).on('error', reject);
        socket.once('data', (bytes) => resolve(bytes.toString('latin1').split(' ')[1] ?? ''));
        socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${extra}Connection: close\r\n\r\n`);
      });
    expect(await from('/health')).toBe('401');
    expect(await from('/health', `Authorization: Bearer ${key}\r\n`)).toBe('200');
    // A local key of earlier is good for nothing here.
    const local = ensureLocalKey(localKeyPath(keys.stateDir));
    expect(await from('/health', `Authorization: Bearer ${local}\r\n`)).toBe('401');
  });

  it('with a certificate it speaks TLS alone, and needs keys from beyond this host', async () => {
    const tls = makeCertificate(keys.stateDir);
    const at = await start({ tls });
    expect(at.url).toMatch(/^https:/);
    const get = (headers: Record<string, string>): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const options = { port: at.port, host: '127.0.0.1', path: '/health', ca: readFileSync(tls.certFile), headers };
        request(options, (answer) => resolve(answer.resume().statusCode))
          .on('error', reject)
          .end();
      });
    expect(await get({})).toBe(200);
    expect(await get({ Authorization: `Bearer ${newKey().key}` })).toBe(401);
    const client = await JsonClient.open(at, undefined, { ca: readFileSync(tls.certFile) });
    expect((await client.ask({ op: 'ping' })).type).toBe('ack');
    client.close();
    await expect(rawRequest(at.port, 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')).rejects.toThrow();
  });

  it('a certificate that cannot be used is refused at the start', async () => {
    const tls = makeCertificate(keys.stateDir);
    const other = { ...tls, keyFile: join(keys.stateDir, 'missing.pem') };
    await expect(start({ tls: other })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/tls_key_file .*ENOENT/),
    });
    writeFileSync(other.keyFile, 'x');
    await expect(start({ tls: other })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/tls_cert_file .*cannot be used/),
    });
    const over = makeCertificate(keys.stateDir, -1);
    await expect(start({ tls: over })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/no longer valid/),
    });
  });

  it('files that others may read, and files that are no keys, are refused at the start', async () => {
    keys.add(['read']);
    const path = keysPath(keys.stateDir);
    chmodSync(path, 0o640);
    await expect(start()).rejects.toMatchObject({ code: 'STATE_INVALID', message: expect.stringContaining('chmod 600') });
    chmodSync(path, 0o600);
    writeFileSync(path, '{"version":1,"keys":[{"id":"x"}]}');
    await expect(start()).rejects.toMatchObject({ code: 'STATE_INVALID' });
    writeFileSync(path, '{"version":1,"keys":[]}');
    writeFileSync(localKeyPath(keys.stateDir), 'x', { mode: 0o600 });
    await expect(start()).rejects.toMatchObject({ code: 'STATE_INVALID' });
  });
});
