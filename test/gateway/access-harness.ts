/** A gateway with keys of its own, and requests as any client may send them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificate } from '../../bench/certificate.js';
import { CLOSED } from '../../src/gateway/exposure.js';
import { changeKeys, hashOf, keysPath, newKey, type Scope, type StoredKey } from '../../src/gateway/keys.js';
import type { Gateway } from '../../src/gateway/server.js';
import type { GatewayAccess } from '../../src/model/config.js';
import type { Feed } from './feed.js';
import { startTestGateway } from './harness.js';
import { rawRequest } from './raw-http.js';

/** A folder for state, removed by `close`. */
export class KeyChain {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'tickring-keys-'));

  add(scopes: readonly Scope[], change: Partial<StoredKey> = {}): { readonly key: string; readonly id: string } {
    const { key, id } = newKey();
    const stored: StoredKey = {
      id,
      name: 'test',
      scopes: [...scopes],
      sha256: hashOf(key).toString('hex'),
      created_at: new Date().toISOString(),
      expires_at: null,
      revoked_at: null,
      ...change,
    };
    changeKeys(keysPath(this.stateDir), (keys) => [...keys, stored]);
    return { key, id };
  }

  change(id: string, change: Partial<StoredKey>): void {
    changeKeys(keysPath(this.stateDir), (keys) => keys.map((one) => (one.id === id ? { ...one, ...change } : one)));
  }

  revoke(id: string): void {
    this.change(id, { revoked_at: new Date().toISOString() });
  }

  close(): void {
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}

export function startWith(feed: Feed, access: Partial<GatewayAccess>, host = '127.0.0.1'): Promise<Gateway> {
  return startTestGateway(feed, {}, { name: feed.name, shmRoot: feed.root, host, port: 0, access: { ...CLOSED, ...access } });
}

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The status that a request gets, and what came with it. */
export function ask(gateway: Gateway, { method = 'GET', path = '/health', key, headers = {} }: Ask) {
  const all: Record<string, string> = {
    Host: `127.0.0.1:${gateway.port}`,
    ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }),
    ...(method === 'GET' ? {} : { 'Content-Length': '2', 'Content-Type': 'application/json' }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return rawRequest(gateway.port, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${method === 'GET' ? '' : '{}'}`);
}

/** An IPv4 address of this machine that is not loopback; undefined where it has none. */
export function outerAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}

/** A certificate for localhost that signs itself, valid for so many days. */
export function makeCertificate(folder: string, toDays = 2): { readonly certFile: string; readonly keyFile: string } {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const { cert, key } = certificate({ fromDays: -9, toDays });
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  return { certFile, keyFile };
}
