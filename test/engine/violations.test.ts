/** What a venue may not send, over real sockets: the close code of RFC 6455 goes out, nothing behind counts, memory stays. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DISCONNECT_REASONS } from '#dist/model/codes.js';
import { closeFrame, FRAME, frame, RawVenue, until } from './raw-venue.js';
import { digestOf, reached, SocketLog } from './socket-log.js';

let venue: RawVenue;
beforeEach(async () => {
  venue = await RawVenue.start();
});
afterEach(() => venue.stop());

const BEFORE = frame(FRAME.text, '{"before":1}');
const BEHIND = Buffer.concat([frame(FRAME.text, '{"behind":1}'), frame(FRAME.ping, 'behind')]);
const LONG = Buffer.alloc(10);
LONG[0] = FRAME.text;
LONG[1] = 127;
LONG.writeBigUInt64BE(BigInt((8 << 20) + 1), 2);

/** Name, bytes, close code. */
const VIOLATIONS: readonly (readonly [string, Buffer, number])[] = [
  ['a reserved bit', frame(FRAME.text | 0x40, 'x'), 1002],
  ['all reserved bits on a ping', frame(FRAME.ping | 0x70, ''), 1002],
  ['a reserved opcode', frame(0x83, 'x'), 1002],
  ['a reserved control opcode', frame(0x8b, ''), 1002],
  ['a masked frame', Buffer.from([FRAME.text, 0x81, 1, 2, 3, 4, 5]), 1002],
  ['a ping of 126 bytes', frame(FRAME.ping, 'x'.repeat(126)), 1002],
  ['a ping in fragments', frame(0x09, 'x'), 1002],
  ['a continuation of nothing', frame(0x80, 'x'), 1002],
  ['a message within a message', Buffer.concat([frame(0x01, 'x'), frame(FRAME.text, 'y')]), 1002],
  ['a close of one byte', frame(FRAME.close, 'x'), 1002],
  ['a close code that must not be sent', closeFrame(1005), 1002],
  ['a close reason that is no UTF-8', frame(FRAME.close, Buffer.from([3, 0xe8, 0xff])), 1007],
  ['a message beyond 8 MiB', LONG, 1009],
  [
    'fragments that together exceed 8 MiB',
    Buffer.concat([frame(0x01, Buffer.alloc(5 << 20)), frame(0x80, Buffer.alloc(5 << 20))]),
    1009,
  ],
  ['a message in too many fragments', Buffer.concat([frame(0x01), ...Array.from({ length: 16_384 }, () => frame(0x00))]), 1008],
];

describe.each(['native', 'ws'] as const)('over %s', (transport) => {
  // Without a check of text, which is the core's, the library does not check reasons either.
  const all = VIOLATIONS.filter(([, , code]) => transport === 'native' || code !== 1007);
  it.each(all)('%s ends the connection', async (_, bytes, code) => {
    const log = new SocketLog(venue.url, transport);
    const client = await venue.client();
    client.accept();
    client.send(Buffer.concat([BEFORE, bytes, BEHIND]));
    await until('the end', () => log.closings.length > 0 && client.ended !== 'open');
    expect(client.closeCode).toBe(code);
    expect(log.closings).toEqual([{ reason: DISCONNECT_REASONS.error, refusal: null, text: expect.any(String) }]);
    expect(reached(log.probe)).toEqual(digestOf([Buffer.from('{"before":1}')]));
    expect(client.frames.map(({ first }) => first)).toEqual([FRAME.close]);
  });
});

describe('over native', () => {
  it.each([
    ['1002', frame(0x83, 'x'), /^opcode 0x3 is reserved \(1002\)$/],
    ['1009', LONG, /^message length 8388609 exceeds 8388608 \(1009\)$/],
  ])('the reason names value and limit (%s)', async (_, bytes, text) => {
    const log = new SocketLog(venue.url, 'native');
    const client = await venue.client();
    client.accept();
    client.send(bytes);
    await until('the end', () => log.closings.length > 0);
    expect(log.closing?.text).toMatch(text);
  });

  it('a length that is longer than needed ends the connection, which the library lets pass', async () => {
    const log = new SocketLog(venue.url, 'native');
    const client = await venue.client();
    client.accept();
    client.send(Buffer.from([FRAME.text, 126, 0, 1, 0x78]));
    await until('the end', () => log.closings.length > 0 && client.closeCode !== undefined);
    expect(client.closeCode).toBe(1002);
  });

  it.each([[Buffer.from([0xff])], [Buffer.from('\u20ac').subarray(0, 2)], [Buffer.from([0xed, 0xa0, 0x80])]])(
    'text that is no UTF-8 (%o) ends the connection with 1007 where the reader checks it, and reaches the core where that does',
    async (text) => {
      const [strict, lenient] = [new SocketLog(venue.url, 'native', true), new SocketLog(venue.url, 'native')];
      const clients = [await venue.client(0), await venue.client(1)];
      for (const client of clients) {
        client.accept();
        client.send(Buffer.concat([BEFORE, frame(FRAME.text, text)]));
      }
      await until('both', () => strict.closings.length > 0 && lenient.probe.frames === 2);
      await until('our close', () => clients.some(({ closeCode }) => closeCode === 1007));
      expect(strict.probe.frames).toBe(1);
      expect(reached(lenient.probe)).toEqual(digestOf([Buffer.from('{"before":1}'), text]));
      lenient.socket.end(DISCONNECT_REASONS.local, 'done');
    },
  );

  it('8 MiB in fragments, and pings without end, cost no more memory than one message', async () => {
    const log = new SocketLog(venue.url, 'native');
    const client = await venue.client();
    client.accept();
    const part = Buffer.alloc((8 << 20) / 64);
    const message = Buffer.concat([
      frame(0x02, part),
      ...Array.from({ length: 62 }, () => frame(0x00, part)),
      frame(0x80, part),
    ]);
    const pings = Buffer.concat(Array.from({ length: 5_000 }, () => frame(FRAME.ping, 'x'.repeat(125))));
    const send = async (times: number): Promise<void> => {
      const goal = log.probe.frames + times;
      for (let sent = 0; sent < times; sent += 1) {
        client.send(Buffer.concat([message, pings]));
        await until('it is read', () => client.socket.writableLength === 0);
      }
      await until('all are read', () => log.probe.frames === goal);
    };
    await send(5);
    const before = process.memoryUsage.rss();
    await send(20);
    // 160 MiB went through; what is kept is one buffer and what the collector has not looked at yet.
    expect(process.memoryUsage.rss() - before).toBeLessThan(96 << 20);
    expect(log.closings).toEqual([]);
    log.socket.end(DISCONNECT_REASONS.local, 'done');
  });
});
