/** A gateway on a free loopback port, and WebSocket clients that keep what they get. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import WebSocket from 'ws';
import { CLOSED } from '../../src/gateway/exposure.js';
import { type Gateway, type GatewayDeps, type Logger, startGateway } from '../../src/gateway/server.js';
import type { GatewayConfig } from '../../src/model/config.js';
import type { Feed } from './feed.js';

/** Guards against hangs alone; no test asserts how long anything takes. */
const WATCHDOG_MS = 45_000;

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: object;
}

export function memoryLogger(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export function startTestGateway(
  feed: Feed,
  deps: Partial<GatewayDeps> = {},
  config: GatewayConfig = {
    name: feed.name,
    shmRoot: feed.root,
    host: '127.0.0.1',
    port: 0,
    access: { ...CLOSED, localWrites: 'open' },
  },
): Promise<Gateway> {
  return startGateway(config, { logger: memoryLogger(), control: feed.control, version: '0.0.0-test', ...deps });
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Waits until `check` returns something that is not undefined or false. */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  watchdogMs = WATCHDOG_MS,
): Promise<T> {
  const deadline = performance.now() + watchdogMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`watchdog: ${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface DataMessage {
  readonly topic: string;
  readonly prev_seq: number;
  readonly seq: number;
  readonly flags: string[];
  readonly body_type: string;
  readonly body: Record<string, unknown> & { bids?: [string, string][]; asks?: [string, string][] };
}

export interface ControlReply {
  readonly type: 'ack' | 'error';
  readonly op?: string;
  readonly id?: number | string;
  readonly code?: string;
  readonly message?: string;
  readonly topics?: string[];
}

/** A client of `tickring.json.v1`. */
export class JsonClient {
  readonly data: DataMessage[] = [];
  readonly replies: ControlReply[] = [];
  readonly order: ('reply' | 'data')[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  #id = 0;

  readonly ws: WebSocket;

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on('message', (bytes: Buffer, isBinary: boolean) => {
      if (isBinary) throw new Error('a JSON client got a binary message');
      const message = JSON.parse(bytes.toString('utf8')) as DataMessage | ControlReply;
      if ('type' in message) this.replies.push(message);
      else this.data.push(message);
      this.order.push('type' in message ? 'reply' : 'data');
    });
    ws.on('close', (code: number, reason: Buffer) => {
      this.closed = { code, reason: reason.toString('utf8') };
    });
    ws.on('error', () => undefined);
  }

  static async open(
    gateway: { readonly url: string },
    protocols: string[] = ['tickring.json.v1'],
    options: object = {},
  ): Promise<JsonClient> {
    const ws = new WebSocket(`${gateway.url.replace('http', 'ws')}/ws`, protocols, options);
    const client = new JsonClient(ws);
    await new Promise<void>((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('error', reject);
    });
    return client;
  }

  /** Sends a request and waits for its answer. */
  async ask(message: object): Promise<ControlReply> {
    this.#id += 1;
    const id = this.#id;
    this.ws.send(JSON.stringify({ ...message, id }));
    return eventually(`answer to ${JSON.stringify(message)}`, () => this.replies.find((reply) => reply.id === id));
  }

  of(topic: string): DataMessage[] {
    return this.data.filter((message) => message.topic === topic);
  }

  close(): void {
    this.ws.terminate();
  }
}

/** Asserts nothing itself: the first place where the numbers of a topic's messages do not follow each other. */
export function brokenChain(messages: readonly DataMessage[]): string | undefined {
  for (let index = 1; index < messages.length; index += 1) {
    const [before, after] = [messages[index - 1], messages[index]];
    if (before === undefined || after === undefined) continue;
    if (after.prev_seq !== before.seq)
      return `message ${index}: prev_seq ${after.prev_seq} after seq ${before.seq} (${after.body_type})`;
  }
  return undefined;
}

/** Canonical text of the book that a client holds after these messages of one topic, as `Shard.bookText` writes it. */
export function foldBook(messages: readonly DataMessage[]): string {
  const [bids, asks] = [new Map<string, string>(), new Map<string, string>()];
  for (const { body_type, body } of messages) {
    if (body_type !== 'book_snapshot' && body_type !== 'book_delta') continue;
    if (body_type === 'book_snapshot') {
      bids.clear();
      asks.clear();
    }
    for (const [side, levels] of [
      [bids, body.bids],
      [asks, body.asks],
    ] as const) {
      for (const [price, qty] of levels ?? []) {
        if (qty === '0') side.delete(price);
        else side.set(price, qty);
      }
    }
  }
  const lines = (letter: string, side: Map<string, string>, sign: number): string[] =>
    [...side].sort(([a], [b]) => sign * (Number(a) - Number(b))).map(([price, qty]) => `${letter} ${price} ${qty}`);
  return [...lines('B', bids, -1), ...lines('A', asks, 1)].map((line) => `${line}\n`).join('');
}
