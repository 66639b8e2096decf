/** Plays a recording to its venues' clients by a clock of its own, and waits for those who need time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlayedInput, PlayedInstant, Recording } from './recording.js';
import type { PlayedVenueServer } from './venue.js';

/** Longest a turn may keep the event loop, ms. */
const TURN_MS = 4;
/** A clock is looked at this often, ms: clients come and go meanwhile. */
const LOOK_MS = 50;
/** How long a client may leave everything unread before it is cut. */
const UNREAD_MS_MAX = 30_000;
const NS_PER_MS = 1_000_000n;

export interface PlayerOptions {
  /** Times as fast as it was; undefined: as fast as clients read. */
  readonly speed: number | undefined;
  /** Connections that must have subscribed something before the first instant. */
  readonly waitFor: number;
  /** How long the first snapshot of a book waits for clients who listen to the book and have not asked for it. */
  readonly askMs: number;
}

export interface Played {
  inputs: number;
  /** Since the first input, waits included. */
  ms: number;
}

export class Player {
  readonly played: Played = { inputs: 0, ms: 0 };
  readonly #venues: ReadonlyMap<string, PlayedVenueServer>;
  readonly #options: PlayerOptions;
  readonly #stopped = new AbortController();
  #recording: Recording | undefined;
  #tsRecv = 0n;
  #first: bigint | undefined;
  #startedAt = 0;
  /** When the first input was due by a clock that stands still while somebody is waited for. */
  #beganAt = 0;
  #woken: (() => void) | undefined;

  constructor(venues: ReadonlyMap<string, PlayedVenueServer>, options: PlayerOptions) {
    this.#venues = venues;
    this.#options = options;
  }

  get nowUs(): number {
    return Number(this.#tsRecv / 1_000n);
  }

  get elapsedMs(): number {
    return Number((this.#tsRecv - (this.#first ?? this.#tsRecv)) / NS_PER_MS);
  }

  /** The recording that is played now. */
  get recording(): Recording | undefined {
    return this.#recording;
  }

  /** Something changed that may be waited for. */
  wake(): void {
    this.#woken?.();
  }

  stop(): void {
    this.#stopped.abort();
    this.wake();
  }

  get isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Plays all of it; ends early when it is stopped. The books stay those of the end. */
  async run(recording: Recording): Promise<void> {
    this.#recording?.close();
    this.#recording = recording;
    this.#first = undefined;
    let turnAt = performance.now();
    for await (const instant of recording.instants()) {
      if (this.#first === undefined) {
        this.#first = instant.tsRecv;
        this.#tsRecv = instant.tsRecv;
        await this.#until(() => this.#listeners >= this.#options.waitFor, Number.POSITIVE_INFINITY);
        this.#startedAt = performance.now();
        this.#beganAt = this.#startedAt;
        this.played.inputs = 0;
      }
      await this.#due(instant.tsRecv);
      await this.#read();
      for (const input of instant.inputs) await this.#asked(input);
      if (this.isStopped) return;
      this.#play(instant);
      if (performance.now() - turnAt < TURN_MS) continue;
      await new Promise(setImmediate);
      turnAt = performance.now();
    }
  }

  close(): void {
    this.stop();
    this.#recording?.close();
    this.#recording = undefined;
  }

  get #listeners(): number {
    return [...this.#venues.values()].reduce((sum, { listeners }) => sum + listeners, 0);
  }

  #play(instant: PlayedInstant): void {
    if (instant.tsRecv > this.#tsRecv) this.#tsRecv = instant.tsRecv;
    this.#recording?.apply(instant);
    for (const input of instant.inputs) this.#venues.get(input.venue)?.play(input);
    for (const venue of this.#venues.values()) venue.flush();
    this.played.ms = performance.now() - this.#startedAt;
    this.played.inputs += instant.inputs.length;
  }

  /** Until the clock says that it is time. */
  async #due(tsRecv: bigint): Promise<void> {
    const { speed } = this.#options;
    if (speed === undefined) return;
    const atMs = this.#beganAt + Number(tsRecv - (this.#first ?? tsRecv)) / 1e6 / speed;
    for (let left = atMs - performance.now(); left > 0 && !this.isStopped; left = atMs - performance.now())
      await sleep(Math.min(left, LOOK_MS));
  }

  /** Until clients have read most of what they were sent; who never does is cut. What waits moves the clock. */
  async #read(): Promise<void> {
    const venues = [...this.#venues.values()];
    if (!venues.some(({ isWaitedFor }) => isWaitedFor)) return;
    const beganAt = performance.now();
    while (venues.some(({ isWaitedFor }) => isWaitedFor) && performance.now() - beganAt < UNREAD_MS_MAX && !this.isStopped)
      await sleep(1);
    for (const venue of venues) venue.cutUnread();
    this.#beganAt += performance.now() - beganAt;
  }

  /**
   * A book's first snapshot is what those get who have asked for it by then. Who listens to the book and has not asked would get a later one,
   * with fewer of its far levels: the clock waits for them.
   */
  async #asked({ kind, venue: name, symbol }: PlayedInput): Promise<void> {
    const venue = this.#venues.get(name);
    if (kind !== 'depth' || symbol === undefined || venue === undefined) return;
    if (this.#recording?.book(venue.dialect.name, symbol)?.inSync === true || venue.yetToAsk(symbol) <= 0) return;
    const beganAt = performance.now();
    venue.onAsked(symbol, () => this.wake());
    await this.#until(() => venue.yetToAsk(symbol) <= 0, this.#options.askMs);
    venue.onAsked(symbol, undefined);
    this.#beganAt += performance.now() - beganAt;
  }

  async #until(holds: () => boolean, ms: number): Promise<void> {
    const endAt = performance.now() + ms;
    while (!holds() && !this.isStopped && performance.now() < endAt) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(LOOK_MS, ms));
        this.#woken = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#woken = undefined;
  }
}
