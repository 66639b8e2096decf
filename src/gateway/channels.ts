/** Topics within uWebSockets.js: who is in which, and what the fan-out builds for them. */
import type { Client, Subscription } from './client.js';
import { ENCODINGS, type Encoding, type FanoutSource, RUNGS, type Rung } from './ring.js';

/** A topic goes on being built this long after its last client left, ms: clients come back and resume. */
const LINGER_MS = 30_000;

/** Name of a topic within uWebSockets.js. */
export const channelOf = (topic: number, encoding: Encoding, rung: Rung): string => `${encoding}/${rung}/${topic}`;

/** The same for those who follow a topic of the older shape as `{venue}:{symbol}`, where its messages name the symbol alone. */
export const qualifiedOf = (channel: string): string => `${channel}/qualified`;

interface Channel {
  readonly topic: number;
  readonly encoding: Encoding;
  readonly rung: Rung;
  clients: number;
  /** When nothing is built for it any more, once it has no clients. */
  until: number;
}

function nameOf({ encoding }: Client, { topic, rung, isQualified }: Subscription): string {
  const name = channelOf(topic.id, encoding, rung);
  return isQualified ? qualifiedOf(name) : name;
}

export class Channels {
  #fanout: FanoutSource;
  readonly #channels = new Map<string, Channel>();

  constructor(fanout: FanoutSource) {
    this.#fanout = fanout;
  }

  /** Goes on with another fan-out; nobody is in any channel. */
  reset(fanout: FanoutSource): void {
    this.#fanout = fanout;
    this.#channels.clear();
  }

  join(client: Client, subscription: Subscription): void {
    const { topic, rung } = subscription;
    const name = nameOf(client, subscription);
    client.socket.subscribe(name);
    subscription.state = 'joined';
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = { topic: topic.id, encoding: client.encoding, rung, clients: 0, until: 0 };
      this.#channels.set(name, channel);
      this.#fanout.interest(topic.id, client.encoding, rung, true);
    }
    channel.clients += 1;
  }

  /** `isOpen`: whether the socket is still there. */
  leave(client: Client, subscription: Subscription, now: number, isOpen = true): void {
    if (subscription.state !== 'joined') return;
    const { rung } = subscription;
    const name = nameOf(client, subscription);
    if (isOpen) client.socket.unsubscribe(name);
    subscription.state = 'waiting';
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    channel.clients -= 1;
    channel.until = now + LINGER_MS;
    // Only what is kept for those who come back is worth going on with.
    if (channel.clients === 0 && (rung !== RUNGS.full || client.encoding === ENCODINGS.stream)) this.#close(name, channel);
  }

  /** Whether somebody is in a channel. */
  has(name: string): boolean {
    return this.#channels.has(name);
  }

  /** Lets go of what nobody came back for. */
  expire(now: number): void {
    for (const [name, channel] of this.#channels) if (channel.clients === 0 && channel.until <= now) this.#close(name, channel);
  }

  #close(name: string, { topic, encoding, rung }: Channel): void {
    this.#channels.delete(name);
    const plain = channelOf(topic, encoding, rung);
    if (this.#channels.has(plain) || this.#channels.has(qualifiedOf(plain))) return;
    this.#fanout.interest(topic, encoding, rung, false);
  }
}
