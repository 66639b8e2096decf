import WebSocket from 'ws';
import { DISCONNECT_REASONS } from '../model/codes.js';
import {
  type Closing,
  HANDSHAKE_TIMEOUT_MS,
  noHandshake,
  refusalOf,
  type SocketEvents,
  type SocketOptions,
  UNSENT_BYTES_MAX,
  type VenueSocket,
} from './socket.js';

/** The core's own limit on a frame; larger ones end the connection with 1009. */
const FRAME_SIZE_MAX = 8 << 20;

/** The WebSocket of the `ws` package: for servers that compress, or that our own reader does not get on with. */
export class LibrarySocket implements VenueSocket {
  readonly #socket: WebSocket;
  readonly #events: SocketEvents;
  readonly #deadline: NodeJS.Timeout;
  #lastByteAt = performance.now();
  #lastFrameAt = performance.now();
  #probedAt: number | undefined;
  readonly #openedAt = performance.now();
  #wantsSample = false;
  #ended = false;
  frames = 0;

  constructor(options: SocketOptions) {
    const { url, transport, connection, inputs, events, headers, handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS, lookup } = options;
    this.#events = events;
    // The library's own deadline begins anew with every byte.
    const late = { reason: DISCONNECT_REASONS.error, refusal: null, text: noHandshake(handshakeTimeoutMs) };
    this.#deadline = setTimeout(() => this.#end(late), handshakeTimeoutMs);
    this.#socket = new WebSocket(url, {
      ...(headers === undefined ? {} : { headers }),
      ...(lookup === undefined ? {} : { lookup }),
      // What is inflated counts towards `maxPayload`.
      perMessageDeflate: transport === 'ws-deflate',
      // No environment variable may switch this off.
      rejectUnauthorized: true,
      followRedirects: false,
      maxPayload: FRAME_SIZE_MAX,
      // The core checks every frame itself, and keeps the bytes of one that is no UTF-8.
      skipUTF8Validation: true,
    });
    const { OPEN } = WebSocket;
    this.#socket
      .on('open', () => {
        clearTimeout(this.#deadline);
        if (!this.#ended) this.#events.open();
      })
      .on('message', (data) => {
        this.#alive();
        this.#lastFrameAt = this.#lastByteAt;
        this.frames += 1;
        if (this.#ended || this.#socket.readyState !== OPEN) return;
        if (this.#wantsSample) {
          this.#wantsSample = false;
          inputs.sample(connection, Buffer.from(data as Buffer));
        }
        inputs.frame(connection, data as Buffer);
      })
      .on('ping', () => this.#alive())
      .on('pong', () => this.#alive())
      .on('unexpected-response', (request, response) => {
        const status = response.statusCode ?? 0;
        const refusal = refusalOf(status, response.headers['retry-after']);
        request.destroy();
        this.#end({ reason: DISCONNECT_REASONS.refused, refusal, text: `handshake answered ${status}` });
      })
      .on('error', (error) => this.#end({ reason: DISCONNECT_REASONS.error, refusal: null, text: error.message }))
      .on('close', (code, text) =>
        this.#end({ reason: DISCONNECT_REASONS.closed, refusal: null, text: `closed ${code} ${text.toString()}`.trim() }),
      );
  }

  get isOpen(): boolean {
    return !this.#ended && this.#socket.readyState === WebSocket.OPEN;
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
    if (!this.isOpen) return;
    this.#socket.send(text);
    if (this.#socket.bufferedAmount > UNSENT_BYTES_MAX)
      this.end(DISCONNECT_REASONS.error, `${this.#socket.bufferedAmount} unsent bytes exceed ${UNSENT_BYTES_MAX}`);
  }

  probe(): void {
    if (!this.isOpen || this.#probedAt !== undefined) return;
    this.#probedAt = performance.now();
    this.#socket.ping();
  }

  sample(): void {
    this.#wantsSample = true;
  }

  end(reason: number, text: string): void {
    this.#end({ reason, refusal: null, text });
  }

  #alive(): void {
    this.#lastByteAt = performance.now();
    this.#probedAt = undefined;
  }

  #end(closing: Closing): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#socket.removeAllListeners();
    // A socket that is torn down while it connects still emits an error; nobody else listens for it now.
    this.#socket.on('error', () => {});
    this.#socket.terminate();
    this.#events.closed(closing);
  }
}
