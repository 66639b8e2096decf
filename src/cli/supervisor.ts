import { setTimeout as sleep } from 'node:timers/promises';
import { ControlClient } from '../engine/index.js';
import { localKeyPath } from '../gateway/keys.js';
import type { Config } from '../model/config.js';
import { EXIT, type TickringError } from '../model/errors.js';
import type { EngineStatus } from '../model/status.js';
import type { SimulatorPorts } from './child.js';
import { ManagedChild } from './child-process.js';
import { hideSecrets } from './config/problems.js';
import { portsOf, withSimulatedFeeds } from './simulated.js';
import { Rates, StatusLine, statusText } from './status-line.js';
import { type BookVerdict, verifyBooks } from './verify.js';

const LOOK_EVERY_MS = 500;
/** Longest graceful stop of each process, ms; together below 10 s. */
const STOP_MS = { gateway: 4_000, engine: 4_000, jobs: 1_500, simulator: 1_000 } as const;
/** npm passes on what the terminal has sent to everybody already: the echo of one Ctrl-C is not a second one. */
const NPM_ECHO_MS = process.env['npm_lifecycle_event'] === undefined ? 0 : 1_000;
/** Longest wait for all books before a timed run starts its clock. */
const IN_SYNC_DEADLINE_MS = 30_000;

export interface SuperviseOptions {
  readonly config: Config;
  /** Run this long after all books are in sync, then compare and stop; undefined runs until told to stop. */
  readonly forMs: number | undefined;
  /** Print one JSON object as the last line of stdout; everything else goes to stderr. */
  readonly json: boolean;
}

/** Runs simulator, engine, gateway and sinks until the end; resolves with the exit code. */
export async function supervise(options: SuperviseOptions): Promise<number> {
  return await new Supervisor(options).run();
}

class Supervisor {
  readonly #options: SuperviseOptions;
  #config: Config;
  readonly #line: StatusLine;
  readonly #rates = new Rates();
  readonly #stop = new AbortController();
  readonly #control: ControlClient;
  readonly #engine: ManagedChild<'engine'>;
  readonly #gateway: ManagedChild<'gateway'>;
  readonly #jobs: ManagedChild<'jobs'> | undefined;
  readonly #simulator: ManagedChild<'simulator'> | undefined;
  #simulatorPorts: SimulatorPorts | undefined;
  #oracleUrl: string | undefined;
  #exitCode: number = EXIT.ok;
  #signalledAt: number | undefined;

  constructor(options: SuperviseOptions) {
    this.#options = options;
    this.#config = options.config;
    this.#line = new StatusLine(options.json ? process.stderr : process.stdout);
    const { shmRoot, name } = options.config.engine;
    this.#control = new ControlClient(shmRoot, name);
    const common = {
      order: () => ({
        // What sinks log in with is their process's business alone.
        config: { ...this.#config, jobs: null },
        ...(this.#simulatorPorts === undefined ? {} : { simulatorPorts: this.#simulatorPorts }),
      }),
      output: (text: string) => this.#line.above(text),
      failed: (error: TickringError, exitCode: number) => this.#fail(error, exitCode),
    };
    this.#engine = new ManagedChild({ name: 'engine', ...common });
    this.#gateway = new ManagedChild({ name: 'gateway', ...common });
    this.#jobs =
      options.config.jobs === null
        ? undefined
        : new ManagedChild({ name: 'jobs', ...common, isOptional: true, order: () => ({ config: this.#config }) });
    this.#simulator = options.config.simulator === null ? undefined : new ManagedChild({ name: 'simulator', ...common });
  }

  async run(): Promise<number> {
    const onSignal = (): void => this.#signalled();
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
    try {
      await Promise.race([this.#start(), aborted(this.#stop.signal)]);
      if (this.#options.forMs === undefined) await this.#watch(Number.POSITIVE_INFINITY);
      else await this.#timedRun(this.#options.forMs);
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    } finally {
      await this.#stopAll();
      process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
    }
    return this.#exitCode;
  }

  async #start(): Promise<void> {
    if (this.#simulator !== undefined) {
      const { venues, controlUrl } = await this.#simulator.start();
      this.#stop.signal.throwIfAborted();
      this.#oracleUrl = controlUrl;
      this.#simulatorPorts = portsOf(venues, controlUrl);
      this.#config = withSimulatedFeeds(this.#config, venues);
    }
    // Sinks begin when the name is ours: another engine's are not to be doubled.
    const engine = this.#engine.start().then(() => void this.#jobs?.start().catch(() => {}));
    const [gateway] = await Promise.all([this.#gateway.start(), engine]);
    // A successor is found where its predecessor was, also where the first one took any free port.
    const port = Number(new URL(gateway.url).port) || this.#config.gateway.port;
    this.#config = { ...this.#config, gateway: { ...this.#config.gateway, port } };
    const { name } = this.#config.engine;
    const venues = this.#config.engine.feeds.map(({ venue, symbols }) => `${venue} (${symbols.join(', ')})`).join(', ');
    this.#line.above(
      `tickring ${name}: ${this.#simulator === undefined ? '' : 'simulated '}${venues}\n` +
        `  live books     ${gateway.url}/\n` +
        `  ring events    npx tickring read${name === 'tickring' ? '' : ` --name ${name}`}\n` +
        `  metrics        ${gateway.url}/metrics\n` +
        this.#writeKey() +
        (this.#config.jobs?.redis == null ? '' : `  redis          ${hideSecrets(this.#config.jobs.redis.url)}\n`),
    );
  }

  /** Where programs on this host find the key to write with; never the key itself. */
  #writeKey(): string {
    const { access } = this.#config.gateway;
    const isMade = access !== undefined && access.stateDir !== null && !access.behindProxy && access.localWrites === 'key';
    return isMade ? `  key to write   ${localKeyPath(access.stateDir)}\n` : '';
  }

  /** Shows the live line until `until` (performance time), or for ever; returns the last status. */
  async #watch(until: number, done: (status: EngineStatus) => boolean = () => false): Promise<EngineStatus | undefined> {
    let last: EngineStatus | undefined;
    while (performance.now() < until) {
      this.#stop.signal.throwIfAborted();
      const status = await this.#control.request('status').catch(() => undefined);
      if (status === undefined) this.#line.show('waiting for the engine');
      else if (status.instruments.length === 0) this.#line.show('waiting for the venues');
      else {
        const figures = this.#rates.look(status);
        this.#line.show(statusText(status, figures), figures.booksInSync === figures.books ? 'in sync' : 'syncing');
      }
      last = status ?? last;
      if (status !== undefined && done(status)) return last;
      await sleep(Math.min(LOOK_EVERY_MS, Math.max(0, until - performance.now())), undefined, { signal: this.#stop.signal });
    }
    return last;
  }

  async #timedRun(forMs: number): Promise<void> {
    const expected = this.#config.engine.feeds.reduce((sum, { symbols }) => sum + symbols.length, 0);
    const inSync = ({ instruments }: EngineStatus): boolean =>
      instruments.length === expected && instruments.every((one) => one.inSync);
    const begin = await this.#watch(performance.now() + IN_SYNC_DEADLINE_MS, inSync);
    const startedAt = performance.now();
    await this.#watch(startedAt + forMs);
    const seconds = (performance.now() - startedAt) / 1000;
    const end = await this.#control.request('status');
    const verdicts = this.#oracleUrl === undefined ? [] : await verifyBooks(this.#control, this.#oracleUrl, end.instruments);
    this.#line.end();
    for (const { venue, symbol, equal, reason } of verdicts)
      if (!equal) this.#line.above(`tickring: book ${venue}:${symbol}: ${reason}\n`);
    const summary = summaryOf(end, begin, seconds, expected, this.#oracleUrl === undefined ? undefined : verdicts);
    const allEqual = verdicts.every(({ equal }) => equal);
    if (summary.books_in_sync !== expected || !allEqual) this.#exitCode = EXIT.failure;
    if (this.#options.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else this.#line.above(`${JSON.stringify(summary, null, 2)}\n`);
  }

  #fail(error: TickringError, exitCode: number): void {
    if (this.#stop.signal.aborted) return;
    this.#line.end();
    if (exitCode === EXIT.software) this.#line.above(`tickring: ${error.message} (${error.code})\n`);
    this.#exitCode = exitCode;
    this.#stop.abort();
  }

  #signalled(): void {
    const now = performance.now();
    if (this.#signalledAt === undefined) {
      this.#signalledAt = now;
      this.#stop.abort();
      return;
    }
    if (now - this.#signalledAt < NPM_ECHO_MS) return;
    for (const child of [this.#gateway, this.#engine, this.#jobs, this.#simulator]) child?.kill();
    process.exit(130);
  }

  /** Clients first, then feeds, then the venue, while sinks hand over what they hold. */
  async #stopAll(): Promise<void> {
    this.#stop.abort();
    this.#line.end();
    this.#control.close();
    await this.#gateway.stop(STOP_MS.gateway);
    await this.#engine.stop(STOP_MS.engine);
    await Promise.all([this.#jobs?.stop(STOP_MS.jobs), this.#simulator?.stop(STOP_MS.simulator)]);
  }
}

/** Rejects once the signal says so: a process that hangs while it starts must not keep the others from being stopped. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function summaryOf(
  end: EngineStatus,
  begin: EngineStatus | undefined,
  seconds: number,
  expected: number,
  verdicts: BookVerdict[] | undefined,
) {
  const counter = (name: string): number => end.counters[name] ?? 0;
  return {
    frames: counter('frames'),
    events: counter('events'),
    gaps: counter('gaps'),
    resyncs: counter('resyncs'),
    quarantined: counter('quarantined'),
    books: expected,
    books_in_sync: end.instruments.filter(({ inSync }) => inSync).length,
    ...(verdicts === undefined ? {} : { books_equal: verdicts.filter(({ equal }) => equal).length }),
    frames_per_second: Number(((counter('frames') - (begin?.counters['frames'] ?? 0)) / seconds).toFixed(1)),
    events_per_second: Number(((counter('events') - (begin?.counters['events'] ?? 0)) / seconds).toFixed(1)),
    latency_ns: end.latencyNs,
    seconds: Number(seconds.toFixed(3)),
  };
}
