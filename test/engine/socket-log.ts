/** A venue socket on a probe instead of a shard, and everything that it told. */

import type { Closing, SocketInputs, VenueSocket } from '#dist/engine/socket.js';
import { openSocket } from '#dist/engine/transports.js';
import type { TransportName } from '#dist/model/config.js';
import { FrameProbe } from '#dist/native/index.js';

export class SocketLog {
  readonly probe = new FrameProbe(true);
  readonly socket: VenueSocket;
  opened = 0;
  closings: Closing[] = [];

  constructor(url: string, transport: TransportName, checksUtf8 = false, handshakeTimeoutMs?: number) {
    const ingest = this.probe.ingester();
    const inputs: SocketInputs = {
      frame: (connection, bytes) => void ingest(connection, bytes, bytes.length),
      frames: (connection) => this.probe.socket(connection, checksUtf8),
      attend: () => {},
      sample: () => {},
    };
    this.socket = openSocket({
      url,
      transport,
      connection: 1,
      inputs,
      handshakeTimeoutMs,
      events: {
        open: () => {
          this.opened += 1;
        },
        closed: (closing) => this.closings.push(closing),
      },
    });
  }

  get closing(): Closing | undefined {
    return this.closings[0];
  }
}

/** What a probe says after these messages. */
export function digestOf(messages: readonly Buffer[]): { frames: number; bytes: number; digest: string } {
  const probe = new FrameProbe(true);
  const ingest = probe.ingester();
  for (const message of messages) ingest(1, message, message.length);
  return reached(probe);
}

export function reached({ frames, bytes, digest }: FrameProbe): { frames: number; bytes: number; digest: string } {
  return { frames, bytes, digest };
}
