import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { ControlClient, startEngine } from '../engine/index.js';
import { activeOwners, ensureLocalKey, keysPath } from '../gateway/keys.js';
import { startGateway } from '../gateway/server.js';
import type { Config } from '../model/config.js';
import { EXIT, TickringError } from '../model/errors.js';
import type { Subscription } from '../model/feeds.js';
import { version } from '../native/index.js';
import { startSimulator } from '../simulator/index.js';
import { callbackSecret, startSinks } from '../sinks/index.js';
import { venues } from '../venues/index.js';
import { SIMULATED_VENUES } from './config/views.js';

/** Processes that `start` supervises; each is also a hidden command of its own. */
export type ChildName = 'engine' | 'gateway' | 'jobs' | 'simulator';

/** Longest time that sinks get to hand over what they hold, ms. */
const JOBS_STOP_MS = 1_000;

/** Ports that a restarted simulator takes again, so that feeds find it. */
export interface SimulatorPorts {
  readonly control: number;
  readonly venues: Readonly<Record<string, number>>;
}

/** What the supervisor sends first. */
export interface ChildOrder {
  readonly config: Config;
  readonly simulatorPorts?: SimulatorPorts;
}

export interface SimulatedVenue {
  readonly name: string;
  readonly wsUrl: string;
  readonly restUrl: string;
}

/** What a child answers once, when it works. */
export type ChildReady =
  | { readonly child: 'engine' }
  | { readonly child: 'gateway'; readonly url: string }
  | { readonly child: 'jobs' }
  | { readonly child: 'simulator'; readonly venues: readonly SimulatedVenue[]; readonly controlUrl: string };

interface Running {
  readonly ready: ChildReady;
  stop(): Promise<void>;
}

/** Runs one of the processes until it is told to stop or its supervisor vanishes. Resolves with the exit code. */
export async function runChild(name: ChildName, order: ChildOrder): Promise<number> {
  const logger = pino({ level: order.config.log.level, base: { process: name } }, pino.destination(2));
  let stop = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  process.on('SIGTERM', stop);
  // Under a supervisor, SIGINT is its business; without one, as at a terminal.
  process.on('SIGINT', process.send === undefined ? stop : () => {});
  process.on('disconnect', stop);
  const running = await startChild(name, order, logger, stop);
  if (process.connected) process.send?.(running.ready);
  await stopped;
  await running.stop();
  return EXIT.ok;
}

async function startChild(name: ChildName, order: ChildOrder, logger: pino.Logger, onStop: () => void): Promise<Running> {
  switch (name) {
    case 'engine': {
      const workerFile = fileURLToPath(new URL('./shard-worker.js', import.meta.url));
      const engine = await startEngine(order.config.engine, { venues, workerFile, logger, onShutdownRequest: onStop });
      return { ready: { child: 'engine' }, stop: () => engine.stop() };
    }
    case 'gateway': {
      const control = new ControlClient(order.config.gateway.shmRoot, order.config.gateway.name);
      const { callbackKeyFile } = order.config.gateway;
      const callbackKey = callbackKeyFile === undefined ? undefined : ensureLocalKey(callbackKeyFile);
      const secrets = callbackKey === undefined ? {} : { callbackSecret: (id: string) => callbackSecret(callbackKey, id) };
      const gateway = await startGateway(order.config.gateway, { logger, control, version: version(), ...secrets });
      const stop = async (): Promise<void> => {
        await gateway.stop();
        control.close();
      };
      return { ready: { child: 'gateway', url: gateway.url }, stop };
    }
    case 'jobs': {
      const { jobs, engine } = order.config;
      if (jobs === null)
        throw new TickringError('CONFIG_INVALID', 'no sink is configured: neither redis_url nor webhooks nor file_sink');
      const feedVenues = engine.feeds.map(({ venue }) => venue);
      const control = new ControlClient(jobs.shmRoot, jobs.name);
      const sinks = startSinks(jobs, feedVenues, logger, () => called(control, engine.stateDir));
      const stop = async (): Promise<void> => {
        await sinks.stop(JOBS_STOP_MS);
        control.close();
      };
      return { ready: { child: 'jobs' }, stop };
    }
    case 'simulator':
      return await simulate(order);
  }
}

/** Subscriptions whose callbacks may be called: a key that is revoked or expired is told nothing more. */
async function called(control: ControlClient, stateDir: string): Promise<readonly Subscription[]> {
  const all = await control.request('subscriptions');
  if (all.every(({ owner }) => owner === null)) return all;
  const owners = activeOwners(keysPath(stateDir), Date.now());
  return all.filter(({ owner }) => owner === null || owners.has(owner));
}

async function simulate({ config, simulatorPorts }: ChildOrder): Promise<Running> {
  if (config.simulator === null) throw new TickringError('CONFIG_INVALID', 'feeds are configured, so no venue is simulated');
  const { seed, rate, symbols } = config.simulator;
  const ports = simulatorPorts === undefined ? {} : { ports: simulatorPorts.venues, controlPort: simulatorPorts.control };
  const simulator = await startSimulator({ venues: SIMULATED_VENUES, seed, rate, symbols, ...ports });
  const ready: ChildReady = { child: 'simulator', venues: simulator.venues, controlUrl: simulator.controlUrl };
  return { ready, stop: () => simulator.close() };
}

/** The order from the supervisor; rejects when it vanishes first. */
export function receiveOrder(): Promise<ChildOrder> {
  return new Promise((resolve, reject) => {
    process.once('message', (order) => resolve(order as ChildOrder));
    process.once('disconnect', () =>
      reject(new TickringError('USAGE_INVALID', 'the supervisor vanished before it sent a configuration')),
    );
  });
}
