/**
 * Server side of `socket-to-addon`, in a process of its own: answers each WebSocket handshake and sends as many frames as the
 * path asks for, as fast as the client reads. Its certificate comes in the first message; its ports go out in the answer.
 */
import { createHash } from 'node:crypto';
import { type AddressInfo, createServer as createPlain, type Server, type Socket } from 'node:net';
import { createServer as createSecure } from 'node:tls';
import type { Certificate } from './certificate.js';
import { FRAME_BYTES, FRAMES_A_WRITE, PACE_MS } from './socket-work.js';

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Text frames of the reference size, one behind the other. */
function burst(): Buffer {
  const frame = Buffer.alloc(4 + FRAME_BYTES);
  frame[0] = 0x81;
  frame[1] = 126;
  frame.writeUInt16BE(FRAME_BYTES, 2);
  const text = `{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","b":[${'["61800.10","1.234"],'.repeat(60)}`;
  frame.write(text.slice(0, FRAME_BYTES), 4, 'latin1');
  return Buffer.concat(Array.from({ length: FRAMES_A_WRITE }, () => frame));
}

const BURST = burst();

/** Sends until the kernel takes no more, then again when it does. */
function send(socket: Socket, frames: number): void {
  let left = frames / FRAMES_A_WRITE;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= 1;
      if (!socket.write(BURST)) return;
    }
  };
  socket.on('drain', more);
  more();
}

/** Sends each frame when it is due, on an absolute schedule. */
function pace(socket: Socket, frames: number): void {
  const frame = BURST.subarray(0, BURST.length / FRAMES_A_WRITE);
  const started = performance.now();
  let sent = 0;
  const more = (): void => {
    for (const due = (performance.now() - started) / PACE_MS; sent < Math.min(frames, due); sent += 1) socket.write(frame);
    if (sent < frames && !socket.destroyed) setImmediate(more);
  };
  more();
}

function serve(socket: Socket): void {
  socket.on('error', () => {});
  socket.once('data', (head) => {
    const text = head.toString('latin1');
    const key = /^sec-websocket-key: (.*)$/im.exec(text)?.[1]?.trim() ?? '';
    const [, count, isPaced] = /^GET \/(\d+)(\/paced)? /.exec(text) ?? [];
    const accept = createHash('sha1')
      .update(key + ACCEPT_SUFFIX)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.setNoDelay(true);
    (isPaced === undefined ? send : pace)(socket, Number(count));
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

process.once('message', async ({ key, cert }: Certificate) => {
  const plain = await listen(createPlain(serve));
  const secure = await listen(createSecure({ key, cert }, serve));
  process.send?.({ plain, secure });
});
process.once('disconnect', () => process.exit(0));
