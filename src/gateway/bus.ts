/**
 * Topics of the message bus that no ring carries: what is wrong, how feeds are, what took too long. They are told to those who
 * follow them as text in every subprotocol, for they are rare; each topic has its own numbers, so that who was too slow sees it.
 */
import type { BusClient } from './client.js';
import { timeText } from './point-json.js';
import { TokenBucket } from './token-bucket.js';

export const BUS_TOPICS = ['marketdata.error', 'marketdata.feed.status', 'marketdata.latency.alert'] as const;
export type BusTopic = (typeof BUS_TOPICS)[number];

/** Most events of a topic a second, and at once; a storm is told by its size. */
const EVENTS_PER_SECOND = 50;
const EVENTS_AT_ONCE = 200;

const DATA_TYPES: Readonly<Record<BusTopic, string>> = {
  'marketdata.error': 'error',
  'marketdata.feed.status': 'feed_status',
  'marketdata.latency.alert': 'latency_alert',
};

export const isBusTopic = (name: string): name is BusTopic => (BUS_TOPICS as readonly string[]).includes(name);

/** What one event tells. */
export interface BusEvent {
  /** Null where it is about no instrument. */
  readonly symbol: string | null;
  /** The venue, or `tickring` for what is the product's own. */
  readonly source: string;
  readonly data: Readonly<Record<string, string | number | null>>;
  readonly latencyMs?: number;
  /** When it was, ns since the UNIX epoch. */
  readonly at: bigint;
}

interface Channel {
  readonly clients: Set<BusClient>;
  readonly bucket: TokenBucket;
  /** Number of the last event, told or not. */
  seq: number;
}

export class Bus {
  readonly counts = { events: 0, dropped: 0, passedOver: 0 };
  readonly #channels = new Map<BusTopic, Channel>();

  constructor(now = performance.now()) {
    for (const topic of BUS_TOPICS) {
      const bucket = new TokenBucket(EVENTS_PER_SECOND, EVENTS_AT_ONCE, now);
      this.#channels.set(topic, { clients: new Set(), bucket, seq: 0 });
    }
  }

  /** Names of other topics mean nothing here. */
  join(client: BusClient, names: readonly string[]): void {
    for (const name of names.filter(isBusTopic)) this.#channels.get(name)?.clients.add(client);
  }

  leave(client: BusClient, names: readonly string[]): void {
    for (const name of names.filter(isBusTopic)) this.#channels.get(name)?.clients.delete(client);
  }

  /** The topics that a client follows. */
  of(client: BusClient): BusTopic[] {
    return BUS_TOPICS.filter((topic) => this.#channels.get(topic)?.clients.has(client));
  }

  tell(topic: BusTopic, event: BusEvent, now = performance.now()): void {
    const channel = this.#channels.get(topic);
    if (channel === undefined) return;
    channel.seq += 1;
    this.counts.events += 1;
    if (!channel.bucket.take(now)) {
      this.counts.passedOver += 1;
      return;
    }
    if (channel.clients.size === 0) return;
    const data = { ...event.data, timestamp: timeText(event.at) };
    const { symbol, source, latencyMs = 0 } = event;
    const payload = { symbol, data_type: DATA_TYPES[topic], data, latency_ms: latencyMs, source };
    const text = JSON.stringify({ type: 'event', topic, seq: channel.seq, payload });
    const older = JSON.stringify({ type: 'data', topic, seq: channel.seq, data: { ...data, latency_ms: latencyMs }, payload });
    for (const client of channel.clients) if (!client.inform(text, older)) this.counts.dropped += 1;
  }
}
