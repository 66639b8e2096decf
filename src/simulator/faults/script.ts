import { z } from 'zod';
import { venueNames } from '../dialects/dialect.js';
import { spikeKinds } from './spike.js';

/** Ways to spoil a message; what each does is in `malform.ts`. */
export const malformKinds = [
  'truncated',
  'bitflip',
  'wrong_type',
  'exponent',
  'decimals20',
  'negative',
  'invalid_utf8',
  'huge',
  'deep',
  'empty',
  'binary',
  'levels',
  'unknown_type',
  'more_members',
  'missing_member',
  'same_member',
  'checksum_wrong',
  'checksum_zero',
  'checksum_absent',
] as const;
export type MalformKind = (typeof malformKinds)[number];

const count = z.int().min(1).max(1_000_000_000);
const ms = z.number().min(0).max(86_400_000);
/** Codes that a server may send (RFC 6455, 7.4). */
const closeCode = z
  .int()
  .refine((code) => (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999), {
    error: 'close code is none that may be sent',
  });
const venue = z.enum(venueNames).optional();
const symbol = z.string().min(1).max(64).optional();

/** Which messages a fault meets. Without `symbol` it meets each symbol on its own, without `connection` all connections. */
const messages = {
  venue,
  symbol,
  stream: z.enum(['depth', 'trade', 'aggTrade', 'bookTicker', 'any']).default('depth'),
  connection: z.int().min(1).optional(),
  /** Messages of each stream. */
  n: count.default(1),
};
const connections = { venue, connection: z.int().min(1).optional() };
const requests = { venue, symbol, n: count.default(1) };

function fault<Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) {
  return z.strictObject({ fault: z.literal(name), args: z.strictObject(shape) });
}

/** One fault and its arguments; times in ms. The room's README.md says what each one looks like from outside. */
export const faultSchema = z.discriminatedUnion('fault', [
  fault('drop', messages),
  fault('duplicate', {
    ...messages,
    copies: z.int().min(1).max(1000).default(1),
    mode: z.enum(['each', 'range']).default('each'),
  }),
  fault('reorder', { ...messages, k: z.int().min(1).max(100).default(1) }),
  fault('malformed', {
    ...messages,
    kind: z.enum(malformKinds),
    /** Send the good message too, after the spoilt one. */
    extra: z.boolean().default(false),
    /** Byte to cut at or to flip; seeded random if absent. */
    byte: z.int().min(0).optional(),
    bit: z.int().min(0).max(7).default(7),
    /** Bytes of `huge`, brackets of `deep`, how often `levels` repeats one. */
    size: z.int().min(1).max(67_108_864).optional(),
  }),
  fault('crossed', { ...messages, stream: z.literal('depth').default('depth') }),
  fault('corrupt', {
    ...messages,
    stream: z.literal('depth').default('depth'),
    share: z.number().min(0).max(1).default(0.001),
  }),
  /** `per`: numbers count this much finer units. */
  fault('bad_time', { ...messages, offset_ms: z.int().default(-3_600_000), per: z.int().min(1).max(1_000_000).default(1) }),
  fault('spike', {
    ...messages,
    stream: messages.stream.unwrap().default('trade'),
    of: z.enum(spikeKinds).default('price'),
    factor: z.int().min(2).max(1_000_000).default(2),
  }),
  fault('rollback', { venue, symbol, to: z.int().min(1).max(1_000_000_000).default(1) }),
  fault('stall', { ...connections, symbol, ms, pings: z.boolean().default(true), all: z.boolean().default(false) }),
  fault('unsteady', {
    ...connections,
    /** How long, virtual time. */
    ms,
    jitter_ms: z.number().min(0).max(60_000).default(0),
    /** Share of messages that never arrive. */
    loss: z.number().min(0).max(1).default(0),
  }),
  fault('disconnect', {
    ...connections,
    code: closeCode.default(1001),
    hard: z.boolean().default(false),
    outage_ms: ms.default(0),
  }),
  fault('outage', { venue, ms, status: z.int().min(300).max(599).optional(), retry_after: z.int().min(0).optional() }),
  fault('server_shutdown', { venue, delay_ms: ms.default(1_000) }),
  fault('restart', { venue, ms: ms.default(1_000), rollback: z.boolean().default(true) }),
  fault('burst', { venue, factor: z.number().min(0.01).max(1_000), ms }),
  fault('snapshot_slow', { ...requests, ms }),
  fault('snapshot_error', { ...requests, status: z.int().min(400).max(599).default(503) }),
  fault('snapshot_limit', { ...requests, retry_after: z.int().min(0).default(1), ban_seconds: z.int().min(0).default(2) }),
  fault('snapshot_stale', { ...requests, changes: count.default(5_000) }),
  fault('snapshot_short', { ...requests, levels: z.int().min(1).max(5_000).default(20) }),
  fault('snapshot_wrong_symbol', requests),
  fault('snapshot_malformed', {
    ...requests,
    kind: z.enum([...malformKinds, 'wrong_length', 'gzip_bomb']),
    size: z.int().min(1).max(67_108_864).optional(),
  }),
  fault('delist', { venue, symbol: z.string().min(1).max(64), ms }),
  /** Today's addresses acknowledge a kind of stream and no longer carry it. */
  fault('reroute', { venue, stream: messages.stream, ms }),
  fault('ack_lost', { venue, n: count.default(1), apply: z.boolean().default(true) }),
  fault('ack_error', {
    venue,
    n: count.default(1),
    code: z.int().default(2),
    msg: z.string().max(1000).default('Invalid request: simulated'),
  }),
]);

/** When a fault happens: `at_ms` of virtual time since the start, or after so many messages of the venue; else at once. */
const whenShape = {
  at_ms: ms.optional(),
  after_frames: z.int().min(0).optional(),
  /** Again this long after, `times` times in all. */
  every_ms: z.number().min(1).optional(),
  times: count.optional(),
};

export type Fault = z.output<typeof faultSchema>;
/** A fault as a script or a caller writes it; arguments have defaults. */
export interface FaultInput {
  readonly fault: Fault['fault'];
  readonly args?: Readonly<Record<string, unknown>>;
  readonly at_ms?: number;
  readonly after_frames?: number;
  readonly every_ms?: number;
  readonly times?: number;
}

/** A checked fault with its time. */
export interface ScheduledFault {
  readonly fault: Fault;
  readonly atMs: number | undefined;
  readonly afterFrames: number | undefined;
  readonly everyMs: number;
  readonly times: number;
}

/** Checks one entry of a script; throws an `Error` that names the member and the limit. */
export function readFault(input: unknown): ScheduledFault {
  const entry = z.looseObject({ ...whenShape, args: z.unknown().optional() }).safeParse(input);
  if (!entry.success) throw new Error(`fault: ${z.prettifyError(entry.error)}`);
  const { at_ms, after_frames, every_ms, times, args, ...rest } = entry.data;
  const fault = faultSchema.safeParse({ ...rest, args: args ?? {} });
  if (!fault.success) throw new Error(`fault: ${z.prettifyError(fault.error)}`);
  const repeats = every_ms === undefined ? 1 : (times ?? Number.POSITIVE_INFINITY);
  return { fault: fault.data, atMs: at_ms, afterFrames: after_frames, everyMs: every_ms ?? 0, times: repeats };
}

/** Faults that may wait on one venue's clock. */
const WAITING_MAX = 10_000;

/** Faults that wait for their time on one venue's clock. */
export class FaultSchedule {
  #waiting: ScheduledFault[] = [];

  add(entry: ScheduledFault): void {
    if (this.#waiting.length >= WAITING_MAX) throw new Error(`fault: ${WAITING_MAX} faults wait already`);
    this.#waiting.push(entry);
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Takes what is due now. A fault that repeats waits for its next time. */
  due(elapsedMs: number, frames: number): Fault[] {
    if (this.#waiting.length === 0) return [];
    const due: Fault[] = [];
    const waiting: ScheduledFault[] = [];
    for (const entry of this.#waiting) {
      const early =
        (entry.atMs !== undefined && elapsedMs < entry.atMs) || (entry.afterFrames !== undefined && frames < entry.afterFrames);
      if (early) {
        waiting.push(entry);
        continue;
      }
      due.push(entry.fault);
      if (entry.times <= 1) continue;
      // The next time counts from the planned one, so that a coarse step does not shift the rest.
      waiting.push({
        ...entry,
        atMs: (entry.atMs ?? elapsedMs) + entry.everyMs,
        afterFrames: undefined,
        times: entry.times - 1,
      });
    }
    this.#waiting = waiting;
    return due;
  }
}
