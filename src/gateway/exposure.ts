/** Where the gateway may listen. It refuses to start rather than to be reached by somebody without a key, or in the clear. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { GatewayAccess, GatewayConfig } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import { LOOPBACK } from './addresses.js';

/** What holds where nothing is configured: this host alone, and nobody has a key. */
export const CLOSED: GatewayAccess = {
  stateDir: null,
  tls: null,
  behindProxy: false,
  trustedProxies: ['127.0.0.0/8', '::1'],
  hosts: [],
  origins: [],
  localWrites: 'key',
  requestsPerSecond: 100,
  socketsMax: 100,
};

const refused = (key: string, message: string, cause?: unknown): TickringError =>
  new TickringError('CONFIG_INVALID', message, { cause, context: { key } });

/** The address to bind for a configured host: an address, or `localhost`. Names are not resolved, that would be a guess. */
export function bindAddress(host: string): string {
  if (host === 'localhost') return '127.0.0.1';
  const address = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) === 0) throw refused('gateway.host', `gateway.host ${host} is no IP address and not localhost`);
  return address;
}

/**
 * Refuses an exposed gateway without keys or without TLS (THREATS S01). Behind a proxy even loopback is exposed.
 *
 * @throws TickringError `CONFIG_INVALID` that says what to do.
 */
export function checkExposure({ host }: GatewayConfig, access: GatewayAccess, keyCount: number): void {
  const isLoopback = LOOPBACK.has(bindAddress(host));
  if (isLoopback && !access.behindProxy) return;
  const what = isLoopback ? 'behind a proxy the gateway' : `gateway.host ${host} is not a loopback address, so the gateway`;
  if (!access.behindProxy && access.tls === null) {
    throw refused(
      'gateway.host',
      `${what} needs TLS: set gateway.tls_cert_file and gateway.tls_key_file, or start with --behind-proxy where a proxy ends TLS`,
    );
  }
  if (keyCount === 0) throw refused('gateway.host', `${what} needs a key: make one with \`tickring keys add --scope read\``);
  if (access.localWrites === 'open' && access.behindProxy) {
    throw refused('gateway.local_writes', 'gateway.local_writes open is for this host alone, not behind a proxy');
  }
}

/** Looks at certificate and key before the library does, which would not say what is wrong with them. */
export function checkCertificate({ certFile, keyFile }: { readonly certFile: string; readonly keyFile: string }): void {
  const read = (key: string, path: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw refused(key, `${key} ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`, error);
    }
  };
  const cert = read('gateway.tls_cert_file', certFile);
  const key = read('gateway.tls_key_file', keyFile);
  let validTo: string;
  try {
    createSecureContext({ cert, key });
    ({ validTo } = new X509Certificate(cert));
  } catch (error) {
    const reason = (error as Error).message.slice(0, 120);
    throw refused('gateway.tls_cert_file', `gateway.tls_cert_file ${certFile} and its key cannot be used: ${reason}`, error);
  }
  if (Date.parse(validTo) < Date.now()) {
    throw refused('gateway.tls_cert_file', `gateway.tls_cert_file ${certFile} is no longer valid, since ${validTo}`);
  }
}
