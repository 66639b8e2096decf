/** Where venues' names lead, as the configuration says it. */
import type { DnsConfig } from '../../model/config.js';
import type { Settings } from './schema.js';

const MS = 1_000;

export function dnsOf({ dns }: Settings): DnsConfig {
  return { servers: dns.servers, allowAddresses: dns.allow_addresses, keepMs: dns.keep_s * MS };
}

/** The same as keys of the file. */
export function dnsSettings(dns: DnsConfig | undefined): object {
  if (dns === undefined) return {};
  return { dns: { servers: dns.servers, allow_addresses: dns.allowAddresses, keep_s: dns.keepMs / MS } };
}
