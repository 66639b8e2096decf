import WebSocket from 'ws';
import { DISCONNECT_REASONS } from '../model/codes.js';
import { REFUSALS } from './backoff.js';
import { retryAfterMs } from './rest.js';

const HANDSHAKE_TIMEOUT_MS = 10_000;
/** The core's own limit on a frame; larger ones end the connection with 1009. */
const FRAME_SIZE_MAX = 8 << 20;

export interface Closing {
  /** A number of `DISCONNECT_REASONS`. */
  readonly reason: number;
  /** Set when the venue refused the handshake. */
  readonly refusal: { readonly retryAfterMs: number } | null;
  readonly text: string;
}

export interface SocketEvents {
  open(): void;
  frame(bytes: Buffer): void;
  /** Exactly once, also when the handshake failed. */
  closed(closing: Closing): void;
}

/** One WebSocket to a venue, from handshake to close. It is never reused. */
export class VenueSocket {
  readonly #socket: WebSocket;
  readonly #events: SocketEvents;
  #lastByteAt = performance.now();
  #lastFrameAt = performance.now();
  #probedAt: number | undefined;
  readonly #openedAt = performance.now();
  #ended = false;
  /** Messages that arrived. */
  frames = 0;

  constructor(url: string, events: SocketEvents) {
    this.#events = events;
    this.#socket = new WebSocket(url, {
      perMessageDeflate: false,
      followRedirects: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      maxPayload: FRAME_SIZE_MAX,
      // The core checks every frame itself, and keeps the bytes of one that is no UTF-8.
      skipUTF8Validation: true,
    });
    const { OPEN } = WebSocket;
    this.#socket
      .on('open', () => {
        if (!this.#ended) this.#events.open();
      })
      .on('message', (data) => {
        this.#alive();
        this.#lastFrameAt = this.#lastByteAt;
        this.frames += 1;
        if (!this.#ended && this.#socket.readyState === OPEN) this.#events.frame(data as Buffer);
      })
      .on('ping', () => this.#alive())
      .on('pong', () => this.#alive())
      .on('unexpected-response', (request, response) => {
        const status = response.statusCode ?? 0;
        const refusal = REFUSALS.has(status)
          ? { retryAfterMs: status === 403 ? 0 : retryAfterMs(response.headers['retry-after'] ?? '1') }
          : null;
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

  /** How long a probe has been without an answer of any kind, ms; 0 if none is. */
  get unansweredMs(): number {
    return this.#probedAt === undefined ? 0 : performance.now() - this.#probedAt;
  }

  get ageMs(): number {
    return performance.now() - this.#openedAt;
  }

  send(text: string): void {
    if (this.isOpen) this.#socket.send(text);
  }

  /** Asks for a sign of life, unless one is awaited already: RFC 6455 has every endpoint answer a ping. */
  probe(): void {
    if (!this.isOpen || this.#probedAt !== undefined) return;
    this.#probedAt = performance.now();
    this.#socket.ping();
  }

  /** Ends it from our side, without waiting for the venue. */
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
    this.#socket.removeAllListeners();
    // A socket that is torn down while it connects still emits an error; nobody else listens for it now.
    this.#socket.on('error', () => {});
    this.#socket.terminate();
    this.#events.closed(closing);
  }
}
