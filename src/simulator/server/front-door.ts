import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A port that somebody took during an outage is tried again this often, ms. */
const REOPEN_RETRY_MS = 50;

export interface Visitors {
  request(request: IncomingMessage, response: ServerResponse, url: URL): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: URL): void;
  /** An upgrade was turned away. */
  refused(): void;
}

/** One port for REST and WebSocket, which can be shut for a while. */
export class FrontDoor {
  readonly #http: Server;
  readonly #visitors: Visitors;
  readonly #host: string;
  #port: number;
  /** While answers have one status. */
  #answer: { readonly status: number; readonly retryAfter: number | undefined } | undefined;
  #reopening: NodeJS.Timeout | undefined;
  /** All that the server still waits for when it closes: upgraded ones that nobody reads any more would never end. */
  readonly #sockets = new Set<Socket>();
  #isClosed = false;

  constructor(visitors: Visitors, host: string, port: number) {
    this.#visitors = visitors;
    this.#host = host;
    this.#port = port;
    this.#http = createServer((request, response) => this.#request(request, response));
    this.#http.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#upgrade(request, socket, head));
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(this.#port, this.#host, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
    // The same port is used again after an outage.
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  /** `host:port` that clients connect to. */
  get authority(): string {
    return `${this.#host.includes(':') ? `[${this.#host}]` : this.#host}:${this.#port}`;
  }

  /** For `ms` of the wall clock: everything is answered with `status`, or without one connections are refused by the system. */
  shut(ms: number, status: number | undefined, retryAfter: number | undefined): void {
    clearTimeout(this.#reopening);
    this.#answer = status === undefined ? undefined : { status, retryAfter };
    if (status === undefined && this.#http.listening) {
      this.#http.close();
      // Kept-alive REST connections would slip through; upgraded sockets are not the server's any more and stay.
      this.#http.closeAllConnections();
    }
    this.#reopening = setTimeout(() => void this.#reopen(), ms);
  }

  turnAway(socket: Duplex, status: number, retryAfter: number | undefined): void {
    this.#visitors.refused();
    const retry = retryAfter === undefined ? '' : `Retry-After: ${retryAfter}\r\n`;
    socket.end(`HTTP/1.1 ${status} Refused\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#reopening);
    await new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  async #reopen(): Promise<void> {
    this.#answer = undefined;
    if (this.#http.listening || this.#isClosed) return;
    try {
      await this.listen();
    } catch {
      if (!this.#isClosed) this.#reopening = setTimeout(() => void this.#reopen(), REOPEN_RETRY_MS);
      return;
    }
    // Closed while the port was being opened: `close` found nothing to close then.
    if (this.#isClosed) this.#http.close();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const answer = this.#answer;
    const url = parseUrl(request.url);
    if (answer !== undefined) {
      if (answer.retryAfter !== undefined) response.setHeader('Retry-After', String(answer.retryAfter));
      response.writeHead(answer.status).end();
    } else if (url === undefined) response.writeHead(400).end();
    else this.#visitors.request(request, response, url);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const answer = this.#answer;
    const url = parseUrl(request.url);
    if (this.#isClosed) socket.destroy();
    else if (answer !== undefined) this.turnAway(socket, answer.status, answer.retryAfter);
    else if (url === undefined) this.turnAway(socket, 400, undefined);
    else this.#visitors.upgrade(request, socket, head, url);
  }
}

function parseUrl(url: string | undefined): URL | undefined {
  return URL.canParse(url ?? '', 'http://venue') ? new URL(url ?? '', 'http://venue') : undefined;
}

/** Symbols may hold non-ASCII letters, which URLs carry percent-encoded. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
