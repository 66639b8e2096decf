import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoadedConfig, loadConfig, printConfig } from '../../src/cli/config.js';
import { TickringError } from '../../src/model/errors.js';
import { venues } from '../../src/venues/index.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-config-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(yaml: string): string {
  const file = join(folder, 'tickring.yaml');
  writeFileSync(file, yaml);
  return file;
}

function load(yaml: string, env: Record<string, string> = {}, flags: Record<string, unknown> = {}): LoadedConfig {
  return loadConfig({ file: fileOf(yaml), env, flags });
}

/** All problems of a configuration, without the folder. */
function problems(yaml: string, env: Record<string, string> = {}): string[] {
  try {
    load(yaml, env);
  } catch (error) {
    if (!(error instanceof TickringError) || error.code !== 'CONFIG_INVALID') throw error;
    const all = (error.context['problems'] as string[] | undefined) ?? [error.message];
    return all.map((text) => text.replaceAll(`${folder}/`, ''));
  }
  return [];
}

test('config: without a file both simulated venues run with the documented defaults', () => {
  const { config, warnings } = loadConfig({ env: {} });
  expect(warnings).toEqual([]);
  expect(config.engine).toMatchObject({
    name: 'tickring',
    shmRoot: '/dev/shm/tickring',
    shards: 2,
    ringBytes: 64 * 2 ** 20,
    wakeIntervalUs: 0,
    instrumentsMax: 2048,
    orderBookDepth: 20,
    feeds: [],
  });
  expect(config.simulator?.symbols).toEqual(['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT']);
  expect(config.gateway).toMatchObject({ host: '127.0.0.1', port: 8080 });
});

test('config: the older flat keys become a feed, a name and a port; the retired address is replaced with a warning', () => {
  const { config, warnings } = load(
    [
      'symbols:',
      '  - BTCUSDT',
      '  - ethusdt',
      'exchange_ws_url: "wss://fstream.binance.com/stream"',
      'redis_url: "redis://:canary@localhost:6379"',
      'order_book_depth: 10',
      'health_port: 9090',
      'shm_name: market_data_shm',
      'reconnect_delay_ms: 500',
      'max_reconnect_delay_ms: 30000',
    ].join('\n'),
  );
  expect(config.engine).toMatchObject({ name: 'market_data_shm', orderBookDepth: 10, reconnectDelayMs: 500 });
  expect(config.engine.feeds).toEqual([
    {
      id: 'binance-usdm',
      venue: 'binance-usdm',
      wsUrl: 'wss://fstream.binance.com',
      restUrl: 'https://fapi.binance.com',
      symbols: ['BTCUSDT', 'ETHUSDT'],
      channels: ['book', 'trade', 'quote'],
      transport: 'native',
    },
  ]);
  expect(config.gateway.port).toBe(9090);
  expect(config.simulator).toBeNull();
  expect(warnings.join('\n')).toMatch(/tickring\.yaml:4: exchange_ws_url .* no longer carries data/);
  expect(config.jobs).toMatchObject({ name: 'market_data_shm', redis: { url: 'redis://:canary@localhost:6379', depth: 10 } });
  expect(printConfig(config)).toContain('redis_url: redis://***@localhost:6379');
  expect(printConfig(config)).not.toContain('canary');
  expect(warnings.join('\n')).not.toContain('canary');
});

test('config: the retired address is replaced in a list of feeds, too', () => {
  const { config, warnings } = load(
    'feeds:\n  - {venue: binance-usdm, symbols: [BTCUSDT], ws_url: "wss://fstream.binance.com/stream"}',
  );
  expect(config.engine.feeds[0]?.wsUrl).toBe('wss://fstream.binance.com');
  expect(warnings).toHaveLength(1);
});

test('config: every problem names file, line, key, value and limit, in the order of lines', () => {
  expect(
    problems(
      [
        'gatway: {port: 1}',
        'feeds:',
        '  - venue: binance-usdn',
        '    symbols: [BTCUSDT]',
        '  - venue: binance-spot',
        '    symbols: []',
        '    chanels: [book]',
        'gateway:',
        '  port: 70000',
        'order_book_depth: 1.5',
        'log: {level: loud}',
      ].join('\n'),
    ),
  ).toEqual([
    'tickring.yaml:1: unknown key gatway, did you mean gateway?',
    `tickring.yaml:3: feeds.0.venue binance-usdn is none of ${venues.map(({ name }) => name).join(', ')}`,
    'tickring.yaml:6: feeds.1.symbols [] has fewer than 1',
    'tickring.yaml:7: unknown key feeds.1.chanels, did you mean channels?',
    'tickring.yaml:9: gateway.port 70000 exceeds 65535',
    'tickring.yaml:10: order_book_depth 1.5 is no whole number',
    'tickring.yaml:11: log.level loud is none of fatal, error, warn, info, debug, trace, silent',
  ]);
});

test('config: mistakes across keys are found', () => {
  expect(problems('symbols: [A, a]\nexchange_ws_url: "wss://fstream.binance.com/stream"')).toEqual([
    'tickring.yaml:1: symbols ["A","a"] names a symbol twice',
  ]);
  expect(problems('shm_name: a\nname: b')).toEqual(['tickring.yaml:1: shm_name a contradicts name b']);
  expect(problems('reconnect_delay_ms: 10\nmax_reconnect_delay_ms: 5')).toEqual([
    'tickring.yaml:2: max_reconnect_delay_ms 5 is below reconnect_delay_ms 10',
  ]);
  const feed = '{venue: binance-spot, symbols: [BTCUSDT]}';
  expect(problems(`feeds: [${feed}, ${feed}]`)).toEqual(['tickring.yaml:1: binance-spot:BTCUSDT stands in two feeds']);
  const named = (symbol: string): string => `{id: one, venue: binance-spot, symbols: [${symbol}]}`;
  expect(problems(`feeds:\n  - ${named('A')}\n  - ${named('B')}`)).toEqual([
    'tickring.yaml:3: feeds.1.id one stands in two feeds',
  ]);
  expect(load(`feeds: [${named('A')}]`).config.engine.feeds[0]?.id).toBe('one');
  expect(problems('feeds: [{venue: binance-spot, symbols: [X], ws_url: "ws://127.0.0.1:1"}]')[0]).toMatch(
    /has ws_url but no rest_url/,
  );
  expect(problems('feeds: [{venue: binance-spot, symbols: [X], ws_url: "ws://h/path", rest_url: "http://h"}]')[0]).toMatch(
    /without a path/,
  );
  expect(problems(`feeds: [${feed}]\nsymbols: [X]`)).toEqual(['tickring.yaml:2: symbols and feeds exclude each other']);
  expect(problems('name: "../x"')[0]).toMatch(/^tickring\.yaml:1: name \.\.\/x is no name/);
});

test('config: text that is no YAML, no map, or sets a key twice is refused with its line', () => {
  expect(problems('a: [1\nb: 2')[0]).toMatch(/^tickring\.yaml:2: /);
  expect(problems('- 1')).toEqual(['tickring.yaml:1: the top is no map of keys']);
  expect(problems('name: a\nname: b')[0]).toMatch(/^tickring\.yaml:2: .*unique/i);
  expect(problems('__proto__: {name: x}')[0]).toMatch(/unknown key __proto__/);
});

test('config: aliases of nothing, of themselves and without end, and values that are no data, are refused like others', () => {
  expect(problems('name: *nobody')).toEqual([expect.stringMatching(/^tickring.yaml: .*nobody$/)]);
  expect(problems('feeds: &feeds [*feeds]')).toEqual([expect.stringMatching(/^tickring.yaml:1: feeds.0 /)]);
  const levels = 'abcdefgh'.split('').map((name, index, all) => {
    const before = index === 0 ? 'x' : `*${all[index - 1]}`;
    return `${name}: &${name} [${Array(9).fill(before).join(', ')}]`;
  });
  expect(problems(levels.join('\n'))).toEqual([expect.stringMatching(/^tickring.yaml: .*alias/)]);
  expect(load('', { TICKRING_REDIS_USERNAME: '*x', TICKRING_REDIS_URL: 'redis://h' }).config.jobs?.redis?.username).toBe('*x');
  for (const name of [() => 1, 5n, Symbol('x')])
    expect(() => loadConfig({ env: {}, options: { name } })).toThrow(TickringError);
});

test('config: a flag wins over the environment, the environment over the file', () => {
  const yaml = 'name: file\nshards: 2\ngateway: {port: 1}';
  expect(load(yaml).config.engine).toMatchObject({ name: 'file', shards: 2 });
  const env = { TICKRING_NAME: 'environment', TICKRING_GATEWAY_PORT: '2', MARKETDATA_WORKERS: '3' };
  expect(load(yaml, env).config).toMatchObject({ engine: { name: 'environment', shards: 3 }, gateway: { port: 2 } });
  expect(load(yaml, { ...env, TICKRING_SHARDS: '4' }).config.engine.shards).toBe(4);
  expect(load(yaml, env, { name: 'flag' }).config.engine.name).toBe('flag');
});

test('config: a feed can be made of environment variables alone', () => {
  const { config } = loadConfig({
    env: { TICKRING_FEEDS_0_VENUE: 'binance-spot', TICKRING_FEEDS_0_SYMBOLS: 'btcusdt, ethusdt' },
  });
  expect(config.engine.feeds[0]).toMatchObject({ venue: 'binance-spot', symbols: ['BTCUSDT', 'ETHUSDT'] });
});

test('config: variables that do nothing are told, misspelt ones get a suggestion, and values are checked', () => {
  const { warnings } = loadConfig({
    env: { LOW_LATENCY_MODE: '1', TICKRING_GATWAY_PORT: '1', TICKRING_CAPTURES: '/x', OTHER: '1' },
  });
  expect(warnings).toEqual([
    'environment LOW_LATENCY_MODE has no effect in this version',
    'environment TICKRING_GATWAY_PORT is no key of the configuration; did you mean TICKRING_GATEWAY_PORT?',
  ]);
  expect(problems('', { TICKRING_SHARDS: 'many' })).toEqual(['environment TICKRING_SHARDS: shards many is no number']);
});

test('config: ring bytes are rounded up to a power of two, and may carry a unit', () => {
  const ringBytes = (value: string): number => load(`ring_bytes: ${value}`).config.engine.ringBytes;
  expect(ringBytes('1000000')).toBe(2 ** 20);
  expect(ringBytes('1MiB')).toBe(2 ** 20);
  expect(ringBytes('65 MiB')).toBe(2 ** 27);
  expect(ringBytes('64KiB')).toBe(2 ** 16);
  expect(problems('ring_bytes: 65535')).toEqual(['tickring.yaml:1: ring_bytes 65535 is below 65536']);
  expect(problems('ring_bytes: 17GiB')[0]).toMatch(/exceeds 17179869184$/);
});

test('config: room for books, the waker and sealed memory are off their defaults only where asked for', () => {
  expect(load('').config.engine).not.toHaveProperty('booksBytes');
  expect(load('').config.engine).toMatchObject({ wakeIntervalUs: 0, hardened: false });
  const { config } = load('books_bytes: 8 MiB\nwake_interval_us: 100\nhardened: true');
  expect(config.engine).toMatchObject({ booksBytes: 2 ** 23, wakeIntervalUs: 100, hardened: true });
  expect(load(printConfig(config)).config).toEqual(config);
  expect(problems('wake_interval_us: 1000001')[0]).toMatch(/exceeds 1000000$/);
});

test('config: what is printed reads back as the same configuration, secrets hidden', () => {
  const { config } = load(
    'name: live\nfeeds: [{venue: binance-spot, symbols: [BTCUSDT], ws_url: "wss://u:canary@h:1", rest_url: "https://h:2"}]',
  );
  const printed = printConfig(config);
  expect(printed).not.toContain('canary');
  expect(printed).toContain('wss://***@h:1');
  const simulated = loadConfig({ env: {} }).config;
  expect(load(printConfig(simulated)).config).toEqual(simulated);
});

test('a format is one that the venue has, with its own address and the environment in between', () => {
  const feeds = (venue: string, format: string): string => `feeds: [{venue: ${venue}, symbols: [A], format: ${format}}]`;
  const { config } = load(feeds('binance-spot', 'sbe'));
  expect(config.engine.feeds[0]).toMatchObject({ format: 'sbe', wsUrl: 'wss://stream-sbe.binance.com:9443' });
  expect(printConfig(config)).toContain('format: sbe\n');
  expect(printConfig(load(feeds('binance-spot', 'json')).config)).not.toContain('format:');
  expect(problems(feeds('binance-usdm', 'sbe'))).toEqual([
    'tickring.yaml:1: feeds.0.format is sbe, which binance-usdm does not have; it has json',
  ]);
  expect(problems(feeds('binance-spot', 'fix'))).toEqual(['tickring.yaml:1: feeds.0.format fix is none of json, sbe']);
});

test('config: each feed says how its sockets are read, in the file or the environment', () => {
  const feeds = (transport: string): string => `feeds: [{venue: binance-spot, symbols: [BTCUSDT], transport: ${transport}}]`;
  for (const transport of ['native', 'ws', 'ws-deflate']) {
    const { config } = load(feeds(transport));
    expect(config.engine.feeds[0]?.transport).toBe(transport);
    expect(printConfig(config)).toContain(`transport: ${transport}\n`);
    expect(load(printConfig(config)).config).toEqual(config);
  }
  const both = 'feeds: [{venue: binance-spot, symbols: [BTCUSDT]}, {venue: binance-usdm, symbols: [BTCUSDT]}]';
  const { config } = load(both, { TICKRING_FEEDS_1_TRANSPORT: 'ws' });
  expect(config.engine.feeds.map(({ transport }) => transport)).toEqual(['native', 'ws']);
  expect(problems(feeds('undici'))).toEqual(['tickring.yaml:1: feeds.0.transport undici is none of native, ws, ws-deflate']);
});

test('config: any text is either read or refused with CONFIG_INVALID', () => {
  const key = fc.constantFrom(
    'name',
    'feeds',
    'symbols',
    'gateway',
    'ring_bytes',
    'exchange_ws_url',
    'log',
    'x',
    '__proto__',
    'constructor',
  );
  const value = fc.oneof(fc.jsonValue(), fc.string());
  fc.assert(
    fc.property(fc.dictionary(key, value), fc.string(), (map, text) => {
      for (const yaml of [JSON.stringify(map), text]) expect(problems(yaml)).toBeInstanceOf(Array);
    }),
    { numRuns: 300 },
  );
});

test('config: half of a certificate, and hosts, origins and networks that are none, are refused with their place', () => {
  expect(problems('gateway: {tls_cert_file: /a.pem}')).toEqual([
    'tickring.yaml:1: gateway.tls_cert_file needs gateway.tls_key_file as well',
  ]);
  const yaml = ['gateway:', '  hosts: [a.example:80]', '  origins: [https://a.example/]', '  trusted_proxies: [10.0.0.0/99]'];
  expect(problems([...yaml, '  local_writes: maybe'].join('\n'))).toEqual([
    'tickring.yaml:2: gateway.hosts.0 a.example:80 is no host name or address, without a port',
    'tickring.yaml:3: gateway.origins.0 https://a.example/ is no origin such as https://example.com',
    'tickring.yaml:4: gateway.trusted_proxies.0 10.0.0.0/99 is no IP address and no network such as 10.0.0.0/8',
    'tickring.yaml:5: gateway.local_writes maybe is none of key, open',
  ]);
});

test('config: no part of what Redis is logged in with is shown, whatever is wrong with it', () => {
  const { config } = load('redis_url: "redis://me:can@ary@localhost:6379/2"');
  expect(printConfig(config)).toContain('redis_url: redis://***@localhost:6379/2\n');
  for (const url of [
    'redis://:can%ary@localhost',
    'http://:canary@localhost',
    'canary@local host',
    'redis://:canary@localhost?x=1',
  ]) {
    const [problem = ''] = problems(`redis_url: "${url}"`);
    expect(problem).toMatch(/^tickring\.yaml:1: redis_url .*is no redis:\/\/host/);
    expect(problem).not.toMatch(/can|ary/);
  }
});

test('config: settings of Redis that contradict each other, or lack an address, are told', () => {
  expect(problems('redis_url: "redis://:a@localhost"\nredis: {password_file: /x}')).toEqual([
    'tickring.yaml:2: redis.password_file and redis_url both give a password',
  ]);
  expect(problems('redis_url: "redis://localhost"\nredis: {ca_file: /x}')).toEqual([
    'tickring.yaml:2: redis.ca_file is for redis_url rediss://',
  ]);
  const { config, warnings } = load('redis: {streams: [trades]}');
  expect(config.jobs).toBeNull();
  expect(warnings).toEqual([expect.stringMatching(/redis has no effect without redis_url$/)]);
});

test('config: Redis by environment alone', () => {
  const { config } = loadConfig({
    env: { TICKRING_REDIS_URL: 'unix:///run/redis.sock', TICKRING_REDIS_STREAMS: 'trades,orderbook' },
  });
  expect(config.jobs?.redis).toMatchObject({ url: 'unix:///run/redis.sock', streams: ['trades', 'orderbook'] });
  expect(config.gateway.sinks).toEqual(['redis']);
});

test('config: venues are on the internet, unless it says where else they may be', () => {
  const inForce = load('symbols: [BTCUSDT]').config.engine.dns;
  expect(inForce).toEqual({ servers: [], allowAddresses: [], keepMs: 900_000 });
  const { config } = load(
    'dns: {servers: [192.0.2.53, "192.0.2.54:5353", "[2001:db8::53]:53", "2001:db8::54"], allow_addresses: [10.0.0.0/8, ::1], keep_s: 0}',
  );
  expect(config.engine.dns).toEqual({
    servers: ['192.0.2.53', '192.0.2.54:5353', '[2001:db8::53]:53', '2001:db8::54'],
    allowAddresses: ['10.0.0.0/8', '::1'],
    keepMs: 0,
  });
  expect(load(printConfig(config)).config.engine.dns).toEqual(config.engine.dns);
  const { engine } = loadConfig({ env: { TICKRING_DNS_SERVERS: '192.0.2.1,192.0.2.2', TICKRING_DNS_KEEP_S: '60' } }).config;
  expect(engine.dns).toEqual({ servers: ['192.0.2.1', '192.0.2.2'], allowAddresses: [], keepMs: 60_000 });
  for (const server of ['resolver.example', '192.0.2.1:65536', '192.0.2.1:x', '[192.0.2.1]:53', '2001:db8::53]:53', ''])
    expect(problems(`dns: {servers: ["${server}"]}`)[0], server).toMatch(
      /dns\.servers\.0 .*is no address such as 192\.0\.2\.53/,
    );
  expect(problems('dns: {allow_addresses: [everybody]}')[0]).toContain('dns.allow_addresses');
  expect(problems('dns: {keep_s: 86401}')[0]).toContain('dns.keep_s');
});

test('config: webhooks are off, and on with what is to be called', () => {
  expect(load('symbols: [BTCUSDT]').config.jobs).toBeNull();
  const { config } = load(
    'state_dir: /var/lib/md\nwebhooks: {enabled: true, ports: [443, 9000], allow_addresses: [10.0.0.0/8]}',
  );
  expect(config.jobs).toMatchObject({
    redis: null,
    callbacks: { keyFile: '/var/lib/md/callback.key', allowHttp: false, ports: [443, 9_000], allowAddresses: ['10.0.0.0/8'] },
  });
  expect(config.gateway).toMatchObject({ sinks: ['webhooks'], callbackKeyFile: '/var/lib/md/callback.key' });
  expect(load(printConfig(config)).config.jobs).toEqual(config.jobs);
  expect(problems('webhooks: {allow_addresses: [everybody]}')[0]).toContain('webhooks.allow_addresses');
});

test('config: the file sink is off, or writes below the state directory and keeps the journal', () => {
  expect(load('').config.jobs).toBeNull();
  const { config } = load('state_dir: /var/lib/md\nshards: 3\nfile_sink: {enabled: true, rotate_bytes: 1MiB, from: now}');
  const file = { dir: '/var/lib/md/events', rotateBytes: 2 ** 20, from: 'now', journalDir: '/var/lib/md/journal', shards: 3 };
  expect(config.jobs?.file).toEqual(file);
  expect(config.engine.journal?.sinks).toEqual(['file']);
  expect(config.gateway.sinks).toEqual(['file']);
  expect(load(printConfig(config)).config.jobs?.file).toEqual(file);
  expect(problems('journal: {enabled: false}\nfile_sink:\n  enabled: true')).toEqual([
    expect.stringMatching(/^tickring\.yaml:3: file_sink\.enabled needs the journal/),
  ]);
  expect(problems('file_sink: {dir: events}')[0]).toContain('file_sink.dir events is no absolute path');
});
