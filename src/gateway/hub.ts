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
import { randomBytes } from 'node:crypto';
import { BUS_TOPICS, Bus } from './bus.js';
import { Channels, qualifiedOf } from './channels.js';
import { CLOSE_CODES, type Client, lowestRung, type Subscription } from './client.js';
import type { ControlMessage, SubscribeMessage } from './control.js';
import { ack, type ControlRefusal, olderAck, PATTERNS_MAX, refusal, TOPICS_MAX } from './control.js';
import { type HubCounts, noCounts, resume, sendState } from './delivery.js';
import { type Dropped, lostBy, type Published } from './losses.js';
import { placeOf } from './messages.js';
import { ENCODINGS, type FanoutSource, isBinary, type RingTopic, RUNGS, type Rung } from './ring.js';
import { aliasesOf, isPattern, type Qualified, TopicNames } from './topics.js';

export { channelOf } from './channels.js';
export type { Published } from './losses.js';

/** A client too slow for trades is cut without a close frame after this, ms. */
const CLOSE_WITHIN_MS = 5_000;
/** Bytes that may wait for all clients together; beyond it the one with the most is closed. */
const TOTAL_BUFFER_BYTES_MAX = 268_435_456;

const isTrade = (topic: RingTopic): boolean => topic.name.startsWith('trade.');

export class Hub {
  readonly clients = new Set<Client>();
  readonly bus = new Bus();
  readonly counts: HubCounts = noCounts();
  #fanout: FanoutSource;
  /** Whose numbers `seq` are. */
  #stream = '';
  readonly #names = new TopicNames();
  readonly #channels: Channels;
  /** Clients that something of this turn was dropped for, and the first of it; undefined in the older shape. */
  readonly #damaged = new Map<Client, Dropped | undefined>();
  /** Clients with something to be sent when there is room. */
  readonly #waiting = new Set<Client>();
  /** Clients that wait for a state that is not known now. */
  readonly #unknown = new Set<Client>();

  constructor(fanout: FanoutSource) {
    this.#fanout = fanout;
    this.#channels = new Channels(fanout);
    this.#begin();
  }

  /** Goes on with another fan-out. Its numbers begin anew, so no client may keep a topic. */
  replaceFanout(fanout: FanoutSource): void {
    // First: the old one is closed, and leaving topics speaks to it.
    this.#fanout = fanout;
    for (const client of this.clients) this.close(client, CLOSE_CODES.restart, 'the stream begins anew');
    this.#channels.reset(fanout);
    this.#names.clear();
    this.#begin();
  }

  #begin(): void {
    this.#stream = randomBytes(6).toString('hex');
    this.learnTopics();
  }

  /** Takes up topics that are new; clients get those that they asked for before. */
  learnTopics(): void {
    for (const { topic, names } of this.#names.learn(this.#fanout.topics())) {
      for (const client of this.clients) {
        if (!this.#hasWishes(client)) continue;
        const name = names.find((each) => client.names.has(each));
        if (name === undefined || client.isClosing) continue;
        if (client.subscriptions.size < TOPICS_MAX) this.#add(client, topic, name, client.names.get(name) ?? RUNGS.full);
        else
          this.refuse(client, {
            error: 'too-many-topics',
            message: `a socket holds at most ${TOPICS_MAX} topics`,
            topics: [topic.name],
          });
      }
    }
  }

  /** Whether topics that are new may be among what it asked for; of ten thousand clients few have such names. */
  #hasWishes(client: Client): boolean {
    return client.hasPatterns || (client.encoding === ENCODINGS.stream && client.names.size > 0);
  }

  get topicNames(): string[] {
    return this.#names.names;
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
        this.#ack(client, message);
        return undefined;
      case 'list':
        this.#ack(client, message, { topics: [...this.topicNames, ...BUS_TOPICS], subscribed: this.#namesOf(client) });
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

  #ack(
    client: Client,
    message: ControlMessage,
    members: { topics?: readonly string[]; subscribed?: readonly string[]; stream?: string } = {},
  ): void {
    const isOlder = client.encoding === ENCODINGS.stream;
    this.#answer(client, isOlder ? olderAck(message, members.topics) : ack(message, members));
  }

  #answer(client: Client, text: string): void {
    if (!client.answer(text)) this.close(client, CLOSE_CODES.policy, 'answers are not read');
  }

  #namesOf(client: Client): string[] {
    return [...[...client.subscriptions.values()].map(({ topic }) => topic.name), ...this.bus.of(client)];
  }

  #subscribe(client: Client, message: SubscribeMessage): ControlRefusal | undefined {
    const id = message.id === undefined ? {} : { id: message.id };
    const isOlder = client.encoding === ENCODINGS.stream;
    const patterns = new Set([...client.names.keys(), ...message.topics].filter(isPattern));
    if (patterns.size > PATTERNS_MAX) {
      return { error: 'too-many-topics', message: `a socket holds at most ${PATTERNS_MAX} patterns`, ...id };
    }
    const found = message.topics.map((name) => ({ name, topics: this.#names.find(name, isOlder) }));
    const unknown = found.filter(({ topics }) => topics === undefined).map(({ name }) => name);
    if (unknown.length > 0) {
      const first = JSON.stringify(unknown[0]);
      const what = unknown.length === 1 ? `topic ${first} does` : `topic ${first} and ${unknown.length - 1} others do`;
      return { error: 'unknown-topic', message: `${what} not exist`, topics: unknown, ...id };
    }
    const topics = new Map(found.flatMap(({ name, topics = [] }) => topics.map((topic) => [topic, name] as const)));
    let count = client.subscriptions.size;
    for (const topic of topics.keys()) if (!client.subscriptions.has(topic.id)) count += 1;
    const names = message.topics.filter((name) => !client.names.has(name)).length + client.names.size;
    if (Math.max(count, names) > TOPICS_MAX) {
      return { error: 'too-many-topics', message: `a socket holds at most ${TOPICS_MAX} topics`, ...id };
    }
    const as = isOlder ? {} : aliasesOf(found);
    this.#ack(client, message, { topics: message.topics, stream: this.#stream, ...as });
    this.bus.join(client, message.topics);
    const wanted = RUNGS[message.conflation ?? 'full'];
    for (const name of message.topics) client.names.set(name, wanted);
    client.hasPatterns = patterns.size > 0;
    for (const [topic, name] of topics) this.#add(client, topic, name, wanted, message.resume?.get(topic.name));
    this.#waiting.add(client);
    return undefined;
  }

  /** Adds a topic that was asked for by this name, or moves it to another rung. */
  #add(client: Client, topic: RingTopic, name: string, asked: Rung, token?: string): void {
    const wanted = Math.min(asked, lowestRung(topic)) as Rung;
    const held = client.subscriptions.get(topic.id);
    this.#waiting.add(client);
    if (held !== undefined) {
      if (held.wanted === wanted) return;
      this.#channels.leave(client, held, performance.now());
      Object.assign(held, { wanted, rung: wanted });
      return;
    }
    const resumeAfter = token === undefined ? undefined : this.#placeOf(token);
    const rung = { wanted, rung: wanted, told: RUNGS.full };
    const isQualified = client.encoding === ENCODINGS.stream && this.#names.isLonger(name);
    client.subscriptions.set(topic.id, { topic, isQualified, state: 'waiting', missedFrom: undefined, resumeAfter, ...rung });
    this.counts.subscribed += 1;
  }

  #placeOf(token: string): number | 'unknown' {
    const [stream, seq] = token.split(':');
    return stream === this.#stream ? Number(seq) : 'unknown';
  }

  #unsubscribe(client: Client, message: ControlMessage & { op: 'unsubscribe' }): void {
    // The answer pushes out what uWebSockets.js still holds for this socket: nothing of the topics comes after it.
    this.#ack(client, message, { topics: message.topics });
    const isOlder = client.encoding === ENCODINGS.stream;
    for (const name of message.topics) client.names.delete(name);
    this.bus.leave(client, message.topics);
    const kept = new Set([...client.names.keys()].flatMap((name) => this.#names.find(name, isOlder) ?? []));
    for (const subscription of [...client.subscriptions.values()]) {
      if (kept.has(subscription.topic)) continue;
      this.#channels.leave(client, subscription, performance.now());
      client.subscriptions.delete(subscription.topic.id);
    }
  }

  /** How messages of a channel in the older shape begin for those who asked with the venue; undefined where nobody did. */
  qualified(topic: number, channel: string): (Qualified & { readonly channel: string }) | undefined {
    const longer = qualifiedOf(channel);
    const names = this.#channels.has(longer) ? this.#names.qualified(topic) : undefined;
    return names === undefined ? undefined : { ...names, channel: longer };
  }

  /** Notes that a message was dropped for a client. */
  dropped(client: Client, bytes: Uint8Array, binary: boolean): void {
    if (this.#damaged.has(client) || binary !== isBinary(client.encoding)) return;
    const place = placeOf(bytes, client.encoding);
    if (client.encoding === ENCODINGS.stream) this.#damaged.set(client, undefined);
    else if (place !== undefined) this.#damaged.set(client, { place, rung: this.#rungOf(client, place.topic) });
  }

  #rungOf(client: Client, name: string): Rung | undefined {
    const [topic] = this.#names.find(name, false) ?? [];
    return topic === undefined ? undefined : client.subscriptions.get(topic.id)?.rung;
  }

  /** Settles what was lost of the messages published in the last turn, once they are all delivered or dropped. */
  settle(published: readonly Published[], now: number): void {
    for (const [client, first] of this.#damaged) {
      if (!this.clients.has(client) || client.isClosing) continue;
      if (first === undefined) {
        this.counts.slowClosed += 1;
        this.close(client, CLOSE_CODES.slowConsumer, 'too slow', now);
        continue;
      }
      const lost = lostBy(client, first, published);
      this.counts.dropped += lost.length;
      const trade = lost.find(({ subscription }) => isTrade(subscription.topic));
      if (trade !== undefined) {
        this.counts.slowClosed += 1;
        this.close(client, CLOSE_CODES.slowConsumer, `too slow for trades, resume ${trade.place.resume}`, now);
        continue;
      }
      for (const { subscription, place } of lost) {
        this.#channels.leave(client, subscription, now);
        subscription.missedFrom ??= place.prevSeq + 1;
      }
      this.#stepDown(client, new Set(lost.map(({ subscription }) => subscription)), now);
      this.#waiting.add(client);
    }
    this.#damaged.clear();
  }

  /** The next rung of the ladder for the topics of which messages were lost. */
  #stepDown(client: Client, lost: ReadonlySet<Subscription>, now: number): void {
    client.pace.fell(now);
    for (const subscription of lost) {
      if (subscription.rung === lowestRung(subscription.topic)) continue;
      subscription.rung = (subscription.rung + 1) as Rung;
      this.counts.steppedDown += 1;
    }
  }

  /** One rung up for every topic below the one that was asked for, where the client has kept up for long enough. */
  #climb(client: Client, now: number): void {
    if (!client.pace.climbs(client.socket.getBufferedAmount(), now)) return;
    let climbed = false;
    for (const subscription of client.subscriptions.values()) {
      if (subscription.rung <= subscription.wanted || subscription.state !== 'joined') continue;
      climbed = true;
      this.#channels.leave(client, subscription, now);
      subscription.rung = (subscription.rung - 1) as Rung;
      this.counts.steppedUp += 1;
    }
    if (climbed) this.#waiting.add(client);
    else client.pace.recovered();
  }

  /** What is due now and then: heartbeats, climbing, topics that nobody came back for. */
  tend(now: number): void {
    this.#channels.expire(now);
    const heartbeat = JSON.stringify({ type: 'heartbeat', ts: `${BigInt(Date.now()) * 1_000_000n}` });
    for (const client of this.clients) {
      if (client.isClosing) continue;
      if (client.pace.beats(now) && client.encoding !== ENCODINGS.stream) client.tell(heartbeat);
      this.#climb(client, now);
    }
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

  /** Sends snapshots to one client while there is room. Returns whether nothing is left to be sent now. */
  #serveClient(client: Client, deadline: number): boolean {
    for (const subscription of client.subscriptions.values()) {
      if (subscription.state === 'joined') continue;
      if (!client.hasRoom || performance.now() > deadline) return false;
      if (client.encoding === ENCODINGS.stream || resume(this.#fanout, this.counts, client, subscription)) {
        this.#channels.join(client, subscription);
        continue;
      }
      const snapshot = this.#fanout.snapshot(subscription.topic.id, client.encoding, subscription.rung);
      if (snapshot !== null || subscription.missedFrom === undefined) {
        sendState(this.#fanout, this.counts, client, subscription, snapshot);
        this.#channels.join(client, subscription);
      }
      // Where a loss ends is not known before there is a state again; the notice waits for it.
      else this.#unknown.add(client);
    }
    return !client.holdsAnswers;
  }

  /** Takes a client out of everything and closes it. */
  close(client: Client, code: number, reason: string, now = 0): void {
    for (const subscription of client.subscriptions.values()) this.#channels.leave(client, subscription, performance.now());
    client.subscriptions.clear();
    client.names.clear();
    this.bus.leave(client, BUS_TOPICS);
    client.close(code, reason, now + CLOSE_WITHIN_MS);
    this.#waiting.add(client);
  }

  /** The socket is gone. */
  closed(client: Client): void {
    const now = performance.now();
    for (const subscription of client.subscriptions.values()) this.#channels.leave(client, subscription, now, false);
    client.subscriptions.clear();
    this.clients.delete(client);
    this.bus.leave(client, BUS_TOPICS);
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
