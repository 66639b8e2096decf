/** A whole engine on simulated venues, and what it should have told about every message of theirs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlClient, type Engine, startEngine } from '#dist/engine/index.js';
import type { ChannelName, EngineConfig, FeedConfig, FormatName, TransportName } from '#dist/model/config.js';
import type { BookText, EngineStatus } from '#dist/model/status.js';
import type { Venue, VenueLimits } from '#dist/model/venue.js';
import { type FaultInput, type Simulator, type SimulatorOptions, startSimulator } from '#dist/simulator/index.js';
import { venues } from '#dist/venues/index.js';
import { RingLog } from './ring-log.js';

/** Guards against hangs alone; no test asserts how long anything takes. */
const WATCHDOG_MS = 40_000;
/** Longest time between two looks. */
const LOOK_MS_MAX = 200;
/** Ids among which a book without any of the venue's is looked for. */
const RECENT_IDS = 100;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const HERE = '127.0.0.1';
/** Resyncs by the dozen must not wait for the minute to pass. */
const WEIGHT = { restWeightPerMinute: 1_000_000 } as const;
const SERVER_LIMITS = { 'binance-spot': WEIGHT, 'binance-usdm': WEIGHT };
/** A symbol that is back is found within a second. */
const LISTING_AGAIN_MS = 250;
const WORKER_FILE = fileURLToPath(new URL('./worker.mjs', import.meta.url));

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Waits until `check` returns something that is neither undefined nor false. */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  watchdogMs = WATCHDOG_MS,
): Promise<T> {
  const begun = performance.now();
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    const waited = performance.now() - begun;
    if (waited > watchdogMs) throw new Error(`watchdog: ${what} did not happen`);
    // What takes long is looked at less often: whole books come with each look.
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS_MAX, 20 + waited / 10)));
  }
}

export interface RigOptions {
  readonly simulator?: SimulatorOptions;
  readonly config?: Partial<EngineConfig>;
  /** Symbols of each feed; default: all that are simulated. */
  readonly configured?: readonly string[];
  readonly limits?: Partial<VenueLimits>;
  /** How often a venue is told that we are there, ms, where it wants that. */
  readonly keepAliveMs?: number;
  readonly transport?: TransportName;
  /** Of venues that have it; the others speak JSON. */
  readonly format?: FormatName;
  /** Venues of somebody else's, who ends them, instead of those that `simulator` describes. */
  readonly shared?: Simulator;
  /** Default: books, trades and quotes. */
  readonly channels?: readonly ChannelName[];
  /** Lines of each feed. */
  readonly lines?: number;
  /** The venue does not number books: ids are the core's own, and say nothing to the simulator. */
  readonly ownIds?: boolean;
  /** Ids count the messages of a connection: one that is just gone had the same ones. */
  readonly renumbers?: boolean;
  /** What stands between the engine and a venue's socket: its addresses, given the venue's. */
  readonly between?: (wsUrl: string) => Promise<Pick<FeedConfig, 'wsUrl' | 'wsAlternates'>>;
  /** Names under which the engine looks for sockets and REST of a venue, instead of 127.0.0.1. */
  readonly named?: { readonly ws: string; readonly rest: string };
  /** A venue as it was known before, to the main thread, which reads listings. */
  readonly knownAs?: (venue: Venue) => Venue;
  /** Do not wait for the books: they may never come. */
  readonly isHopeless?: boolean;
}

/** What holds of a feed holds however its sockets are read. */
export const TRANSPORTS: readonly TransportName[] = ['native', 'ws'];

let rigs = 0;

/** A venue with other limits, in each of its formats. */
function limited(venue: Venue, limits: Partial<VenueLimits>): Venue {
  const { formats } = venue;
  const others = formats?.sbe === undefined ? {} : { formats: { sbe: limited(formats.sbe, limits) } };
  return { ...venue, ...others, limits: { ...venue.limits, ...limits } };
}

/** Both venues in one engine, one shard each. */
export class Rig {
  readonly lines: LogLine[];
  readonly control: ControlClient;
  readonly oracleLog: string;
  readonly config: EngineConfig;
  readonly ring: RingLog;
  readonly engine: Engine;
  readonly simulator: Simulator;
  readonly #directories: readonly string[];
  readonly #ownIds: boolean;
  readonly #renumbers: boolean;
  readonly #isShared: boolean;
  /** True books at the newest ids, by instrument. */
  readonly #recent = new Map<number, Map<number, string | undefined>>();

  private constructor(
    parts: Pick<Rig, 'engine' | 'simulator' | 'config' | 'oracleLog' | 'lines'> & {
      directories: string[];
      ownIds: boolean;
      renumbers: boolean;
      isShared: boolean;
    },
  ) {
    this.#isShared = parts.isShared;
    this.#ownIds = parts.ownIds;
    this.#renumbers = parts.renumbers;
    this.engine = parts.engine;
    this.simulator = parts.simulator;
    this.config = parts.config;
    this.oracleLog = parts.oracleLog;
    this.lines = parts.lines;
    this.#directories = parts.directories;
    this.control = new ControlClient(this.config.shmRoot, this.config.name);
    this.ring = new RingLog(this.config.shmRoot, this.config.name, this.config.shards);
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const stateDir = mkdtempSync(join(tmpdir(), 'tickring-engine-'));
    const shmRoot = mkdtempSync('/dev/shm/tickring-engine-');
    const oracleLog = join(stateDir, 'oracle.jsonl');
    const made = { rate: 300, symbols: SYMBOLS, seed: 11, oracleLog, limits: SERVER_LIMITS, ...options.simulator };
    const simulator = options.shared ?? (await startSimulator(made));
    rigs += 1;
    const config: EngineConfig = {
      name: `rig-${process.pid}-${rigs}`,
      shmRoot,
      stateDir: join(stateDir, 'state'),
      shards: 2,
      ringBytes: 1 << 24,
      wakeIntervalUs: 0,
      hardened: false,
      instrumentsMax: 16,
      orderBookDepth: 20,
      snapshotIntervalMs: 0,
      reconnectDelayMs: 100,
      maxReconnectDelayMs: 2_000,
      quarantineBytesMax: 1 << 28,
      feeds: await Promise.all(
        simulator.venues.map(async ({ name, wsUrl: textUrl, restUrl, binaryUrl }) => {
          const isBinary = binaryUrl !== undefined && options.format !== undefined;
          const wsUrl = isBinary ? binaryUrl : textUrl;
          const { ws, rest } = options.named ?? { ws: HERE, rest: HERE };
          const between = await options.between?.(wsUrl);
          return {
            id: name,
            venue: name,
            ...(between ?? { wsUrl: wsUrl.replace(HERE, ws) }),
            restUrl: restUrl.replace(HERE, rest),
            symbols: options.configured ?? options.simulator?.symbols ?? SYMBOLS,
            channels: options.channels ?? (['book', 'trade', 'quote'] as const),
            transport: options.transport ?? 'native',
            lines: options.lines ?? 1,
            ...(isBinary ? { format: options.format } : {}),
          };
        }),
      ),
      ...options.config,
    };
    // By name: engines of one process may have limits of their own.
    process.env[`TICKRING_TEST_LIMITS ${config.name}`] = JSON.stringify({
      ...WEIGHT,
      ...options.limits,
      keepAliveMs: options.keepAliveMs,
    });
    const lines: LogLine[] = [];
    const at = (level: string) => (fields: object, message: string) => {
      lines.push({ level, message, fields: fields as LogLine['fields'] });
    };
    const engine = await startEngine(config, {
      venues: venues.map((venue) => limited(options.knownAs?.(venue) ?? venue, { ...WEIGHT, ...options.limits })),
      workerFile: WORKER_FILE,
      logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
      onShutdownRequest: () => {},
      listingAgainMs: LISTING_AGAIN_MS,
    }).catch(async (error: unknown) => {
      if (options.shared === undefined) await simulator.close();
      for (const directory of [stateDir, shmRoot]) rmSync(directory, { recursive: true, force: true });
      throw error;
    });
    const rig = new Rig({
      engine,
      simulator,
      config,
      oracleLog,
      directories: [stateDir, shmRoot],
      lines,
      ownIds: options.ownIds ?? false,
      renumbers: options.renumbers ?? false,
      isShared: options.shared !== undefined,
    });
    try {
      if (options.isHopeless === true) return rig;
      await eventually('rings', () => rig.ring.open());
      await rig.inSync();
    } catch (error) {
      await rig.stop();
      throw error;
    }
    return rig;
  }

  status(): Promise<EngineStatus> {
    return this.control.request('status');
  }

  inject(fault: FaultInput['fault'], args: Record<string, unknown> = {}): void {
    this.simulator.inject({ fault, args });
  }

  /** Waits until every book is in sync at an id that the venues had after this call, and is the true one there. */
  async inSync(): Promise<void> {
    const count = this.config.feeds.reduce((sum, { symbols }) => sum + symbols.length, 0);
    const instruments = await eventually('instruments', async () => {
      const { instruments } = await this.status();
      return instruments.length === count && instruments;
    });
    for (const { id, venue, symbol } of instruments) {
      if (this.#ownIds) {
        await eventually(`${venue} ${symbol} is a true book`, () => this.#isRecent(id, venue, symbol));
        continue;
      }
      const now = this.simulator.stats().venues.find(({ name }) => name === venue)?.symbols[symbol]?.lastUpdateId ?? 0;
      const book = await eventually(`${venue} ${symbol} in sync past ${now}`, async () => {
        const held = (await this.control.request('book', { instrument: id })) as BookText | null;
        if (held?.inSync !== true || Number(held.lastUpdateId) <= now) return false;
        return (!this.#renumbers || this.simulator.bookAt(venue, symbol, BigInt(held.lastUpdateId)) === held.text) && held;
      });
      const truth = this.simulator.bookAt(venue, symbol, BigInt(book.lastUpdateId));
      if (truth !== book.text) {
        const lines = (text: string): Set<string> => new Set(text.split('\n'));
        const [ours, theirs] = [lines(book.text), lines(truth ?? '')];
        const only = (some: Set<string>, others: Set<string>): string[] =>
          [...some].filter((line) => !others.has(line)).slice(0, 5);
        const found =
          truth === undefined ? 'which the venue no longer knows' : `ours ${only(ours, theirs)}, theirs ${only(theirs, ours)}`;
        throw new Error(`${venue} ${symbol} is not the true book at ${book.lastUpdateId}: ${found}`);
      }
    }
  }

  /** Whether a book is in sync, and is the venue's at one of its newest ids. */
  async #isRecent(id: number, venue: string, symbol: string): Promise<boolean> {
    const held = (await this.control.request('book', { instrument: id })) as BookText | null;
    const newest = this.simulator.stats().venues.find(({ name }) => name === venue)?.symbols[symbol]?.lastUpdateId ?? 0;
    if (held?.inSync !== true) return false;
    const texts = this.#recent.get(id) ?? new Map<number, string | undefined>();
    this.#recent.set(id, texts);
    for (const at of texts.keys()) if (at <= newest - RECENT_IDS || at > newest) texts.delete(at);
    for (let at = newest; at > newest - RECENT_IDS; at -= 1) {
      if (!texts.has(at)) texts.set(at, this.simulator.bookAt(venue, symbol, BigInt(at)));
      if (texts.get(at) === held.text) return true;
    }
    return false;
  }

  /** Counter of all shards together. */
  async counter(name: string): Promise<number> {
    const { counters } = await this.status();
    return counters[name] ?? Number.NaN;
  }

  async stop(): Promise<void> {
    this.control.close();
    this.ring.close();
    await this.engine.stop();
    if (!this.#isShared) await this.simulator.close();
    for (const directory of this.#directories) rmSync(directory, { recursive: true, force: true });
  }
}
