/** Both ways of reading a venue's socket give the shard the same frames, and the venue the same answers. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DISCONNECT_REASONS } from '#dist/model/codes.js';
import { accepted, closeFrame, FRAME, frame, type RawClient, RawVenue, turn, until } from './raw-venue.js';
import { TRANSPORTS } from './rig.js';
import { digestOf, reached, SocketLog } from './socket-log.js';

const HANDSHAKE_MS = 300;
/** Slow enough that a long head takes many times the deadline, and fast enough that no byte is late by itself. */
const BYTE_EVERY_MS = 2;

let venue: RawVenue;
let logs: SocketLog[] = [];
beforeEach(async () => {
  venue = await RawVenue.start();
});
afterEach(async () => {
  for (const { socket } of logs) socket.end(DISCONNECT_REASONS.local, 'the test is over');
  logs = [];
  await venue.stop();
});

/** Byte by byte, until the client is gone. */
function drip(client: RawClient, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at < text.length && client.ended === 'open') client.send(text.charAt(at++));
    else clearInterval(timer);
  }, BYTE_EVERY_MS);
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  async function connected(): Promise<[SocketLog, RawClient]> {
    const log = new SocketLog(venue.url, transport);
    logs.push(log);
    return [log, await venue.client()];
  }

  async function open(): Promise<[SocketLog, RawClient]> {
    const [log, client] = await connected();
    client.accept();
    await until('the socket is open', () => log.opened === 1);
    return [log, client];
  }

  it('a stream that is cut anywhere, the handshake included, gives the same frames', async () => {
    const messages = ['{"a":1}', '', 'κόσμε 𝄞', 'fragments', 'x'.repeat(126)].map((text) => Buffer.from(text));
    const [one = Buffer.alloc(0), empty = Buffer.alloc(0), text = Buffer.alloc(0), parts = Buffer.alloc(0), long] = messages;
    const frames = Buffer.concat([
      frame(FRAME.text, one),
      frame(FRAME.ping, 'p'),
      frame(FRAME.text, empty),
      frame(FRAME.binary, text),
      frame(0x01, parts.subarray(0, 3)),
      frame(FRAME.pong, ''),
      frame(0x00, ''),
      frame(0x00, parts.subarray(3, 4)),
      frame(0x80, parts.subarray(4)),
      frame(FRAME.text, long),
    ]);
    const expected = digestOf(messages);
    const size = accepted('x'.repeat(24)).length + frames.length;
    for (let cut = 0; cut <= size; cut += 1) {
      const [log, client] = await connected();
      const stream = Buffer.concat([Buffer.from(accepted(client.key)), frames]);
      client.send(stream.subarray(0, cut));
      await turn();
      client.send(stream.subarray(cut));
      await until(`all frames, cut at ${cut}`, () => log.probe.frames >= messages.length);
      expect(reached(log.probe), `cut at ${cut}`).toEqual(expected);
      expect([log.opened, log.closings]).toEqual([1, []]);
      log.socket.end(DISCONNECT_REASONS.local, 'next');
    }
  });

  it('random messages in random fragments and random pieces arrive as sent', async () => {
    const piece = fc.uint8Array({ maxLength: 3_000 });
    const message = fc.record({ parts: fc.array(piece, { minLength: 1, maxLength: 5 }), ping: fc.boolean() });
    const cuts = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 30 }), cuts, async (messages, sizes) => {
        const frames = messages.flatMap(({ parts, ping }) => [
          ...parts.map((part, index) =>
            frame((index === 0 ? 2 : 0) | (index === parts.length - 1 ? 0x80 : 0), Buffer.from(part)),
          ),
          ...(ping ? [frame(FRAME.ping, 'between')] : []),
        ]);
        const [log, client] = await connected();
        const stream = Buffer.concat([Buffer.from(accepted(client.key)), ...frames]);
        for (let at = 0, index = 0; at < stream.length; index += 1) {
          const end = at + (sizes[index % sizes.length] ?? 1);
          client.send(stream.subarray(at, end));
          at = end;
          await turn();
        }
        const pings = messages.filter(({ ping }) => ping).length;
        await until('all frames', () => log.probe.frames === messages.length && client.frames.length === pings);
        expect(reached(log.probe)).toEqual(digestOf(messages.map(({ parts }) => Buffer.concat(parts))));
        log.socket.end(DISCONNECT_REASONS.local, 'next');
      }),
      { numRuns: 25 },
    );
  });

  it('many frames in one piece, and one frame in many, up to the longest', async () => {
    const [log, client] = await open();
    const short = Array.from({ length: 20_000 }, (_, index) => Buffer.from(`{"index":${index}}`));
    const long = Buffer.alloc(8 << 20, 'y');
    client.send(
      Buffer.concat([...short.map((text) => frame(FRAME.text, text)), frame(FRAME.text, long), frame(FRAME.text, 'z')]),
    );
    await until('all frames', () => log.probe.frames === short.length + 2);
    expect(reached(log.probe)).toEqual(digestOf([...short, long, Buffer.from('z')]));
    expect(log.socket.frames).toBe(short.length + 2);
  });

  it('pings are answered with their own payload, in order and masked', async () => {
    const [log, client] = await open();
    const payloads = ['', 'a', '{}', 'x'.repeat(125)];
    client.send(Buffer.concat(payloads.map((payload) => frame(FRAME.ping, payload))));
    await until('pongs', () => client.frames.length === payloads.length);
    expect(client.frames.map(({ first, isMasked }) => [first, isMasked])).toEqual(payloads.map(() => [FRAME.pong, true]));
    expect(client.frames.map(({ payload }) => payload.toString())).toEqual(payloads);
    expect(log.closings).toEqual([]);
  });

  it('text is sent masked in one frame, and a probe is a ping that any sign of life answers', async () => {
    const [log, client] = await open();
    const texts = ['{"method":"SUBSCRIBE"}', 'é'.repeat(100), 'l'.repeat(70_000)];
    for (const text of texts) log.socket.send(text);
    log.socket.probe();
    log.socket.probe();
    await until('all frames', () => client.frames.length >= texts.length + 1);
    expect(client.frames.map(({ first }) => first)).toEqual([FRAME.text, FRAME.text, FRAME.text, FRAME.ping]);
    expect(client.frames.slice(0, 3).map(({ payload }) => payload.toString())).toEqual(texts);
    await turn();
    expect(log.socket.unansweredMs).toBeGreaterThan(0);
    client.send(frame(FRAME.pong, ''));
    await until('the answer is seen', () => log.socket.unansweredMs === 0);
  });

  it('the venue closes: its frames count, its code comes back, nothing behind counts', async () => {
    const [log, client] = await open();
    client.send(Buffer.concat([frame(FRAME.text, 'last'), closeFrame(1001, 'restart'), frame(FRAME.text, 'late')]));
    await until('our close', () => client.closeCode !== undefined);
    client.socket.end();
    await until('closed', () => log.closings.length > 0);
    expect(client.closeCode).toBe(1001);
    expect(log.closings).toEqual([{ reason: DISCONNECT_REASONS.closed, refusal: null, text: 'closed 1001 restart' }]);
    expect(reached(log.probe)).toEqual(digestOf([Buffer.from('last')]));
    expect(log.socket.isOpen).toBe(false);
  });

  it('an end without a close frame, within a frame or not, is a closed connection', async () => {
    for (const rest of [frame(FRAME.text, 'whole'), frame(FRAME.text, 'half').subarray(0, 4), Buffer.alloc(0)]) {
      const [log, client] = await open();
      client.socket.end(rest);
      await until('closed', () => log.closings.length > 0);
      expect(log.closings).toEqual([{ reason: DISCONNECT_REASONS.closed, refusal: null, text: 'closed 1006' }]);
      expect(log.probe.frames).toBe(rest.length === 7 ? 1 : 0);
    }
  });

  it('a reset within a frame is a closed connection, told once', async () => {
    const [log, client] = await open();
    client.send(frame(FRAME.text, 'half').subarray(0, 4));
    await turn();
    client.socket.resetAndDestroy();
    await until('closed', () => log.closings.length > 0);
    await turn();
    expect(log.closings.map(({ reason }) => reason)).toEqual([DISCONNECT_REASONS.closed]);
    expect(log.probe.frames).toBe(0);
  });

  it('we end it: told once, nothing that comes later counts', async () => {
    const [log, client] = await open();
    log.socket.end(DISCONNECT_REASONS.silence, 'too quiet');
    log.socket.end(DISCONNECT_REASONS.local, 'again');
    client.send(frame(FRAME.text, 'late'));
    await until('the client is gone', () => client.ended !== 'open');
    await turn();
    expect(log.closings).toEqual([{ reason: DISCONNECT_REASONS.silence, refusal: null, text: 'too quiet' }]);
    expect(log.probe.frames).toBe(0);
  });

  it('a venue that does not read is given up before it costs memory', async () => {
    const [log, client] = await open();
    client.socket.pause();
    for (let sent = 0; sent < 200 && log.closings.length === 0; sent += 1) {
      log.socket.send('s'.repeat(100_000));
      await turn();
    }
    expect(log.closing).toMatchObject({ reason: DISCONNECT_REASONS.error, refusal: null });
    expect(log.closing?.text).toMatch(/^\d+ unsent bytes exceed 1048576$/);
  });

  it.each([
    ['a redirect', 'HTTP/1.1 301 Moved\r\nLocation: ws://127.0.0.1:1/\r\n\r\n', 'handshake answered 301', null],
    ['an ordinary answer', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'handshake answered 200', null],
    ['403', 'HTTP/1.1 403 Forbidden\r\n\r\n', 'handshake answered 403', { status: 403, retryAfterMs: 0 }],
    ['429', 'HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\n\r\n', 'handshake answered 429', { status: 429, retryAfterMs: 7_000 }],
    ['503', 'HTTP/1.1 503 Away\r\n\r\n', 'handshake answered 503', { status: 503, retryAfterMs: 1_000 }],
  ])('a handshake that is answered with %s is refused, and never followed', async (_, answer, text, refusal) => {
    const [log, client] = await connected();
    client.send(answer);
    await until('refused', () => log.closings.length > 0);
    expect(log.closings).toEqual([{ reason: DISCONNECT_REASONS.refused, refusal, text }]);
    expect(log.opened).toBe(0);
  });

  it.each([
    ['a wrong key', (key: string) => accepted(`${key}x`)],
    ['another upgrade', (key: string) => accepted(key).replace('Upgrade: websocket', 'Upgrade: h2c')],
    ['an extension that nobody offered', (key: string) => accepted(key, 'Sec-WebSocket-Extensions: permessage-deflate\r\n')],
    ['a protocol that nobody offered', (key: string) => accepted(key, 'Sec-WebSocket-Protocol: chat\r\n')],
    ['no HTTP', () => 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['a head without end', () => `HTTP/1.1 101 Switching Protocols\r\n${'X-Fill: 0123456789\r\n'.repeat(2_000)}`],
  ])('a handshake with %s fails', async (_, answer) => {
    const [log, client] = await connected();
    client.send(answer(client.key));
    await until('failed', () => log.closings.length > 0);
    expect(log.closings.map(({ reason, refusal }) => [reason, refusal])).toEqual([[DISCONNECT_REASONS.error, null]]);
    expect([log.opened, log.probe.frames]).toEqual([0, 0]);
  });

  it('a handshake that ends early, and a port where nobody listens, are errors', async () => {
    const [log, client] = await connected();
    client.socket.end('HTTP/1.1 101 Swit');
    await until('failed', () => log.closings.length > 0);
    const nobody = await RawVenue.start();
    await nobody.stop();
    const other = new SocketLog(nobody.url, transport);
    await until('failed', () => other.closings.length > 0);
    for (const { closings } of [log, other]) expect(closings.map(({ reason }) => reason)).toEqual([DISCONNECT_REASONS.error]);
  });

  it.each([
    ['says nothing', () => {}],
    ['says nothing to a TLS client', () => {}],
    ['comes byte by byte', (client: RawClient) => drip(client, accepted(client.key, 'X-Slow: 1\r\n'.repeat(100)))],
  ])('a handshake whose answer %s ends at its deadline', async (how, answer) => {
    const isSecure = how.includes('TLS');
    const log = new SocketLog(isSecure ? venue.url.replace('ws:', 'wss:') : venue.url, transport, false, HANDSHAKE_MS);
    logs.push(log);
    if (!isSecure) answer(await venue.client());
    await until('it ended', () => log.closings.length > 0);
    const text = `no handshake within ${HANDSHAKE_MS} ms`;
    expect(log.closings).toEqual([{ reason: DISCONNECT_REASONS.error, refusal: null, text }]);
    expect(log.opened).toBe(0);
    const [client] = venue.clients;
    await until('the venue sees the end', () => client?.ended !== 'open');
  });

  it('a handshake that was answered has no deadline left', async () => {
    const log = new SocketLog(venue.url, transport, false, 3 * HANDSHAKE_MS);
    logs.push(log);
    const client = await venue.client();
    client.accept();
    await until('open', () => log.opened === 1);
    await new Promise((resolve) => setTimeout(resolve, 3 * HANDSHAKE_MS));
    client.send(frame(FRAME.text, 'here'));
    await until('the frame', () => log.probe.frames === 1);
    expect(log.closings).toEqual([]);
  });

  it('a name that stands for several addresses is tried until one answers', async () => {
    const log = new SocketLog(venue.url.replace('127.0.0.1', 'localhost'), transport);
    logs.push(log);
    const client = await venue.client();
    client.accept();
    client.send(frame(FRAME.text, 'here'));
    await until('the frame', () => log.probe.frames === 1);
    expect(client.request).toMatch(/^host: localhost:/im);
  });

  it('the request names host, path and user, and offers nothing', async () => {
    const log = new SocketLog(`${venue.url.replace('//', '//me:p%40ss@')}/stream?streams=a/b`, transport);
    logs.push(log);
    const { request } = await venue.client();
    const [first, ...headers] = request.split('\r\n').map((line) => line.toLowerCase());
    expect(first).toBe('get /stream?streams=a/b http/1.1');
    const user = Buffer.from('me:p@ss').toString('base64').toLowerCase();
    for (const header of [
      'upgrade: websocket',
      'connection: upgrade',
      'sec-websocket-version: 13',
      `authorization: basic ${user}`,
    ])
      expect(headers).toContain(header);
    expect(headers).toContain(`host: ${new URL(venue.url).host}`);
    expect(headers.filter((header) => /extensions|protocol/.test(header))).toEqual([]);
  });
});
