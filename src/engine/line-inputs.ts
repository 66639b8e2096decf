import type { ChannelName } from '../model/config.js';
import type { SocketInputs } from './socket.js';

/** What a line feeds: the shard's inputs, in the order in which things happened. */
export interface LineInputs extends SocketInputs {
  connect(connection: number): void;
  disconnect(connection: number, reason: number): void;
  subscribe(connection: number, instrument: number, channels: number): void;
  ack(connection: number, instrument: number, accepted: boolean): void;
  /** The venue refused a control message with this code. */
  refused(connection: number, venueCode: number): void;
  /** The venue refused these, or gave nothing of them: it may no longer list them. */
  doubt(instruments: readonly number[]): void;
  /** Messages of this channel that arrived so far. */
  arrived(instrument: number, channel: ChannelName): number;
}
