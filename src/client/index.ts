/** `tickring/client`: follows a gateway over WebSocket, in browsers and in Node. */
export { decimalText, toNumber } from '../model/decimal.js';
export { Book } from './book.js';
export {
  type ClientEvents,
  type ClientOptions,
  type ClientStats,
  type ConnectionState,
  type EncodingName,
  type Loss,
  TickringClient,
} from './client.js';
export { HashSum } from './hash.js';
export type { OpenSocket, SocketLike } from './link.js';
export * from './messages.js';
export type { BusPayload, ConflationName } from './topics.js';
