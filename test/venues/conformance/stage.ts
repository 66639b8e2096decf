/** One venue's engine behind a wire, and what it has to have told about each message of the venue. */
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { EngineStatus } from '#dist/model/status.js';
import type { VenueLimits } from '#dist/model/venue.js';
import type { FaultInput, OracleRecord, ServerLimits } from '#dist/simulator/index.js';
import { type Quarantined, quarantined } from '../../engine/oracle.js';
import { eventually, type LogLine, Rig, type RigOptions } from '../../engine/rig.js';
import type { GapRecord } from '../../engine/ring-log.js';
import type { Subject } from './subject.js';
import { Wire } from './wire.js';

/** How the streams of books are called. */
const BOOKS = /@depth|^depth\.|^orderbook\.1000|^books?[.:]|^level2:/;
/** Aggregates have numbers that the venue's log does not carry. */
const TRADES = /@trade$|[tT]rades?[.:]/;
const LOST = /^(dropped|stalled|refused)$/;
const NO_LIMIT = 1_000_000_000;
/** Of a venue that wants one; a simulated one takes any that looks so. */
const KEY = 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A';

/** Deadlines of minutes pass in seconds; no cell waits for another one's minute of connections or weight. */
export const LIMITS: Partial<VenueLimits> = {
  silenceTimeoutMs: 6_000,
  idleTimeoutMs: 20_000,
  connectionAttemptsPer5Minutes: NO_LIMIT,
};
const SERVER_LIMITS: Partial<ServerLimits> = { restWeightPerMinute: NO_LIMIT, connectionsPer5Minutes: NO_LIMIT };

/** Where log, ring, quarantine and counters stood when a cell began. */
interface Mark {
  readonly counters: Readonly<Record<string, number>>;
  readonly gaps: ReadonlyMap<number, number>;
  readonly lines: number;
  readonly quarantined: number;
  readonly breaks: number;
  readonly badTimes: number;
}

export interface StageOptions extends RigOptions {
  /** What the wire shows instead of plain bytes. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** The engine expects TLS, whatever the wire shows. */
  readonly isSecure?: boolean;
  /** The wire takes connections, and neither reads nor says anything. */
  readonly isDeaf?: true;
  /** Name under which the engine looks for the venue. */
  readonly host?: string;
  /** The venue has another address. */
  readonly hasAlternate?: true;
  /** What the venue enforces in this run. */
  readonly serverLimits?: Partial<ServerLimits>;
}

export class Stage {
  readonly subject: Subject;
  readonly rig: Rig;
  readonly wire: Wire;
  /** To the same venue, at another address. */
  readonly other: Wire | undefined;
  readonly #file: number;
  #offset = 0;
  #rest = '';
  /** What the venue did since the cell began. */
  #records: OracleRecord[] = [];
  #mark!: Mark;

  private constructor(subject: Subject, rig: Rig, wire: Wire, other: Wire | undefined) {
    this.subject = subject;
    this.rig = rig;
    this.wire = wire;
    this.other = other;
    this.#file = openSync(rig.oracleLog, 'r');
  }

  static async start(subject: Subject, options: StageOptions = {}): Promise<Stage> {
    let wire: Wire | undefined;
    let other: Wire | undefined;
    const { tls, isSecure, isDeaf, host, hasAlternate, serverLimits, ...others } = options;
    const { name } = subject.dialect;
    const { key } = subject.venue;
    if (key !== undefined) process.env[key.variable] = KEY;
    const rig = await Rig.start({
      ownIds: subject.ids === 'none',
      renumbers: subject.ids === 'connection',
      ...(subject.format === undefined ? {} : { format: subject.format }),
      ...others,
      limits: { ...LIMITS, ...options.limits },
      simulator: {
        venues: [name],
        symbols: subject.symbols,
        limits: { [name]: { ...SERVER_LIMITS, ...serverLimits } },
        ...options.simulator,
      },
      config: { shards: 1, ...options.config },
      between: async (wsUrl) => {
        wire = await Wire.start(wsUrl, { tls, isDeaf });
        if (hasAlternate === true) other = await Wire.start(wsUrl);
        const url = isSecure === true ? wire.url.replace('ws:', 'wss:') : wire.url;
        const alternates = other === undefined ? {} : { wsAlternates: [other.url] };
        return { wsUrl: host === undefined ? url : url.replace('127.0.0.1', host), ...alternates };
      },
    });
    const stage = new Stage(subject, rig, wire as unknown as Wire, other);
    await stage.begin();
    return stage;
  }

  /** A cell begins: what was before is not its business. */
  async begin(): Promise<void> {
    const { counters } = await this.rig.status();
    this.rig.ring.drain();
    this.#read();
    this.#records = [];
    this.wire.lost.clear();
    this.#mark = {
      counters,
      gaps: new Map([...this.rig.ring.gaps].map(([id, gaps]) => [id, gaps.length])),
      lines: this.rig.lines.length,
      quarantined: quarantined(this.rig).length,
      breaks: this.rig.ring.breaks.length,
      badTimes: this.rig.ring.badTimes,
    };
  }

  inject(fault: FaultInput['fault'], args: Record<string, unknown> = {}): void {
    this.rig.inject(fault, args);
  }

  /** How much a counter grew since the cell began. */
  async grown(counter: string): Promise<number> {
    return (await this.rig.counter(counter)) - (this.#mark.counters[counter] ?? 0);
  }

  async until(counter: string, count: number): Promise<void> {
    await eventually(`${counter} grows by ${count}`, async () => (await this.grown(counter)) >= count);
  }

  status(): Promise<EngineStatus> {
    return this.rig.status();
  }

  /** Log lines since the cell began. */
  lines(): LogLine[] {
    return this.rig.lines.slice(this.#mark.lines);
  }

  /** Waits for a log line of which the message, or the reason that it names, matches. */
  logged(what: RegExp): Promise<LogLine> {
    return eventually(`a log line like ${what}`, () =>
      this.lines().find(({ message, fields }) => what.test(message) || what.test(String(fields['reason'] ?? ''))),
    );
  }

  quarantined(): Quarantined[] {
    return quarantined(this.rig).slice(this.#mark.quarantined);
  }

  /** Waits until as many inputs are on disk with their codes. */
  async kept(count: number): Promise<Quarantined[]> {
    return await eventually(`${count} inputs in quarantine`, () => {
      const kept = this.quarantined();
      return kept.length >= count && kept;
    });
  }

  get badTimes(): number {
    this.rig.ring.drain();
    return this.rig.ring.badTimes - this.#mark.badTimes;
  }

  /** What the venue sent since the cell began. */
  records(): readonly OracleRecord[] {
    this.#read();
    return this.#records;
  }

  /** Gaps that were told of this instrument's stream since the cell began. */
  told(instrument: number, stream: string): GapRecord[] {
    this.rig.ring.drain();
    const gaps = this.rig.ring.gaps.get(instrument) ?? [];
    return gaps.slice(this.#mark.gaps.get(instrument) ?? 0).filter((gap) => gap.stream === stream);
  }

  /** Waits until all books are the venue's again, and the ring told what was lost, all of it and nothing else. */
  async recovered(exact: 'exact' | 'covering' = 'exact'): Promise<void> {
    await this.rig.inSync();
    let what: string | undefined = 'not compared yet';
    await eventually(
      'an exact account',
      async () => {
        what = await this.#difference(exact);
        return what === undefined;
      },
      10_000,
    ).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}: ${what}`);
    });
  }

  async #difference(exact: 'exact' | 'covering'): Promise<string | undefined> {
    const { instruments } = await this.rig.status();
    const spoilt = new Set(this.quarantined().map(({ frame_base64 }) => crc32(Buffer.from(frame_base64, 'base64'))));
    const records = this.records();
    this.rig.ring.drain();
    const broken = this.rig.ring.breaks.slice(this.#mark.breaks)[0];
    if (broken !== undefined) return `a change follows nothing: ${JSON.stringify(broken)}`;
    if (this.rig.ring.lapped > 0) return 'the reader was lapped';
    const { ids, countsTrades } = this.subject;
    for (const { id, symbol } of instruments) {
      const of = (pattern: RegExp) => records.filter((record) => record.symbol === symbol && pattern.test(record.stream));
      const isLost = (record: OracleRecord): boolean =>
        LOST.test(record.fate) || this.wire.lost.has(record.crc32) || spoilt.has(record.crc32);
      const wrong =
        (ids === 'none' ? undefined : wrongAccount('book', of(BOOKS), isLost, this.told(id, 'book'), exact)) ??
        (countsTrades && ids !== 'connection'
          ? wrongAccount('trade', of(TRADES), isLost, this.told(id, 'trade'), exact)
          : undefined);
      if (wrong !== undefined) return `${symbol}: ${wrong}`;
    }
    return undefined;
  }

  #read(): void {
    const chunk = Buffer.alloc(1 << 16);
    for (;;) {
      const count = readSync(this.#file, chunk, 0, chunk.length, this.#offset);
      if (count === 0) return;
      this.#offset += count;
      const lines = (this.#rest + chunk.toString('latin1', 0, count)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#records.push(JSON.parse(line) as OracleRecord);
    }
  }

  async stop(): Promise<void> {
    closeSync(this.#file);
    await this.rig.stop();
    await this.wire.close();
    await this.other?.close();
  }
}

/**
 * Each message that did not arrive is in a gap, and none that did. Messages at the edges are left out: what is lost before the first
 * or behind the last that arrived is another cell's, or not missed yet.
 */
function wrongAccount(
  stream: string,
  records: readonly OracleRecord[],
  isLost: (record: OracleRecord) => boolean,
  told: readonly GapRecord[],
  exact: 'exact' | 'covering',
): string | undefined {
  // Of a message that came twice one may be well.
  const well = new Set(records.filter((record) => !isLost(record)).map(({ last_id }) => last_id));
  const lost = records.map(({ last_id }) => !well.has(last_id));
  const [first, last] = [lost.indexOf(false), lost.lastIndexOf(false)];
  const isNamed = ({ last_id }: OracleRecord): boolean => told.some((gap) => gap.first <= last_id && last_id <= gap.last);
  const isUnbounded = told.some(({ first, reason }) => first === 0 || reason === 'rollback');
  let newest = 0;
  for (const [index, record] of records.entries()) {
    if (lost[index] === true) {
      if (index > first && index < last && record.last_id > newest && !isNamed(record) && !isUnbounded)
        return `${stream} ${record.last_id} (${record.fate}) is in no gap of ${JSON.stringify(told)}`;
      continue;
    }
    // Of ids that come late nobody says when they were given up.
    const isLate = record.last_id <= newest;
    newest = Math.max(newest, record.last_id);
    if (exact === 'exact' && !isLate && !isUnbounded && isNamed(record))
      return `${stream} ${record.last_id} (${record.fate}) arrived, and is in a gap of ${JSON.stringify(told)}`;
  }
  return undefined;
}
