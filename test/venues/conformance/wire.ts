/** What stands between an engine and a simulated venue's socket: passes bytes on, or does to them what networks and broken servers do. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecure } from 'node:tls';
import { crc32 } from 'node:zlib';
import { accepted, frame as encode } from '../../engine/raw-venue.js';

/** How one frame of the venue goes on: the writes that it takes. */
export type Passing = (frame: Buffer) => readonly Buffer[];

interface Spell {
  left: number;
  readonly act: Passing;
}

/** Whole frames at the beginning of `bytes`, and what is left behind them. */
export function wholeFrames(bytes: Buffer): { readonly frames: Buffer[]; readonly rest: Buffer } {
  const frames: Buffer[] = [];
  let at = 0;
  while (bytes.length - at >= 2) {
    const size = sizeOf(bytes.subarray(at));
    if (size === undefined || bytes.length - at < size) break;
    frames.push(bytes.subarray(at, at + size));
    at += size;
  }
  return { frames, rest: bytes.subarray(at) };
}

function headSize(bytes: Buffer): number {
  const short = (bytes[1] ?? 0) & 0x7f;
  return short === 126 ? 4 : short === 127 ? 10 : 2;
}

function sizeOf(bytes: Buffer): number | undefined {
  const head = headSize(bytes);
  if (bytes.length < head) return undefined;
  if (head === 2) return 2 + ((bytes[1] ?? 0) & 0x7f);
  return head + (head === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)));
}

/** A message's frame, which is not a ping or the like. */
function isMessage(frame: Buffer): boolean {
  return ((frame[0] ?? 0) & 0x0f) <= 2;
}

/** One connection, both ways. */
class Pair {
  readonly client: Socket;
  #venue: Socket | undefined;
  readonly #wire: Wire;
  readonly #target: URL;
  #bytes: Buffer = Buffer.alloc(0);
  #isOpen = false;
  #isCut = false;
  #request = '';
  spell: Spell | undefined;

  constructor(client: Socket, wire: Wire, target: URL) {
    this.client = client;
    this.#wire = wire;
    this.#target = target;
    client.setNoDelay(true);
    client.on('error', () => this.end()).on('close', () => this.end());
    client.on('data', (bytes) => this.#fromClient(bytes));
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#isCut;
  }

  end(): void {
    this.#venue?.end();
    this.client.destroy();
  }

  /** Half of the venue's next message, then a reset; what the venue says meanwhile is lost. */
  cut(): void {
    this.spell = {
      left: 1,
      act: (frame) => {
        this.#isCut = true;
        this.#wire.lost.add(crc32(frame.subarray(headSize(frame))));
        setImmediate(() => {
          this.client.resetAndDestroy();
          this.#venue?.end();
        });
        return [frame.subarray(0, frame.length >> 1)];
      },
    };
  }

  #fromClient(bytes: Buffer): void {
    if (this.#venue !== undefined) {
      this.#later(() => this.#venue?.write(bytes));
      return;
    }
    // A TLS handshake where none is understood.
    if (bytes[0] === 0x16) {
      this.client.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#request += bytes.toString('latin1');
    if (!this.#request.includes('\r\n\r\n')) return;
    const answer = this.#wire.takeAnswer();
    if (answer === undefined) this.#reach();
    else answer(this.client, /^sec-websocket-key: (.*)$/im.exec(this.#request)?.[1] ?? '');
  }

  #reach(): void {
    this.#venue = connect(Number(this.#target.port), this.#target.hostname);
    this.#venue.setNoDelay(true).write(Buffer.from(this.#request, 'latin1'));
    this.#venue.on('data', (bytes) => this.#fromVenue(bytes));
    this.#venue.on('error', () => {});
    this.#venue.on('close', () => this.#later(() => this.client.end()));
  }

  #fromVenue(bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    if (!this.#isOpen) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.#pass([this.#bytes.subarray(0, end + 4)]);
      this.#isOpen = this.#bytes.toString('latin1', 0, 12) === 'HTTP/1.1 101';
      this.#bytes = this.#bytes.subarray(end + 4);
    }
    const { frames, rest } = wholeFrames(this.#bytes);
    this.#bytes = Buffer.from(rest);
    for (const frame of frames) this.#frame(frame);
  }

  #frame(frame: Buffer): void {
    if (this.#isCut || this.client.destroyed || (this.#wire.isMute && isMessage(frame))) {
      this.#wire.lost.add(crc32(frame.subarray(headSize(frame))));
      return;
    }
    const { spell } = this;
    if (spell === undefined || spell.left === 0 || !isMessage(frame)) {
      this.#pass([frame]);
      return;
    }
    spell.left -= 1;
    this.#wire.bewitched += 1;
    this.#pass(spell.act(frame));
  }

  #pass(writes: readonly Buffer[]): void {
    this.#later(() => {
      for (const bytes of writes) this.client.write(bytes);
    });
  }

  #later(act: () => void): void {
    const { delayMs } = this.#wire;
    if (delayMs === 0) act();
    else setTimeout(act, delayMs);
  }
}

/** Answers a handshake in the venue's place. */
export type Answer = (client: Socket, key: string) => void;

export class Wire {
  readonly url: string;
  /** Checksums of messages that the venue sent and no client got. */
  readonly lost = new Set<number>();
  /** Messages that went on in another way than they came, so far. */
  bewitched = 0;
  /** Handshakes that were answered in the venue's place, so far. */
  answered = 0;
  /** Delay of all bytes, each way, ms. Change it only while nothing is on its way. */
  delayMs = 0;
  /** Messages of the venue get lost; pings and the like go on. */
  isMute = false;
  readonly #server: Server;
  readonly #pairs: Set<Pair>;
  readonly #deaf = new Set<Socket>();
  #answers: Answer[] = [];

  private constructor(server: Server, url: string, pairs: Set<Pair>) {
    this.#server = server;
    this.url = url;
    this.#pairs = pairs;
  }

  /** `isDeaf`: it takes connections, and neither reads nor says anything. */
  static async start(
    target: string,
    { tls, isDeaf }: { tls?: { readonly key: string; readonly cert: string } | undefined; isDeaf?: boolean | undefined } = {},
  ): Promise<Wire> {
    const pairs = new Set<Pair>();
    const take = (socket: Socket): void => {
      if (isDeaf === true) {
        wire.#deaf.add(socket);
        socket.on('error', () => {}).pause();
        return;
      }
      const pair = new Pair(socket, wire, new URL(target));
      pairs.add(pair);
      socket.once('close', () => pairs.delete(pair));
    };
    const server = tls === undefined ? createServer(take) : createSecure(tls, take);
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const wire = new Wire(server, `${tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${address.port}`, pairs);
    return wire;
  }

  get open(): number {
    return [...this.#pairs].filter(({ isOpen }) => isOpen).length;
  }

  /** The next `count` messages of each open connection go on like this. */
  bewitch(count: number, act: Passing): void {
    for (const pair of this.#pairs) pair.spell = { left: count, act };
  }

  /** Bytes between two frames of each open connection. */
  insert(bytes: Buffer): void {
    for (const pair of this.#pairs) if (pair.isOpen) pair.client.write(bytes);
  }

  cut(): void {
    for (const pair of this.#pairs) pair.cut();
  }

  /** The next `count` handshakes are answered like this. */
  answer(count: number, how: Answer): void {
    this.#answers.push(...Array<Answer>(count).fill(how));
  }

  takeAnswer(): Answer | undefined {
    const next = this.#answers.shift();
    if (next !== undefined) this.answered += 1;
    return next;
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) pair.end();
    for (const socket of this.#deaf) socket.destroy();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A message in fragments of one byte of its own, the empty ones among them. */
export function fragments(frame: Buffer): Buffer[] {
  const head = headSize(frame);
  const payload = frame.subarray(head);
  const parts = [0, 0, 1, 2, 3, payload.length].map((from, index, all) => payload.subarray(from, all[index + 1] ?? from));
  return parts.map((part, index) => {
    const first = (index === 0 ? (frame[0] ?? 0) & 0x0f : 0) | (index === parts.length - 1 ? 0x80 : 0);
    return encode(first, part);
  });
}

/** Each byte is a write of its own. */
export function bytewise(frame: Buffer): Buffer[] {
  return Array.from(frame, (byte) => Buffer.from([byte]));
}

/** Accepts the handshake with compression, and sends this message. */
export function accept(message: Buffer): Answer {
  return (client, key) => {
    client.write(accepted(key, 'Sec-WebSocket-Extensions: permessage-deflate\r\n'));
    client.write(message);
  };
}
