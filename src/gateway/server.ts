/** The gateway: one HTTP and WebSocket server that reads the rings and serves everybody else. */

import {
  App,
  SSLApp,
  type TemplatedApp,
  type us_listen_socket,
  us_listen_socket_close,
  us_socket_local_port,
} from 'uWebSockets.js';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayAccess, GatewayConfig } from '../model/config.js';
import { TickringError } from '../model/errors.js';
import { Access, readCredentials } from './access.js';
import { Api } from './api.js';
import { addAssets } from './assets.js';
import { BusSources } from './bus-sources.js';
import { CandleMinutes } from './candle-minutes.js';
import type { CandleSource } from './candle-routes.js';
import { MemoryCandles } from './candles.js';
import { CLOSE_CODES } from './client.js';
import { Clocks } from './clocks.js';
import { DataQueries } from './data-queries.js';
import { DriftWatch } from './drift-watch.js';
import { Exchange, Router, readRequest } from './exchange.js';
import { bindAddress, CLOSED, checkCertificate, checkExposure } from './exposure.js';
import { Guests } from './guests.js';
import { Hub } from './hub.js';
import { Idempotency } from './idempotency.js';
import { KeyRing } from './key-ring.js';
import { LatencyAlerts } from './latency-alerts.js';
import type { Logger } from './logger.js';
import { Monitor } from './monitor.js';
import { Points } from './points.js';
import { Pump } from './pump.js';
import { openRings, type RingSource } from './ring.js';
import { addRoutes, type ControlClient } from './routes.js';
import { SinkMonitor } from './sinks.js';
import { SnapshotRequests } from './snapshot-requests.js';
import { socketBehavior } from './sockets.js';
import { Stages } from './stages.js';
import { Statistics } from './statistics.js';

export type { Logger } from './logger.js';
export type { ControlClient } from './routes.js';

/** How often shared memory is looked at for health and rates, ms. */
const LOOK_MS = 250;
/** A look takes at most this share of the time, however many instruments there are. */
const LOOK_SHARE = 0.1;
/** What a stage may take before it is told, ms. */
const LATENCY_ALERT_MS = 50;
/** Longest graceful stop, ms. */
const STOP_MS = 10_000;
/** Longest wait for an answer from a port that should be free, ms. */
const PROBE_MS = 1_000;
/** Time for close frames to leave, ms. */
const FAREWELL_MS = 100;

export interface GatewayDeps {
  readonly logger: Logger;
  readonly control: ControlClient;
  /** The product's version, as `/health` tells it. */
  readonly version: string;
  /** Where rings are opened; default the addon's, at the configured place. */
  readonly rings?: RingSource;
  /** The secret of a subscription's callback, told once when it is made; absent where nobody is called. */
  readonly callbackSecret?: (subscriptionId: string) => string;
  /** Whoever keeps candles; default those that the fan-out keeps in memory. */
  readonly candles?: CandleSource;
}

export interface Gateway {
  /** Address without a path, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** Refuses new work, says farewell to all clients and ends within 10 s. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the gateway; resolves once it listens. It needs no engine for that: what it has is served, flagged, and the engine
 * is picked up when it appears.
 *
 * @throws TickringError `CONFIG_INVALID` for a port that is taken, and where others could reach it without a key or in the clear;
 * `STATE_INVALID` for damaged keys; `SHM_NAME`.
 */
export async function startGateway(config: GatewayConfig, deps: GatewayDeps): Promise<Gateway> {
  const address = bindAddress(config.host);
  const access = config.access ?? CLOSED;
  const keys = new KeyRing(access.stateDir ?? undefined, !access.behindProxy, deps.logger);
  checkExposure(config, access, keys.activeCount(Date.now()));
  if (access.tls !== null) checkCertificate(access.tls);
  const rings = deps.rings ?? openRings(config.shmRoot, config.name);
  const gateway = new RunningGateway({ ...config, access }, rings, keys, deps);
  try {
    await gateway.listen(address, config.port);
  } catch (error) {
    await gateway.stop();
    throw error;
  }
  return gateway;
}

class RunningGateway implements Gateway {
  readonly #app: TemplatedApp;
  readonly #config: GatewayConfig & { readonly access: GatewayAccess };
  readonly #logger: Logger;
  readonly #exchange: Exchange;
  readonly #monitor: Monitor;
  readonly #stages: Stages;
  readonly #alerts: LatencyAlerts;
  readonly #sinks: SinkMonitor;
  readonly #events: BusSources;
  readonly #hub: Hub;
  readonly #pump: Pump;
  readonly #requests: SnapshotRequests;
  readonly #minutes: CandleMinutes;
  readonly #drift: DriftWatch;
  readonly #guests: Guests;
  readonly #points: Points;
  #listening: us_listen_socket | undefined;
  #looking: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;
  port = 0;

  constructor(config: GatewayConfig & { readonly access: GatewayAccess }, rings: RingSource, keys: KeyRing, deps: GatewayDeps) {
    const { logger, control } = deps;
    const { tls } = config.access;
    this.#app = tls === null ? App() : SSLApp({ cert_file_name: tls.certFile, key_file_name: tls.keyFile });
    this.#config = config;
    this.#logger = logger;
    const access = new Access(config.host, config.access, keys);
    this.#guests = new Guests(config.access.socketsMax, keys);
    this.#exchange = new Exchange(logger);
    this.#monitor = new Monitor(rings, logger);
    this.#stages = new Stages(this.#monitor);
    this.#sinks = new SinkMonitor(config.shmRoot, config.name, config.sinks ?? []);
    const fanout = rings.fanout();
    this.#hub = new Hub(fanout);
    const { bus } = this.#hub;
    this.#events = new BusSources(
      (topic, event) => bus.tell(topic, event),
      (id) => this.#monitor.instruments.find((instrument) => instrument.id === id),
    );
    const { latency, record } = this.#events;
    this.#alerts = new LatencyAlerts(this.#stages, config.latencyAlertMs ?? LATENCY_ALERT_MS, logger, latency);
    const publish = (channel: string, bytes: Uint8Array, isBinary: boolean): void => {
      this.#app.publish(channel, bytes, isBinary);
      this.#stages.published(channel, bytes);
    };
    this.#pump = new Pump(fanout, this.#hub, { open: () => rings.fanout(), publish, logger });
    this.#requests = new SnapshotRequests(control, logger);
    this.#minutes = new CandleMinutes(control, logger);
    this.#drift = new DriftWatch(control);
    this.#points = new Points(rings, logger, record);
    const queries = new DataQueries(this.#monitor, this.#points);
    const statistics = new Statistics({
      version: deps.version,
      monitor: this.#monitor,
      sinks: this.#sinks,
      hub: this.#hub,
      pump: this.#pump,
      exchange: this.#exchange.counts,
      access,
      points: this.#points,
      queries,
      stages: this.#stages,
      alerts: this.#alerts,
      clocks: new Clocks(control),
      drift: this.#drift,
      views: config.views ?? [],
      startedAt: performance.now(),
    });
    const isStopping = (): boolean => this.#stopped !== undefined;
    const router = new Router();
    addAssets(router);
    addRoutes(router, new Api(router, new Idempotency()), {
      monitor: this.#monitor,
      sinks: this.#sinks,
      queries,
      candles: deps.candles ?? new MemoryCandles(queries, () => this.#pump.fanout),
      version: deps.version,
      views: config.views ?? [],
      statistics,
      stages: this.#stages,
      control,
      tickets: access.tickets,
      callbackSecret: deps.callbackSecret,
      isStopping,
    });
    const sockets = { access, guests: this.#guests, exchange: this.#exchange, hub: this.#hub, pump: this.#pump, isStopping };
    this.#app.ws('/ws', socketBehavior(sockets));
    this.#app.ws('/ws/stream', socketBehavior({ ...sockets, isOlder: true }));
    this.#app.any('/*', (res, req) => {
      const head = readRequest(req);
      const credentials = readCredentials(res, req);
      this.#exchange.answer(res, head, (request) => {
        const caller = access.admit(head, credentials);
        return router.route({ ...request, caller });
      });
    });
  }

  get url(): string {
    const { host, access } = this.#config;
    const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    return `http${access.tls === null ? '' : 's'}://${name}:${this.port}`;
  }

  async listen(address: string, port: number): Promise<void> {
    const listening = await listenOn(this.#app, address, port);
    this.#listening = listening;
    this.port = us_socket_local_port(listening);
    this.#look();
    this.#pump.start();
    this.#guests.start(this.#hub, () => this.#pump.wake(), this.#logger);
    this.#points.start();
    this.#logger.info({ url: this.url }, 'gateway listens');
  }

  #look(): void {
    const now = performance.now();
    try {
      const { fanout } = this.#pump;
      this.#sinks.look();
      this.#monitor.look(fanout, now);
      this.#events.engine(this.#monitor.engineState);
      this.#alerts.look(now);
      this.#hub.bound(now);
      this.#hub.tend(now);
      this.#hub.retry();
      this.#requests.ask(fanout.wantedSnapshots(), now);
      this.#minutes.look(() => this.#pump.fanout, this.#monitor.instruments, now);
    } catch (error) {
      this.#logger.error({ err: error }, 'look at shared memory failed');
    }
    this.#drift.look(now);
    const took = performance.now() - now;
    this.#looking = setTimeout(() => this.#look(), Math.max(LOOK_MS, took / LOOK_SHARE));
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const deadline = performance.now() + STOP_MS;
    if (this.#listening !== undefined) us_listen_socket_close(this.#listening);
    clearTimeout(this.#looking);
    this.#guests.stop();
    for (const client of this.#hub.clients)
      this.#hub.close(client, CLOSE_CODES.goingAway, 'the gateway is ending', performance.now());
    this.#pump.wake();
    while ((this.#hub.clients.size > 0 || this.#exchange.counts.pending > 0) && performance.now() < deadline - FAREWELL_MS) {
      await sleep(10);
    }
    await sleep(FAREWELL_MS);
    this.#pump.stop();
    this.#points.stop();
    this.#monitor.close();
    this.#app.close();
    this.#logger.info({}, 'gateway ended');
  }
}

/** Listens; port 0 takes a free one. */
async function listenOn(app: TemplatedApp, address: string, port: number): Promise<us_listen_socket> {
  if (port !== 0) await probe(address, port);
  return new Promise((resolve, reject) => {
    app.listen(address, port, (socket) => {
      if (socket) resolve(socket);
      else reject(portTaken(address, port));
    });
  });
}

/**
 * Refuses a port on which somebody answers. uWebSockets.js shares ports between processes (SO_REUSEPORT), so a second gateway
 * would silently get half of the clients; its exclusive mode in turn cannot take a port that was used a minute ago. An
 * attempt to bind would fail for the same minute, hence an attempt to connect.
 */
async function probe(host: string, port: number): Promise<void> {
  const socket = connect({ host, port, timeout: PROBE_MS });
  const isFree = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(false));
    socket.once('timeout', () => resolve(false));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
  socket.destroy();
  if (!isFree) throw portTaken(host, port);
}

const portTaken = (host: string, port: number): TickringError =>
  new TickringError('CONFIG_INVALID', `gateway cannot listen on ${host} port ${port}`, {
    context: { key: 'gateway.port', host, port },
  });
