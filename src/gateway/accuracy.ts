/** How many of the levels that audits compared were the venue's, of each instrument and of all of a venue. */
import { instrumentCounter } from '../native/counters.js';
import type { InstrumentView } from './monitor.js';
import type { Exposition, Labels } from './prometheus.js';

const LEVELS = instrumentCounter('audit_levels');
const DIFFERENT = instrumentCounter('audit_different');

/** Levels compared and levels different, since the engine's start. */
function levelsOf({ counters }: InstrumentView): { readonly levels: number; readonly different: number } {
  return { levels: Number(counters[LEVELS] ?? 0n), different: Number(counters[DIFFERENT] ?? 0n) };
}

/** Ratios of 0 to 1; what was never compared is left out. */
export function exposeAccuracy(out: Exposition, instruments: readonly InstrumentView[]): void {
  const venues = new Map<string, { levels: number; different: number }>();
  const each: [Labels, number][] = [];
  for (const instrument of instruments) {
    const { venue, symbol } = instrument;
    const { levels, different } = levelsOf(instrument);
    if (levels === 0) continue;
    each.push([{ venue, symbol }, 1 - different / levels]);
    const sum = venues.get(venue) ?? { levels: 0, different: 0 };
    venues.set(venue, { levels: sum.levels + levels, different: sum.different + different });
  }
  const all = [...venues].map(([venue, { levels, different }]): [Labels, number] => [{ venue }, 1 - different / levels]);
  const help = 'Share of the levels compared with copies from the venue that were the same, since the start';
  out.add('tickring_book_accuracy_ratio', 'gauge', `${help}.`, each);
  out.add('tickring_feed_book_accuracy_ratio', 'gauge', `${help}, of all instruments of the venue.`, all);
}
