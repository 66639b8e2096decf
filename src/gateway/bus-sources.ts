/** What is worth an event on the message bus: records about feeds, the engine itself, latencies. */
import type { BusEvent, BusTopic } from './bus.js';
import type { LatencyAlert } from './latency-alerts.js';
import type { FeedRecord } from './points.js';

type Tell = (topic: BusTopic, event: BusEvent) => void;

/** Instruments by id, as the monitor knows them. */
type Named = (id: number) => { readonly venue: string; readonly symbol: string } | undefined;

const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;

export class BusSources {
  readonly #tell: Tell;
  readonly #named: Named;
  #engine: string | undefined;

  constructor(tell: Tell, named: Named) {
    this.#tell = tell;
    this.#named = named;
  }

  /** A Status or Gap of the ring. */
  readonly record = (record: FeedRecord): void => {
    const named = this.#named(record.instrument);
    const event = { symbol: named?.symbol ?? null, source: named?.venue ?? 'tickring', at: record.tsRecv };
    if (record.kind === 'gap') {
      const { stream, reason, first, last } = record;
      const status = record.recovered ? 'recovered' : 'gap';
      const ids = { first: `${first}`, last: `${last}` };
      this.#tell('marketdata.feed.status', { ...event, data: { status, stream, reason, ...ids } });
      return;
    }
    const { state, connection, code, detail } = record;
    const data = { connection, code, detail: `${detail}` };
    if (state === 'quarantined' || state === 'subscribe_failed') {
      this.#tell('marketdata.error', { ...event, data: { error: state, ...data } });
    } else this.#tell('marketdata.feed.status', { ...event, data: { status: state, ...data } });
  };

  /** The engine as a whole, looked at now and then. */
  engine(state: string): void {
    const before = this.#engine;
    this.#engine = state;
    if (before === undefined || before === state) return;
    const data = { status: `engine_${state}`, connection: 0, code: null, detail: '0' };
    this.#tell('marketdata.feed.status', { symbol: null, source: 'tickring', at: nowNs(), data });
  }

  readonly latency = ({ stage, thresholdMs, count, maxMs }: LatencyAlert): void => {
    const data = { stage, threshold_ms: thresholdMs, count, max_ms: maxMs };
    this.#tell('marketdata.latency.alert', { symbol: null, source: 'tickring', at: nowNs(), data, latencyMs: maxMs });
  };
}
