import { describe, expect, it } from 'vitest';
import { Client, lowestRung, type Socket } from '../../src/gateway/client.js';
import { type ControlMessage, PATTERNS_MAX, readControl, readOlder } from '../../src/gateway/control.js';
import { channelOf, Hub } from '../../src/gateway/hub.js';
import { ENCODINGS, type Encoding, type FanoutSource, type RingTopic, RUNG_NAMES, RUNGS } from '../../src/gateway/ring.js';
import { randomFrom } from './random-market.js';

const OPERATIONS = Number(process.env['TICKRING_OPERATIONS'] ?? 100_000);
const CHANNELS = ['book', 'trade', 'quote'];
const VENUES = ['one', 'two_b-3'];
const ENCODINGS_OF_V1: Encoding[] = [ENCODINGS.flatbuffers, ENCODINGS.json, ENCODINGS.msgpack];

/** Topics that grow; remembers what it was asked to build. */
class FakeFanout implements FanoutSource {
  readonly all: RingTopic[] = [];
  readonly built = new Set<string>();

  grow(symbol: string): void {
    for (const venue of VENUES) {
      for (const channel of CHANNELS) {
        this.all.push({ id: this.all.length, name: `${channel}.${venue}.${symbol}`, instrument: this.all.length });
      }
    }
  }

  topics = (): RingTopic[] => [...this.all];
  version = (): number => this.all.length;
  interest = (topic: number, encoding: number, rung: number, on: boolean): void => {
    const name = channelOf(topic, encoding as Encoding, rung as 0);
    if (on) this.built.add(name);
    else this.built.delete(name);
  };
  poll = (): number => 0;
  snapshot = (): null => null;
  replay = (): null => null;
  skipped = (): null => null;
  seq = (): number => 0;
  candles = (): null => null;
  settle = (): boolean => false;
  lateTrades = (): { late: number; leftOut: number } => ({ late: 0, leftOut: 0 });
  wantedSnapshots = (): number[] => [];
  lost = (): bigint => 0n;
  status = (): [] => [];
  close = (): void => {};
}

class FakeSocket implements Socket {
  readonly channels = new Set<string>();
  answers: { type: string; code?: string }[] = [];

  send(message: string | Uint8Array): number {
    this.answers.push(JSON.parse(message as string));
    return 1;
  }
  getBufferedAmount = (): number => 0;
  subscribe = (topic: string): boolean => !this.channels.has(topic) && this.channels.add(topic).size > 0;
  unsubscribe = (topic: string): boolean => this.channels.delete(topic);
  end(): void {}
  close(): void {}
}

describe('control messages', () => {
  it(`${OPERATIONS} random subscriptions leave exactly what a simple model says`, { timeout: 600_000 }, () => {
    const seed = Number(process.env['TICKRING_SEED'] ?? Date.now() % 1_000_000);
    const random = randomFrom(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const fanout = new FakeFanout();
    let symbols = 2;
    for (let symbol = 0; symbol < symbols; symbol += 1) fanout.grow(`S${symbol}`);
    const hub = new Hub(fanout);
    const open = () => {
      const socket = new FakeSocket();
      const client = new Client(socket, pick(ENCODINGS_OF_V1), 0);
      hub.clients.add(client);
      return { socket, client, names: new Map<string, number>() };
    };
    const users = Array.from({ length: 8 }, open);
    const nameOf = (): string => `${pick(CHANNELS)}.${pick(VENUES)}.${random() < 0.3 ? '*' : `S${Math.floor(random() * 10)}`}`;
    const covers = (name: string, topic: string) =>
      name === topic || (name.endsWith('*') && topic.startsWith(name.slice(0, -1)));
    for (let operation = 0; operation < OPERATIONS; operation += 1) {
      const at = Math.floor(random() * users.length);
      const user = users[at] ?? open();
      const kind = random();
      const topics = [...new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, nameOf))];
      const { client, socket, names } = user;
      if (kind < 0.5) {
        socket.answers = [];
        const message: ControlMessage = { op: 'subscribe', topics };
        const refusal = hub.act(client, message);
        const isKnown = topics.every((name) => name.endsWith('*') || fanout.all.some((topic) => topic.name === name));
        const answer = refusal?.error ?? socket.answers[0]?.type;
        if (answer !== (isKnown ? 'ack' : 'unknown-topic')) expect.unreachable(`operation ${operation}: ${answer}`);
        if (isKnown) for (const name of topics) names.set(name, RUNGS.full);
      } else if (kind < 0.97) {
        hub.act(client, { op: 'unsubscribe', topics });
        for (const name of topics) names.delete(name);
      } else if (kind < 0.99 || symbols === 10) {
        hub.closed(client);
        socket.channels.clear();
        users[at] = open();
      } else {
        fanout.grow(`S${symbols}`);
        symbols += 1;
        hub.learnTopics();
      }
      hub.serve(performance.now(), Number.POSITIVE_INFINITY);
      if (operation % 500 !== 0) continue;
      for (const { client: each, socket: held, names: wanted } of users) {
        const topicsOf = fanout.all.filter((topic) => [...wanted.keys()].some((name) => covers(name, topic.name)));
        expect(new Set(held.channels)).toEqual(new Set(topicsOf.map(({ id }) => channelOf(id, each.encoding, RUNGS.full))));
        expect([...held.channels].filter((channel) => !fanout.built.has(channel))).toEqual([]);
      }
      if (operation % 1_000 === 0) {
        // Nobody comes back any more: only what somebody follows is built.
        hub.tend(performance.now() + 3_600_000);
        expect(fanout.built).toEqual(new Set(users.flatMap((each) => [...each.socket.channels])));
      }
    }
    process.stdout.write(`model: seed ${seed}, ${hub.counts.subscribed} subscriptions\n`);
    expect(hub.counts.subscribed).toBeGreaterThan(OPERATIONS / 10);
  });

  it('a rung below the one asked for is never given for more than a topic has', () => {
    const fanout = new FakeFanout();
    fanout.grow('S0');
    const hub = new Hub(fanout);
    for (const name of RUNG_NAMES) {
      const socket = new FakeSocket();
      const client = new Client(socket, ENCODINGS.json, 0);
      hub.clients.add(client);
      const topics = fanout.all.map((topic) => topic.name);
      expect(hub.act(client, { op: 'subscribe', topics, conflation: name })).toBeUndefined();
      hub.serve(performance.now(), Number.POSITIVE_INFINITY);
      const expected = fanout.all.map((topic) => {
        const rung = Math.min(RUNGS[name], lowestRung(topic));
        return channelOf(topic.id, ENCODINGS.json, rung as 0);
      });
      expect([...socket.channels]).toEqual(expected);
    }
  });

  it('what was dropped is settled exactly when the client has left the topic of the first dropped message', () => {
    const fanout = new FakeFanout();
    fanout.grow('S0');
    const hub = new Hub(fanout);
    const socket = new FakeSocket();
    const client = new Client(socket, ENCODINGS.json, 0);
    hub.clients.add(client);
    const [first, second, third] = fanout.all.filter(({ name }) => !name.startsWith('trade.'));
    if (first === undefined || second === undefined || third === undefined) return expect.unreachable();
    const topics = [first.name, second.name, third.name];
    hub.act(client, { op: 'subscribe', topics });
    hub.serve(performance.now(), Number.POSITIVE_INFINITY);
    const messageOf = (topic: RingTopic, rung: 0 | 1, seq: number) => {
      const place = `"shard":0,"epoch":"1","prev_seq":${seq - 1},"seq":${seq},"sequence":"1","frame_seq":"1","index":0`;
      const bytes = new TextEncoder().encode(`{"topic":"${topic.name}",${place}}`);
      return { topic: topic.id, encoding: ENCODINGS.json, rung, bytes };
    };
    // The same message of another rung comes first: what stands between the two has arrived.
    const dropped = messageOf(first, RUNGS.full, 7);
    const published = [messageOf(first, RUNGS.coalesced, 7), messageOf(third, 0, 7), dropped, messageOf(second, 0, 4)];
    hub.dropped(client, dropped.bytes, false);
    hub.act(client, { op: 'unsubscribe', topics: [first.name] });
    hub.settle(published, performance.now());
    const missed = [...client.subscriptions.values()].map(({ topic, missedFrom }) => [topic.name, missedFrom]);
    expect(missed).toEqual([
      [second.name, 4],
      [third.name, undefined],
    ]);
    expect(hub.counts.dropped).toBe(1);
  });

  it('patterns beyond the limit are refused and change nothing', () => {
    const fanout = new FakeFanout();
    const hub = new Hub(fanout);
    const client = new Client(new FakeSocket(), ENCODINGS.json, 0);
    hub.clients.add(client);
    const patterns = Array.from({ length: PATTERNS_MAX + 1 }, (_, index) => `book.venue-${index}.*`);
    expect(hub.act(client, { op: 'subscribe', topics: patterns })?.error).toBe('too-many-topics');
    expect(client.names.size).toBe(0);
    expect(hub.act(client, { op: 'subscribe', topics: patterns.slice(1) })).toBeUndefined();
    expect(client.names.size).toBe(PATTERNS_MAX);
  });

  it(`${OPERATIONS} random frames are read or refused, never thrown on`, { timeout: 600_000 }, () => {
    const random = randomFrom(17);
    const parts = [
      '{',
      '}',
      '[',
      ']',
      '"op"',
      '"type"',
      ':',
      ',',
      '"subscribe"',
      '"topics"',
      '"resume"',
      '"conflation"',
      '"top"',
      '1e999',
    ];
    const more = [
      '"book.a.b"',
      '"book.a.*"',
      '"9f:12"',
      '"id"',
      'null',
      '-0',
      '"\\u0000"',
      '"__proto__"',
      '"error"',
      '\ud800',
      '\xff',
      ' ',
    ];
    const all = [...parts, ...more];
    const wellFormed = '{"op":"subscribe","topics":["book.a.b"],"resume":{"book.a.b":"9f:12"},"conflation":"top","id":7}';
    let read = 0;
    for (let frame = 0; frame < OPERATIONS; frame += 1) {
      let text = random() < 0.5 ? wellFormed : '';
      if (text === '') for (let part = random() * 20; part > 0; part -= 1) text += all[Math.floor(random() * all.length)];
      const bytes = new TextEncoder().encode(text);
      const flips = Math.floor(random() * 3);
      for (let flip = 0; flip < flips && bytes.length > 0; flip += 1) {
        const at = Math.floor(random() * bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      }
      for (const result of [readControl(bytes.buffer, random() < 0.05), readOlder(bytes.buffer, false)]) {
        const isRefusal = 'error' in result;
        if (!isRefusal) read += 1;
        if (typeof (isRefusal ? result.message : result.op) !== 'string') expect.unreachable(`frame ${frame}: ${text}`);
      }
    }
    expect(read).toBeGreaterThan(OPERATIONS / 10);
  });
});
