/**
 * Many clients in a process of their own. Each checks that the numbers of its topics follow each other; some read nothing for a
 * while, some leave and come back. Told what to do by messages, answers each with what it saw.
 */
import { CrowdSocket } from './socket.mjs';

/** The head of a JSON message (native/wire/README.md). */
const HEAD = /^\{"topic":"([^"]*)".*?"prev_seq":(\d+),"seq":(\d+),.*?"ts_out":"(\d+)".*?"body_type":"([a-z_0-9]+)"/;
/** Connections begun at once where nothing says how fast. */
const CONNECT_AT_ONCE = 200;
/** Slow clients that follow what fills their buffers: more of them would be a test of memory bandwidth. */
const HEAVY_MAX = 100;
/** A slow client reads for so long between its pauses. */
const READ_MS = 5_000;
const AWAY_MS = 200;
/** After it was told that there are too many clients, or could not connect. */
const LATER_MS = 1_000;
/** One delay of so many is kept, where the order to open does not say otherwise. */
const SAMPLE = 20;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const clients = [];
let seen = nothing();
let port = 0;
let sample = SAMPLE;
let random = Math.random;

function nothing() {
  return {
    messages: 0,
    skips: 0,
    skipped: 0,
    states: 0,
    reconnects: 0,
    closedSlow: 0,
    cutSlow: 0,
    full: 0,
    failed: 0,
    otherCloses: {},
    unaccountedCount: 0,
    unaccounted: [],
    delaysMs: [],
  };
}

/** Uniform in [0, 1) from a seed. */
function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

class Client {
  #topics;
  #seq = new Map();
  #conflated = new Set();
  /** Topics on another rung since their last message: what comes next is a state that stands anywhere ahead. */
  #moved = new Set();
  #socket;
  #whenReady;
  #missing = new Set();
  #timer;
  left = false;

  constructor(topics, isSlow) {
    this.#topics = topics;
    this.isSlow = isSlow;
  }

  get isReady() {
    return this.#missing.size === 0 && this.#socket !== undefined;
  }

  /** Infinite for a topic that it does not follow. */
  seqOf(topic) {
    if (!this.#topics.includes(topic)) return Number.POSITIVE_INFINITY;
    return this.isReady ? (this.#seq.get(topic) ?? -1) : -1;
  }

  /** Resolves once it has a state of each topic, however often it had to try. */
  open() {
    return new Promise((resolve) => {
      this.#whenReady = resolve;
      this.#connect();
    });
  }

  #connect() {
    this.#seq.clear();
    this.#conflated.clear();
    this.#moved.clear();
    this.#missing = new Set(['ack', ...this.#topics]);
    const socket = new CrowdSocket(port, {
      open: () => socket.send({ op: 'subscribe', topics: this.#topics, id: 1 }),
      text: (text) => this.#socket === socket && this.#receive(text),
      close: (code) => this.#socket === socket && this.#closed(code),
    });
    this.#socket = socket;
  }

  #closed(code) {
    if (this.left) return;
    this.#missing.add('ack');
    if (code === 4008) seen.closedSlow += 1;
    else if (code === 503) seen.full += 1;
    // Behind megabytes that it did not read the close frame may never come.
    else if (code === 1006 && this.isSlow) seen.cutSlow += 1;
    else if (code === 1006) seen.failed += 1;
    else seen.otherCloses[code] = (seen.otherCloses[code] ?? 0) + 1;
    void this.again(code === 4008 ? AWAY_MS : LATER_MS);
  }

  async again(ms) {
    seen.reconnects += 1;
    await sleep(random() * ms);
    if (!this.left) this.#connect();
  }

  #has(what) {
    if (!this.#missing.delete(what) || this.#missing.size > 0) return;
    this.#whenReady?.();
    this.#whenReady = undefined;
  }

  #receive(text) {
    if (text.startsWith('{"type"')) {
      this.#control(JSON.parse(text));
      return;
    }
    const [, topic, prev, next, tsOut, body] = HEAD.exec(text) ?? [];
    const [prevSeq, seq] = [Number(prev), Number(next)];
    seen.messages += 1;
    if (body === 'skipped') {
      seen.skips += 1;
      seen.skipped += seq - prevSeq;
    }
    const isState = prevSeq === seq;
    if (isState) seen.states += 1;
    const last = this.#seq.get(topic);
    const isAfter =
      last === undefined
        ? isState
        : prevSeq === last ||
          (isState && seq >= last && this.#moved.has(topic)) ||
          (this.#conflated.has(topic) && prevSeq <= last && seq >= last);
    if (!isAfter) {
      seen.unaccountedCount += 1;
      if (seen.unaccounted.length < 10) seen.unaccounted.push(`${topic} ${body} ${prevSeq}..${seq} after ${last}`);
    }
    this.#seq.set(topic, seq);
    if (body !== 'skipped') this.#moved.delete(topic);
    this.#has(topic);
    if (!this.isSlow && !isState && tsOut !== '0' && random() * sample < 1)
      seen.delaysMs.push(performance.timeOrigin + performance.now() - Number(tsOut) / 1e6);
  }

  #control({ type, topic, conflation }) {
    if (type === 'ack') this.#has('ack');
    if (type !== 'conflation') return;
    this.#moved.add(topic);
    if (conflation === 'full') this.#conflated.delete(topic);
    else this.#conflated.add(topic);
  }

  /** Reads, then reads nothing, then reads, …; not all of them at the same time. */
  beSlow(pauseMs, afterMs = random() * READ_MS) {
    this.#timer = setTimeout(() => {
      this.#socket.pause();
      this.#timer = setTimeout(() => {
        this.#socket.resume();
        this.beSlow(pauseMs, READ_MS);
      }, pauseMs);
    }, afterMs);
  }

  beAttentive() {
    clearTimeout(this.#timer);
    this.#socket.resume();
  }

  /** Vanishes and comes back. */
  churn() {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.cut(random() < 0.5);
    void this.again(AWAY_MS);
  }

  leave() {
    this.left = true;
    clearTimeout(this.#timer);
    this.#socket?.cut(false);
  }
}

function summary() {
  const { delaysMs, ...rest } = seen;
  const sorted = delaysMs.sort((a, b) => a - b);
  const at = (share) => Math.round((sorted[Math.floor(sorted.length * share)] ?? Number.NaN) * 100) / 100;
  return { ...rest, delays: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1 - 1 / (sorted.length + 1)) };
}

const actions = {
  /** Opens clients: over `withinMs` on a schedule, or as fast as they get ready. */
  async open(order) {
    port = order.port;
    sample = order.sample ?? SAMPLE;
    random = randomFrom(order.seed);
    const slow = Math.round(order.count * (order.slowShare ?? 0));
    const fresh = Array.from({ length: order.count }, (_, index) => {
      const isSlow = index < slow;
      // A trade that was dropped ends a socket; without trades a slow one goes down the ladder.
      const topics = isSlow && index % 2 === 0 ? order.topics.slice(0, 1) : order.topics;
      return new Client(index < Math.min(slow, HEAVY_MAX) ? [...topics, ...order.slowTopics] : topics, isSlow);
    });
    clients.push(...fresh);
    const began = performance.now();
    const cpu = process.cpuUsage();
    const readyMs = [];
    const openOne = async (client, begin) => {
      await client.open();
      readyMs.push(performance.now() - begin);
    };
    if (order.withinMs === undefined) {
      for (let first = 0; first < fresh.length; first += CONNECT_AT_ONCE) {
        const begin = performance.now();
        await Promise.all(fresh.slice(first, first + CONNECT_AT_ONCE).map((client) => openOne(client, begin)));
      }
    } else {
      const all = [];
      for (let index = 0; index < fresh.length; ) {
        const due = ((performance.now() - began) / order.withinMs) * fresh.length;
        for (; index < Math.min(due, fresh.length); index += 1) all.push(openOne(fresh[index], performance.now()));
        await sleep(1);
      }
      await Promise.all(all);
    }
    const sorted = readyMs.sort((a, b) => a - b);
    const { user, system } = process.cpuUsage(cpu);
    const p99Ms = sorted[Math.floor(sorted.length * 0.99)];
    return { ...summary(), connectMs: performance.now() - began, cpuMs: (user + system) / 1_000, p99Ms };
  },

  /** A phase of so many seconds. Figures begin anew. */
  async run({ seconds, isDisturbed, churnShare, pauseMs }) {
    seen = nothing();
    const slow = clients.filter(({ isSlow }) => isSlow);
    const healthy = clients.filter(({ isSlow }) => !isSlow);
    const until = performance.now() + seconds * 1_000;
    if (isDisturbed) for (const client of slow) client.beSlow(pauseMs);
    const tickMs = 100;
    for (let due = performance.now() + tickMs; performance.now() < until; due += tickMs) {
      if (isDisturbed) {
        const leaving = (churnShare * healthy.length * tickMs) / 1_000;
        for (let count = Math.floor(leaving + random()); count > 0; count -= 1) {
          const client = healthy[Math.floor(random() * healthy.length)];
          if (client?.isReady) client.churn();
        }
      }
      await sleep(Math.max(0, due - performance.now()));
    }
    for (const client of slow) client.beAttentive();
    return summary();
  },

  /** How far all clients are, by topic; those that are not ready yet count as -1. */
  look({ topics }) {
    const least = Object.fromEntries(
      topics.map((topic) => [
        topic,
        clients.reduce((min, client) => Math.min(min, client.seqOf(topic)), Number.POSITIVE_INFINITY),
      ]),
    );
    return { least, ready: clients.filter((client) => client.isReady).length, ...summary() };
  },

  leave() {
    for (const client of clients.splice(0)) client.leave();
    return {};
  },
};

process.on('message', async (order) => {
  process.send({ id: order.id, result: await actions[order.do](order) });
});
process.on('disconnect', () => process.exit(0));
process.send({ id: 0, result: {} });
