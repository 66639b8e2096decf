/**
 * Where callbacks may go: a tenant's address must not make this process speak to this host, its network or a cloud's metadata
 * (THREATS 3.1). Names are resolved here, every address that they have is judged, and the connection goes to the one that was.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import type { CallbackConfig } from '../../model/config.js';
import { NOT_PUBLIC } from '../../model/networks.js';

const URL_CHARACTERS_MAX = 2_048;
const DNS_MS = 2_000;

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(address, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family);
  }
  return list;
}
const REFUSED = { 4: listOf(NOT_PUBLIC.ipv4), 6: listOf(NOT_PUBLIC.ipv6) };

/** A URL that may never be called, wherever its name leads. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
}

export interface Target {
  readonly url: URL;
  readonly address: string;
  readonly family: 4 | 6;
}

export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const resolveAll: Resolve = (host) => lookup(host, { all: true, verbatim: true });

export class Targets {
  readonly #config: CallbackConfig;
  readonly #allowed: BlockList;
  readonly #resolve: Resolve;

  constructor(config: CallbackConfig, resolve: Resolve = resolveAll) {
    this.#config = config;
    this.#allowed = listOf(config.allowAddresses);
    this.#resolve = resolve;
  }

  /**
   * The address to connect to now. To be asked before each attempt: names move. Throws `TargetRefused`, or another error where its name leads to
   * no public address now.
   */
  async find(text: string): Promise<Target> {
    const url = this.#check(text);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const timeout = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error('no answer from the DNS')), DNS_MS).unref(),
    );
    const found = await Promise.race([this.#resolve(host), timeout]);
    const bad = found.find(({ address }) => !this.#isAllowed(address));
    // One bad address among good ones is an attempt, not an accident.
    if (bad !== undefined) throw new Error(`${host} has the address ${bad.address}, which is not a public one`);
    const [first] = found;
    if (first === undefined) throw new Error(`${host} has no address`);
    return { url, address: first.address, family: first.family === 6 ? 6 : 4 };
  }

  #check(text: string): URL {
    if (text.length > URL_CHARACTERS_MAX || !URL.canParse(text)) throw new TargetRefused('not an address');
    const url = new URL(text);
    const { allowHttp, ports } = this.#config;
    if (url.protocol !== 'https:' && !(allowHttp && url.protocol === 'http:')) throw new TargetRefused('not https');
    if (url.username !== '' || url.password !== '' || url.hash !== '') throw new TargetRefused('has a user or a fragment');
    const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
    if (!ports.includes(port)) throw new TargetRefused(`port ${port} is none of ${ports.join(', ')}`);
    return url;
  }

  #isAllowed(address: string): boolean {
    const family = isIP(address);
    if (family === 0) return false;
    const name = family === 4 ? 'ipv4' : 'ipv6';
    return this.#allowed.check(address, name) || !REFUSED[family === 4 ? 4 : 6].check(address, name);
  }
}
