/** The HTTP resources. */

import { z } from 'zod';
import type { ViewConfig } from '../model/config.js';
import { unauthorized } from './access.js';
import type { Api } from './api.js';
import { addCandleRoutes, type CandleSource } from './candle-routes.js';
import type { DataQueries } from './data-queries.js';
import { addDataRoutes } from './data-routes.js';
import { type ControlClient, fromEngine } from './engine-calls.js';
import { tagged } from './etag.js';
import type { Router } from './exchange.js';
import { addFeedRoutes, addSubscriptionRoutes } from './feed-routes.js';
import { hdrLog } from './hdr.js';
import type { Monitor } from './monitor.js';
import { addDocument } from './openapi.js';
import { json, notFound, Refusal, type Reply } from './problem.js';
import { FORMATS } from './prometheus.js';
import { healthAnswer, metricsAnswer, metricsQuery, readyAnswer, symbolList, ticketAnswer } from './schemas.js';
import type { SinkMonitor } from './sinks.js';
import type { Stages } from './stages.js';
import type { Statistics } from './statistics.js';
import { TICKET_SECONDS, type Tickets } from './tickets.js';
import { addViewRoutes } from './view-routes.js';

export type { ControlClient } from './engine-calls.js';

export interface RouteParts {
  readonly monitor: Monitor;
  readonly sinks: SinkMonitor;
  readonly statistics: Statistics;
  readonly stages: Stages;
  readonly control: ControlClient;
  readonly queries: DataQueries;
  readonly candles: CandleSource;
  readonly tickets: Tickets;
  readonly callbackSecret: ((subscriptionId: string) => string) | undefined;
  readonly views: readonly ViewConfig[];
  readonly version: string;
  /** Whether the gateway is ending: it takes no new work then. */
  readonly isStopping: () => boolean;
}

/** Adds all resources but the page. */
export function addRoutes(router: Router, api: Api, parts: RouteParts): void {
  addStateRoutes(api, parts);
  addFeedRoutes(api, parts);
  addDataRoutes(api, parts);
  addSubscriptionRoutes(api, parts.control, parts.callbackSecret);
  addCandleRoutes(api, parts.candles);
  addViewRoutes(api, parts.monitor, parts.views);
  addTicketRoute(api, parts.tickets);
  addDocument(router, api.operations, parts.version);
  router.add('get', '/ws', () => {
    throw new Refusal(426, 'this resource is a WebSocket', { Upgrade: 'websocket', Connection: 'Upgrade' });
  });
}

function addStateRoutes(api: Api, parts: RouteParts): void {
  const { monitor, statistics, control } = parts;
  const get = (path: string, summary: string): { method: 'get'; path: string; summary: string } => ({
    method: 'get',
    path,
    summary,
  });
  api.add({
    ...get('/health', 'Figures of the service in the shape that older probes read'),
    answers: { 200: healthAnswer },
    handle: () => json(statistics.health()),
  });
  api.add({
    ...get('/livez', 'The process turns'),
    answers: { 200: z.object({ live: z.literal(true) }) },
    handle: () => json({ live: true }),
  });
  for (const path of ['/ready', '/readyz']) {
    api.add({
      ...get(path, 'Whether truthful data can be served now'),
      answers: { 200: readyAnswer, 503: readyAnswer },
      handle: () => readiness(parts),
    });
  }
  api.add({
    ...get('/metrics', 'Prometheus text or OpenMetrics, or JSON statistics'),
    query: metricsQuery,
    answers: { 200: metricsAnswer },
    handle: ({ query, request: { accept } }) => {
      if (query.format === 'json' || (query.format === undefined && accept.includes('application/json'))) {
        return json(statistics.json());
      }
      const format = accept.includes('application/openmetrics-text') ? 'openMetrics' : 'prometheus';
      const headers = { 'Content-Type': FORMATS[format], 'Cache-Control': 'no-store' };
      return { status: 200, headers, body: statistics.prometheus(format) };
    },
  });
  const { stages } = parts;
  api.add({
    ...get('/metrics/hdr/{stage}', 'Latency of a stage as an HdrHistogram log'),
    params: z.object({ stage: z.enum(stages.all.map(({ name }) => name)) }),
    answers: { 200: 'text/plain' },
    handle: ({ params }) => {
      const stage = stages.all.find(({ name }) => name === params.stage);
      if (stage === undefined) throw notFound();
      return hdrLog(stages, stage, statistics.uptimeSeconds);
    },
  });
  api.add({
    ...get('/symbols', 'Symbols that are followed; served while the engine is away too'),
    answers: { 200: symbolList },
    handle: ({ request }) => tagged(request, symbols(monitor)),
  });
  api.add({
    ...get('/status', "The engine's own account of itself"),
    answers: { 200: z.looseObject({ name: z.string() }) },
    handle: async () => json(await fromEngine(control.request('status'))),
  });
}

function addTicketRoute(api: Api, tickets: Tickets): void {
  api.add({
    method: 'post',
    path: '/tickets',
    summary: 'A ticket for one WebSocket of a browser, offered as the subprotocol `tickring.ticket.{ticket}`',
    answers: { 201: ticketAnswer },
    handle: ({ request: { caller } }) => {
      // Where reading is open there is nothing that a ticket could stand for.
      if (caller?.key === undefined) throw unauthorized('a ticket is for a key');
      const answer = json({ ticket: tickets.issue(caller.key, Date.now()), expires_in: TICKET_SECONDS }, 201);
      return { ...answer, headers: { ...answer.headers, 'Cache-Control': 'no-store' } };
    },
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
