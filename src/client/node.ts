/** `tickring/client` in Node: the same, on sockets of `ws`, since Node 20 has none of its own. */
import WebSocket from 'ws';
import { type ClientOptions, TickringClient as CoreClient } from './client.js';
import type { SocketLike } from './link.js';

export * from './index.js';

export class TickringClient extends CoreClient {
  constructor(url: string, options: ClientOptions = {}) {
    // The types of `ws` say more of its events than is used here.
    const openSocket = (at: string, protocols: string[]) =>
      new WebSocket(at, protocols, { perMessageDeflate: false }) as unknown as SocketLike;
    super(url, { openSocket, ...options });
  }
}
