/** Who may do what: by address, `Host`, `Origin` and key. One decision for each request, before any route sees it. */
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { GatewayAccess } from '../model/config.js';
import { AddressSet, addressText, clientAddress, LOOPBACK, limitedBy } from './addresses.js';
import type { HeldKey, KeyRing } from './key-ring.js';
import type { Scope } from './keys.js';
import { Refusal } from './problem.js';
import type { Exposition, Labels } from './prometheus.js';
import { Tickets } from './tickets.js';
import { TokenBuckets } from './token-bucket.js';

/** Names under which a browser on this host reaches a loopback server. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
/** `Host` as RFC 9110 7.2 has it: a name or bracketed IPv6 address, then maybe a port. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?$/;
/** A browser cannot set headers on a WebSocket: its key comes among the subprotocols, behind this. */
const KEY_PROTOCOL = 'tickring.key.';
/** Instead of the key, a ticket for this one socket (tickets.ts). */
const TICKET_PROTOCOL = 'tickring.ticket.';
/** Requests at once, as seconds of the rate. */
const BURST_SECONDS = 2;
/** Wrong keys a second from one address; right ones are never held up by them. */
const WRONG_KEYS_PER_SECOND = 10;

/** What access looks at of a request; copied while the request is valid. */
export interface Credentials {
  readonly peer: string;
  readonly forwardedFor: string;
  readonly authorization: string;
  readonly protocols: string;
}

/** Who asks. */
export interface Caller {
  /** On this host, and not through a proxy. */
  readonly isLocal: boolean;
  readonly key: HeldKey | undefined;
  /** Whose feeds and subscriptions it may see and change; undefined for this host and `admin`, who have all. */
  readonly owner: string | undefined;
  /** What its limits are counted by; undefined where it has none. */
  readonly limits: readonly string[];
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly origin: string;
}

/** All lines of the header in their order: some proxies add one of their own behind the one that the client made up. */
function forwardedFor(req: HttpRequest): string {
  const first = req.getHeader('x-forwarded-for');
  if (first === '') return '';
  const lines: string[] = [];
  req.forEach((name, value) => {
    if (name === 'x-forwarded-for') lines.push(value);
  });
  return lines.join(',');
}

export function readCredentials(res: HttpResponse, req: HttpRequest): Credentials {
  return {
    peer: addressText(new Uint8Array(res.getRemoteAddress())),
    forwardedFor: forwardedFor(req),
    authorization: req.getHeader('authorization'),
    protocols: req.getHeader('sec-websocket-protocol'),
  };
}

const isReading = ({ method }: Asked): boolean => method === 'get' || method === 'head' || method === 'options';

/** The scope that a request needs. What is not known to read writes. */
function scopeOf(asked: Asked): Scope {
  if (isReading(asked)) return 'read';
  if (asked.method !== 'post') return 'write';
  // Who may read may open a socket, and a ticket is for that alone.
  return asked.path === '/data/ingest' ? 'ingest' : asked.path === '/tickets' ? 'read' : 'write';
}

/** The page itself: it holds no data, and has to be there before it can ask for a key. */
const isPage = (asked: Asked): boolean => isReading(asked) && (asked.path === '/' || asked.path.startsWith('/assets/'));

/** The subprotocols that were offered, but for the key. */
export function dataProtocols(offered: string): string {
  const names = offered.split(',').map((name) => name.trim());
  return names.filter((name) => !name.startsWith(KEY_PROTOCOL) && !name.startsWith(TICKET_PROTOCOL)).join(',');
}

/** What follows `prefix` in the first of the subprotocols that begins with it. */
function offeredAs(prefix: string, { protocols }: Credentials): string | undefined {
  const names = protocols.split(',').map((name) => name.trim());
  return names.find((name) => name.startsWith(prefix))?.slice(prefix.length);
}

function presentedKey(credentials: Credentials): string | undefined {
  return /^bearer +(\S+) *$/i.exec(credentials.authorization)?.[1] ?? offeredAs(KEY_PROTOCOL, credentials);
}

/** Why requests are refused here. */
type Reason = 'host' | 'origin' | 'proxy' | 'key' | 'scope' | 'rate';

export const unauthorized = (detail: string, error = ''): Refusal =>
  new Refusal(401, detail, { 'WWW-Authenticate': `Bearer realm="tickring"${error}` });

export class Access {
  readonly #config: GatewayAccess;
  readonly #keys: KeyRing;
  readonly #names: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  readonly #proxies: AddressSet;
  readonly #requests: TokenBuckets;
  readonly #wrongKeys: TokenBuckets;
  readonly tickets: Tickets;
  readonly #refused: Record<Reason, number> = { host: 0, origin: 0, proxy: 0, key: 0, scope: 0, rate: 0 };

  /** `host` is the configured one, allowed besides the loopback names and `hosts`. */
  constructor(host: string, config: GatewayAccess, keys: KeyRing) {
    const own = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    this.#config = config;
    this.#keys = keys;
    this.tickets = new Tickets(keys);
    this.#names = new Set([...LOOPBACK_NAMES, own, ...config.hosts].map((name) => name.toLowerCase()));
    this.#origins = new Set(config.origins.map((origin) => origin.toLowerCase()));
    this.#proxies = AddressSet.parse(config.trustedProxies) ?? new AddressSet();
    this.#requests = new TokenBuckets(config.requestsPerSecond, config.requestsPerSecond * BURST_SECONDS);
    this.#wrongKeys = new TokenBuckets(WRONG_KEYS_PER_SECOND, WRONG_KEYS_PER_SECOND * BURST_SECONDS);
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
   * Whether a page of this origin may write or open a WebSocket. Programs send none; a browser always sends one, and then it must
   * be the page that this server itself serves, the same host and port as in `Host`, or one of the configured.
   */
  allowsOrigin(origin: string, host: string): boolean {
    if (origin === '' || this.#origins.has(origin.toLowerCase())) return true;
    const scheme = this.#config.tls === null && !this.#config.behindProxy ? 'http' : 'https';
    return this.allowsHost(host) && origin.toLowerCase() === `${scheme}://${host.toLowerCase()}`;
  }

  /** Who asks for a resource. Refuses, by a thrown `Refusal`, who may not. `now`: monotonic ms. */
  admit(asked: Asked, credentials: Credentials, now = performance.now()): Caller {
    const scope = scopeOf(asked);
    // Pages of other origins may ask, but not read the answer: it carries no CORS header.
    return this.#admit(asked, scope, credentials, now, !isReading(asked));
  }

  /** Who opens a WebSocket; reading is all that one can do there. */
  admitSocket(asked: Asked, credentials: Credentials, now = performance.now()): Caller {
    return this.#admit(asked, 'read', credentials, now, true);
  }

  #admit(asked: Asked, scope: Scope, credentials: Credentials, now: number, byOrigin: boolean): Caller {
    const { peer } = credentials;
    const { behindProxy } = this.#config;
    if (!this.allowsHost(asked.host)) throw this.#refuse('host', 421, 'this server does not answer for that host');
    if (behindProxy && !this.#proxies.has(peer)) throw this.#refuse('proxy', 403, 'only the configured proxies may connect');
    const isLocal = !behindProxy && LOOPBACK.has(peer);
    const address = behindProxy ? clientAddress(peer, credentials.forwardedFor, this.#proxies) : peer;
    const byAddress = isLocal ? [] : [`address ${limitedBy(address)}`];
    this.#limit(byAddress, now);
    if (byOrigin && !this.allowsOrigin(asked.origin, asked.host)) {
      throw this.#refuse('origin', 403, 'pages of that origin may not do this');
    }
    const key = this.#key(credentials, address, isLocal, now);
    const isOpen = isPage(asked) || (isLocal && (scope === 'read' || this.#config.localWrites === 'open'));
    if (key === undefined && !isOpen) {
      this.#refused.key += 1;
      throw unauthorized('a key is needed');
    }
    if (key !== undefined && !isOpen && !key.scopes.has(scope) && !key.scopes.has('admin')) {
      this.#refused.scope += 1;
      const wanted = `Bearer realm="tickring", error="insufficient_scope", scope="${scope}"`;
      throw new Refusal(403, `the key lacks the scope ${scope}`, { 'WWW-Authenticate': wanted });
    }
    const byKey = key === undefined || key.isLocal ? [] : [`key ${key.id}`];
    this.#limit(byKey, now);
    const owner = key === undefined || key.isLocal || key.scopes.has('admin') ? undefined : key.owner;
    return { isLocal, key, owner, limits: [...byAddress, ...byKey] };
  }

  /** The key that was presented. A wrong one is refused also where none is needed: its holder should know. */
  #key(credentials: Credentials, address: string, isLocal: boolean, now: number): HeldKey | undefined {
    const ticket = offeredAs(TICKET_PROTOCOL, credentials);
    const text = ticket ?? presentedKey(credentials);
    if (text === undefined) return undefined;
    const key = ticket === undefined ? this.#keys.find(text, Date.now()) : this.tickets.take(ticket, Date.now());
    if (key !== undefined && (isLocal || !key.isLocal)) return key;
    this.#refused.key += 1;
    if (!this.#wrongKeys.take(limitedBy(address), now)) throw this.#tooMany('too many wrong keys');
    throw unauthorized('the key is not valid', ', error="invalid_token"');
  }

  #limit(limits: readonly string[], now: number): void {
    for (const who of limits) {
      if (!this.#requests.take(who, now)) throw this.#tooMany(`more than ${this.#config.requestsPerSecond} requests a second`);
    }
  }

  #tooMany(detail: string): Refusal {
    return this.#refuse('rate', 429, detail, { 'Retry-After': '1' });
  }

  #refuse(why: Reason, status: number, detail: string, headers: Record<string, string> = {}): Refusal {
    this.#refused[why] += 1;
    return new Refusal(status, detail, headers);
  }

  expose(out: Exposition): void {
    const samples = Object.entries(this.#refused).map(([reason, count]): [Labels, number] => [{ reason }, count]);
    out.add('tickring_gateway_access_refused_total', 'counter', 'Requests refused before any resource saw them.', samples);
  }
}
