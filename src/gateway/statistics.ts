/** Everything that `/metrics`, `/health` and `/ready` tell. */
import { existsSync } from 'node:fs';
import type { ViewConfig } from '../model/config.js';
import { INSTRUMENT_COUNTERS, JOURNAL_COUNTERS, SHARD_COUNTERS, STAGES } from '../native/layout.js';
import type { Access } from './access.js';
import { exposeAccuracy } from './accuracy.js';
import type { Clocks } from './clocks.js';
import type { DataQueries } from './data-queries.js';
import type { DriftWatch } from './drift-watch.js';
import type { ExchangeCounts } from './exchange.js';
import { cumulative, summarize } from './histogram.js';
import type { Hub } from './hub.js';
import { figuresOf } from './instrument-figures.js';
import type { LatencyAlerts } from './latency-alerts.js';
import type { InstrumentView, Monitor } from './monitor.js';
import type { Points } from './points.js';
import { Exposition, type FORMATS, type HistogramValues, type Labels } from './prometheus.js';
import type { Pump } from './pump.js';
import { exposeQuality } from './quality.js';
import { ENCODINGS } from './ring.js';
import type { SinkMonitor } from './sinks.js';
import type { Stages } from './stages.js';
import { exposeViews } from './view-routes.js';

/** Bounds of latency histograms, ns: 1, 2, 5 a decade from 100 ns, less than which no stage takes, to 10 s. */
const BOUNDS_NS = [2, 3, 4, 5, 6, 7, 8, 9].flatMap((decade) => [1, 2, 5].map((step) => step * 10 ** decade)).concat(1e10);
/** `0.000001` and the like: what a division by 1e9 would write with a tail of rounding. */
const BOUNDS_SECONDS = BOUNDS_NS.map((ns) => Number(`${ns}e-9`));

const RECEIVE_TO_RING = STAGES.findIndex(({ name }) => name === 'receive_to_ring');
const VENUE_TO_RECEIVE = STAGES.findIndex(({ name }) => name === 'venue_to_receive');
/** Counters of an instrument that only grow; the others tell a state. */
const INSTRUMENT_STATES: readonly string[] = [
  'channels',
  'silent',
  'known_bids',
  'known_asks',
  'in_sync',
  'last_update_id',
  'last_ts_recv',
];
/** What other figures tell better. */
const TOLD_ELSEWHERE: readonly string[] = ['source', 'source_switches'];
const UPDATE_KINDS = { book_deltas: 'book_delta', trades: 'trade', quotes: 'quote' } as const;

export interface StatisticsParts {
  readonly version: string;
  readonly monitor: Monitor;
  readonly sinks: SinkMonitor;
  readonly hub: Hub;
  readonly pump: Pump;
  readonly exchange: ExchangeCounts;
  readonly access: Access;
  readonly points: Points;
  readonly queries: DataQueries;
  readonly stages: Stages;
  readonly alerts: LatencyAlerts;
  readonly clocks: Clocks;
  readonly drift: DriftWatch;
  readonly views: readonly ViewConfig[];
  /** Monotonic ms at which the gateway began to listen. */
  readonly startedAt: number;
}

/** A venue that was silent for longer is not live. */
const FEED_SECONDS = 10;

function valuesOf(buckets: Float64Array): HistogramValues {
  const { count, sum } = summarize(buckets);
  return { bounds: BOUNDS_SECONDS, counts: cumulative(buckets, BOUNDS_NS), count, sum: sum / 1e9 };
}

export class Statistics {
  readonly #parts: StatisticsParts;
  readonly #containerized = existsSync('/.dockerenv') || existsSync('/run/.containerenv');

  constructor(parts: StatisticsParts) {
    this.#parts = parts;
  }

  get uptimeSeconds(): number {
    return (performance.now() - this.#parts.startedAt) / 1000;
  }

  health(): object {
    const { monitor, sinks, hub, version } = this.#parts;
    return {
      service: 'market-data',
      status: monitor.reasons.length === 0 && monitor.unkept.length === 0 ? 'healthy' : 'degraded',
      version,
      messages_processed: monitor.total('frames'),
      data_points_stored: monitor.total('events'),
      subscriptions_served: hub.counts.subscribed,
      active_feeds: monitor.activeFeeds,
      symbols_tracked: monitor.symbols.length,
      uptime_seconds: Math.floor(this.uptimeSeconds),
      messagebus_connected: null,
      redis_connected: sinks.connected('redis'),
      sinks: sinks.summary(),
      engine: monitor.engineState,
    };
  }

  /** The JSON statistics; what does not exist here is null. */
  json(): object {
    const { monitor, hub } = this.#parts;
    const rates = monitor.rates;
    const latency = summarize(monitor.histogram(RECEIVE_TO_RING));
    const ms = (ns: number | null): number | null => (ns === null ? null : ns / 1e6);
    const throughput = { messages_per_second: rates.frames, data_points_per_second: rates.events };
    return {
      ...throughput,
      total_messages: monitor.total('frames'),
      total_data_points: monitor.total('events'),
      active_subscriptions: hub.subscriptionCount,
      active_feeds: monitor.activeFeeds,
      symbols_tracked: monitor.symbols.length,
      latency_stats: {
        min: ms(latency.min),
        max: ms(latency.max),
        avg: ms(latency.avg),
        p95: ms(latency.quantile(0.95)),
        p50: ms(latency.quantile(0.5)),
        p99: ms(latency.quantile(0.99)),
        p999: ms(latency.quantile(0.999)),
        count: latency.count,
        unit: 'ms',
      },
      throughput_stats: throughput,
      ...figuresOf(monitor.instruments, this.#parts.points),
      cache_size: this.#parts.points.size,
      engine_type: 'tickring',
      containerized: this.#containerized,
      engine: monitor.engineState,
      clients: hub.clients.size,
    };
  }

  prometheus(format: keyof typeof FORMATS): string {
    const out = new Exposition(format);
    this.#marketData(out);
    this.#latency(out);
    this.#feeds(out);
    exposeQuality(this.#parts.monitor, out);
    exposeViews(this.#parts.monitor, this.#parts.views, out);
    this.#shards(out);
    this.#instruments(out);
    this.#gateway(out);
    this.#parts.clocks.expose(out);
    this.#parts.access.expose(out);
    this.#parts.alerts.expose(out);
    this.#parts.drift.expose(out);
    this.#parts.sinks.expose(out);
    return out.text;
  }

  /** Names that existing dashboards read. */
  #marketData(out: Exposition): void {
    const { monitor, hub } = this.#parts;
    const updates = monitor.instruments.flatMap(({ venue, symbol, counters }) =>
      Object.entries(UPDATE_KINDS).map(([name, kind]) => {
        const index = INSTRUMENT_COUNTERS.findIndex((counter) => counter.name === name);
        return [{ symbol, venue, kind }, Number(counters[index] ?? 0n)] as const;
      }),
    );
    out.add('market_data_updates_total', 'counter', 'Updates applied, by kind.', updates);
    this.#histogram(out, 'market_data_latency_seconds', 'From arrival in the engine to the ring.', RECEIVE_TO_RING);
    this.#histogram(out, 'marketdata_processing_latency_seconds', 'The same, under its older name.', RECEIVE_TO_RING);
    this.#histogram(
      out,
      'market_data_venue_latency_seconds',
      "From the venue's clock to the engine's; below zero counts as 0.",
      VENUE_TO_RECEIVE,
    );
    out.one('marketdata_messages_processed_total', 'counter', 'Frames received.', monitor.total('frames'));
    out.one('marketdata_data_points_stored_total', 'counter', 'Events published.', monitor.total('events'));
    out.one('marketdata_feed_errors_total', 'counter', 'Inputs quarantined.', monitor.total('quarantined'));
    out.one('marketdata_active_feeds', 'gauge', 'Venues heard of within 10 s.', monitor.activeFeeds);
    out.one('marketdata_subscription_count', 'gauge', 'Topics subscribed, all clients.', hub.subscriptionCount);
    const { requests, whole } = this.#parts.queries.counts;
    const help = 'Share of requests for points that memory answered in full; absent before the first.';
    out.add('marketdata_cache_hit_ratio', 'gauge', help, requests === 0 ? [] : [[{}, whole / requests]]);
    out.one('marketdata_ingestion_rate_per_second', 'gauge', 'Frames a second lately.', monitor.rates.frames);
  }

  #histogram(out: Exposition, name: string, help: string, stage: number): void {
    out.histogram(name, help, valuesOf(this.#parts.monitor.histogram(stage)));
  }

  #latency(out: Exposition): void {
    const { stages } = this.#parts;
    const all = stages.all.map((stage) => [{ stage: stage.name }, valuesOf(stages.counts(stage))] as const);
    out.histograms('tickring_stage_latency_seconds', 'Latency by stage of the line.', all);
  }

  /** Each venue with all of its instruments. */
  #feeds(out: Exposition): void {
    const venues = new Map<string, InstrumentView[]>();
    for (const one of this.#parts.monitor.instruments) venues.set(one.venue, [...(venues.get(one.venue) ?? []), one]);
    const each = (value: (instruments: readonly InstrumentView[]) => number): [Labels, number][] =>
      [...venues].map(([venue, instruments]) => [{ venue }, value(instruments)]);
    const last = (instruments: readonly InstrumentView[]): number =>
      instruments.reduce((latest, { lastTsRecv }) => Math.max(latest, Number(lastTsRecv)), 0) / 1e9;
    const isLive = (instruments: readonly InstrumentView[]): boolean => Date.now() / 1e3 - last(instruments) <= FEED_SECONDS;
    out.add(
      'tickring_feed_live',
      'gauge',
      '1 while the venue was heard of within 10 s.',
      each((all) => (isLive(all) ? 1 : 0)),
    );
    out.add(
      'tickring_feed_instruments',
      'gauge',
      'Instruments of the venue.',
      each((all) => all.length),
    );
    out.add(
      'tickring_feed_instruments_in_sync',
      'gauge',
      'Those whose book is proven in sync.',
      each((all) => all.filter(({ inSync }) => inSync).length),
    );
    out.add('tickring_feed_last_receive_timestamp_seconds', 'gauge', 'Receive time of the last message.', each(last));
  }

  #shards(out: Exposition): void {
    const { shards } = this.#parts.monitor;
    SHARD_COUNTERS.forEach(({ name, help }, index) => {
      const samples = shards
        .filter(({ counters }) => counters.length > 0)
        .map(({ shard, counters }): [Labels, number] => [{ shard }, Number(counters[index] ?? 0n)]);
      out.add(`tickring_${name}_total`, 'counter', help, samples);
    });
    JOURNAL_COUNTERS.forEach(({ name, help }, index) => {
      const samples = shards
        .filter(({ journal }) => journal.length > 0)
        .map(({ shard, journal }): [Labels, number] => [{ shard }, Number(journal[index] ?? 0n)]);
      const isGauge = name === 'journal_state' || name === 'journal_durable' || name === 'journal_appended';
      out.add(`tickring_${name}${isGauge ? '' : '_total'}`, isGauge ? 'gauge' : 'counter', help, samples);
    });
    const each = (value: (shard: (typeof shards)[number]) => number | null): [Labels, number][] =>
      shards.flatMap((shard) => {
        const number = value(shard);
        return number === null ? [] : [[{ shard: shard.shard }, number] as [Labels, number]];
      });
    out.add(
      'tickring_shard_live',
      'gauge',
      "1 while the shard's writer is live.",
      each(({ state }) => (state === 'live' ? 1 : 0)),
    );
    out.add(
      'tickring_ring_position_slots',
      'gauge',
      'Slots that the writer has published.',
      each(({ position }) => position),
    );
    out.add(
      'tickring_gateway_lag_slots',
      'gauge',
      'Slots published and not read by the gateway.',
      each(({ lag }) => lag),
    );
    out.add(
      'tickring_heartbeat_age_seconds',
      'gauge',
      "Time since the writer's heartbeat was seen to move.",
      each(({ heartbeatAgeMs }) => (heartbeatAgeMs === null ? null : heartbeatAgeMs / 1000)),
    );
  }

  #instruments(out: Exposition): void {
    const { instruments } = this.#parts.monitor;
    const { points } = this.#parts;
    const timed = instruments.map(({ id, venue, symbol }) => {
      const { count, ns } = points.timed(id);
      return [
        { venue, symbol },
        { count, sum: ns / 1e9 },
      ] as const;
    });
    exposeAccuracy(out, instruments);
    const help = 'From receipt to the ring, of updates since this gateway follows the instrument.';
    out.summaries('tickring_instrument_latency_seconds', help, timed);
    INSTRUMENT_COUNTERS.forEach(({ name, help }, index) => {
      if (TOLD_ELSEWHERE.includes(name)) return;
      const isSilence = name.endsWith('_silence_ms_max');
      const scale = name === 'last_ts_recv' || name.endsWith('_ns') ? 1e-9 : isSilence ? 1e-3 : 1;
      const samples = instruments.map(({ venue, symbol, counters }): [Labels, number] => [
        { venue, symbol },
        Number(counters[index] ?? 0n) * scale,
      ]);
      if (name === 'last_ts_recv') {
        out.add('tickring_instrument_last_receive_timestamp_seconds', 'gauge', 'Receive time of the last message.', samples);
      } else if (isSilence) {
        const text = 'Silence of this channel that is reported; 0 while it is learned.';
        out.add(`tickring_instrument_${name.replace('_ms_max', '_limit_seconds')}`, 'gauge', text, samples);
      } else if (INSTRUMENT_STATES.includes(name)) out.add(`tickring_instrument_${name}`, 'gauge', help, samples);
      else
        out.add(`tickring_instrument_${name.replace(/_ns$/, '_seconds')}_total`, 'counter', help.replace(', ns', ''), samples);
    });
  }

  #gateway(out: Exposition): void {
    const { hub, pump, exchange } = this.#parts;
    const clients = Object.entries(ENCODINGS).map(([encoding, number]): [Labels, number] => [
      { encoding },
      [...hub.clients].filter((client) => client.encoding === number).length,
    ]);
    const buffered = [...hub.clients].reduce((sum, client) => sum + client.socket.getBufferedAmount(), 0);
    const { counts } = hub;
    out.add('tickring_gateway_clients', 'gauge', 'WebSocket clients.', clients);
    out.one('tickring_gateway_lagging_clients', 'gauge', 'Clients that lost messages and wait for room.', hub.laggingCount);
    out.one('tickring_gateway_buffered_bytes', 'gauge', 'Bytes that wait for all clients.', buffered);
    out.one('tickring_gateway_messages_total', 'counter', 'Messages published, each once for all clients.', counts.messages);
    out.one('tickring_gateway_message_bytes_total', 'counter', 'Bytes of those messages.', counts.bytes);
    out.one('tickring_gateway_snapshots_total', 'counter', 'Snapshots sent to single clients.', counts.snapshots);
    out.one('tickring_gateway_dropped_messages_total', 'counter', 'Messages dropped for slow clients.', counts.dropped);
    out.one('tickring_gateway_skipped_messages_total', 'counter', 'Messages told to slow clients as skipped.', counts.skipped);
    out.one('tickring_gateway_resumed_total', 'counter', 'Topics resumed without a loss.', counts.resumed);
    out.one('tickring_gateway_not_resumed_total', 'counter', 'Topics whose token was too old or unknown.', counts.notResumed);
    out.one('tickring_gateway_conflation_down_total', 'counter', 'Steps of slow clients to a lower rung.', counts.steppedDown);
    out.one('tickring_gateway_conflation_up_total', 'counter', 'Steps of clients that keep up again.', counts.steppedUp);
    out.one('tickring_gateway_slow_closed_total', 'counter', 'Clients closed for being too slow.', counts.slowClosed);
    out.one('tickring_gateway_control_messages_total', 'counter', 'Control messages acted on.', counts.controlMessages);
    out.one('tickring_gateway_control_refused_total', 'counter', 'Control messages refused.', counts.refused);
    out.one(
      'tickring_gateway_lost_records_total',
      'counter',
      'Ring records lost by being lapped or by a restart.',
      Number(pump.fanout.lost()),
    );
    out.one('tickring_gateway_fanout_failures_total', 'counter', 'Times the fan-out had to be opened anew.', pump.failures);
    const { events, dropped, passedOver } = hub.bus.counts;
    out.one('tickring_gateway_events_total', 'counter', 'Events of the message bus.', events);
    out.one('tickring_gateway_events_dropped_total', 'counter', 'Events not told to a client without room.', dropped);
    out.one('tickring_gateway_events_passed_over_total', 'counter', 'Events above the rate that is told.', passedOver);
    const { late, leftOut } = pump.fanout.lateTrades();
    out.one('tickring_gateway_late_trades_total', 'counter', 'Trades that came after one of their candles was closed.', late);
    out.one('tickring_gateway_late_candles_total', 'counter', 'Candles no longer kept when a trade of theirs came.', leftOut);
    const { points } = this.#parts;
    out.one('tickring_gateway_points', 'gauge', 'Points kept in memory.', points.size);
    out.one('tickring_gateway_points_bytes', 'gauge', 'Memory that they take.', points.bytes);
    out.one(
      'tickring_gateway_points_lapped_total',
      'counter',
      'Records overwritten before they were read.',
      points.counts.lapped,
    );
    out.one('tickring_gateway_requests_total', 'counter', 'HTTP requests.', exchange.requests);
    out.one('tickring_gateway_request_failures_total', 'counter', 'HTTP requests that failed inside.', exchange.failures);
    const { user, system } = process.cpuUsage();
    out.one('process_cpu_seconds_total', 'counter', 'CPU time of the gateway.', (user + system) / 1e6);
    out.one('process_resident_memory_bytes', 'gauge', 'Memory of the gateway.', process.memoryUsage.rss());
    out.one('tickring_gateway_uptime_seconds', 'gauge', 'Time since the gateway began to listen.', this.uptimeSeconds);
  }
}
