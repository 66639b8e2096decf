import { afterEach, expect, test } from 'vitest';
import { CODES } from '#dist/model/codes.js';
import {
  ENDED_BIT,
  EVENTS_MASK,
  FrameProbe,
  MESSAGE_BIT,
  MORE_BIT,
  native,
  REJECTED_BIT,
  REPLY_BIT,
  REQUESTS_BIT,
  type SocketFrames,
  STAMP_HERE,
  websocketFrame,
} from '#dist/native/index.js';
import { closeFrame, FRAME, frame } from '../engine/raw-venue.js';
import { CONNECTION, depthFrame, INSTRUMENT, Market } from './market.js';

let market: Market;
afterEach(() => market?.shard.close());

/** Hands over a chunk as the engine does, and notes what it had to look at, in order. */
function deliver(frames: SocketFrames, chunk: Buffer, look: (result: number) => void): number {
  const receive = frames.receiver();
  let calls = 0;
  for (let from = 0; ; from = frames.position) {
    calls += 1;
    const result = receive(chunk, from, chunk.length);
    look(result);
    if (result < 0 || (result & MORE_BIT) === 0) return calls;
  }
}

test('chunks: many frames of one chunk leave the same book as one call each, and count their events', () => {
  const other = new Market();
  market = new Market();
  market.shard.requests();
  const deltas = Array.from({ length: 50 }, (_, index) =>
    depthFrame(market.updateId + index, [[`${10 + index}.00`, `${index + 1}.5`]], [['99.99', `${index}.25`]]),
  );
  const frames = market.shard.socket(CONNECTION);
  const chunk = Buffer.concat([
    ...deltas.map((delta) => frame(FRAME.text, delta)),
    frame(FRAME.text, deltas[0]).subarray(0, 20),
  ]);
  const results: number[] = [];
  expect(deliver(frames, chunk, (result) => results.push(result))).toBe(1);
  for (const delta of deltas) other.ingest(delta);
  expect(results.map((result) => [result & EVENTS_MASK, result & ~EVENTS_MASK])).toEqual([[50, MESSAGE_BIT]]);
  expect(market.text().split('\n').slice(1)).toEqual(other.text().split('\n').slice(1));
  expect(market.shard.bookText(INSTRUMENT)?.lastUpdateId).toBe(other.shard.bookText(INSTRUMENT)?.lastUpdateId);
  expect(frames.messages).toBe(50);
  other.shard.close();
});

test('chunks: refused frames and requests are looked at in their order, the rest of the chunk after them', () => {
  market = new Market();
  market.shard.requests();
  const id = market.updateId;
  const spoilt = [Buffer.from('{"no json'), Buffer.from([0x7b, 0xff, 0x7d]), Buffer.alloc(0)];
  const [one = spoilt[0], two = spoilt[0], three = spoilt[0]] = spoilt as [Buffer, Buffer, Buffer];
  const chunk = Buffer.concat([
    frame(FRAME.text, one),
    frame(FRAME.text, depthFrame(id, [['10.00', '1.0']], [])),
    frame(FRAME.ping, 'p'),
    frame(FRAME.text, two),
    // In fragments, and behind it one that leaves a gap.
    frame(0x01, three),
    frame(0x80, ''),
    frame(FRAME.text, depthFrame(id + 5, [['10.00', '2.0']], [])),
    frame(FRAME.text, depthFrame(id + 6, [['10.00', '3.0']], [])),
  ]);
  const seen: string[] = [];
  const refused: Buffer[] = [];
  const frames = market.shard.socket(CONNECTION);
  deliver(frames, chunk, (result) => {
    if ((result & REJECTED_BIT) !== 0) {
      refused.push(frames.refused());
      seen.push(`refused ${market.shard.rejection()?.code}`);
    }
    if ((result & REPLY_BIT) !== 0) seen.push(`reply ${frames.reply(1)?.length}`);
    if ((result & REQUESTS_BIT) !== 0) for (const { kind } of market.shard.requests()) seen.push(kind);
  });
  expect(seen).toEqual([
    'refused FRAME_NOT_JSON',
    'refused FRAME_NOT_UTF8',
    'reply 7',
    'refused FRAME_NOT_JSON',
    'depth_snapshot',
  ]);
  expect(refused).toEqual(spoilt);
  expect(frames.messages).toBe(6);
  expect(frames.refused()).toHaveLength(0);
});

test('chunks: a close and a violation end the stream once, with what is owed to the venue', () => {
  market = new Market();
  for (const [bytes, expected] of [
    [closeFrame(1001, 'away'), { code: 1001, text: 'away', isViolation: false }],
    [frame(FRAME.close, ''), { code: 1005, text: '', isViolation: false }],
    [Buffer.from([0x91, 0]), { code: 1002, isViolation: true }],
  ] as const) {
    const frames = market.shard.socket(CONNECTION);
    const receive = frames.receiver();
    expect(frames.ending()).toBeNull();
    const chunk = Buffer.concat([bytes, frame(FRAME.text, '{'), bytes]);
    expect(receive(chunk, 0, chunk.length) & (ENDED_BIT | REPLY_BIT | MESSAGE_BIT)).toBe(ENDED_BIT | REPLY_BIT);
    expect(frames.ending()).toMatchObject(expected);
    expect(frames.reply(0)?.[0]).toBe(FRAME.close);
    expect(frames.reply(0)).toBeNull();
    // Whatever else arrives is swallowed.
    expect(receive(chunk, 0, chunk.length)).toBe(ENDED_BIT);
    expect(frames.messages).toBe(0);
  }
});

test('chunks: arguments that make no sense are negative codes, and change nothing', () => {
  market = new Market();
  const frames = market.shard.socket(CONNECTION);
  const receive = frames.receiver();
  const chunk = Buffer.alloc(10);
  const range = -CODES.ARGUMENT_RANGE.number;
  expect(receive(chunk, 0, 11)).toBe(range);
  expect(receive(chunk, 5, 4)).toBe(range);
  expect(receive(chunk, 11, 10)).toBe(range);
  expect(receive('text' as unknown as Buffer, 0, 1)).toBe(range);
  expect(receive(Buffer.from(new SharedArrayBuffer(8)), 0, 8)).toBe(range);
  expect((receive as () => number)()).toBe(range);
  expect(frames.messages).toBe(0);
  for (const connection of [65_536, 4_294_967_295])
    expect(() => native(() => market.shard.socket(connection))).toThrow(`connection ${connection} exceeds 65535`);
  const before = market.text();
  const text = frame(FRAME.text, depthFrame(market.updateId, [['1.00', '1.0']], []));
  frames.close();
  frames.close();
  expect(receive(text, 0, text.length)).toBe(-CODES.CLOSED.number);
  expect(market.text()).toBe(before);
  const late = market.shard.socket(CONNECTION).receiver();
  market.shard.close();
  expect(late(text, 0, text.length)).toBe(-CODES.CLOSED.number);
  expect(market.shard.tick(STAMP_HERE)).toBe(-CODES.CLOSED.number);
});

test('chunks: a function outlives its object, and garbage collection of it', () => {
  market = new Market();
  const delta = frame(FRAME.text, depthFrame(market.updateId, [['1.00', '1.0']], []));
  const receive = market.shard.socket(CONNECTION).receiver();
  const fill = Array.from({ length: 50_000 }, (_, index) => ({ index, text: `${index}` }));
  globalThis.gc?.();
  expect(fill).toHaveLength(50_000);
  expect(receive(delta, 0, delta.length) & EVENTS_MASK).toBe(1);
});

test('chunks: frames of ours are masked; nonsense is refused with its value', () => {
  const bytes = websocketFrame(1, Buffer.from('hello'), 0x04030201);
  expect([...bytes.subarray(0, 6)]).toEqual([0x81, 0x85, 1, 2, 3, 4]);
  expect(Buffer.from(bytes.subarray(6).map((byte, index) => byte ^ ((index % 4) + 1))).toString()).toBe('hello');
  expect(() => native(() => websocketFrame(3, Buffer.alloc(0), 0))).toThrow('opcode 3 is reserved');
  expect(() => native(() => websocketFrame(300, Buffer.alloc(0), 0))).toThrow('opcode 300 is reserved');
  expect(() => native(() => websocketFrame(9, Buffer.alloc(126), 0))).toThrow('control frame length 126 exceeds 125');
});

test('chunks: a probe tells frames apart by length, bytes and order', () => {
  const digest = (...texts: string[]): string => {
    const probe = new FrameProbe(true);
    const ingest = probe.ingester();
    for (const text of texts) ingest(1, Buffer.from(text), text.length);
    return probe.digest;
  };
  const all = [digest(), digest(''), digest('', ''), digest('ab'), digest('a', 'b'), digest('b', 'a'), digest('ab', '')];
  expect(new Set(all).size).toBe(all.length);
  expect(digest('a', 'b')).toBe(digest('a', 'b'));
});
