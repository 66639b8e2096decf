import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Simulator, VenueName } from '../../src/simulator/index.js';

/** Waits until `condition` holds; the test's own time limit is the watchdog. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

export function venueOf(simulator: Simulator, name: VenueName) {
  const venue = simulator.venues.find((candidate) => candidate.name === name);
  if (venue === undefined) throw new Error(`venue ${name} is not served`);
  return venue;
}

/** A plain WebSocket client that keeps what it got. */
export class TestSocket {
  readonly ws: WebSocket;
  readonly texts: string[] = [];
  readonly raw: Buffer[] = [];
  readonly pings: string[] = [];
  binaryFrames = 0;
  closed: { readonly code: number; readonly reason: string } | undefined;
  onText: (text: string) => void = () => {};

  constructor(url: string, autoPong = true) {
    // A client that checks would close with 1007 on a spoilt message, and the tests could not look at it.
    this.ws = new WebSocket(url, { autoPong, skipUTF8Validation: true });
    this.ws.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) this.binaryFrames += 1;
      this.raw.push(data);
      const text = data.toString('utf8');
      this.texts.push(text);
      this.onText(text);
    });
    this.ws.on('ping', (data: Buffer) => this.pings.push(data.toString('utf8')));
    this.ws.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString('utf8') };
    });
    this.ws.on('error', () => {});
  }

  static async open(url: string, autoPong = true): Promise<TestSocket> {
    const socket = new TestSocket(url, autoPong);
    await once(socket.ws, 'open');
    return socket;
  }

  /** Sends a control message and gives the reply as text: the first message that is no stream event. */
  async ask(message: unknown): Promise<string> {
    const from = this.texts.length;
    this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
    const isReply = (text: string): boolean => /^\{"(result|code)"/.test(text);
    await until(() => this.texts.slice(from).some(isReply));
    return this.texts.slice(from).find(isReply) ?? '';
  }

  /** Messages of one stream, unwrapped. */
  events(stream: string): Record<string, unknown>[] {
    const head = `{"stream":"${stream}","data":`;
    return this.texts.filter((text) => text.startsWith(head)).map((text) => JSON.parse(text).data);
  }

  async close(): Promise<void> {
    if (this.closed !== undefined) return;
    this.ws.terminate();
    await until(() => this.closed !== undefined);
  }
}

interface DepthMessage {
  readonly s: string;
  readonly U: number;
  readonly u: number;
  readonly pu?: number;
  readonly b: readonly (readonly [string, string])[];
  readonly a: readonly (readonly [string, string])[];
}

interface Snapshot {
  readonly lastUpdateId: number;
  readonly bids: readonly (readonly [string, string])[];
  readonly asks: readonly (readonly [string, string])[];
}

/** A reference client: keeps one symbol's book by the venue's own steps (§5 of its reference) and nothing else. */
export class BookClient {
  readonly symbol: string;
  readonly #usdm: boolean;
  readonly #restUrl: string;
  #queue: DepthMessage[] = [];
  #bids = new Map<string, string>();
  #asks = new Map<string, string>();
  #fetching = false;
  #first = true;
  lastId = 0;
  synced = false;
  applied = 0;
  gaps = 0;
  ignored = 0;
  snapshots = 0;
  failures = 0;

  constructor(venue: { readonly name: VenueName; readonly restUrl: string }, symbol: string) {
    this.#usdm = venue.name === 'binance-usdm';
    this.#restUrl = venue.restUrl;
    this.symbol = symbol;
  }

  receive(message: DepthMessage): void {
    if (!this.synced) {
      this.#queue.push(message);
      // Step 1 comes before step 2: the snapshot is asked for when something waits for it.
      if (!this.#fetching) void this.#fetch();
    } else this.#follow(message);
  }

  text(): string {
    const lines = (side: Map<string, string>, letter: string, sign: number): string =>
      [...side]
        .sort(([left], [right]) => sign * (Number(right) - Number(left)))
        .map(([price, qty]) => `${letter} ${plain(price)} ${plain(qty)}\n`)
        .join('');
    return lines(this.#bids, 'B', 1) + lines(this.#asks, 'A', -1);
  }

  async #fetch(): Promise<void> {
    this.#fetching = true;
    try {
      const path = this.#usdm ? '/fapi/v1/depth?limit=1000' : '/api/v3/depth?limit=5000';
      const response = await fetch(`${this.#restUrl}${path}&symbol=${this.symbol}`);
      if (!response.ok) throw new Error(`status ${response.status}`);
      this.#adopt((await response.json()) as Snapshot);
    } catch {
      this.failures += 1;
    }
    this.#fetching = false;
  }

  #adopt(snapshot: Snapshot): void {
    this.snapshots += 1;
    const oldest = this.#queue[0];
    const known = snapshot.lastUpdateId;
    // Snapshot older than the queue: ask again with the next message (spot step 3, futures step 4).
    if (oldest === undefined || (this.#usdm ? oldest.U > known && oldest.pu !== known : oldest.U > known + 1)) return;
    this.#bids = new Map(snapshot.bids);
    this.#asks = new Map(snapshot.asks);
    this.lastId = known;
    this.#first = true;
    this.synced = true;
    const queue = this.#queue;
    this.#queue = [];
    for (const message of queue) if (this.synced) this.#follow(message);
  }

  #follow(message: DepthMessage): void {
    const stale = this.#usdm ? this.#first && message.u < this.lastId : message.u <= this.lastId;
    if (stale) {
      this.ignored += 1;
      return;
    }
    const joins = this.#usdm
      ? message.pu === this.lastId || (this.#first && message.U <= this.lastId && message.u >= this.lastId)
      : message.U <= this.lastId + 1;
    if (!joins) {
      this.gaps += 1;
      this.synced = false;
      this.#queue = [];
      this.receive(message);
      return;
    }
    this.#first = false;
    apply(this.#bids, message.b);
    apply(this.#asks, message.a);
    this.lastId = message.u;
    this.applied += 1;
  }
}

function apply(side: Map<string, string>, levels: readonly (readonly [string, string])[]): void {
  for (const [price, qty] of levels) {
    if (Number(qty) === 0) side.delete(price);
    else side.set(price, qty);
  }
}

function plain(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}
