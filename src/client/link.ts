/** The socket: opens it, opens it again when it breaks, with growing pauses, and notices when it has gone silent. */

/** The part of a WebSocket that is used: browsers' and that of `ws` alike. */
export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

export type OpenSocket = (url: string, protocols: string[]) => SocketLike;

export interface LinkOptions {
  readonly url: string;
  readonly protocol: string;
  readonly openSocket: OpenSocket;
  /** Subprotocols to be offered besides, asked for before each attempt. */
  readonly authorize: (() => Promise<readonly string[]>) | undefined;
  /** Longest wait before the second attempt, ms; it doubles with each that fails. */
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** Silence after which a socket is given up, ms: the gateway sends heartbeats every 10 s. */
  readonly silenceMs: number;
}

export interface LinkEvents {
  open(): void;
  message(data: string | ArrayBuffer): void;
  /** Gone; `waitMs` until the next attempt. */
  down(code: number, reason: string, waitMs: number): void;
}

const OPEN = 1;

export class Link {
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  #socket: SocketLike | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #heardAt = 0;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === OPEN;
  }

  open(): void {
    const { authorize } = this.#options;
    if (authorize === undefined) {
      this.#connect([]);
      return;
    }
    authorize()
      .then((protocols) => {
        if (!this.#closed) this.#connect(protocols);
      })
      .catch((error: unknown) => this.#wait(0, error instanceof Error ? error.message : String(error)));
  }

  #connect(protocols: readonly string[]): void {
    let socket: SocketLike;
    try {
      socket = this.#options.openSocket(this.#options.url, [...protocols, this.#options.protocol]);
    } catch (error) {
      // A bad address never gets better.
      this.#closed = true;
      throw error;
    }
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#heardAt = Date.now();
    this.#watch();
    socket.onopen = () => {
      if (socket === this.#socket) this.#events.open();
    };
    socket.onmessage = (event: { readonly data: string | ArrayBuffer }) => {
      if (socket !== this.#socket) return;
      this.#heardAt = Date.now();
      this.#events.message(event.data);
    };
    // What follows an error is a close, everywhere.
    socket.onerror = () => undefined;
    socket.onclose = (event: { readonly code: number; readonly reason: string }) =>
      this.#down(socket, event.code, event.reason);
  }

  /** Whether the last attempt was good: the next pause is a short one. */
  settle(): void {
    this.#failures = 0;
  }

  send(message: object): void {
    if (this.isOpen) this.#socket?.send(JSON.stringify(message));
  }

  /** Gives this socket up and opens another one. */
  restart(reason: string): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    socket.onclose = null;
    socket.onmessage = null;
    socket.close(4000, reason);
    this.#down(socket, 4000, reason);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) {
      socket.onclose = null;
      socket.onmessage = null;
      socket.close(1000, '');
    }
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const { silenceMs } = this.#options;
    this.#timer = setTimeout(() => {
      if (Date.now() - this.#heardAt > silenceMs) this.restart(`silent for ${silenceMs} ms`);
      else this.#watch();
    }, silenceMs / 4);
  }

  #down(socket: SocketLike, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#wait(code, reason);
  }

  /** Tries again after a pause. */
  #wait(code: number, reason: string): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    const { reconnectMinMs, reconnectMaxMs } = this.#options;
    // Full jitter: clients that lost the same gateway do not come back together.
    const waitMs = Math.random() * Math.min(reconnectMaxMs, reconnectMinMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    this.#timer = setTimeout(() => this.open(), waitMs);
    this.#events.down(code, reason, waitMs);
  }
}
