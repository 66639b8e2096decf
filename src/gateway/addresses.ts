/** Addresses of callers: from the socket, or as a trusted proxy tells them. */
import { BlockList, isIP } from 'node:net';

/** Text of an address as the socket has it: 4 bytes, or 16, which may be an IPv4 address in disguise. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) return '';
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return bytes.subarray(12).join('.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2).toString(16));
  // One spelling for each address, as RFC 5952 has it.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** A set of addresses and networks such as `10.0.0.0/8`. `is…` are exact: nothing is resolved. */
export class AddressSet {
  readonly #list = new BlockList();

  /** Returns undefined if any of the texts is neither an address nor a network. */
  static parse(texts: readonly string[]): AddressSet | undefined {
    const set = new AddressSet();
    for (const text of texts) {
      const [address = '', prefix, more] = text.split('/');
      const family = isIP(address);
      const bits = Number(prefix ?? (family === 4 ? 32 : 128));
      if (family === 0 || more !== undefined || !Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) {
        return undefined;
      }
      if (prefix !== undefined && !/^\d+$/.test(prefix)) return undefined;
      set.#list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
    }
    return set;
  }

  has(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }
}

export const LOOPBACK = AddressSet.parse(['127.0.0.0/8', '::1']) as AddressSet;

/** The address in one member of `X-Forwarded-For`, whose port some proxies add; undefined where it is none. */
function forwardedAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const address = /^\[([0-9a-fA-F:.]+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([0-9.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed;
  return isIP(address) === 0 ? undefined : address.toLowerCase();
}

/**
 * The client's address behind proxies: of those that the header names, the last that is not a proxy of ours. Whatever stands
 * further left was written by the client itself. The proxy's own address where the header does not tell.
 */
export function clientAddress(peer: string, forwardedFor: string, proxies: AddressSet): string {
  const named = forwardedFor.split(',').reverse();
  for (const text of forwardedFor === '' ? [] : named) {
    const address = forwardedAddress(text);
    if (address === undefined) return peer;
    if (!proxies.has(address)) return address;
  }
  return peer;
}

/** What limits count by: an IPv4 address, or the /64 that a host with IPv6 can take any address of. */
export function limitedBy(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length);
  return `${[...groups, ...Array(zeros).fill('0'), ...rest].slice(0, 4).join(':')}::/64`;
}
