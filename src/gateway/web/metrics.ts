/** What `/metrics` and `/health` tell, asked for once a second, with a bounded past. */
import { hasNoBook } from '../../model/subscribed.js';
import { Changes } from './changes.js';
import { type Histogram, histogramsOf, type Parsed, parse, type Samples, sum } from './exposition.js';
import type { Health, Markets } from './markets.js';
import type { Session } from './session.js';

const ASK_MS = 1_000;
/** A gateway with very many instruments is asked less often: the pause is this many times what the answer took. */
const PAUSE_PER_ANSWER = 10;
/** Samples kept, 10 minutes of them. */
export const PAST_MAX = 600;
/** Events kept in the log. */
const EVENTS_MAX = 80;
/** Latency is shown of this many samples. */
export const LATENCY_SAMPLES = 60;
/** A venue silent for longer is, ms. */
const SILENT_MS = 10_000;

export type LaneState = 'live' | 'partial' | 'silent' | 'away';

/** How a venue's feed was at one sample. */
export interface LaneSample {
  readonly at: number;
  readonly state: LaneState;
  readonly gaps: number;
  readonly resyncs: number;
}

export interface FeedEvent {
  readonly id: number;
  readonly at: number;
  readonly kind: 'gap' | 'resync' | 'quarantine' | 'sync' | 'engine' | 'gateway';
  readonly where: string;
  readonly text: string;
}

export interface Point {
  readonly at: number;
  readonly events: number;
  readonly published: number;
}

interface HealthAnswer {
  readonly status: string;
  readonly version: string;
  readonly engine: string;
  readonly uptime_seconds: number;
  readonly symbols_tracked: number;
}

interface Statistics {
  readonly messages_per_second: number;
  readonly data_points_per_second: number;
  readonly latency_stats: { readonly p50: number | null; readonly p99: number | null };
}

interface Counted {
  readonly gaps: number;
  readonly resyncs: number;
  readonly quarantined: number;
  readonly updates: number;
  readonly inSync: boolean;
  readonly receivedAt: number;
  readonly venue: string;
  readonly symbol: string;
}

export class Metrics {
  readonly changes = new Changes();
  readonly #markets: Markets;
  readonly #session: Session;
  isReachable = false;
  health: HealthAnswer | undefined;
  statistics: Statistics | undefined;
  samples: Samples = new Map();
  /** Newest last. */
  histograms: (readonly Histogram[])[] = [];
  readonly lanes = new Map<string, LaneSample[]>();
  points: Point[] = [];
  /** Newest first. */
  events: FeedEvent[] = [];
  inSync = 0;
  instruments = 0;
  #counted = new Map<string, Counted>();
  #countedAt = 0;
  #eventId = 0;
  #engine: string | undefined;

  constructor(markets: Markets, session: Session) {
    this.#markets = markets;
    this.#session = session;
  }

  start(): void {
    void this.#turn();
  }

  async #turn(): Promise<void> {
    const began = performance.now();
    try {
      await this.#ask();
    } catch {
      this.#unreachable();
    }
    this.changes.touch();
    setTimeout(() => void this.#turn(), Math.max(ASK_MS, (performance.now() - began) * PAUSE_PER_ANSWER));
  }

  async #ask(): Promise<void> {
    const ask = (path: string): Promise<Response> => this.#session.ask(path);
    const [text, statistics, health] = await Promise.all([
      ask('/metrics').then((answer) => answer.text()),
      ask('/metrics?format=json').then((answer) => answer.json() as Promise<Statistics>),
      ask('/health').then((answer) => answer.json() as Promise<HealthAnswer>),
    ]);
    this.#take(parse(text), statistics, health, Date.now());
  }

  #unreachable(): void {
    if (this.isReachable) this.#tell('gateway', 'gateway', 'cannot be reached', Date.now());
    this.isReachable = false;
    for (const lane of this.lanes.values()) keep(lane, { at: Date.now(), state: 'away', gaps: 0, resyncs: 0 });
  }

  #take(parsed: Parsed, statistics: Statistics, health: HealthAnswer, now: number): void {
    if (!this.isReachable && this.#countedAt > 0) this.#tell('gateway', 'gateway', 'is back', now);
    this.isReachable = true;
    this.statistics = statistics;
    this.health = health;
    this.samples = parsed.samples;
    this.histograms = [...this.histograms.slice(-LATENCY_SAMPLES), histogramsOf(parsed)];
    if (this.#engine !== undefined && this.#engine !== health.engine)
      this.#tell(health.engine === 'live' ? 'sync' : 'engine', 'engine', health.engine, now);
    this.#engine = health.engine;
    this.#instruments(countersOf(parsed.samples), now);
    const published = sum(parsed.samples, 'tickring_gateway_messages_total');
    const point = { at: now, events: statistics.data_points_per_second, published };
    this.points = [...this.points.slice(1 - PAST_MAX), point];
  }

  #instruments(counted: Map<string, Counted>, now: number): void {
    const seconds = this.#countedAt === 0 ? 0 : (now - this.#countedAt) / 1000;
    // An engine that is away has no table: what it had is still shown, as old.
    if (counted.size > 0 || this.health?.engine === 'live') this.#markets.exist(counted.values());
    const venues = new Map<string, { all: number; inSync: number; heardAt: number; gaps: number; resyncs: number }>();
    for (const [key, one] of counted) {
      const before = this.#counted.get(key);
      // An engine that was restarted counts from zero.
      const more = (name: 'gaps' | 'resyncs' | 'quarantined' | 'updates'): number =>
        before === undefined || one[name] < before[name] ? 0 : one[name] - before[name];
      this.#tellOf(key, one, before, { gaps: more('gaps'), resyncs: more('resyncs'), quarantined: more('quarantined') }, now);
      const perSecond = seconds > 0 ? more('updates') / seconds : 0;
      const health: Health = { inSync: one.inSync, perSecond, gaps: one.gaps, resyncs: one.resyncs };
      const market = this.#markets.get(key);
      if (market !== undefined) {
        market.health = health;
        market.changes.touch();
      }
      const venue = venues.get(one.venue) ?? { all: 0, inSync: 0, heardAt: 0, gaps: 0, resyncs: 0 };
      venues.set(one.venue, venue);
      venue.all += 1;
      venue.inSync += Number(one.inSync);
      venue.heardAt = Math.max(venue.heardAt, one.receivedAt);
      venue.gaps += more('gaps');
      venue.resyncs += more('resyncs');
    }
    for (const [name, { all, inSync, heardAt, gaps, resyncs }] of venues) {
      const isHeard = now - heardAt < SILENT_MS;
      const engineLives = this.health?.engine === 'live';
      const state = !engineLives ? 'away' : !isHeard ? 'silent' : inSync < all ? 'partial' : 'live';
      const lane = this.lanes.get(name) ?? [];
      this.lanes.set(name, lane);
      keep(lane, { at: now, state, gaps, resyncs });
    }
    this.inSync = [...counted.values()].filter((one) => one.inSync).length;
    this.instruments = counted.size;
    this.#counted = counted;
    this.#countedAt = now;
  }

  #tellOf(
    where: string,
    now: Counted,
    before: Counted | undefined,
    more: { gaps: number; resyncs: number; quarantined: number },
    at: number,
  ): void {
    if (before === undefined) return;
    if (more.gaps > 0) this.#tell('gap', where, more.gaps === 1 ? 'gap' : `${more.gaps} gaps`, at);
    if (more.resyncs > 0) this.#tell('resync', where, 'book is rebuilt', at);
    if (more.quarantined > 0) this.#tell('quarantine', where, `${more.quarantined} quarantined`, at);
    if (now.inSync && !before.inSync) this.#tell('sync', where, 'in sync', at);
  }

  #tell(kind: FeedEvent['kind'], where: string, text: string, at: number): void {
    this.#eventId += 1;
    this.events = [{ id: this.#eventId, at, kind, where, text }, ...this.events.slice(0, EVENTS_MAX - 1)];
  }
}

function keep(lane: LaneSample[], sample: LaneSample): void {
  lane.push(sample);
  if (lane.length > PAST_MAX) lane.shift();
}

const UPDATES = ['book_deltas', 'trades', 'quotes'];

/** The instruments' counters by `venue.symbol`. */
function countersOf(samples: Samples): Map<string, Counted> {
  const found = new Map<string, Record<string, number>>();
  const names = new Map<string, { venue: string; symbol: string }>();
  const read = (metric: string, name: string): void => {
    for (const { labels, value } of samples.get(metric) ?? []) {
      const { venue = '', symbol = '' } = labels;
      const key = `${venue}.${symbol}`;
      names.set(key, { venue, symbol });
      const counters = found.get(key) ?? {};
      found.set(key, counters);
      counters[name] = value;
    }
  };
  for (const name of [...UPDATES, 'gaps', 'resyncs', 'quarantined']) read(`tickring_instrument_${name}_total`, name);
  for (const name of ['channels', 'in_sync']) read(`tickring_instrument_${name}`, name);
  read('tickring_instrument_last_receive_timestamp_seconds', 'received');
  return new Map(
    [...names].map(([key, { venue, symbol }]) => {
      const counters = found.get(key) ?? {};
      const { gaps = 0, resyncs = 0, quarantined = 0, channels = 0, received = 0 } = counters;
      const inSync = counters['in_sync'] === 1 || hasNoBook(channels);
      const updates = UPDATES.reduce((total, name) => total + (counters[name] ?? 0), 0);
      return [key, { venue, symbol, gaps, resyncs, quarantined, updates, inSync, receivedAt: received * 1000 }];
    }),
  );
}
