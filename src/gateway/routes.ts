/** The HTTP resources. */
import { CODES } from '../model/codes.js';
import { TickringError } from '../model/errors.js';
import type { Router } from './exchange.js';
import type { Monitor } from './monitor.js';
import { engineAway, json, Refusal, type Reply } from './problem.js';
import type { SinkMonitor } from './sinks.js';
import type { Statistics } from './statistics.js';

/** Speaks to the engine on its control socket. Rejects with `ENGINE_AWAY` when nobody answers. */
export interface ControlClient {
  request(op: 'status'): Promise<unknown>;
  request(op: 'snapshot', fields: { readonly instrument: number }): Promise<unknown>;
}

export interface RouteParts {
  readonly monitor: Monitor;
  readonly sinks: SinkMonitor;
  readonly statistics: Statistics;
  readonly control: ControlClient;
  /** Whether the gateway is ending: it takes no new work then. */
  readonly isStopping: () => boolean;
}

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';

/** Adds all resources but the page. */
export function addRoutes(router: Router, parts: RouteParts): void {
  const { monitor, statistics } = parts;
  router.add('get', '/health', () => json(statistics.health()));
  router.add('get', '/livez', () => json({ live: true }));
  for (const path of ['/ready', '/readyz']) router.add('get', path, () => readiness(parts));
  router.add('get', '/metrics', ({ accept, query }) =>
    accept.includes('application/json') || query.get('format') === 'json'
      ? json(statistics.json())
      : { status: 200, headers: { 'Content-Type': PROMETHEUS, 'Cache-Control': 'no-store' }, body: statistics.prometheus() },
  );
  router.add('get', '/symbols', () => symbols(monitor));
  router.add('get', '/status', () => status(parts.control));
  router.add('get', '/ws', () => {
    throw new Refusal(426, 'this resource is a WebSocket', { Upgrade: 'websocket', Connection: 'Upgrade' });
  });
}

function readiness({ monitor, sinks, isStopping }: RouteParts): Reply {
  const reasons = isStopping() ? ['stopping', ...monitor.reasons] : monitor.reasons;
  const ready = reasons.length === 0;
  const answer = json(
    { ready, redis_connected: sinks.connected('redis'), engine: monitor.engineState, reasons },
    ready ? 200 : 503,
  );
  return ready ? answer : { ...answer, headers: { ...answer.headers, 'Retry-After': '1' } };
}

/** Served from the instrument tables even while the engine is away; `engine` says so. */
function symbols(monitor: Monitor): Reply {
  const names = monitor.symbols;
  const instruments = monitor.instruments.map(({ id, venue, symbol, inSync }) => ({ id, venue, symbol, in_sync: inSync }));
  return json({ symbols: names, count: names.length, instruments, engine: monitor.engineState });
}

async function status(control: ControlClient): Promise<Reply> {
  try {
    return json(await control.request('status'));
  } catch (error) {
    if (error instanceof TickringError && CODES[error.code].recovery === 'retry') throw engineAway();
    throw error;
  }
}
