/**
 * Networks that are no global unicast (this host, its own network, a cloud's metadata, documentation), or IPv4 in disguise, which nobody needs here:
 * THREATS 3.1. Outside of 2000::/3 nothing is global unicast.
 */
export const NOT_PUBLIC: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] } = {
  ipv4: [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ],
  ipv6: ['::/3', '4000::/2', '8000::/1', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
};
