/** Compressed messages, for feeds that are configured for them. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { DISCONNECT_REASONS } from '#dist/model/codes.js';
import type { TransportName } from '#dist/model/config.js';
import { until } from './raw-venue.js';
import { digestOf, reached, SocketLog } from './socket-log.js';

let server: WebSocketServer;
let send: Buffer[];
let extensions: string[];
beforeEach(async () => {
  send = [];
  extensions = [];
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: { threshold: 0 } });
  server.on('connection', (socket) => {
    extensions.push(socket.extensions);
    socket.on('error', () => {});
    for (const bytes of send) socket.send(bytes, { binary: false, compress: true });
  });
  await once(server, 'listening');
});
afterEach(async () => {
  for (const client of server.clients) client.terminate();
  await new Promise((resolve) => server.close(resolve));
});

function connected(transport: TransportName): SocketLog {
  return new SocketLog(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, transport);
}

it.each([
  ['native', ''],
  ['ws', ''],
  ['ws-deflate', 'permessage-deflate'],
] as const)('over %s the messages arrive, compressed only where that was configured', async (transport, extension) => {
  send = ['{"a":1}', 'x'.repeat(100_000), '', 'κόσμε'].map((text) => Buffer.from(text));
  const log = connected(transport);
  await until('all frames', () => log.probe.frames === send.length);
  expect(reached(log.probe)).toEqual(digestOf(send));
  expect(extensions).toEqual([extension]);
  log.socket.end(DISCONNECT_REASONS.local, 'done');
});

it('a small message that inflates beyond 8 MiB ends the connection, and is never held', async () => {
  send = [Buffer.alloc(64 << 20)];
  const before = process.memoryUsage.rss();
  const log = connected('ws-deflate');
  await until('the end', () => log.closings.length > 0);
  expect(log.closing).toMatchObject({ reason: DISCONNECT_REASONS.error, text: 'Max payload size exceeded' });
  expect(log.probe.frames).toBe(0);
  expect(process.memoryUsage.rss() - before).toBeLessThan(256 << 20);
});
