import { LibrarySocket } from './library-socket.js';
import { NativeSocket } from './native-socket.js';
import type { SocketOptions, VenueSocket } from './socket.js';

/** Begins to connect, in the way that the feed's configuration names. */
export function openSocket(options: SocketOptions): VenueSocket {
  return options.transport === 'native' ? new NativeSocket(options) : new LibrarySocket(options);
}
