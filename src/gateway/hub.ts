/**
 * Clients and their topics. Messages go out through the topics of uWebSockets.js, each copied once for all clients; this
 * file decides who is in which topic, and what a client is told that lost messages (DECISIONS 25).
 *
 * What it relies on, as read in the sources of uWebSockets.js 20.56:
 * - `publish` queues at most 32 messages a socket, and the loop delivers them before it waits for events. The pump publishes
 *   fewer than that between two waits, so what is published in one turn is delivered in one go, in order.
 * - When a socket's buffer is over its limit, `dropped` is told of the first message of that delivery; the rest of it is
 *   dropped without a word. So the rest of the turn's list is what was lost.
 * - During `dropped` sockets may not leave topics or be closed: the lists being walked would change. It is only noted.
 */
import { CLOSE_CODES, type Client, type Subscription } from './client.js';
import type { ControlMessage } from './control.js';
import { ack, type ControlRefusal, refusal, TOPICS_MAX } from './control.js';
import { type Place, placeOf, skippedNotice } from './messages.js';
import { ENCODINGS, type Encoding, type FanoutSource, type RingTopic } from './ring.js';

/** A client too slow for trades is cut without a close frame after this, ms. */
const CLOSE_WITHIN_MS = 5_000;
/** Bytes that may wait for all clients together; beyond it the one with the most is closed. */
const TOTAL_BUFFER_BYTES_MAX = 268_435_456;

/** A message published in this turn. */
export interface Published {
  readonly topic: number;
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
}

export interface HubCounts {
  messages: number;
  bytes: number;
  subscribed: number;
  dropped: number;
  skipped: number;
  snapshots: number;
  slowClosed: number;
  controlMessages: number;
  refused: number;
}

/** Name of a topic within uWebSockets.js. */
export const channelOf = (topic: number, encoding: Encoding): string => `${encoding}/${topic}`;

const isTrade = (topic: RingTopic): boolean => topic.name.startsWith('trade.');

export class Hub {
  readonly clients = new Set<Client>();
  readonly counts: HubCounts = {
    messages: 0,
    bytes: 0,
    subscribed: 0,
    dropped: 0,
    skipped: 0,
    snapshots: 0,
    slowClosed: 0,
    controlMessages: 0,
    refused: 0,
  };
  #fanout: FanoutSource;
  #topics = new Map<string, RingTopic>();
  /** Clients in each channel; the fan-out builds messages only where there are any. */
  readonly #listeners = new Map<string, number>();
  /** Clients that something of this turn was dropped for, and the first of it. */
  readonly #damaged = new Map<Client, Place>();
  /** Clients with something to be sent when there is room. */
  readonly #waiting = new Set<Client>();
  /** Clients that wait for a state that is not known now. */
  readonly #unknown = new Set<Client>();

  constructor(fanout: FanoutSource) {
    this.#fanout = fanout;
    this.learnTopics();
  }

  /** Goes on with another fan-out. Its numbers begin anew, so no client may keep a topic. */
  replaceFanout(fanout: FanoutSource): void {
    // First: the old one is closed, and leaving topics speaks to it.
    this.#fanout = fanout;
    for (const client of this.clients) this.close(client, CLOSE_CODES.restart, 'the stream begins anew');
    this.#topics.clear();
    this.#listeners.clear();
    this.learnTopics();
  }

  learnTopics(): void {
    this.#topics = new Map(this.#fanout.topics().map((topic) => [topic.name, topic]));
  }

  get topicNames(): string[] {
    return [...this.#topics.keys()];
  }

  get subscriptionCount(): number {
    let count = 0;
    for (const client of this.clients) count += client.subscriptions.size;
    return count;
  }

  get laggingCount(): number {
    let count = 0;
    for (const client of this.clients) {
      for (const { missedFrom } of client.subscriptions.values()) {
        if (missedFrom === undefined) continue;
        count += 1;
        break;
      }
    }
    return count;
  }

  /** Acts on a control message; the answer goes out before anything that follows from it. */
  act(client: Client, message: ControlMessage): ControlRefusal | undefined {
    this.counts.controlMessages += 1;
    switch (message.op) {
      case 'ping':
        this.#answer(client, ack(message));
        return undefined;
      case 'list':
        this.#answer(client, ack(message, { topics: this.topicNames, subscribed: this.#namesOf(client) }));
        return undefined;
      case 'subscribe':
        return this.#subscribe(client, message);
      case 'unsubscribe':
        this.#unsubscribe(client, message);
        return undefined;
    }
  }

  refuse(client: Client, reason: ControlRefusal): void {
    this.counts.refused += 1;
    this.#answer(client, refusal(reason));
  }

  #answer(client: Client, text: string): void {
    if (!client.answer(text)) this.close(client, CLOSE_CODES.policy, 'answers are not read');
  }

  #namesOf(client: Client): string[] {
    return [...client.subscriptions.values()].map(({ topic }) => topic.name);
  }

  #subscribe(client: Client, message: ControlMessage & { op: 'subscribe' | 'unsubscribe' }): ControlRefusal | undefined {
    const id = message.id === undefined ? {} : { id: message.id };
    const unknown = message.topics.filter((name) => !this.#topics.has(name));
    if (unknown.length > 0) {
      const first = JSON.stringify(unknown[0]);
      const what = unknown.length === 1 ? `topic ${first} does` : `topic ${first} and ${unknown.length - 1} others do`;
      return { error: 'unknown-topic', message: `${what} not exist`, topics: unknown, ...id };
    }
    const named = message.topics.flatMap((name) => this.#topics.get(name) ?? []);
    const fresh = named.filter((topic) => !client.subscriptions.has(topic.id));
    if (client.subscriptions.size + fresh.length > TOPICS_MAX) {
      return { error: 'too-many-topics', message: `a socket holds at most ${TOPICS_MAX} topics`, ...id };
    }
    this.#answer(client, ack(message, { topics: message.topics }));
    for (const topic of fresh) client.subscriptions.set(topic.id, { topic, state: 'waiting', missedFrom: undefined });
    this.counts.subscribed += fresh.length;
    this.#waiting.add(client);
    return undefined;
  }

  #unsubscribe(client: Client, message: ControlMessage & { op: 'subscribe' | 'unsubscribe' }): void {
    // The answer pushes out what uWebSockets.js still holds for this socket: nothing of the topics comes after it.
    this.#answer(client, ack(message, { topics: message.topics }));
    for (const name of message.topics) {
      const topic = this.#topics.get(name);
      const subscription = topic && client.subscriptions.get(topic.id);
      if (subscription === undefined) continue;
      this.#leave(client, subscription);
      client.subscriptions.delete(subscription.topic.id);
    }
  }

  #join(client: Client, subscription: Subscription): void {
    const { topic } = subscription;
    const channel = channelOf(topic.id, client.encoding);
    client.socket.subscribe(channel);
    subscription.state = 'joined';
    const listeners = this.#listeners.get(channel) ?? 0;
    this.#listeners.set(channel, listeners + 1);
    if (listeners === 0) this.#fanout.interest(topic.id, client.encoding, true);
  }

  #leave(client: Client, subscription: Subscription, isOpen = true): void {
    if (subscription.state !== 'joined') return;
    const { topic } = subscription;
    const channel = channelOf(topic.id, client.encoding);
    if (isOpen) client.socket.unsubscribe(channel);
    subscription.state = 'waiting';
    const listeners = (this.#listeners.get(channel) ?? 1) - 1;
    this.#listeners.set(channel, listeners);
    if (listeners === 0) this.#fanout.interest(topic.id, client.encoding, false);
  }

  /** Notes that a message was dropped for a client. */
  dropped(client: Client, bytes: Uint8Array, isBinary: boolean): void {
    if (this.#damaged.has(client) || isBinary !== (client.encoding === ENCODINGS.flatbuffers)) return;
    const place = placeOf(bytes, client.encoding);
    if (place !== undefined) this.#damaged.set(client, place);
  }

  /** Settles what was lost of the messages published in the last turn, once they are all delivered or dropped. */
  settle(published: readonly Published[], now: number): void {
    for (const [client, first] of this.#damaged) {
      if (!this.clients.has(client) || client.isClosing) continue;
      const lost = this.#lost(client, first, published);
      this.counts.dropped += lost.length;
      const trade = lost.find(({ subscription }) => isTrade(subscription.topic));
      if (trade !== undefined) {
        this.counts.slowClosed += 1;
        this.close(client, CLOSE_CODES.slowConsumer, `too slow for trades, resume ${trade.place.resume}`, now);
        continue;
      }
      for (const { subscription, place } of lost) {
        this.#leave(client, subscription);
        subscription.missedFrom ??= place.seq;
      }
      this.#waiting.add(client);
    }
    this.#damaged.clear();
  }

  /** The messages that this client should have got from the first dropped one on. */
  #lost(client: Client, first: Place, published: readonly Published[]): { subscription: Subscription; place: Place }[] {
    const lost = [];
    let found = false;
    for (const { topic, encoding, bytes } of published) {
      const subscription = client.subscriptions.get(topic);
      if (subscription?.state !== 'joined' || encoding !== client.encoding) continue;
      const place = placeOf(bytes, encoding);
      found ||= place?.topic === first.topic && place.seq === first.seq;
      if (found && place !== undefined) lost.push({ subscription, place });
    }
    return lost;
  }

  /** There may be room for this client again. */
  drained(client: Client): void {
    this.#waiting.add(client);
  }

  /** Looks again at states that were not known. */
  retry(): void {
    for (const client of this.#unknown) this.#waiting.add(client);
    this.#unknown.clear();
  }

  /**
   * Sends what waits, where there is room, until `deadline` (both monotonic ms). To be called when all messages that the
   * fan-out has built are published: then a snapshot stands exactly before the next message of its topic.
   */
  serve(now: number, deadline: number): void {
    for (const client of this.#waiting) {
      client.advance(now);
      if (!client.isClosing && this.#serveClient(client, deadline)) this.#waiting.delete(client);
      if (performance.now() > deadline) return;
    }
  }

  get isServing(): boolean {
    return this.#waiting.size > 0;
  }

  /** Sends snapshots to one client while there is room. Returns whether nothing is left to be sent now. */
  #serveClient(client: Client, deadline: number): boolean {
    for (const subscription of client.subscriptions.values()) {
      if (subscription.state === 'joined') continue;
      if (!client.hasRoom || performance.now() > deadline) return false;
      const snapshot = this.#fanout.snapshot(subscription.topic.id, client.encoding);
      if (snapshot !== null) this.#sendSnapshot(client, subscription, snapshot);
      if (subscription.missedFrom === undefined) this.#join(client, subscription);
      // Where a loss ends is not known before there is a state again; the notice waits for it.
      else this.#unknown.add(client);
    }
    return !client.holdsAnswers;
  }

  #sendSnapshot(client: Client, subscription: Subscription, snapshot: Uint8Array): void {
    const isBinary = client.encoding === ENCODINGS.flatbuffers;
    const from = subscription.missedFrom;
    const to = placeOf(snapshot, client.encoding)?.seq;
    if (from !== undefined && to !== undefined && to >= from) {
      client.socket.send(skippedNotice(snapshot, client.encoding, from, to), isBinary);
      this.counts.skipped += to - from + 1;
    }
    client.socket.send(snapshot, isBinary);
    this.counts.snapshots += 1;
    subscription.missedFrom = undefined;
  }

  /** Takes a client out of everything and closes it. */
  close(client: Client, code: number, reason: string, now = 0): void {
    for (const subscription of client.subscriptions.values()) this.#leave(client, subscription);
    client.subscriptions.clear();
    client.close(code, reason, now + CLOSE_WITHIN_MS);
    this.#waiting.add(client);
  }

  /** The socket is gone. */
  closed(client: Client): void {
    for (const subscription of client.subscriptions.values()) this.#leave(client, subscription, false);
    client.subscriptions.clear();
    this.clients.delete(client);
    this.#damaged.delete(client);
    this.#waiting.delete(client);
    this.#unknown.delete(client);
  }

  /** Bounds the memory of all buffers together. Returns the bytes that wait. */
  bound(now: number): number {
    let total = 0;
    let most = 0;
    let largest: Client | undefined;
    for (const client of this.clients) {
      const buffered = client.socket.getBufferedAmount();
      total += buffered;
      if (buffered <= most || client.isClosing) continue;
      most = buffered;
      largest = client;
    }
    if (total > TOTAL_BUFFER_BYTES_MAX && largest !== undefined) {
      this.counts.slowClosed += 1;
      this.close(largest, CLOSE_CODES.slowConsumer, 'too slow for the memory that all clients share', now);
    }
    return total;
  }
}
