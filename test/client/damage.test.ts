/** A proxy flips one bit of a delta, any bit of the message: the client notices within one message, or nothing of the book is wrong. */
import { ByteBuffer } from 'flatbuffers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { BookDeltaMessage, EncodingName, TickringClient } from '../../src/client/node.js';
import type { Gateway } from '../../src/gateway/server.js';
import { Body, Message as FlatMessage } from '../../src/model/wire/index.js';
import { Feed } from '../gateway/feed.js';
import { eventually, startTestGateway } from '../gateway/harness.js';
import { randomFrom } from '../gateway/random-market.js';
import { bookText, openClient, TestProxy } from './harness.js';

const BOOK = 'book.binance-usdm.BTCUSDT';
const FLIPS = Number(process.env['TICKRING_FLIPS'] ?? 100);
const SEED = Number(process.env['TICKRING_SEED'] ?? Date.now() % 1_000_000);

/**
 * Members that neither the numbers nor the hash of a book cover (src/client/README.md): damaged, they are delivered as they came. All
 * others make the book, or say which message of which topic it is.
 */
const NOT_COVERED = [
  ...['venue', 'symbol', 'instrument', 'shard', 'epoch', 'sequence', 'frameSeq', 'index'],
  ...['tsEvent', 'tsRecv', 'tsOut', 'flags', 'validDepth'],
];

let feed: Feed;
let gateway: Gateway;
let proxy: TestProxy;
const clients: TickringClient[] = [];

beforeEach(async () => {
  feed = new Feed(['BTCUSDT'], 16_777_216);
  feed.sync('BTCUSDT', [['100.50', '1']], [['200000.50', '1']]);
  gateway = await startTestGateway(feed);
  proxy = await TestProxy.open(gateway.port);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await proxy.close();
  await gateway.stop();
  feed.close();
});

/** A follower of the book, and the deltas that it delivered. */
function follow(url: string, encoding: EncodingName): { client: TickringClient; deltas: Map<number, BookDeltaMessage> } {
  const client = openClient(url, { encoding, reconnectMinMs: 1, reconnectMaxMs: 5 });
  const deltas = new Map<number, BookDeltaMessage>();
  client.on('message', (message) => {
    if (message.type === 'book_delta') deltas.set(message.seq, message);
  });
  client.subscribe(BOOK);
  clients.push(client);
  return { client, deltas };
}

const isCurrent = (client: TickringClient) => bookText(client, BOOK) === feed.bookText('BTCUSDT');

/** How often a client found that something was wrong. */
const findings = ({ stats }: TickringClient): number =>
  stats.hashMismatches + stats.sequenceBreaks + stats.unreadable + stats.reconnects;

const text = (value: unknown): string => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}` : part));

it.each<EncodingName>(['fb', 'msgpack', 'json'])(
  '%s: one damaged bit of a delta is noticed within one message',
  { timeout: 600_000 },
  async (encoding) => {
    const random = randomFrom(SEED);
    const [whole, broken] = [follow(gateway.url, encoding), follow(proxy.url, encoding)];
    for (const { client } of [whole, broken]) await eventually('the book', () => isCurrent(client));
    // No level is removed: to remove another one that is not there either would be no damage.
    const delta = (): void => {
      const levels = (from: number) =>
        Array.from({ length: 4 }, (_, index) => [`${from + index}.50`, (1 + random() * 9).toFixed(3)] as const);
      feed.depth('BTCUSDT', levels(100), levels(200_000));
    };
    const harmless = new Map<string, number>();
    for (let flip = 0; flip < FLIPS; flip += 1) {
      const before = findings(broken.client);
      let damaged: string | undefined;
      proxy.onData = (bytes) => {
        damaged ??= damage(bytes, encoding, random);
      };
      delta();
      const place = await eventually('damage', () => damaged);
      const { seq = 0 } = await eventually('the delta', () => [...whole.deltas.values()].at(-1));
      // One more message. What is not noticed by it is none that the book is made of.
      delta();
      const what = `seed ${SEED}, flip ${flip}: ${place}`;
      await eventually(`the next message, ${what}`, () => whole.deltas.has(seq + 1) && isCurrent(whole.client));
      await eventually(`the book again, ${what}`, () => broken.client.book(BOOK)?.seq === seq + 1 && isCurrent(broken.client));
      if (findings(broken.client) > before) continue;
      const [sent, got] = [whole.deltas.get(seq), broken.deltas.get(seq)].map((each) => new Map(Object.entries(each ?? {})));
      const names = [...(sent?.keys() ?? [])].filter((name) => text(sent?.get(name)) !== text(got?.get(name)));
      expect(
        names.filter((name) => !NOT_COVERED.includes(name)),
        what,
      ).toEqual([]);
      const name = names.join(' and ') || 'nothing that is read';
      harmless.set(name, (harmless.get(name) ?? 0) + 1);
    }
    const passed = [...harmless.values()].reduce((sum, count) => sum + count, 0);
    const list = [...harmless].map(([name, count]) => `${name} ${count}`).join(', ');
    process.stdout.write(`damage: ${encoding}, seed ${SEED}: ${FLIPS - passed} of ${FLIPS} bits noticed; not: ${list}\n`);
    expect(FLIPS - passed).toBeGreaterThan(FLIPS / 4);
  },
);

/** Flips a bit of the first delta in these bytes, anywhere in the message; says which. The frame's own head is left as it is. */
function damage(bytes: Buffer, encoding: EncodingName, random: () => number): string | undefined {
  for (let at = 0; at + 2 <= bytes.length; ) {
    const short = bytes[at + 1] ?? 0;
    const length = short < 126 ? short : bytes.readUInt16BE(at + 2);
    const start = at + (short < 126 ? 2 : 4);
    const message = bytes.subarray(start, start + length);
    at = start + length;
    if (message.length < length || !isDelta(message, encoding)) continue;
    const place = Math.floor(random() * length);
    const bit = Math.floor(random() * 8);
    message[place] = (message[place] ?? 0) ^ (1 << bit);
    return `bit ${bit} of byte ${place} of ${length}`;
  }
  return undefined;
}

function isDelta(message: Buffer, encoding: EncodingName): boolean {
  if (encoding !== 'fb') return message.includes('"book_delta"') || message.includes('book_delta');
  if (message.toString('latin1', 4, 8) !== 'TKR1') return false;
  return FlatMessage.getRootAsMessage(new ByteBuffer(message)).bodyType() === Body.BookDelta;
}
