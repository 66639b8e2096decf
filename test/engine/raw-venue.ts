/** A venue down to its bytes: it answers the handshake as it is told to and sends what it is told to, cut where it is told to. */
import { createHash } from 'node:crypto';
import { createServer as createPlain, type Server, type Socket } from 'node:net';
import { createServer as createSecure } from 'node:tls';

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** A guard against hangs alone. */
const WATCHDOG_MS = 45_000;

/** First bytes of whole frames. */
export const FRAME = { text: 0x81, binary: 0x82, close: 0x88, ping: 0x89, pong: 0x8a } as const;

/** A server's frame: the first byte as given, the length in its shortest form, no mask. */
export function frame(first: number, payload: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(payload);
  if (bytes.length < 126) return Buffer.concat([Buffer.from([first, bytes.length]), bytes]);
  const head = Buffer.alloc(bytes.length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = bytes.length < 65_536 ? 126 : 127;
  if (bytes.length < 65_536) head.writeUInt16BE(bytes.length, 2);
  else head.writeBigUInt64BE(BigInt(bytes.length), 2);
  return Buffer.concat([head, bytes]);
}

export function closeFrame(code: number, reason = ''): Buffer {
  return frame(FRAME.close, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));
}

/** The answer that accepts a client's key. */
export function accepted(key: string, more = ''): string {
  const accept = createHash('sha1')
    .update(key + ACCEPT_SUFFIX)
    .digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
}

export interface ClientFrame {
  readonly first: number;
  readonly isMasked: boolean;
  readonly payload: Buffer;
}

/** One client's connection. */
export class RawClient {
  readonly socket: Socket;
  /** The client's handshake, up to its empty line. */
  request = '';
  key = '';
  /** How the client's end came: nothing yet, FIN, or RST. */
  ended: 'open' | 'fin' | 'reset' = 'open';
  #bytes = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket
      .on('data', (bytes) => {
        this.#bytes = Buffer.concat([this.#bytes, bytes]);
        const end = this.#bytes.indexOf('\r\n\r\n');
        if (this.request !== '' || end < 0) return;
        this.request = this.#bytes.toString('latin1', 0, end);
        this.key = /^sec-websocket-key: (.*)$/im.exec(this.request)?.[1] ?? '';
        this.#bytes = this.#bytes.subarray(end + 4);
      })
      .on('end', () => {
        if (this.ended === 'open') this.ended = 'fin';
      })
      .on('error', () => {
        this.ended = 'reset';
      });
  }

  /** Frames that the client sent so far. */
  get frames(): ClientFrame[] {
    const frames: ClientFrame[] = [];
    let at = 0;
    while (at + 6 <= this.#bytes.length) {
      const short = (this.#bytes[at + 1] ?? 0) & 0x7f;
      const [length, head] =
        short === 126
          ? [this.#bytes.readUInt16BE(at + 2), 4]
          : short === 127
            ? [Number(this.#bytes.readBigUInt64BE(at + 2)), 10]
            : [short, 2];
      const mask = this.#bytes.subarray(at + head, at + head + 4);
      const end = at + head + 4 + length;
      if (end > this.#bytes.length) break;
      const payload = this.#bytes.subarray(at + head + 4, end).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
      frames.push({
        first: this.#bytes[at] ?? 0,
        isMasked: ((this.#bytes[at + 1] ?? 0) & 0x80) !== 0,
        payload: Buffer.from(payload),
      });
      at = end;
    }
    return frames;
  }

  /** Code of the close frame that the client sent; undefined if it sent none. */
  get closeCode(): number | undefined {
    const close = this.frames.find(({ first }) => first === FRAME.close);
    return close === undefined ? undefined : close.payload.length === 0 ? 1005 : close.payload.readUInt16BE(0);
  }

  accept(more = ''): void {
    this.socket.write(accepted(this.key, more));
  }

  send(bytes: Buffer | string): void {
    this.socket.write(bytes);
  }
}

export class RawVenue {
  readonly url: string;
  readonly clients: RawClient[] = [];
  readonly #server: Server;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async start(tls?: { readonly key: string; readonly cert: string }): Promise<RawVenue> {
    const taken: RawClient[] = [];
    const take = (socket: Socket): void => void taken.push(new RawClient(socket));
    const server = tls === undefined ? createPlain(take) : createSecure(tls, take);
    // A client that does not trust us ends the TLS handshake.
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const venue = new RawVenue(server, `${tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${address.port}`);
    Object.assign(venue, { clients: taken });
    return venue;
  }

  /** The next client whose handshake is here. */
  async client(index = this.clients.length): Promise<RawClient> {
    await until(`client ${index}`, () => (this.clients[index]?.key ?? '') !== '');
    const client = this.clients[index];
    if (client === undefined) throw new Error('unreachable: it was just there');
    return client;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.clients) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Lets sockets of this very process be read. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

export async function until(what: string, check: () => boolean): Promise<void> {
  const deadline = performance.now() + WATCHDOG_MS;
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`watchdog: ${what} did not happen`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
