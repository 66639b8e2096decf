/** Messages, errors and average latency of each instrument, and of all of a venue together. */
import { instrumentCounter } from '../native/counters.js';
import type { InstrumentView } from './monitor.js';
import type { Points } from './points.js';

const MESSAGES = (['book_deltas', 'trades', 'quotes'] as const).map(instrumentCounter);
const ERRORS = (['gaps', 'quarantined'] as const).map(instrumentCounter);

const sumOf = ({ counters }: InstrumentView, places: readonly number[]): number =>
  places.reduce((sum, place) => sum + Number(counters[place] ?? 0n), 0);

/** Messages of an instrument since the engine's start. */
export const messagesOf = (instrument: InstrumentView): number => sumOf(instrument, MESSAGES);
/** Holes in what the venue sent of it, and inputs that were refused. */
export const errorsOf = (instrument: InstrumentView): number => sumOf(instrument, ERRORS);

interface Sums {
  timed: number;
  ns: number;
  messages: number;
  errors: number;
}

/** As consumers of the library know them. */
interface Figures {
  /** From receipt to the ring, of the updates since the gateway follows them; null before the first. */
  readonly avg_latency_ms: number | null;
  readonly message_count: number;
  readonly error_count: number;
}

const figures = ({ timed, ns, messages, errors }: Sums): Figures => ({
  avg_latency_ms: timed === 0 ? null : ns / timed / 1e6,
  message_count: messages,
  error_count: errors,
});

export interface FiguresByName {
  readonly by_exchange: Readonly<Record<string, Figures>>;
  readonly by_symbol: Readonly<Record<string, Figures>>;
}

export function figuresOf(instruments: readonly InstrumentView[], points: Points): FiguresByName {
  const venues = new Map<string, Sums>();
  const symbols = instruments.map((instrument): [string, Figures] => {
    const { id, venue, symbol } = instrument;
    const { count: timed, ns } = points.timed(id);
    const one = { timed, ns, messages: messagesOf(instrument), errors: errorsOf(instrument) };
    const all = venues.get(venue) ?? { timed: 0, ns: 0, messages: 0, errors: 0 };
    for (const name of ['timed', 'ns', 'messages', 'errors'] as const) all[name] += one[name];
    venues.set(venue, all);
    return [`${venue}:${symbol}`, figures(one)];
  });
  const exchanges = [...venues].map(([venue, sums]): [string, Figures] => [venue, figures(sums)]);
  return { by_exchange: Object.fromEntries(exchanges), by_symbol: Object.fromEntries(symbols) };
}
