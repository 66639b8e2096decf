import { randomBytes } from 'node:crypto';
import { connect as connectPlain, isIP, type LookupFunction, type OnReadOpts, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectSecure } from 'node:tls';
import { DISCONNECT_REASONS } from '../model/codes.js';
import {
  ENDED_BIT,
  MESSAGE_BIT,
  MORE_BIT,
  REJECTED_BIT,
  REPLY_BIT,
  REQUESTS_BIT,
  type SocketFrames,
  websocketFrame,
} from '../native/index.js';
import { firstMessage } from './frame-sample.js';
import { HeadReader, objection, readHead, upgradeRequest } from './handshake.js';
import {
  type Closing,
  HANDSHAKE_TIMEOUT_MS,
  noHandshake,
  refusalOf,
  type SocketEvents,
  type SocketInputs,
  type SocketOptions,
  UNSENT_BYTES_MAX,
  type VenueSocket,
} from './socket.js';

/** How long an ended socket may take to send our close frame and to see the venue's end, ms. */
const LINGER_MS = 1_000;
const NORMAL = 1_000;
const OPCODE = { text: 1, close: 8, ping: 9 } as const;
const NOTHING = Buffer.alloc(0);

/**
 * What the kernel (or TLS) puts a read into: one for all sockets of the thread, since each read is used up before the next one
 * can happen. 1 MiB: at full rate a frame of 1,188 bytes then costs 0.21 µs, against 0.33 with 256 KiB and 0.40 with 64.
 */
const CHUNK = Buffer.allocUnsafeSlow(1 << 20);

/** Bits that need more than going on. */
const ATTENTION = REQUESTS_BIT | REJECTED_BIT | MORE_BIT | REPLY_BIT | ENDED_BIT;

function dial(url: URL, onread: OnReadOpts, lookup: LookupFunction | undefined): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const named = lookup === undefined ? {} : { lookup };
  if (url.protocol !== 'wss:') return connectPlain({ host, port: Number(url.port || 80), onread, ...named });
  const options: ConnectionOptions & { readonly onread: OnReadOpts } = {
    host,
    port: Number(url.port || 443),
    // No environment variable may switch this off.
    rejectUnauthorized: true,
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    onread,
    ...named,
  };
  return connectSecure(options);
}

/** Reads whole chunks and hands each to the shard in one call, which finds the frames in it. */
export class NativeSocket implements VenueSocket {
  readonly #socket: Socket;
  readonly #url: URL;
  readonly #connection: number;
  readonly #inputs: SocketInputs;
  readonly #events: SocketEvents;
  readonly #key = randomBytes(16).toString('base64');
  readonly #head = new HeadReader();
  readonly #deadline: NodeJS.Timeout;
  #frames: SocketFrames | undefined;
  #receive: ReturnType<SocketFrames['receiver']> | undefined;
  readonly #openedAt = performance.now();
  #lastByteAt = this.#openedAt;
  #lastFrameAt = this.#openedAt;
  #probedAt: number | undefined;
  #wantsSample = false;
  #ended = false;

  constructor(options: SocketOptions) {
    const { url, connection, inputs, events, headers, handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS, lookup } = options;
    this.#url = new URL(url);
    this.#connection = connection;
    this.#inputs = inputs;
    this.#events = events;
    this.#deadline = setTimeout(() => this.#fail(noHandshake(handshakeTimeoutMs)), handshakeTimeoutMs);
    this.#socket = dial(this.#url, { buffer: CHUNK, callback: (size) => this.#read(size) }, lookup);
    this.#socket.setNoDelay(true);
    this.#socket
      .once(this.#url.protocol === 'wss:' ? 'secureConnect' : 'connect', () => {
        if (!this.#ended) this.#socket.write(upgradeRequest(this.#url, this.#key, headers), 'latin1');
      })
      .on('error', (error) => this.#lost(error.message))
      .on('end', () => this.#lost(''))
      .on('close', () => this.#lost(''));
  }

  get isOpen(): boolean {
    return !this.#ended && this.#frames !== undefined;
  }

  get frames(): number {
    return this.#frames?.messages ?? 0;
  }

  get lastFrameAgeMs(): number {
    return performance.now() - this.#lastFrameAt;
  }

  get lastByteAgeMs(): number {
    return performance.now() - this.#lastByteAt;
  }

  get unansweredMs(): number {
    return this.#probedAt === undefined ? 0 : performance.now() - this.#probedAt;
  }

  get ageMs(): number {
    return performance.now() - this.#openedAt;
  }

  send(text: string): void {
    if (this.isOpen) this.#write(frame(OPCODE.text, Buffer.from(text)));
  }

  probe(): void {
    if (!this.isOpen || this.#probedAt !== undefined) return;
    this.#probedAt = performance.now();
    this.#write(frame(OPCODE.ping, NOTHING));
  }

  sample(): void {
    this.#wantsSample = true;
  }

  end(reason: number, text: string): void {
    this.#end({ reason, refusal: null, text }, this.#frames === undefined ? undefined : closeFrame(NORMAL));
  }

  /** One read of the socket lies in `CHUNK`. True: go on reading, also towards the end of one that we ended. */
  #read(size: number): true {
    if (this.#ended) return true;
    this.#lastByteAt = performance.now();
    this.#probedAt = undefined;
    if (this.#receive === undefined) this.#shakeHands(size);
    else {
      if (this.#wantsSample) this.#sample(size);
      this.#take(this.#receive, 0, size);
    }
    return true;
  }

  #sample(size: number): void {
    const message = firstMessage(CHUNK, 0, size);
    if (message === undefined) return;
    this.#wantsSample = false;
    this.#inputs.sample(this.#connection, message);
  }

  #take(receive: ReturnType<SocketFrames['receiver']>, from: number, to: number): void {
    const result = receive(CHUNK, from, to);
    if ((result & MESSAGE_BIT) !== 0) this.#lastFrameAt = this.#lastByteAt;
    if (result < 0 || (result & ATTENTION) !== 0) this.#attend(receive, result, to);
  }

  /** Looks at what the chunk left to do, in the order in which it arose, and goes on with the rest of the chunk. */
  #attend(receive: ReturnType<SocketFrames['receiver']>, first: number, to: number): void {
    const frames = this.#frames;
    for (let result = first; frames !== undefined; result = receive(CHUNK, frames.position, to)) {
      if (result < 0 || (result & (REQUESTS_BIT | REJECTED_BIT)) !== 0)
        this.#inputs.attend(this.#connection, result, () => frames.refused());
      if (this.#ended || result < 0) return;
      if ((result & MESSAGE_BIT) !== 0) this.#lastFrameAt = this.#lastByteAt;
      if ((result & ENDED_BIT) !== 0) this.#over(frames);
      else if ((result & REPLY_BIT) !== 0) this.#reply(frames);
      if (this.#ended || (result & MORE_BIT) === 0) return;
    }
  }

  #reply(frames: SocketFrames): void {
    for (;;) {
      const reply = frames.reply(mask());
      if (reply === null || this.#ended) return;
      this.#write(reply);
    }
  }

  /** The venue closed or broke the protocol: pongs that are owed, then our close frame, which is the last reply. */
  #over(frames: SocketFrames): void {
    const { reason, text } = ending(frames);
    let last: Buffer | undefined;
    for (let reply = frames.reply(mask()); reply !== null; reply = frames.reply(mask())) {
      if (last !== undefined) this.#socket.write(last);
      last = reply;
    }
    this.#end({ reason, refusal: null, text }, last);
  }

  #shakeHands(size: number): void {
    try {
      const answer = this.#head.push(CHUNK, size);
      if (answer === undefined) return;
      const head = readHead(answer.text);
      if (head.status !== 101) {
        const refusal = refusalOf(head.status, head.headers.get('retry-after'));
        const text = `handshake answered ${head.status}`;
        this.#end({ reason: DISCONNECT_REASONS.refused, refusal, text });
        return;
      }
      const wrong = objection(head, this.#key);
      if (wrong !== undefined) throw new Error(`handshake: ${wrong}`);
      this.#upgraded(answer.framesAt, size);
    } catch (error) {
      this.#fail((error as Error).message);
    }
  }

  #upgraded(framesAt: number, size: number): void {
    clearTimeout(this.#deadline);
    const frames = this.#inputs.frames(this.#connection);
    if (frames === undefined) {
      this.#end({ reason: DISCONNECT_REASONS.local, refusal: null, text: 'the shard is away' });
      return;
    }
    this.#frames = frames;
    this.#receive = frames.receiver();
    this.#events.open();
    if (!this.#ended && framesAt < size) this.#take(this.#receive, framesAt, size);
  }

  #write(bytes: Buffer): void {
    this.#socket.write(bytes);
    if (this.#socket.writableLength > UNSENT_BYTES_MAX)
      this.#fail(`${this.#socket.writableLength} unsent bytes exceed ${UNSENT_BYTES_MAX}`);
  }

  /** The venue's end of the connection is gone, without a close frame: closed, in the words of RFC 6455 §7.1.5. */
  #lost(text: string): void {
    if (this.#frames === undefined) this.#fail(text || 'connection ended during the handshake');
    else this.#end({ reason: DISCONNECT_REASONS.closed, refusal: null, text: `closed 1006 ${text}`.trim() });
  }

  #fail(text: string): void {
    this.#end({ reason: DISCONNECT_REASONS.error, refusal: null, text });
  }

  #end(closing: Closing, farewell?: Buffer): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    if (farewell === undefined) this.#socket.destroy();
    else this.#linger(farewell);
    this.#frames?.close();
    this.#events.closed(closing);
  }

  /** Our close frame goes out; whoever does not answer it, or does not even read it, is cut off. */
  #linger(farewell: Buffer): void {
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(timer));
    this.#socket.end(farewell);
  }
}

/** Masks must not be predictable to whoever chose the payload (RFC 6455 §10.3). */
function mask(): number {
  return randomBytes(4).readUInt32LE();
}

function frame(opcode: number, payload: Buffer): Buffer {
  return websocketFrame(opcode, payload, mask());
}

function closeFrame(code: number): Buffer {
  return frame(OPCODE.close, Buffer.from([code >> 8, code & 0xff]));
}

function ending(frames: SocketFrames): { readonly reason: number; readonly text: string } {
  const { code, text, isViolation } = frames.ending() ?? { code: 1006, text: '', isViolation: false };
  if (isViolation) return { reason: DISCONNECT_REASONS.error, text: `${text} (${code})` };
  return { reason: DISCONNECT_REASONS.closed, text: `closed ${code} ${text}`.trim() };
}
