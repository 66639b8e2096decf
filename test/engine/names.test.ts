/** Where venues' names lead: what is asked, what is believed, and for how long. The servers are real ones, on loopback. */
import type { LookupAddress, LookupOptions } from 'node:dns';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { DNS_DEFAULTS, Names, type Resolve } from '#dist/engine/names.js';
import type { DnsConfig, TransportName } from '#dist/model/config.js';
import { DnsServer } from './dns-server.js';
import { memoryLogger } from './memory-logger.js';
import { eventually, Rig, TRANSPORTS } from './rig.js';

const HOST = 'stream.venue.test';
const OTHER = 'api.venue.test';
const PUBLIC = '93.184.215.14';

let server: DnsServer;
beforeEach(async () => {
  server = await DnsServer.start();
});
afterEach(() => server.stop());

function names(config: Partial<DnsConfig> = {}, resolve?: Resolve, now?: () => number) {
  const logger = memoryLogger();
  return { logger, names: new Names({ ...DNS_DEFAULTS, servers: [server.address], ...config }, logger, resolve, now) };
}

const addresses = async (found: Promise<readonly LookupAddress[]>): Promise<string[]> =>
  (await found).map(({ address }) => address);

describe('names', () => {
  test.each([
    ['10.1.2.3'],
    ['192.168.0.1'],
    ['172.31.255.255'],
    ['127.0.0.1'],
    ['169.254.169.254'],
    ['100.64.0.1'],
    ['0.0.0.0'],
    ['::1'],
    ['fe80::1'],
    ['fd00::1'],
    ['::ffff:10.0.0.1'.replace('10.0.0.1', 'a00:1')],
    ['64:ff9b::a00:1'],
  ])('a name that leads to %s is refused, also where another address of it is public', async (address) => {
    for (const said of [[address], [PUBLIC, address], [address, '2606:2800:21f::1']]) {
      server.names.set(HOST, said);
      const { names: asked } = names();
      await expect(asked.find(HOST)).rejects.toMatchObject({
        code: 'NAME_REFUSED',
        message: expect.stringMatching(/^stream\.venue\.test leads to .+, which is no public address/),
      });
    }
  });

  test('public addresses of both families are given, and those that are allowed', async () => {
    server.names.set(HOST, ['2606:2800:21f::1', PUBLIC]);
    expect((await addresses(names().names.find(HOST))).sort()).toEqual(['2606:2800:21f::1', PUBLIC]);
    server.names.set(HOST, ['10.1.2.3']);
    const inside = names({ allowAddresses: ['10.0.0.0/8'] }).names;
    expect(await addresses(inside.find(HOST))).toEqual(['10.1.2.3']);
  });

  test('as the system resolves it, localhost is this host, and means to be', async () => {
    const system = names({ servers: [] }).names;
    for (const address of await addresses(system.find('localhost'))) expect(address).toMatch(/^(127\.|::1$)/);
    await expect(system.find('no-such-venue.invalid')).rejects.toMatchObject({ syscall: 'getaddrinfo' });
    // Nobody else may call himself so.
    const answered: Resolve = async () => [{ address: '10.0.0.1', family: 4 }];
    await expect(names({}, answered).names.find('localhost')).rejects.toMatchObject({ code: 'NAME_REFUSED' });
  });

  test('while there is no answer the last one is used, for as long as it is kept; then the name has none', async () => {
    let now = 0;
    const { names: asked, logger } = names({ keepMs: 1_000 }, undefined, () => now);
    server.names.set(HOST, [PUBLIC]);
    await asked.find(HOST);
    server.names.set(HOST, 'fails');
    now = 1_000;
    expect(await addresses(asked.find(HOST))).toEqual([PUBLIC]);
    const told = { host: HOST, addresses: [PUBLIC], reason: expect.stringContaining('ESERVFAIL') };
    expect(logger.lines.map(({ fields }) => fields)).toEqual([told]);
    // What helped out is no younger for it.
    now = 1_001;
    await expect(asked.find(HOST)).rejects.toMatchObject({ code: 'ESERVFAIL' });
    server.names.delete(HOST);
    await expect(asked.find(HOST)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  });

  test('an answer that was refused is not kept, and does not make the one before it worse', async () => {
    const { names: asked } = names();
    server.names.set(HOST, [PUBLIC]);
    await asked.find(HOST);
    server.names.set(HOST, ['10.0.0.1']);
    await expect(asked.find(HOST)).rejects.toMatchObject({ code: 'NAME_REFUSED' });
    server.names.set(HOST, 'fails');
    expect(await addresses(asked.find(HOST))).toEqual([PUBLIC]);
  });

  test('a server that is slow is waited for only while there is nothing better, and asked once by all', async () => {
    const { names: asked, logger } = names();
    server.names.set(HOST, [PUBLIC]);
    await asked.find(HOST);
    server.names.set(HOST, 'silent');
    const before = server.asked;
    const all = await Promise.all(Array.from({ length: 8 }, () => addresses(asked.find(HOST))));
    expect(all).toEqual(Array(8).fill([PUBLIC]));
    expect(server.asked - before, 'A and AAAA, each tried twice at most').toBeLessThanOrEqual(4);
    expect(logger.lines[0]?.fields['reason']).toMatch(/^no answer within 2000 ms|ETIMEOUT/);
  });

  test('sockets get it in the form in which they ask for it', async () => {
    server.names.set(HOST, [PUBLIC, '2606:2800:21f::1']);
    const { lookup } = names().names;
    const ask = (options: LookupOptions) =>
      new Promise<unknown[]>((resolve) => lookup(HOST, options, (...answer) => resolve(answer)));
    expect(await ask({ family: 4 })).toEqual([null, PUBLIC, 4]);
    expect(await ask({ family: 6, all: true })).toEqual([null, [{ address: '2606:2800:21f::1', family: 6 }]]);
    server.names.set(OTHER, [PUBLIC]);
    const missing = await new Promise((resolve) => lookup(OTHER, { family: 6 }, resolve));
    expect(missing).toMatchObject({ code: 'ENOTFOUND' });
  });
});

describe('an engine whose venue has a name', () => {
  let rig: Rig | undefined;
  afterEach(async () => {
    await rig?.stop();
    rig = undefined;
  });

  /** Sockets and REST ask for names that lead to the simulated venue. */
  function start(transport: TransportName, allowAddresses: readonly string[], isHopeless?: true): Promise<Rig> {
    return Rig.start({
      ...(isHopeless === undefined ? {} : { isHopeless }),
      transport,
      simulator: { venues: ['binance-usdm'] },
      config: { shards: 1, dns: { servers: [server.address], allowAddresses, keepMs: 60_000 } },
      named: { ws: HOST, rest: OTHER },
    });
  }

  const reasons = (engine: Rig, message: string): string[] =>
    engine.lines.flatMap((line) => (line.message === message ? [String(line.fields['reason'])] : []));

  it.each(TRANSPORTS)('%s: whoever answers with an address of this host is asked for no listing', async (transport) => {
    server.names.set(HOST, ['127.0.0.1']);
    server.names.set(OTHER, ['127.0.0.1']);
    rig = await start(transport, [], true);
    const engine = rig;
    await eventually('the listing is refused', () =>
      engine.lines.some(({ fields }) => /leads to/.test(String(fields['reason']))),
    );
    const [venue] = engine.simulator.stats().venues;
    expect([venue?.counters.restRequests, venue?.counters.opened]).toEqual([0, 0]);
    const told = engine.lines.map(({ fields }) => String(fields['reason'])).find((reason) => /leads to/.test(reason));
    expect(told).toBe(
      `binance-usdm /fapi/v1/exchangeInfo failed: ${OTHER} leads to 127.0.0.1, which is no public address and not among dns.allow_addresses`,
    );
  });

  it.each(TRANSPORTS)('%s: a feed outlives names that are poisoned, and names that nobody can resolve', async (transport) => {
    server.names.set(HOST, ['127.0.0.1']);
    server.names.set(OTHER, ['127.0.0.1']);
    rig = await start(transport, ['127.0.0.1']);
    const engine = rig;
    const [before] = engine.simulator.stats().venues;
    server.names.set(HOST, ['127.0.0.1', '10.0.0.1']);
    engine.inject('disconnect');
    await eventually('it is refused', () =>
      reasons(engine, 'disconnected').some((reason) => /leads to 10\.0\.0\.1/.test(reason)),
    );
    expect(engine.simulator.stats().venues[0]?.counters.opened).toBe(before?.counters.opened);
    // The zone is gone altogether: what was good before the poison is good enough.
    server.names.set(HOST, 'fails');
    server.names.delete(OTHER);
    await engine.inSync();
    const helped = engine.lines.filter(({ message }) => message.startsWith('a name cannot be resolved'));
    expect(helped.map(({ fields }) => fields['host'])).toContain(HOST);
    await eventually('both connections are open', async () =>
      (await engine.status()).connections.every(({ state, address }) => state === 'open' && new URL(address).hostname === HOST),
    );
  });
});
