/**
 * How far a venue's clock is from ours, and within which bounds. `offset` is the venue's time less ours; all times in ms.
 *
 * Two kinds of evidence, neither of which asks how long anything took on its way. A message that carries the venue's time left before it came, so that
 * the offset is at least its time less our receive time: the lower envelope of delays. An exchange brackets it from both sides: the
 * venue wrote its time after we asked and before we had the answer, which is half the round trip either way. Between exchanges the
 * bounds grow by what two clocks may drift apart. Only the newest exchange and what came since count, so that a clock that was set
 * is bounded truly again from the next exchange on, whatever was believed before.
 */
import type { ClockStatus } from '../model/status.js';

/** Most that the two clocks may drift apart: 200 ms in 1,000 s. Disciplined clocks keep to a hundredth of it. */
const DRIFT_MAX = 200e-6;
/** Exchanges of which the drift is the slope. */
const EXCHANGES_MAX = 64;
/** Span of exchanges below which no drift is told. */
const DRIFT_SPAN_MS = 300_000;

/** One question for the venue's time. Our times are read from a clock of whole ms. */
export interface Exchange {
  readonly sentMs: number;
  readonly receivedMs: number;
  /** What the venue said, and the step of its clock. */
  readonly venueMs: number;
  readonly stepMs: number;
}

interface Bounds {
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

const width = ({ low, high }: Bounds): number => high - low;
const middle = ({ low, high }: Bounds): number => (low + high) / 2;
const ns = (ms: number): number => Math.round(ms * 1e6);

/** Bounds of the offset by one exchange; our clock shows a whole ms for as long as that lasts. */
export function boundsOf({ sentMs, receivedMs, venueMs, stepMs }: Exchange): { readonly low: number; readonly high: number } {
  return { low: venueMs - receivedMs - 1, high: venueMs + stepMs - sentMs };
}

/** The clock of one venue. `at` is any time of ours that only goes forward. */
export class VenueClock {
  #exchange: Bounds | undefined;
  /** Greatest lower bound since the exchange, brought to time 0 by the greatest drift; see `#lowAt`. */
  #low = Number.NEGATIVE_INFINITY;
  #history: Bounds[] = [];
  #jumps = 0;

  /** Messages came, the fastest of them with this delay: our receive time less the venue's. */
  note(at: number, delayMs: number): void {
    this.#low = Math.max(this.#low, -delayMs + DRIFT_MAX * at);
  }

  /** The venue was asked for its time, several times in a row: the shortest round trip counts. */
  exchanged(at: number, exchanges: readonly Exchange[]): void {
    let best: Bounds | undefined;
    for (const exchange of exchanges) {
      const bounds = { at, ...boundsOf(exchange) };
      if (best === undefined || width(bounds) < width(best)) best = bounds;
    }
    if (best === undefined) return;
    const before = this.#boundsAt(at);
    if (before !== undefined && (before.low > best.high || before.high < best.low || before.low > before.high)) {
      this.#jumps += 1;
      this.#history = [];
    }
    this.#exchange = best;
    this.#low = Number.NEGATIVE_INFINITY;
    this.#history = [...this.#history.slice(1 - EXCHANGES_MAX), best];
  }

  /** Whether what messages say contradicts the last exchange: the clock was set forward since. */
  isContradicted(at: number): boolean {
    const bounds = this.#boundsAt(at);
    return bounds !== undefined && bounds.low > bounds.high;
  }

  /** Undefined while nothing is known. */
  read(at: number): ClockStatus | undefined {
    const bounds = this.#boundsAt(at);
    const rest = { driftPpb: this.#drift(), jumps: this.#jumps };
    if (bounds !== undefined && bounds.low <= bounds.high)
      return { offsetNs: ns(middle(bounds)), errorNs: Math.ceil((width(bounds) / 2) * 1e6), ...rest };
    const low = this.#low - DRIFT_MAX * at;
    return low === Number.NEGATIVE_INFINITY ? undefined : { offsetNs: ns(low), errorNs: null, ...rest };
  }

  #boundsAt(at: number): Bounds | undefined {
    if (this.#exchange === undefined) return undefined;
    const { at: since, low, high } = this.#exchange;
    const grown = DRIFT_MAX * (at - since);
    return { at, low: Math.max(low - grown, this.#low - DRIFT_MAX * at), high: high + grown };
  }

  /** Slope of the exchanges' middles, by least squares. */
  #drift(): number | null {
    const [first, last] = [this.#history[0], this.#history.at(-1)];
    if (first === undefined || last === undefined || last.at - first.at < DRIFT_SPAN_MS) return null;
    const count = this.#history.length;
    const [meanAt, mean] = [this.#sum(({ at }) => at) / count, this.#sum(middle) / count];
    const slope = this.#sum((each) => (each.at - meanAt) * (middle(each) - mean)) / this.#sum(({ at }) => (at - meanAt) ** 2);
    return Math.round(slope * 1e9);
  }

  #sum(of: (bounds: Bounds) => number): number {
    return this.#history.reduce((sum, bounds) => sum + of(bounds), 0);
  }
}
