/** How good the data is, as `/metrics` tells it: the three figures that users of other systems know, and what they are made of. */
import { INSTRUMENT_COUNTERS } from '../native/layout.js';
import type { InstrumentView, Monitor } from './monitor.js';
import type { Exposition, Labels } from './prometheus.js';

const counter = (name: (typeof INSTRUMENT_COUNTERS)[number]['name']): number =>
  INSTRUMENT_COUNTERS.findIndex((each) => each.name === name);
const WATCHED = counter('watched_ns');
const LIVE = counter('live_ns');

/** Nothing where nothing was counted: a share of nothing is no figure. */
function share(part: number, whole: number): [Labels, number][] {
  return whole === 0 ? [] : [[{}, part / whole]];
}

/** Share of the time of a venue's books in which they were proven in sync; undefined before the first second of it. */
function uptimeOf(instruments: readonly InstrumentView[]): number | undefined {
  const sum = (index: number): number => instruments.reduce((ns, { counters }) => ns + Number(counters[index] ?? 0n), 0);
  const watched = sum(WATCHED);
  return watched === 0 ? undefined : sum(LIVE) / watched;
}

export function exposeQuality(monitor: Monitor, out: Exposition): void {
  const checked = monitor.total('checked');
  out.add(
    'tickring_validation_success_ratio',
    'gauge',
    'Share of trades, quotes and book deltas that no rule doubts; absent before the first.',
    share(checked - monitor.total('suspects'), checked),
  );
  const expected = monitor.total('ids_expected');
  out.add(
    'tickring_completeness_ratio',
    'gauge',
    'Share of the venue ids of whole minutes that came; absent before the first minute.',
    share(expected - monitor.total('ids_missing'), expected),
  );
  const compared = monitor.total('cross_checks');
  out.add(
    'tickring_cross_source_consistency_ratio',
    'gauge',
    "Share of books of views' sources whose middle price is near the others'; absent before the first.",
    share(compared - monitor.total('cross_deviations'), compared),
  );
  const venues = new Map<string, InstrumentView[]>();
  for (const one of monitor.instruments) venues.set(one.venue, [...(venues.get(one.venue) ?? []), one]);
  out.add(
    'tickring_feed_uptime_ratio',
    'gauge',
    "Share of the time in which the venue's books were proven in sync, since the engine started.",
    [...venues].flatMap(([venue, instruments]): [Labels, number][] => {
      const uptime = uptimeOf(instruments);
      return uptime === undefined ? [] : [[{ venue }, uptime]];
    }),
  );
}
