/**
 * Where venues' names lead. A venue is on the internet: a name of one that leads into this host, its network or a cloud's own addresses was poisoned or
 * taken over, and whoever followed it would hand a key to a stranger (F30, THREATS S28). An address that the configuration names by its numbers is meant.
 */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as askSystem, Resolver } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { DnsConfig } from '../model/config.js';
import { NOT_PUBLIC } from '../model/networks.js';
import type { Logger } from './log.js';

/** Longest wait for an answer while there is an older one, and for a server of our own before it is asked again, ms. */
const SLOW_MS = 2_000;
const TRIES = 2;
/** Names whose last answer is kept. */
const NAMES_MAX = 1_024;

export const DNS_DEFAULTS: DnsConfig = { servers: [], allowAddresses: [], keepMs: 15 * 60_000 };

/** Of a name that leads where no venue is; an attempt that never left. */
export const NAME_REFUSED = 'NAME_REFUSED';

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const isLong = isIP(address) === 6;
    list.addSubnet(address, Number(bits ?? (isLong ? 128 : 32)), isLong ? 'ipv6' : 'ipv4');
  }
  return list;
}
const REFUSED = { ipv4: listOf(NOT_PUBLIC.ipv4), ipv6: listOf(NOT_PUBLIC.ipv6) };

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

interface Answer {
  readonly addresses: readonly LookupAddress[];
  readonly at: number;
}

/** The system's way, or servers of our own. */
function resolverOf(servers: readonly string[]): Resolve {
  if (servers.length === 0) return (host) => askSystem(host, { all: true, verbatim: true });
  const resolver = new Resolver({ timeout: SLOW_MS, tries: TRIES });
  resolver.setServers(servers);
  return async (host) => {
    const asked = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const found = asked.flatMap((answer, index) =>
      answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: index === 0 ? 4 : 6 })) : [],
    );
    const [failed] = asked;
    if (found.length === 0 && failed.status === 'rejected') throw failed.reason;
    return found;
  };
}

/** Of one thread: a name that several ask for is looked up once, and the last good answer helps out while there is none. */
export class Names {
  readonly #config: DnsConfig;
  readonly #logger: Logger;
  readonly #allowed: BlockList;
  readonly #resolve: Resolve;
  readonly #now: () => number;
  readonly #asking = new Map<string, Promise<readonly LookupAddress[]>>();
  readonly #last = new Map<string, Answer>();

  constructor(config: DnsConfig, logger: Logger, resolve: Resolve = resolverOf(config.servers), now = () => performance.now()) {
    this.#config = config;
    this.#logger = logger;
    this.#allowed = listOf(config.allowAddresses);
    this.#resolve = resolve;
    this.#now = now;
  }

  /** As sockets ask for it. */
  readonly lookup: LookupFunction = (host, options: LookupOptions, answer) => {
    this.find(host).then(
      (found) => {
        const wanted =
          options.family === 4 || options.family === 6 ? found.filter(({ family }) => family === options.family) : found;
        const [first] = wanted;
        if (first === undefined) answer(Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), '', 0);
        else if (options.all === true) answer(null, [...wanted]);
        else answer(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => answer(error, '', 0),
    );
  };

  /**
   * Where to connect to now: all addresses of a name, one at least. Rejects with `NAME_REFUSED` where one of them is not public, is not allowed and is not
   * what `localhost` means; with the system's error where there is no answer, and none that is younger than `keepMs`.
   */
  async find(host: string): Promise<readonly LookupAddress[]> {
    const last = this.#last.get(host);
    const usable = last !== undefined && this.#now() - last.at <= this.#config.keepMs ? last.addresses : undefined;
    const asked = this.#ask(host);
    let found: readonly LookupAddress[];
    try {
      found = await (usable === undefined ? asked : soon(asked));
    } catch (error) {
      if (usable === undefined) throw error;
      const fields = { host, addresses: usable.map(({ address }) => address), reason: (error as Error).message };
      this.#logger.warn(fields, 'a name cannot be resolved; where it led last is used');
      return usable;
    }
    this.#judge(host, found);
    return found;
  }

  /** What comes later than anybody waited for is kept all the same. */
  #ask(host: string): Promise<readonly LookupAddress[]> {
    const asking = this.#asking.get(host);
    if (asking !== undefined) return asking;
    const asked = this.#resolve(host).then((addresses) => {
      if (addresses.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
      if (addresses.every(({ address }) => this.#isAllowed(host, address))) this.#keep(host, addresses);
      return addresses;
    });
    this.#asking.set(host, asked);
    const over = (): void => void this.#asking.delete(host);
    asked.then(over, over);
    return asked;
  }

  #keep(host: string, addresses: readonly LookupAddress[]): void {
    this.#last.delete(host);
    this.#last.set(host, { addresses, at: this.#now() });
    const [oldest] = this.#last.keys();
    if (this.#last.size > NAMES_MAX && oldest !== undefined) this.#last.delete(oldest);
  }

  #judge(host: string, found: readonly LookupAddress[]): void {
    // One bad address among good ones is an attempt, not an accident.
    const bad = found.find(({ address }) => !this.#isAllowed(host, address));
    if (bad === undefined) return;
    const text = `${host} leads to ${bad.address}, which is no public address and not among dns.allow_addresses`;
    throw Object.assign(new Error(text), { code: NAME_REFUSED });
  }

  #isAllowed(host: string, address: string): boolean {
    // RFC 6761 §6.3: whoever writes that means this host.
    const isHere = /^(.*\.)?localhost\.?$/i.test(host) && /^(127\.|::1$)/.test(address);
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    return isHere || this.#allowed.check(address, family) || !REFUSED[family].check(address, family);
  }
}

function soon<T>(asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${SLOW_MS} ms`)), SLOW_MS);
  });
  // Whoever gave up waiting does not hear of a failure.
  asked.catch(() => {});
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
