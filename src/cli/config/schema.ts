/** What may stand in a configuration: every key with its type and limits. The one place that decides; README.md repeats it. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { AddressSet } from '../../gateway/addresses.js';
import { CHANNEL_NAMES, DEFAULT_CHANNELS, FEED_LINES_MAX, FORMAT_NAMES } from '../../model/config.js';
import { venues } from '../../venues/index.js';
import { spelled } from './symbols.js';
import { feedValidationSchema, validationKeysAt, validationSchema } from './validation.js';
import { viewKeysAt, viewsSchema } from './views.js';

/** A name of shared memory, as the ring's directory allows it. */
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'is no name of 1 to 64 letters, digits, `.`, `_`, `-`, starting with a letter or digit',
  );

const absolutePath = z.string().regex(/^\//, 'is no absolute path');

const symbol = z
  .string()
  .regex(/^[^\s?&#@,]{1,64}$/u, 'is no symbol of 1 to 64 letters without blanks and ? & # @ ,')
  .transform(spelled);

const symbols = z.array(symbol).min(1).max(65_536).refine(isUnique, 'names a symbol twice');

const channels = z.array(z.enum(CHANNEL_NAMES)).min(1).refine(isUnique, 'names a channel twice');

/** The unrouted address of USDT-M futures: since 2026-04-23 it carries no data, and says nothing about it. */
export function isRetired(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { hostname, pathname } = new URL(text);
  return hostname === 'fstream.binance.com' && /^\/(stream|ws)\/?$/.test(pathname);
}

/** The root of a venue's addresses: scheme, host, port, no path. */
function root(protocols: readonly string[]) {
  return z.string().refine(
    (text) => {
      if (!URL.canParse(text)) return false;
      // It is replaced with a warning, not refused: configurations that worked for years have it.
      if (isRetired(text)) return true;
      const { protocol, pathname, search, hash } = new URL(text);
      return protocols.includes(protocol) && pathname === '/' && search === '' && hash === '';
    },
    `is no address ${protocols.map((protocol) => `${protocol}//host[:port]`).join(' or ')} without a path`,
  );
}

const network = z
  .string()
  .refine((text) => AddressSet.parse([text]) !== undefined, 'is no IP address and no network such as 10.0.0.0/8');

/** As in the header `Host`, without a port. */
const hostName = z
  .string()
  .regex(/^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])$/, 'is no host name or address, without a port');

/** As browsers send it. */
const origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text,
    'is no origin such as https://example.com',
  );

/** An address, with a port if it is not 53. */
const dnsServer = z.string().refine((text) => {
  const [, bracketed, plain, port = '53'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return isIP(text) === 6 || (isIP(bracketed ?? plain ?? '') === (bracketed === undefined ? 4 : 6) && Number(port) <= 65_535);
}, 'is no address such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53');

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Scheme, login, host, port, and the number of a database; or a socket. */
function isRedisAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hostname, pathname, search, hash } = new URL(text);
  if (search !== '' || hash !== '' || ![username, password, pathname].every(isEncoded)) return false;
  if (protocol === 'unix:') return hostname === '' && pathname.length > 1;
  return (protocol === 'redis:' || protocol === 'rediss:') && hostname !== '' && /^(\/(\d{1,5})?)?$/.test(pathname);
}

const VENUE_NAMES = venues.map((venue) => venue.name) as [string, ...string[]];

const feed = z.strictObject({
  id: name.optional(),
  venue: z.enum(VENUE_NAMES),
  symbols,
  channels: channels.default([...DEFAULT_CHANNELS]),
  transport: z.enum(['native', 'ws', 'ws-deflate']).default('native'),
  format: z.enum(FORMAT_NAMES).default('json'),
  lines: z.int().min(1).max(FEED_LINES_MAX).default(1),
  line_ws_urls: z
    .array(root(['wss:', 'ws:']))
    .min(1)
    .max(FEED_LINES_MAX)
    .optional(),
  ws_url: root(['wss:', 'ws:']).optional(),
  rest_url: root(['https:', 'http:']).optional(),
  alternate_ws_urls: z
    .array(root(['wss:', 'ws:']))
    .max(8)
    .optional(),
  alternate_rest_urls: z
    .array(root(['https:', 'http:']))
    .max(8)
    .optional(),
  validation: feedValidationSchema,
});

/** Bytes as a number, or with a binary unit: `64MiB`. */
function bytes(min: number, max: number) {
  const units: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
  const parse = (text: string): number => {
    const match = /^(\d+)\s*([KMG]iB)$/.exec(text);
    return Number(match?.[1]) * (units[match?.[2] ?? ''] ?? Number.NaN);
  };
  return z.preprocess(
    (value) => (typeof value === 'string' && !Number.isNaN(parse(value)) ? parse(value) : value),
    z.int().min(min).max(max),
  );
}

/** Segments hold whole words: 25 MB is accepted, and is one. */
function multipleOf8<Schema extends z.ZodType<number>>(schema: Schema) {
  return schema.refine((size) => size % 8 === 0, 'is no multiple of 8');
}

const RECONNECT_MS_MAX = 3_600_000;

/** The file's own structure, and the older flat keys behind it. */
export const settingsSchema = z.strictObject({
  name: name.default('tickring'),
  shm_root: absolutePath.default('/dev/shm/tickring'),
  state_dir: absolutePath.optional(),
  shards: z.int().min(1).max(64).default(2),
  ring_bytes: bytes(2 ** 16, 2 ** 34).default(64 * 2 ** 20),
  hardened: z.boolean().default(false),
  wake_interval_us: z.int().min(0).max(1_000_000).default(0),
  books_bytes: bytes(0, 2 ** 34).optional(),
  instruments_max: z.int().min(1).max(65_536).default(2_048),
  order_book_depth: z.int().min(1).max(100).default(20),
  snapshot_interval_ms: z.int().min(0).max(86_400_000).default(60_000),
  reconnect_delay_ms: z.int().min(1).max(RECONNECT_MS_MAX).default(1_000),
  max_reconnect_delay_ms: z.int().min(1).max(RECONNECT_MS_MAX).default(60_000),
  quarantine_bytes_max: bytes(0, 2 ** 40).default(64 * 2 ** 20),
  journal: z
    .strictObject({
      enabled: z.boolean().default(true),
      dir: absolutePath.optional(),
      durability: z.enum(['none', 'batch', 'fsync']).default('batch'),
      segment_bytes: multipleOf8(bytes(2 ** 20, 2 ** 30)).default(64 * 2 ** 20),
      buffer_bytes: bytes(2 ** 20, 2 ** 30).default(16 * 2 ** 20),
      retain_bytes: bytes(0, 2 ** 50).default(8 * 2 ** 30),
      retain_hours: z.number().min(0).max(1_000_000).default(0),
      disk_floor_bytes: bytes(0, 2 ** 50).default(2 ** 30),
      compress: z.boolean().default(true),
      recovery: z.enum(['strict', 'point-in-time', 'salvage']).default('salvage'),
    })
    .prefault({}),
  feeds: z.array(feed).min(1).max(64).optional(),
  dns: z
    .strictObject({
      servers: z.array(dnsServer).max(8).default([]),
      allow_addresses: z.array(network).max(64).default([]),
      keep_s: z.int().min(0).max(86_400).default(900),
    })
    .prefault({}),
  validation: validationSchema,
  views: viewsSchema,
  gateway: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1'),
      port: z.int().min(0).max(65_535).default(8_080),
      tls_cert_file: absolutePath.optional(),
      tls_key_file: absolutePath.optional(),
      behind_proxy: z.boolean().default(false),
      trusted_proxies: z.array(network).min(1).max(64).default(['127.0.0.0/8', '::1']),
      hosts: z.array(hostName).max(64).default([]),
      origins: z.array(origin).max(64).default([]),
      local_writes: z.enum(['key', 'open']).default('key'),
      requests_per_second: z.int().min(1).max(1_000_000).default(100),
      sockets_max: z.int().min(1).max(10_000).default(100),
      latency_alert_ms: z.number().min(0.001).max(1_000_000).default(50),
    })
    .prefault({}),
  simulator: z
    .strictObject({
      seed: z.int().min(0).default(1),
      rate: z.number().min(1).max(10_000).default(400),
      symbols: symbols.default(['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT']),
    })
    .prefault({}),
  log: z
    .strictObject({ level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn') })
    .prefault({}),
  symbols: symbols.optional(),
  exchange_ws_url: z
    .string()
    .refine((text) => /^wss?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''), 'is no ws:// or wss:// address')
    .optional(),
  primary_venue: z.enum(VENUE_NAMES).optional(),
  redis_url: z.string().refine(isRedisAddress, 'is no redis://host[:port][/number], rediss://… or unix:///path').optional(),
  redis: z
    .strictObject({
      username: z.string().min(1).max(256).optional(),
      password_file: absolutePath.optional(),
      ca_file: absolutePath.optional(),
      book_interval_ms: z.int().min(0).max(1_000).default(0),
      key_expiry_s: z.int().min(1).max(86_400).default(300),
      outbox_bytes: bytes(2 ** 16, 2 ** 31).default(64 * 2 ** 20),
      streams: z
        .array(z.enum(['orderbook', 'market_data', 'trades']))
        .refine(isUnique, 'names a topic twice')
        .default([]),
      stream_length: z.int().min(1).max(100_000_000).default(10_000),
    })
    .prefault({}),
  webhooks: z
    .strictObject({
      enabled: z.boolean().default(false),
      allow_http: z.boolean().default(false),
      ports: z.array(z.int().min(1).max(65_535)).min(1).max(64).default([443, 8_443]),
      allow_addresses: z.array(network).max(64).default([]),
      interval_ms: z.int().min(1).max(60_000).default(1_000),
      backoff_ms: z.int().min(1).max(300_000).default(5_000),
    })
    .prefault({}),
  file_sink: z
    .strictObject({
      enabled: z.boolean().default(false),
      dir: absolutePath.optional(),
      rotate_bytes: bytes(2 ** 16, 2 ** 40).default(256 * 2 ** 20),
      from: z.enum(['oldest', 'now']).default('oldest'),
    })
    .prefault({}),
  health_port: z.int().min(0).max(65_535).optional(),
  shm_name: name.optional(),
});

/** A checked configuration, before the older keys are folded into the others. */
export type Settings = z.output<typeof settingsSchema>;

function isUnique(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

/** Keys that a map at this place may have; undefined where no map belongs. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] | undefined {
  if (path[0] === 'feeds' && path[2] === 'validation') return validationKeysAt(path.slice(3));
  if (path[0] === 'views') return viewKeysAt(path.slice(2));
  const shapes: Readonly<Record<string, object>> = {
    '': settingsSchema.shape,
    feeds: feed.shape,
    gateway: settingsSchema.shape.gateway.unwrap().shape,
    validation: settingsSchema.shape.validation.unwrap().shape,
    simulator: settingsSchema.shape.simulator.unwrap().shape,
    redis: settingsSchema.shape.redis.unwrap().shape,
    dns: settingsSchema.shape.dns.unwrap().shape,
    webhooks: settingsSchema.shape.webhooks.unwrap().shape,
    file_sink: settingsSchema.shape.file_sink.unwrap().shape,
    journal: settingsSchema.shape.journal.unwrap().shape,
    log: settingsSchema.shape.log.unwrap().shape,
  };
  const shape = shapes[String(path[0] ?? '')];
  return shape === undefined ? undefined : Object.keys(shape);
}
