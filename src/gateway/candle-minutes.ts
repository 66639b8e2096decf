/**
 * Makes candles whole: where trades were never seen, before the first one and after a gap, the venue's own minutes take the place of ours
 * once the last of them is over. One request a second at most, for candles never take the budget from books.
 */
import type { VenueMinute } from '../model/venue.js';
import type { ControlClient } from './engine-calls.js';
import type { Logger } from './logger.js';
import type { InstrumentView } from './monitor.js';
import type { FanoutSource } from './ring.js';

const MINUTE_NS = 60_000_000_000n;
const DAY_NS = 1_440n * MINUTE_NS;
const OPEN_END = 2n ** 64n - 1n;
/** After its end, a minute gets this long until the venue has counted it, ns. */
const SETTLED_AFTER_NS = 3_000_000_000n;
/** Between two requests, and between looks that found nothing to ask for, ms. */
const PAUSE_MS = 1_000;
const IDLE_MS = 5_000;
const RETRY_FIRST_MS = 5_000;
const RETRY_MAX_MS = 60_000;
/** As many as the engine fetches at once. */
const MINUTES_MAX = 1_000n;
/** Ends of holes of one instrument that nobody can fill. */
const GIVEN_UP_MAX = 64;

interface Span {
  readonly from: bigint;
  /** Left out. */
  readonly to: bigint;
}

interface State {
  /** Nothing is asked before, monotonic ms. */
  askAt: number;
  failures: number;
  /** Ends of spans for which the venue has nothing. */
  readonly givenUp: Set<bigint>;
}

/** The newest minutes that can be filled, of the day in which the hole ends: what came before is of no candle that goes on. */
export function spanOf(holes: readonly (readonly bigint[])[], nowNs: bigint, givenUp: ReadonlySet<bigint>): Span | undefined {
  for (const [first = 0n, last = OPEN_END] of holes.toReversed()) {
    if (last === OPEN_END) continue;
    const to = last - (last % MINUTE_NS) + MINUTE_NS;
    if (to + SETTLED_AFTER_NS > nowNs || givenUp.has(to)) continue;
    const day = last - (last % DAY_NS);
    const minute = first - (first % MINUTE_NS);
    const from = [day, minute, to - MINUTES_MAX * MINUTE_NS].reduce((most, each) => (each > most ? each : most));
    return { from, to };
  }
  return undefined;
}

/** The last of these minutes that follow each other up to the end of the span. */
export function tailOf(minutes: readonly VenueMinute[], { to }: Span): VenueMinute[] {
  let next = Number(to / 1_000_000n);
  let first = minutes.length;
  while (first > 0 && minutes[first - 1]?.startMs === next - 60_000) {
    first -= 1;
    next -= 60_000;
  }
  return minutes.slice(first);
}

export class CandleMinutes {
  readonly #control: ControlClient;
  readonly #logger: Logger;
  readonly #states = new Map<number, State>();
  #turn = 0;
  #askAt = 0;
  #isAsking = false;

  constructor(control: ControlClient, logger: Logger) {
    this.#control = control;
    this.#logger = logger;
  }

  /** Asks for the minutes of one instrument, if it is time. `fanout` gives the one in use, which may be another when the answer comes. */
  look(fanout: () => FanoutSource, instruments: readonly InstrumentView[], now: number): void {
    if (this.#isAsking || now < this.#askAt) return;
    this.#askAt = now + IDLE_MS;
    const nowNs = BigInt(Date.now()) * 1_000_000n;
    for (const id of this.#states.keys()) if (!instruments.some((each) => each.id === id)) this.#states.delete(id);
    for (let count = 0; count < instruments.length; count += 1) {
      this.#turn = (this.#turn + 1) % instruments.length;
      const { id } = instruments[this.#turn] as InstrumentView;
      const state = this.#states.get(id) ?? { askAt: 0, failures: 0, givenUp: new Set() };
      if (now < state.askAt) continue;
      const span = spanOf(fanout().candles(id, '1m', 1)?.holes ?? [], nowNs, state.givenUp);
      if (span === undefined) continue;
      this.#states.set(id, state);
      this.#askAt = now + PAUSE_MS;
      void this.#ask(fanout, id, state, span);
      return;
    }
  }

  async #ask(fanout: () => FanoutSource, instrument: number, state: State, span: Span): Promise<void> {
    this.#isAsking = true;
    try {
      const ms = { fromMs: Number(span.from / 1_000_000n), toMs: Number(span.to / 1_000_000n) };
      const minutes = await this.#control.request('minutes', { instrument, ...ms });
      const tail = tailOf(minutes ?? [], span).map(({ startMs, ...rest }) => ({
        start: BigInt(startMs) * 1_000_000n,
        ...rest,
      }));
      state.failures = 0;
      if (tail.length > 0 && fanout().settle(instrument, tail)) return;
      if (state.givenUp.size >= GIVEN_UP_MAX) state.givenUp.clear();
      state.givenUp.add(span.to);
      // Nothing to be asked for at this venue.
      if (minutes === null) state.askAt = performance.now() + RETRY_MAX_MS;
    } catch (error) {
      state.askAt = performance.now() + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** state.failures);
      state.failures += 1;
      this.#logger.debug({ err: error, instrument }, 'no minutes for candles');
    } finally {
      this.#isAsking = false;
    }
  }
}
