import type { VenueName } from './dialects/dialect.js';
import { type Fault, type FaultInput, readFault, type ScheduledFault } from './faults/script.js';
import { resolveOptions, type SimulatorOptions } from './options.js';
import { ControlServer } from './server/control-server.js';
import { OracleLog } from './server/oracle-log.js';
import { VenueServer } from './server/venue-server.js';

export { type ServerLimits, type VenueName, venueNames } from './dialects/dialect.js';
export { streamsAskedFor } from './dialects/index.js';
export { type Fault, type FaultInput, malformKinds } from './faults/script.js';
export type { SimulatorOptions } from './options.js';
export { type Playback, type PlaybackOptions, type PlaybackStats, startPlayback, streamsOf } from './playback/index.js';
export type * from './playback/recording.js';
export type { OracleRecord } from './server/oracle-log.js';

/** Steps after which what was sent leaves the process, when somebody else than the clock takes the steps. */
const STEPS_PER_FLUSH = 64;

export type VenueStats = ReturnType<VenueServer['stats']>;

export interface SimulatorStats {
  readonly venues: readonly VenueStats[];
  /** Lines of the oracle log so far. */
  readonly oracleRecords: number;
}

/** A running simulator. */
export interface Simulator {
  /** Addresses without path, e.g. `ws://127.0.0.1:40001`. */
  readonly venues: readonly {
    readonly name: VenueName;
    readonly wsUrl: string;
    readonly restUrl: string;
    /** Where the venue speaks binary, if it does. */
    readonly binaryUrl?: string;
  }[];
  readonly controlUrl: string;
  /** Checks a fault and applies it: at once, or on time if it has one. Throws an `Error` with the reason if it is wrong. */
  inject(fault: FaultInput): void;
  /**
   * Canonical text of the true book after every change up to `updateId`: lines `B <price> <qty>` best first, then
   * `A <price> <qty>`, plain decimals. `undefined` if the id is not in the kept history. If ids were rolled back and
   * several venue epochs had the id, the newest answers; `epoch` (0, 1, …) names one.
   */
  bookAt(venue: string, symbol: string, updateId: number | bigint, epoch?: number): string | undefined;
  stats(): SimulatorStats;
  /** Takes `count` steps of each venue (or of one) now. Meant for `paused` runs. */
  step(count: number, venue?: VenueName): void;
  /** Ends all connections and servers, and writes what is left of the log. */
  close(): Promise<void>;
}

/** Starts the simulated venues and their control endpoint; resolves when all of them listen. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const resolved = resolveOptions(options);
  const log = new OracleLog(resolved.oracleLog);
  let connections = 0;
  const nextConnectionId = (): number => {
    connections += 1;
    return connections;
  };
  const servers = resolved.venues.map((venue) => new VenueServer({ ...resolved, ...venue, log, nextConnectionId }));
  const serverOf = (name: string): VenueServer | undefined => servers.find(({ dialect }) => dialect.name === name);
  const bookAt: Simulator['bookAt'] = (venue, symbol, updateId, epoch) =>
    serverOf(venue)?.bookAt(symbol, Number(updateId), epoch);
  const stats = (): SimulatorStats => ({ venues: servers.map((server) => server.stats()), oracleRecords: log.records });
  const schedule = (entries: readonly ScheduledFault[]): void => {
    for (const { fault } of entries) checkTarget(fault, servers);
    for (const entry of entries) {
      const { venue } = entry.fault.args;
      for (const server of servers) if (venue === undefined || venue === server.dialect.name) server.inject(entry);
    }
  };
  // All are checked before the first is applied.
  const inject = (faults: readonly unknown[]): void => schedule(faults.map(readFault));
  const control = new ControlServer({
    inject,
    stats,
    recent: (limit) => log.recent(limit),
    book: (venue, symbol, id, epoch) => {
      const market = serverOf(venue)?.market.symbols.get(symbol);
      if (serverOf(venue) === undefined) return { reason: `venue ${venue} is not simulated` };
      if (market === undefined) return { reason: `symbol ${symbol} is not simulated` };
      const text = market.bookText(id, epoch);
      return text === undefined
        ? { reason: `update id ${id} is not in the kept history, newest is ${market.lastUpdateId}` }
        : { text };
    },
  });
  const close = async (): Promise<void> => {
    await Promise.all([...servers.map((server) => server.close()), control.close()]);
    log.close();
  };
  schedule(resolved.script);
  try {
    await control.listen(resolved.host, resolved.controlPort);
    for (const server of servers) await server.listen();
  } catch (error) {
    await close();
    throw error;
  }
  const step: Simulator['step'] = (count, venue) => {
    const stepped = servers.filter(({ dialect }) => venue === undefined || dialect.name === venue);
    for (let index = 0; index < count; index += 1) {
      for (const server of stepped) server.step();
      if (index % STEPS_PER_FLUSH === 0 || index === count - 1) for (const server of stepped) server.flush();
    }
  };
  return {
    venues: servers.map(({ dialect, authority, binaryAuthority }) => ({
      name: dialect.name,
      wsUrl: `ws://${authority}`,
      restUrl: `http://${authority}`,
      ...(binaryAuthority === undefined ? {} : { binaryUrl: `ws://${binaryAuthority}` }),
    })),
    controlUrl: control.url,
    inject: (fault) => inject([fault]),
    bookAt,
    stats,
    step,
    close,
  };
}

/** A fault for nobody would look like a fault survived. */
function checkTarget(fault: Fault, servers: readonly VenueServer[]): void {
  const { venue } = fault.args;
  const symbol = 'symbol' in fault.args ? fault.args.symbol : undefined;
  const met = servers.filter(({ dialect }) => venue === undefined || dialect.name === venue);
  if (met.length === 0) throw new Error(`fault: venue ${venue} is not simulated`);
  if (symbol !== undefined && !met.some(({ market }) => market.symbols.has(symbol)))
    throw new Error(`fault: symbol ${symbol} is not simulated`);
}
