/** A client under test against a real gateway, and a proxy that may damage or cut what passes. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type ClientOptions, decimalText, type Level, TickringClient } from '../../src/client/node.js';

/** Canonical text of a book, as `Shard.bookText` writes it. */
export function bookText(client: TickringClient, topic: string): string | undefined {
  const book = client.book(topic);
  if (book === undefined || !book.isKnown) return undefined;
  const line = (letter: string) => (level: Level) =>
    `${letter} ${decimalText(level.price, book.priceExponent)} ${decimalText(level.qty, book.qtyExponent)}\n`;
  return [...book.bids().map(line('B')), ...book.asks().map(line('A'))].join('');
}

/** A client that comes back at once. */
export function openClient(url: string, options: ClientOptions = {}): TickringClient {
  return new TickringClient(`${url.replace('http', 'ws')}/ws`, { reconnectMinMs: 20, reconnectMaxMs: 200, ...options });
}

/** Passes bytes between clients and the gateway. */
export class TestProxy {
  /** What the gateway sends may be changed in place. */
  onData: ((bytes: Buffer) => void) | undefined;
  /** Where new connections go. */
  port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.port = port;
    this.#server = createServer((near) => {
      const far = connect(this.port, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => {
          if (from === far) this.onData?.(bytes);
          to.write(bytes);
        });
        from.on('error', () => undefined);
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  static async open(port: number): Promise<TestProxy> {
    const proxy = new TestProxy(port);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts every connection. */
  kill(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.kill();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
