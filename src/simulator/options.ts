import type { Dialect, ServerLimits, VenueName } from './dialects/dialect.js';
import { dialects } from './dialects/index.js';
import { type FaultInput, readFault, type ScheduledFault } from './faults/script.js';
import type { SymbolSpec } from './market/symbols.js';

/** What runs where nothing is said. */
const DEFAULT_VENUES: readonly VenueName[] = ['binance-usdm', 'binance-spot'];

/** What a run of the simulator can be told; every member has a default. */
export interface SimulatorOptions {
  /** Venues to serve; default the two of Binance. */
  readonly venues?: readonly VenueName[];
  /**
   * Symbols as the venues spell them; default BTCUSDT, ETHUSDT, BNBUSDT, SOLUSDT. With a number before it (`17BTCUSDT`) it is another,
   * quiet market with the same ticks and lots.
   */
  readonly symbols?: readonly string[];
  /** Seed of the order flow and of the faults' choices, a safe non-negative integer; default 1. */
  readonly seed?: number;
  /** Messages a second of each venue, 1 … 10,000; default 400. Counts one depth stream, trades once, and quotes. */
  readonly rate?: number;
  /** Virtual time of the first step, ms since the UNIX epoch; default the wall clock at the start. */
  readonly epochMs?: number;
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string;
  /** Ports of the venues; default whatever is free. */
  readonly ports?: Partial<Record<VenueName, number>>;
  /** Port of the control endpoint; default whatever is free. */
  readonly controlPort?: number;
  /** Faults and their times. */
  readonly script?: readonly FaultInput[];
  /** File to which the fate of every message is appended as JSON lines; its folder must exist. */
  readonly oracleLog?: string;
  /** Level changes a venue keeps for books of the past; default 2,000,000, over 10 minutes at 1,000 messages/s. */
  readonly historyChanges?: number;
  /** Limits that differ from the venue's own. */
  readonly limits?: Partial<Record<VenueName, Partial<ServerLimits>>>;
  /** Every 16th message of a stream carries keys that no document names; default false. */
  readonly extraKeys?: boolean;
  /** Bytes that may wait for one client before it is cut; default 32 MiB. */
  readonly bufferedBytesMax?: number;
  /** Take no step by the clock, only by `Simulator.step`; default false. */
  readonly paused?: boolean;
}

export interface ResolvedOptions {
  readonly venues: readonly {
    readonly dialect: Dialect;
    readonly limits: ServerLimits;
    readonly symbols: readonly SymbolSpec[];
    readonly port: number;
  }[];
  readonly seed: number;
  readonly rate: number;
  readonly epochMs: number;
  readonly host: string;
  readonly controlPort: number;
  readonly script: readonly ScheduledFault[];
  readonly oracleLog: string | undefined;
  readonly historyChanges: number;
  readonly extraKeys: boolean;
  readonly bufferedBytesMax: number;
  readonly paused: boolean;
}

/** Fills in the defaults; throws an `Error` that names the member, the value and the limit. */
export function resolveOptions(options: SimulatorOptions): ResolvedOptions {
  const names = options.venues ?? DEFAULT_VENUES;
  const venues = names.map((name) => {
    const dialect = dialects[name];
    if (dialect === undefined)
      throw new Error(`venue ${String(name)} is not simulated, known: ${Object.keys(dialects).join(', ')}`);
    const limits: ServerLimits = { ...dialect.limits, ...options.limits?.[name] };
    return {
      dialect,
      limits,
      symbols: pickSymbols(dialect, options.symbols),
      port: integer('port', options.ports?.[name] ?? 0, 0, 65_535),
    };
  });
  return {
    venues,
    seed: integer('seed', options.seed ?? 1, 0, Number.MAX_SAFE_INTEGER),
    rate: within('rate', options.rate ?? 400, 1, 10_000),
    epochMs: integer('epochMs', options.epochMs ?? Date.now(), 0, 8_000_000_000_000),
    host: options.host ?? '127.0.0.1',
    controlPort: integer('controlPort', options.controlPort ?? 0, 0, 65_535),
    script: (options.script ?? []).map(readFault),
    oracleLog: options.oracleLog,
    historyChanges: integer('historyChanges', options.historyChanges ?? 2_000_000, 1, 1_000_000_000),
    extraKeys: options.extraKeys ?? false,
    bufferedBytesMax: integer('bufferedBytesMax', options.bufferedBytesMax ?? 32 * 1024 * 1024, 1, 2 ** 31),
    paused: options.paused ?? false,
  };
}

function pickSymbols(dialect: Dialect, wanted: readonly string[] | undefined): SymbolSpec[] {
  const picked = (wanted ?? [...dialect.symbols.keys()]).map((symbol) => {
    const spec = dialect.symbols.get(symbol) ?? numbered(dialect, symbol);
    if (spec === undefined)
      throw new Error(`symbol ${symbol} is not simulated, known: ${[...dialect.symbols.keys()].join(', ')}`);
    return spec;
  });
  if (picked.length === 0) throw new Error('symbols is empty, at least one is needed');
  return [...new Set(picked)];
}

/** Another market with the ticks and lots of a known one: `17BTCUSDT`. */
function numbered(dialect: Dialect, symbol: string): SymbolSpec | undefined {
  const known = dialect.symbols.get(/^[1-9]\d{0,4}(.+)$/.exec(symbol)?.[1] ?? '');
  return (
    known && { ...known, symbol, baseAsset: symbol.slice(0, symbol.length - known.symbol.length) + known.baseAsset, weight: 1 }
  );
}

function within(name: string, value: number, low: number, high: number): number {
  if (!(value >= low && value <= high)) throw new Error(`${name} ${value} is outside ${low} … ${high}`);
  return value;
}

function integer(name: string, value: number, low: number, high: number): number {
  if (!Number.isInteger(value)) throw new Error(`${name} ${value} is not an integer`);
  return within(name, value, low, high);
}
