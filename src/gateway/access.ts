/** Who may talk to the gateway: the address it binds, the hosts and origins it answers. */
import { isIPv4 } from 'node:net';
import { TickringError } from '../model/errors.js';

/** Names under which a browser on this host reaches a loopback server. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
/** `Host` as RFC 9110 7.2 has it: a name or bracketed IPv6 address, then maybe a port. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?$/;

/**
 * The address to bind for a configured host.
 *
 * @throws TickringError `CONFIG_INVALID` unless it is a loopback address: there are no keys yet, so whoever reaches the
 * gateway may read (THREATS S01).
 */
export function bindAddress(host: string): string {
  if (host === 'localhost') return '127.0.0.1';
  if (host === '::1' || host === '[::1]') return '::1';
  if (isIPv4(host) && host.startsWith('127.')) return host;
  throw new TickringError(
    'CONFIG_INVALID',
    `gateway host ${host} is not a loopback address, only those may be bound without keys`,
    {
      context: { key: 'gateway.host', host },
    },
  );
}

/** Decides by the `Host` and `Origin` of a request. Both checks are exact: no suffixes, no patterns. */
export class AccessPolicy {
  readonly #names: ReadonlySet<string>;

  /** `host` is the configured one, allowed besides the loopback names. */
  constructor(host: string) {
    const own = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    this.#names = new Set([...LOOPBACK_NAMES, own.toLowerCase()]);
  }

  /**
   * Whether a `Host` header names this server. A page whose own name was rebound to 127.0.0.1 sends that name (THREATS S06).
   * The port is free: a forwarded port is the user's own doing.
   */
  allowsHost(host: string): boolean {
    const match = HOST.exec(host.toLowerCase());
    return match !== null && this.#names.has(match[1] ?? '');
  }

  /**
   * Whether a WebSocket may be opened by a page of this origin. Programs send none; a browser always sends one, and then it
   * must be the page that this server itself serves: the same host and port as in `Host`.
   */
  allowsOrigin(origin: string, host: string): boolean {
    return origin === '' || (this.allowsHost(host) && origin.toLowerCase() === `http://${host.toLowerCase()}`);
  }
}
