/**
 * Many clients in a thread of their own. Each checks that its topics' numbers follow; some do not read for a while, some leave and
 * come back. Posts `open` once all are there, `done` with what they saw.
 */
import { parentPort, workerData } from 'node:worker_threads';
import WebSocket from 'ws';

const { url, count, seconds, topics, slowShare, churnShare, seed } = workerData;
/** The head of a JSON message (native/wire/README.md). */
const HEAD = /^\{"topic":"([^"]*)".*?"prev_seq":(\d+),"seq":(\d+),.*?"ts_out":"(\d+)".*?"body_type":"([a-z_0-9]+)"/;
const CONNECT_AT_ONCE = 100;
const PAUSE_MS = 3_000;

let state = seed;
const random = () => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const seen = {
  messages: 0,
  skipped: 0,
  skips: 0,
  states: 0,
  reconnects: 0,
  closedSlow: 0,
  refused: 0,
  unaccounted: [],
  delaysMs: [],
};

class Client {
  #seq = new Map();
  #conflated = new Set();
  #ws;

  constructor(isSlow) {
    this.isSlow = isSlow;
  }

  open() {
    return new Promise((resolve) => {
      const ws = new WebSocket(url, ['tickring.json.v1'], { perMessageDeflate: false, handshakeTimeout: 60_000 });
      this.#ws = ws;
      this.#seq.clear();
      this.#conflated.clear();
      ws.on('open', () => ws.send(JSON.stringify({ op: 'subscribe', topics, id: 1 })));
      ws.on('message', (data) => {
        if (this.#receive(data.toString('latin1'))) resolve(true);
      });
      ws.on('error', () => {
        // Those that this program itself gave up while they connected were not refused.
        if (!ws.isGivenUp) seen.refused += 1;
        resolve(false);
      });
      ws.on('close', (code) => {
        if (code === 4008) seen.closedSlow += 1;
        if (this.#ws === ws && code !== 1000 && !this.left) void this.again();
      });
    });
  }

  async again() {
    seen.reconnects += 1;
    await sleep(random() * 200);
    if (!this.left) await this.open();
  }

  /** Returns whether it was the answer. */
  #receive(text) {
    if (text.startsWith('{"type"')) {
      const { type, topic, conflation } = JSON.parse(text);
      if (type === 'conflation') {
        if (conflation === 'full') this.#conflated.delete(topic);
        else this.#conflated.add(topic);
      }
      return type === 'ack';
    }
    const [, topic, prev, next, tsOut, body] = HEAD.exec(text) ?? [];
    const [prevSeq, seq] = [Number(prev), Number(next)];
    const last = this.#seq.get(topic);
    seen.messages += 1;
    if (body === 'skipped') {
      seen.skips += 1;
      seen.skipped += seq - prevSeq;
    }
    const isState = prevSeq === seq;
    if (isState) seen.states += 1;
    const fits =
      last === undefined || prevSeq === last || (isState && seq >= last) || (this.#conflated.has(topic) && prevSeq <= last);
    if (!fits && seen.unaccounted.length < 10) seen.unaccounted.push(`${topic} ${body} ${prevSeq}..${seq} after ${last}`);
    this.#seq.set(topic, seq);
    if (!this.isSlow && tsOut !== '0' && random() < 0.02)
      seen.delaysMs.push(performance.timeOrigin + performance.now() - Number(tsOut) / 1e6);
    return false;
  }

  pause() {
    this.#ws.pause();
    setTimeout(() => this.#ws.resume(), PAUSE_MS);
  }

  churn() {
    this.#ws.isGivenUp = true;
    this.#ws.terminate();
  }

  leave() {
    this.left = true;
    this.churn();
  }
}

const clients = Array.from({ length: count }, (_, index) => new Client(index < count * slowShare));
const began = performance.now();
for (let first = 0; first < count; first += CONNECT_AT_ONCE) {
  await Promise.all(clients.slice(first, first + CONNECT_AT_ONCE).map((client) => client.open()));
}
parentPort.postMessage({ type: 'open', connectMs: performance.now() - began });
seen.delaysMs = [];
for (let second = 0; second < seconds; second += 1) {
  for (const client of clients) {
    if (client.isSlow && second % 5 === 0) client.pause();
    else if (!client.isSlow && random() < churnShare) client.churn();
  }
  await sleep(1_000);
}
for (const client of clients) client.leave();
const sorted = seen.delaysMs.sort((a, b) => a - b);
const at = (share) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
parentPort.postMessage({ type: 'done', ...seen, delaysMs: undefined, p50Ms: at(0.5), p99Ms: at(0.99) });
