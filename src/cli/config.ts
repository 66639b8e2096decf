/** Flags → configuration: file, environment and flags merged, checked by one schema, resolved to what the rooms get. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Config, DEFAULT_CHANNELS } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import { FILE_SINK } from '../model/sink.js';
import { dnsOf, dnsSettings } from './config/dns.js';
import { addEnvironment } from './config/environment.js';
import { feedsOf } from './config/feeds.js';
import { fileSinkOf, fileSinkSettings } from './config/file-sink.js';
import { accessOf, gatewaySettings } from './config/gateway.js';
import { journalOf, journalSettings } from './config/journal.js';
import { describe, hideSecrets } from './config/problems.js';
import { redisOf, redisSettings } from './config/redis.js';
import { type Settings, settingsSchema } from './config/schema.js';
import { addFile, Layers } from './config/source.js';
import { validationOf, validationSettings } from './config/validation.js';
import { SIMULATED_VENUES, viewSettings, viewsOf } from './config/views.js';
import { callbacksOf, webhookSettings } from './config/webhooks.js';

export interface ConfigSources {
  /** YAML file; absent: defaults. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Keys that a flag gave, by their place with dots. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** Top-level keys that a program gave, by key: they win over all others. */
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface LoadedConfig {
  readonly config: Config;
  /** What was accepted but does not mean what it says; one line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration. A flag wins over the environment, the environment over the file, the file over the defaults, key
 * by key.
 *
 * @throws TickringError `CONFIG_INVALID`: the message names place, key, value and limit of the first problem;
 * `context.problems` has all of them.
 */
export function loadConfig({ file, env, flags = {}, options = {} }: ConfigSources): LoadedConfig {
  const layers = new Layers();
  if (file !== undefined) addFile(layers, file);
  const warnings = addEnvironment(layers, env);
  for (const [key, value] of Object.entries(flags)) layers.set(key.split('.'), value, `flag --${flagOf(key)}`);
  for (const [key, value] of Object.entries(options)) layers.set([key], plain(key, value), `option ${key}`);
  const checked = settingsSchema.safeParse(layers.values);
  if (!checked.success) {
    const problems = checked.error.issues.flatMap((issue) => describe(issue, layers)).sort((a, b) => lineOf(a) - lineOf(b));
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    throw new TickringError('CONFIG_INVALID', `${problems[0]}${more}`, { context: { problems } });
  }
  return { config: resolve(checked.data, layers, warnings), warnings };
}

/** A copy of what a program gave. */
function plain(key: string, value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch (error) {
    throw new TickringError('CONFIG_INVALID', `option ${key}: ${(error as Error).message}`, { cause: error });
  }
}

const flagOf = (key: string): string => (key.split('.').at(-1) ?? key).replaceAll('_', '-');

/** Line that a problem names; what comes from elsewhere goes last. */
function lineOf(problem: string): number {
  return Number(/^[^ ]*:(\d+): /.exec(problem)?.[1] ?? Number.MAX_SAFE_INTEGER);
}

function resolve(settings: Settings, layers: Layers, warnings: string[]): Config {
  const feeds = feedsOf(settings, { layers, warnings });
  const isSimulated = feeds.length === 0;
  const { shm_root: shmRoot } = settings;
  const name = either(settings, layers, 'name', 'shm_name');
  const port = either(settings, layers, ['gateway', 'port'], 'health_port');
  if (settings.max_reconnect_delay_ms < settings.reconnect_delay_ms) {
    const place = layers.originOf(['max_reconnect_delay_ms']) ?? layers.originOf(['reconnect_delay_ms']);
    throw new TickringError(
      'CONFIG_INVALID',
      `${place}: max_reconnect_delay_ms ${settings.max_reconnect_delay_ms} is below reconnect_delay_ms ${settings.reconnect_delay_ms}`,
    );
  }
  const redis = redisOf(settings, layers, warnings);
  const stateDir = settings.state_dir ?? defaultStateDir(isSimulated ? `${name}-simulated` : name);
  const callbacks = callbacksOf(settings, stateDir);
  const journal = journalOf(settings, stateDir);
  const simulated = { symbols: settings.symbols ?? settings.simulator.symbols, channels: DEFAULT_CHANNELS };
  const followed = isSimulated ? SIMULATED_VENUES.map((venue) => ({ venue, ...simulated })) : feeds;
  const views = viewsOf(settings.views, { layers, feeds: followed, depthMax: settings.order_book_depth });
  const file = fileSinkOf(settings, layers, journal, stateDir);
  const sinks = [
    ...(redis === null ? [] : ['redis']),
    ...(callbacks === null ? [] : ['webhooks']),
    ...(file === null ? [] : [FILE_SINK]),
  ];
  if (isSimulated && settings.symbols !== undefined) {
    warnings.push(`${layers.originOf(['symbols'])}: symbols without exchange_ws_url are those of the simulated venues`);
  }
  return {
    engine: {
      name,
      shmRoot,
      stateDir,
      shards: settings.shards,
      ringBytes: 2 ** Math.ceil(Math.log2(settings.ring_bytes)),
      wakeIntervalUs: settings.wake_interval_us,
      hardened: settings.hardened,
      ...(settings.books_bytes === undefined ? {} : { booksBytes: settings.books_bytes }),
      instrumentsMax: settings.instruments_max,
      orderBookDepth: settings.order_book_depth,
      snapshotIntervalMs: settings.snapshot_interval_ms,
      reconnectDelayMs: settings.reconnect_delay_ms,
      maxReconnectDelayMs: settings.max_reconnect_delay_ms,
      quarantineBytesMax: settings.quarantine_bytes_max,
      journal: journal === null || file === null ? journal : { ...journal, sinks: [FILE_SINK] },
      feeds,
      validation: validationOf(settings.validation),
      ...(views.length === 0 ? {} : { views }),
      dns: dnsOf(settings),
    },
    gateway: {
      name,
      shmRoot,
      host: settings.gateway.host,
      port,
      access: accessOf(settings, layers, stateDir),
      latencyAlertMs: settings.gateway.latency_alert_ms,
      ...(callbacks === null ? {} : { callbackKeyFile: callbacks.keyFile }),
      sinks,
      ...(views.length === 0 ? {} : { views }),
    },
    simulator: isSimulated ? { ...settings.simulator, symbols: settings.symbols ?? settings.simulator.symbols } : null,
    jobs: sinks.length === 0 ? null : { name, shmRoot, primaryVenue: settings.primary_venue ?? null, redis, callbacks, file },
    log: { level: settings.log.level },
  };
}

/** A key's value, or its older spelling's where only that one was given. Both with different values is a mistake. */
function either(settings: Settings, layers: Layers, key: 'name', older: 'shm_name'): string;
function either(settings: Settings, layers: Layers, key: ['gateway', 'port'], older: 'health_port'): number;
function either(
  settings: Settings,
  layers: Layers,
  key: string | string[],
  older: 'shm_name' | 'health_port',
): string | number {
  const path = typeof key === 'string' ? [key] : key;
  const value = typeof key === 'string' ? settings.name : settings.gateway.port;
  const olderValue = settings[older];
  if (olderValue === undefined || olderValue === value) return value;
  if (layers.get(path) === undefined) return olderValue;
  // A flag or a variable may well override the older key of a file.
  const origin = layers.originOf(path) ?? '';
  if (/^(flag|environment) /.test(origin)) return value;
  throw new TickringError(
    'CONFIG_INVALID',
    `${layers.originOf([older])}: ${older} ${olderValue} contradicts ${path.join('.')} ${value}`,
  );
}

function defaultStateDir(name: string): string {
  const base = process.env['XDG_STATE_HOME'];
  return join(base?.startsWith('/') === true ? base : join(homedir(), '.local', 'state'), 'tickring', name);
}

/** The configuration in force as YAML that can be read back in; secrets are hidden. */
export function printConfig({ engine, gateway, simulator, jobs, log }: Config): string {
  const feeds = engine.feeds.map((feed) => ({
    id: feed.id,
    venue: feed.venue,
    symbols: feed.symbols,
    channels: feed.channels,
    transport: feed.transport,
    ...(feed.format === undefined ? {} : { format: feed.format }),
    ...(feed.lines === undefined ? {} : { lines: feed.lines }),
    ...(feed.lineWsUrls === undefined ? {} : { line_ws_urls: feed.lineWsUrls.map(hideSecrets) }),
    ws_url: hideSecrets(feed.wsUrl),
    rest_url: hideSecrets(feed.restUrl),
    alternate_ws_urls: (feed.wsAlternates ?? []).map(hideSecrets),
    alternate_rest_urls: (feed.restAlternates ?? []).map(hideSecrets),
    ...(feed.validation === undefined ? {} : { validation: validationSettings(feed.validation) }),
  }));
  return stringify({
    name: engine.name,
    shm_root: engine.shmRoot,
    state_dir: engine.stateDir,
    shards: engine.shards,
    ring_bytes: engine.ringBytes,
    wake_interval_us: engine.wakeIntervalUs,
    hardened: engine.hardened,
    ...(engine.booksBytes === undefined ? {} : { books_bytes: engine.booksBytes }),
    instruments_max: engine.instrumentsMax,
    order_book_depth: engine.orderBookDepth,
    snapshot_interval_ms: engine.snapshotIntervalMs,
    reconnect_delay_ms: engine.reconnectDelayMs,
    max_reconnect_delay_ms: engine.maxReconnectDelayMs,
    quarantine_bytes_max: engine.quarantineBytesMax,
    journal: journalSettings(engine.journal),
    validation: validationSettings(engine.validation),
    ...viewSettings(engine.views),
    ...dnsSettings(engine.dns),
    ...(feeds.length === 0 ? {} : { feeds }),
    gateway: gatewaySettings(gateway),
    ...(jobs === null ? {} : { ...redisSettings(jobs), ...webhookSettings(jobs), ...fileSinkSettings(jobs) }),
    ...(simulator === null ? {} : { simulator }),
    log,
  });
}
