/** The newest trades and quotes of each instrument, as records of the ring, for those who ask instead of listening. */
import {
  CODE_NAMES,
  type CodeName,
  FLAGS,
  GAP_REASON_NAMES,
  GAP_STREAM_NAMES,
  type GapReasonName,
  type GapStreamName,
  KINDS,
  STATE_NAMES,
  type StateName,
} from '../model/codes.js';
import { RECORD_OFFSETS as AT, KIND_GENERATION, KIND_LAPPED } from '../native/index.js';
import { nameIn, RecordBytes } from '../native/record-bytes.js';
import { InstrumentFields } from '../native/records.js';
import type { Logger } from './logger.js';
import { PointRing } from './point-ring.js';
import type { RecordSource, RingInstrument, RingSource } from './ring.js';

/** Points kept of each instrument and kind. */
export const POINTS_MAX = 1_000;
/** Instruments whose points are kept; 2,000 points of each are 200 KB, and as much again for those that were asked for. */
const INSTRUMENTS_MAX = 4_096;
const POLL_BYTES = 262_144;
const POLL_RECORDS = 2_048;
/** A turn reads no longer than this, ms, so that requests are answered meanwhile. */
const TURN_MS = 2;
/** Pause where nothing is new, ms: a point can be asked for this much later than it was published. */
const REST_MS = 5;
/** Pause while there is no engine, or after a failure, ms. */
const REOPEN_MS = 250;

export type PointKind = 'tick' | 'quote';

interface Kept {
  readonly tick: PointRing;
  readonly quote: PointRing;
  priceExponent: number;
  qtyExponent: number;
  /** Updates since this is followed, and their time from receipt to the ring. */
  readonly timed: { count: number; ns: number };
}

/** A record that says how a feed is. `tsRecv`: ns since the UNIX epoch. */
export type FeedRecord = { readonly instrument: number; readonly tsRecv: bigint } & (
  | {
      readonly kind: 'status';
      readonly state: StateName;
      readonly connection: number;
      readonly code: CodeName | null;
      readonly detail: bigint;
    }
  | {
      readonly kind: 'gap';
      readonly stream: GapStreamName;
      readonly reason: GapReasonName;
      readonly first: bigint;
      readonly last: bigint;
      /** It closes an earlier one: these ids came after all. */
      readonly recovered: boolean;
    }
);

export interface PointCounts {
  points: number;
  /** Records that were overwritten before they were read. */
  lapped: number;
  failures: number;
}

export class Points {
  readonly counts: PointCounts = { points: 0, lapped: 0, failures: 0 };
  readonly #rings: RingSource;
  readonly #logger: Logger;
  readonly #tell: (record: FeedRecord) => void;
  readonly #out = new Uint8Array(POLL_BYTES);
  readonly #at = new RecordBytes(this.#out);
  readonly #definition = new InstrumentFields(this.#at);
  readonly #kept = new Map<number, Kept>();
  #source: RecordSource | undefined;
  #poll: ReturnType<RecordSource['poller']> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #running = false;
  #isCatchingUp = false;

  /** `tell` hears of each Status and Gap from now on; not of those that stood on the ring before. */
  constructor(rings: RingSource, logger: Logger, tell: (record: FeedRecord) => void = () => {}) {
    this.#rings = rings;
    this.#logger = logger;
    this.#tell = tell;
  }

  start(): void {
    this.#running = true;
    this.#turn();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#close();
  }

  /** Points of an instrument; undefined while there are none. */
  of(instrument: number, kind: PointKind): PointRing | undefined {
    return this.#kept.get(instrument)?.[kind];
  }

  /** Updates of an instrument since it is followed, and their time from receipt to the ring together. */
  timed(instrument: number): { readonly count: number; readonly ns: number } {
    return this.#kept.get(instrument)?.timed ?? { count: 0, ns: 0 };
  }

  /** Bytes that are held for points. */
  get bytes(): number {
    let bytes = 0;
    for (const { tick, quote } of this.#kept.values()) bytes += tick.bytes + quote.bytes;
    return bytes;
  }

  /** Points that are held. */
  get size(): number {
    let size = 0;
    for (const { tick, quote } of this.#kept.values()) size += tick.size + quote.size;
    return size;
  }

  readonly #turn = (): void => {
    if (!this.#running) return;
    let restMs = REST_MS;
    try {
      this.#poll ??= this.#open();
      restMs = this.#read(this.#poll) ? 0 : REST_MS;
    } catch (error) {
      restMs = REOPEN_MS;
      this.#fail(error);
    }
    if (restMs === 0) this.#immediate = setImmediate(this.#turn);
    else this.#timer = setTimeout(this.#turn, restMs);
  };

  #fail(error: unknown): void {
    // No engine has published yet: nothing is wrong.
    if (this.#source === undefined && (error as { code?: unknown }).code === 'SHM_NOT_FOUND') return;
    this.counts.failures += 1;
    this.#logger.warn({ err: error }, 'points cannot be read, the ring is opened anew');
    this.#close();
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
    this.#poll = undefined;
  }

  /** What is opened anew begins with the oldest record that stands; points that are held already would come twice. */
  #open(): ReturnType<RecordSource['poller']> {
    const source = this.#rings.records();
    this.#source = source;
    this.#kept.clear();
    this.#isCatchingUp = true;
    source.seekOldest();
    this.#learn();
    return source.poller();
  }

  /** Definitions by the tables, where records of the ring may have told of them before. */
  #learn(): void {
    for (const shard of this.#source?.shards() ?? [])
      for (const instrument of this.#source?.instruments(shard) ?? []) this.#define(instrument);
  }

  #define({ id, priceExponent, qtyExponent }: Pick<RingInstrument, 'id' | 'priceExponent' | 'qtyExponent'>): Kept | undefined {
    const known = this.#kept.get(id);
    if (known !== undefined) {
      known.priceExponent = priceExponent;
      known.qtyExponent = qtyExponent;
      return known;
    }
    if (this.#kept.size >= INSTRUMENTS_MAX) return undefined;
    const [tick, quote] = [new PointRing(POINTS_MAX), new PointRing(POINTS_MAX)];
    const kept = { tick, quote, priceExponent, qtyExponent, timed: { count: 0, ns: 0 } };
    this.#kept.set(id, kept);
    return kept;
  }

  /** Reads for one turn. Returns whether there may be more. */
  #read(poll: ReturnType<RecordSource['poller']>): boolean {
    const deadline = performance.now() + TURN_MS;
    for (;;) {
      const count = poll(this.#out, POLL_RECORDS);
      if (count === 0) {
        this.#isCatchingUp = false;
        return false;
      }
      this.#at.rewind();
      for (let left = count; left > 0; left -= 1) {
        this.#take();
        if (left > 1) this.#at.advance();
      }
      if (performance.now() >= deadline) return true;
    }
  }

  /** Counts how long an update took. Those that stood on the ring before are none of the time that is followed. */
  #time(kept: Kept | undefined): void {
    if (kept === undefined || this.#isCatchingUp) return;
    // By halves: the difference is exact as a number, and needs no bigint.
    const [out, recv] = [AT.tsOut, AT.tsRecv];
    const ns = (this.#at.u32(out + 4) - this.#at.u32(recv + 4)) * 2 ** 32 + this.#at.u32(out) - this.#at.u32(recv);
    kept.timed.count += 1;
    // What an adjustment of the clock takes below zero is a zero.
    kept.timed.ns += Math.max(0, ns);
  }

  #take(): void {
    const kind = this.#at.u8(AT.kind);
    switch (kind) {
      case KINDS.trade:
      case KINDS.quote: {
        const kept = this.#kept.get(this.#at.u32(AT.instrument));
        if (kept === undefined) return;
        const ring = kind === KINDS.trade ? kept.tick : kept.quote;
        ring.add(this.#out, this.#at.start, this.#at.u32(AT.size), kept.priceExponent, kept.qtyExponent);
        this.counts.points += 1;
        this.#time(kept);
        return;
      }
      case KINDS.book_delta:
        this.#time(this.#kept.get(this.#at.u32(AT.instrument)));
        return;
      case KINDS.instrument: {
        const { priceExponent, qtyExponent } = this.#definition;
        const kept = this.#define({ id: this.#at.u32(AT.instrument), priceExponent, qtyExponent });
        // The tables told the exponents of today; those of records before this one are not known.
        if (this.#isCatchingUp) {
          kept?.tick.clear();
          kept?.quote.clear();
        }
        return;
      }
      case KINDS.status:
      case KINDS.gap: {
        const record = this.#isCatchingUp ? undefined : feedRecord(this.#at, kind);
        if (record !== undefined) this.#tell(record);
        return;
      }
      case KIND_LAPPED:
        this.counts.lapped += this.#at.u64(AT.payload);
        this.#learn();
        return;
      case KIND_GENERATION:
        this.#learn();
        return;
    }
  }
}

/** Undefined for names of a newer engine. */
function feedRecord(at: RecordBytes, kind: number): FeedRecord | undefined {
  const head = { instrument: at.u32(AT.instrument), tsRecv: at.bigU64(AT.tsRecv) };
  const word = (index: number): bigint => at.bigU64(AT.payload + 8 * index);
  if (kind === KINDS.gap) {
    const stream = nameIn(GAP_STREAM_NAMES, at.u8(AT.payload));
    const reason = nameIn(GAP_REASON_NAMES, at.u8(AT.payload + 1));
    if (stream === undefined || reason === undefined) return undefined;
    const recovered = (at.u16(AT.flags) & FLAGS.recovered) !== 0;
    return { ...head, kind: 'gap', stream, reason, first: word(1), last: word(2), recovered };
  }
  const state = nameIn(STATE_NAMES, at.u8(AT.payload));
  if (state === undefined) return undefined;
  const code = nameIn(CODE_NAMES, at.u16(AT.payload + 4)) ?? null;
  return { ...head, kind: 'status', state, connection: at.u16(AT.payload + 2), code, detail: word(1) };
}
