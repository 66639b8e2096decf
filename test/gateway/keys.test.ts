import { readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AddressSet, addressText, clientAddress, limitedBy } from '../../src/gateway/addresses.js';
import { changeKeys, idOf, keysPath, newKey, readKeys } from '../../src/gateway/keys.js';
import { KeyChain } from './access-harness.js';

let keys: KeyChain;
beforeEach(() => {
  keys = new KeyChain();
});
afterEach(() => keys.close());

describe('keys', () => {
  it('are different every time, name their id, and are not in their file', () => {
    const made = Array.from({ length: 100 }, () => newKey());
    expect(new Set(made.map(({ key }) => key)).size).toBe(100);
    for (const { key, id } of made) expect(idOf(key)).toBe(id);
    const { key } = keys.add(['read']);
    const text = readFileSync(keysPath(keys.stateDir), 'utf8');
    expect(text).not.toContain(key.slice(21));
    expect(statSync(keysPath(keys.stateDir)).mode & 0o777).toBe(0o600);
  });

  it('two changes at once: one is told, and nothing is lost', () => {
    const path = keysPath(keys.stateDir);
    keys.add(['read']);
    const nested = (): void =>
      changeKeys(path, (all) => {
        changeKeys(path, (same) => same);
        return all;
      });
    expect(nested).toThrow('another command changes keys');
    expect(readKeys(path)).toHaveLength(1);
    keys.add(['read']);
    expect(readKeys(path)).toHaveLength(2);
  });
});

describe('addresses', () => {
  it('have one text each', () => {
    const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
    expect(addressText(bytes(127, 0, 0, 1))).toBe('127.0.0.1');
    expect(addressText(bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3))).toBe('10.1.2.3');
    expect(addressText(bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1))).toBe('::1');
    expect(addressText(bytes(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5))).toBe('2001:db8::5');
    expect(addressText(bytes())).toBe('');
  });

  it('networks hold what they should, and what is none is refused', () => {
    const set = AddressSet.parse(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32']);
    for (const inside of ['10.255.0.1', '192.0.2.7', '2001:db8:1::9']) expect(set?.has(inside), inside).toBe(true);
    for (const outside of ['11.0.0.1', '192.0.2.8', '2001:db9::1', '', 'x']) expect(set?.has(outside), outside).toBe(false);
    for (const text of ['10.0.0.0/33', '10.0.0/8', 'x', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', '']) {
      expect(AddressSet.parse([text]), text).toBeUndefined();
    }
  });

  it('of a client are what the last proxy that is not ours was told, never what the client says itself', () => {
    const proxies = AddressSet.parse(['127.0.0.0/8', '10.0.0.0/8']) as AddressSet;
    const of = (header: string): string => clientAddress('127.0.0.1', header, proxies);
    expect(of('')).toBe('127.0.0.1');
    expect(of('192.0.2.1')).toBe('192.0.2.1');
    expect(of('6.6.6.6, 192.0.2.1, 10.1.1.1')).toBe('192.0.2.1');
    expect(of('192.0.2.1:4711, 127.0.0.1')).toBe('192.0.2.1');
    expect(of('[2001:DB8::1]:80')).toBe('2001:db8::1');
    expect(of('192.0.2.1, unknown')).toBe('127.0.0.1');
    expect(of('10.1.1.1')).toBe('127.0.0.1');
  });

  it('of IPv6 are limited by their network of 64 bits', () => {
    expect(limitedBy('192.0.2.1')).toBe('192.0.2.1');
    expect(limitedBy('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(limitedBy('2001:db8::6')).toBe('2001:db8:0:0::/64');
    expect(limitedBy('::1')).toBe('0:0:0:0::/64');
  });
});
