/** The environment's say: `TICKRING_…` for every key, and the older names that deployments already set. */
import { parseDocument } from 'yaml';
import { nearest } from './nearest.js';
import { keysAt } from './schema.js';
import type { Layers } from './source.js';

const PREFIX = 'TICKRING_';
/** Not keys of the configuration: where recordings are, the addon's code path, and whether errors keep their stack. */
const FOREIGN = new Set(['TICKRING_CAPTURES', 'TICKRING_CODE_PATH', 'TICKRING_DEBUG']);

/** Older names that mean a key of ours. */
const MEANS: Readonly<Record<string, readonly string[]>> = {
  MARKETDATA_WORKERS: ['shards'],
  MAX_SYMBOLS_TRACKED: ['instruments_max'],
  LATENCY_ALERT_THRESHOLD_MS: ['gateway', 'latency_alert_ms'],
};

/** Older names that this version has nothing to do for. */
const INERT = ['MARKET_DATA_CACHE_SIZE', 'DATA_RETENTION_HOURS', 'FEED_UPDATE_INTERVAL_MS', 'LOW_LATENCY_MODE'];

/** Keys that hold lists. */
const LISTS = new Set<unknown>([
  'symbols',
  'channels',
  'line_ws_urls',
  'alternate_ws_urls',
  'alternate_rest_urls',
  'streams',
  'trusted_proxies',
  'hosts',
  'origins',
  'ports',
  'allow_addresses',
  'servers',
]);

const GROUPS = ['gateway', 'simulator', 'journal', 'redis', 'dns', 'webhooks', 'file_sink', 'log'] as const;

/** Variable of every key that is not in a list: `TICKRING_GATEWAY_PORT` → gateway.port. */
function variables(): Map<string, readonly string[]> {
  const named = new Map<string, readonly string[]>();
  for (const key of keysAt([]) ?? []) if (!GROUPS.some((group) => group === key)) named.set(PREFIX + key.toUpperCase(), [key]);
  for (const group of GROUPS)
    for (const key of keysAt([group]) ?? []) named.set(`${PREFIX}${group}_${key}`.toUpperCase(), [group, key]);
  return named;
}

/** Path of a variable, or undefined. `TICKRING_FEEDS_0_WS_URL` is the first feed's `ws_url`. */
function pathOf(variable: string, named: ReadonlyMap<string, readonly string[]>): readonly (string | number)[] | undefined {
  const feed = /^TICKRING_FEEDS_(\d{1,2})_([A-Z_]+)$/.exec(variable);
  const key = feed?.[2]?.toLowerCase();
  if (key !== undefined && keysAt(['feeds'])?.includes(key) === true) return ['feeds', Number(feed?.[1]), key];
  return named.get(variable);
}

/** A list may be written with commas alone; everything else is read as YAML is. */
function parsed(text: string, path: readonly (string | number)[]): unknown {
  const isList = LISTS.has(path.at(-1));
  if (isList && !text.trimStart().startsWith('[')) {
    const parts = text.split(',').map((part) => part.trim());
    return path.at(-1) === 'ports' ? parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part)) : parts;
  }
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) return text;
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    // `*x` is an alias of nothing in YAML, but a name like any other in a variable.
    return text;
  }
}

/** Adds what the environment says; returns warnings about names that do nothing. */
export function addEnvironment(layers: Layers, env: Readonly<Record<string, string | undefined>>): string[] {
  const warnings: string[] = [];
  const named = variables();
  for (const [variable, path] of Object.entries(MEANS)) {
    const text = env[variable];
    if (text !== undefined && text !== '') layers.set(path, parsed(text, path), `environment ${variable}`);
  }
  for (const variable of INERT) {
    if (env[variable] !== undefined) warnings.push(`environment ${variable} has no effect in this version`);
  }
  for (const variable of Object.keys(env).sort()) {
    const text = env[variable];
    if (!variable.startsWith(PREFIX) || FOREIGN.has(variable) || text === undefined || text === '') continue;
    const path = pathOf(variable, named);
    if (path !== undefined) {
      layers.set(path, parsed(text, path), `environment ${variable}`);
      continue;
    }
    const like = nearest(variable, [...named.keys()]);
    warnings.push(
      `environment ${variable} is no key of the configuration${like === undefined ? '' : `; did you mean ${like}?`}`,
    );
  }
  return warnings;
}
