import type { ChannelName } from '../model/config.js';
import type { InstrumentDefinition } from '../native/index.js';
import { Line, type LineOptions } from './line.js';
import type { LineInputs } from './line-inputs.js';

/** How long a stream on which nobody has brought anything may keep the connection before it: it was acknowledged on both. */
const QUIET_MS = 5_000;
/** A connection that has not taken over by then is given up; the one that it was to replace is kept. */
const TAKE_OVER_MS_MAX = 60_000;
/** Pause after that. */
const RETRY_MS = 60_000;

/** What is asked and told of connections besides what is fed. */
export interface RotationInputs extends LineInputs {
  /** How far a connection has come that is to take over what others carry; all 0: they may leave, and nothing is lost. */
  handover(connection: number): {
    readonly behind: number;
    readonly quiet: number;
    readonly held: number;
  };
  /** The connection is gone for good: what the venue said to it counts no longer. */
  retire(connection: number): void;
}

export interface RotatingLineOptions extends Omit<LineOptions, 'connection' | 'due' | 'lost' | 'ended'> {
  readonly inputs: RotationInputs;
  /** Number of another connection within the shard. */
  nextConnection(): number;
  /** Whether this may be the moment: of several lines one rotates at a time. */
  mayRotate(): boolean;
  readonly now?: () => number;
}

interface Successor {
  readonly line: Line;
  readonly since: number;
  /** Since when the venue has answered all that was asked for. */
  answeredAt: number | undefined;
}

/**
 * One line of a feed over all its connections. Before the venue cuts one, the next is opened, subscribed, and has to bring each
 * stream so far that nothing is missing between the two; then the one before it is closed.
 */
export class RotatingLine {
  readonly #options: RotatingLineOptions;
  readonly #now: () => number;
  #present: Line;
  #next: Successor | undefined;
  #wanted = false;
  #notBefore = 0;
  /** Number of a connection that is gone: a line takes two in turns. */
  #spare: number | undefined;
  rotations = 0;

  constructor(options: RotatingLineOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#present = this.#line();
  }

  /** The present connection, and the one that is to take over from it. */
  get lines(): readonly Line[] {
    return this.#next === undefined ? [this.#present] : [this.#present, this.#next.line];
  }

  get instruments(): readonly InstrumentDefinition[] {
    return this.#present.instruments;
  }

  get isRotating(): boolean {
    return this.#next !== undefined;
  }

  start(): void {
    this.#present.start();
  }

  add(instruments: readonly InstrumentDefinition[]): void {
    for (const line of this.lines) line.add(instruments);
  }

  remove(instruments: ReadonlySet<number>, isEnded: boolean): void {
    for (const line of this.lines) line.remove(instruments, isEnded);
    if (this.#present.instruments.length === 0) this.#giveUp('nothing is left to carry');
  }

  restart(instrument: InstrumentDefinition): void {
    for (const line of this.lines) line.restart(instrument);
  }

  /** As `Line.renew`: on one connection, or on all of them. */
  renew(instrument: InstrumentDefinition, channels: readonly ChannelName[], onAll: boolean): boolean {
    if (!onAll) return this.lines.some((line) => line.renew(instrument, channels));
    return this.lines.map((line) => line.renew(instrument, channels)).includes(true);
  }

  /** The venue said that it will cut this connection. */
  leave(connection: number): void {
    if (this.#present.connection !== connection) return;
    this.#options.logger.info({ connection }, 'the venue announces the end of a connection');
    this.#due(true);
  }

  stop(): void {
    for (const line of this.lines) line.stop();
    this.#next = undefined;
  }

  /** Looks at deadlines; called about once a second. */
  watch(): void {
    this.#present.watch();
    if (this.#wanted) this.#rotate();
    if (this.#next !== undefined) {
      this.#next.line.watch();
      this.#judge(this.#next);
    }
  }

  #due(isUrgent: boolean): void {
    if (isUrgent) this.#notBefore = 0;
    this.#wanted = this.#next === undefined;
    if (isUrgent) this.#rotate();
  }

  /** Opens the next connection, if this is the moment for it. */
  #rotate(): void {
    const { backoff, mayRotate, logger } = this.#options;
    if (this.#present.state !== 'open') {
      this.#wanted = false;
      return;
    }
    if (this.#next !== undefined || this.#now() < this.#notBefore || backoff.isExhausted || !mayRotate()) return;
    this.#wanted = false;
    const line = this.#line(this.#present.instruments);
    this.#next = { line, since: this.#now(), answeredAt: undefined };
    logger.info({ connection: this.#present.connection, next: line.connection }, 'a connection is about to be replaced');
    line.start();
  }

  #judge(next: Successor): void {
    const now = this.#now();
    const { behind, quiet, held } = this.#options.inputs.handover(next.line.connection);
    next.answeredAt = next.line.isAnswered ? (next.answeredAt ?? now) : undefined;
    const isProven = behind === 0 && held === 0;
    const since = next.answeredAt;
    if (since !== undefined && isProven && (quiet === 0 || now - since >= QUIET_MS)) this.#promote(next.line);
    else if (now - next.since > TAKE_OVER_MS_MAX) this.#giveUp(`${behind} streams are behind, ${held} instruments wait`);
  }

  #promote(line: Line): void {
    const before = this.#present;
    this.#present = line;
    this.#next = undefined;
    this.rotations += 1;
    this.#options.logger.info({ connection: line.connection, before: before.connection }, 'a connection has taken over');
    before.stop();
  }

  #giveUp(reason: string): void {
    const next = this.#next;
    if (next === undefined) return;
    this.#next = undefined;
    this.#notBefore = this.#now() + RETRY_MS;
    this.#options.logger.warn({ connection: next.line.connection, reason }, 'a connection could not take over');
    next.line.stop();
  }

  #line(instruments = this.#options.instruments): Line {
    const connection = this.#spare ?? this.#options.nextConnection();
    this.#spare = undefined;
    const line: Line = new Line({
      ...this.#options,
      connection,
      instruments,
      due: () => {
        if (line === this.#present) this.#due(false);
      },
      lost: () => this.#lost(line),
      ended: () => {
        if (this.lines.includes(line)) return;
        this.#options.inputs.retire(connection);
        this.#spare = connection;
      },
    });
    return line;
  }

  /** The present connection broke while the next one was being made: that one is the present one now. */
  #lost(line: Line): boolean {
    if (line !== this.#present || this.#next === undefined) return false;
    this.#present = this.#next.line;
    this.#next = undefined;
    this.rotations += 1;
    return true;
  }
}
