/** Recorded days over real sockets, in fragments and odd pieces: both transports end in the books of an independent program. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hftbacktestInputs } from '#dist/cli/replay/hftbacktest.js';
import type { SocketInputs } from '#dist/engine/socket.js';
import { openSocket } from '#dist/engine/transports.js';
import { CHANNELS, DISCONNECT_REASONS, VENUES } from '#dist/model/codes.js';
import type { TransportName } from '#dist/model/config.js';
import { Shard, STAMP_HERE } from '#dist/native/index.js';
import { captures } from '../cli/recordings.js';
import { accepted, FRAME, frame, type RawClient, RawVenue, turn, until } from './raw-venue.js';
import { TRANSPORTS } from './rig.js';

/** A guard against hangs alone: four days over sockets take their time on a busy machine. */
const WATCHDOG_MS = 300_000;
const CONNECTION = 1;
const INSTRUMENT = 1;

interface OracleBook {
  readonly venue: 'spot' | 'usdm';
  readonly files: readonly string[];
  readonly sha256: string;
  readonly last_update_id: number;
}

/** The same cuts on every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}

function shardFor(venue: number, symbol: string): Shard {
  const options = { name: 'r', shard: 0, epoch: 1n, prevEpoch: 0n, ringBytes: 0, instrumentsMax: 1, depth: 20 };
  const shard = new Shard({ ...options, snapshotIntervalMs: 0 });
  shard.connect(CONNECTION, venue, STAMP_HERE);
  const scale = { priceExponent: -8, qtyExponent: -8, tickSize: 0n, lotSize: 0n };
  shard.instrument({ id: INSTRUMENT, venue, symbol, ...scale, trading: true, changeCount: 0 }, STAMP_HERE);
  shard.subscribe(CONNECTION, INSTRUMENT, CHANNELS.book, STAMP_HERE);
  return shard;
}

/** A message as one frame, or in two or three, sometimes with a ping between them. */
function spelled(bytes: Buffer, random: Generator<number, never>): Buffer {
  const kind = random.next().value % 4;
  if (kind < 2) return frame(FRAME.text, bytes);
  const cut = random.next().value % (bytes.length + 1);
  const end = cut + (random.next().value % (bytes.length - cut + 1));
  const [one, two, three] = [bytes.subarray(0, cut), bytes.subarray(cut, end), bytes.subarray(end)];
  if (kind === 2) return Buffer.concat([frame(0x01, one), frame(0x80, bytes.subarray(cut))]);
  // The library gives up a connection with more than a few pings in one read.
  const ping = random.next().value % 64 === 0 ? frame(FRAME.ping, 'between') : Buffer.alloc(0);
  return Buffer.concat([frame(0x01, one), ping, frame(0x00, two), frame(0x80, three)]);
}

/** Everything that waits, in pieces of 1 byte to 64 KiB, most of them small. */
async function sendInPieces(client: RawClient, waiting: Buffer[], random: Generator<number, never>): Promise<void> {
  const bytes = Buffer.concat(waiting);
  waiting.length = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + (random.next().value % 2 ** (random.next().value % 17));
    client.send(bytes.subarray(at, end));
    at = end;
    if (random.next().value % 8 === 0) await turn();
  }
}

async function finalBook(transport: TransportName, book: OracleBook, folder: string): Promise<Shard> {
  const files = book.files.map((name) => join(folder, 'binance/hftbacktest', name));
  const symbol = /(btc|eth)usdt/.exec(book.files[0] ?? '')?.[0].toUpperCase() ?? '';
  const shard = shardFor(VENUES[`binance-${book.venue}`], symbol);
  const venue = await RawVenue.start();
  const ingest = shard.ingester();
  const inputs: SocketInputs = {
    frame: (connection, bytes) => void (ingest(connection, bytes, bytes.length) > 0 && shard.requests()),
    frames: (connection) => shard.socket(connection),
    attend: () => void shard.requests(),
    sample: () => {},
  };
  const events = { open: () => {}, closed: () => {} };
  const socket = openSocket({ url: venue.url, transport, connection: CONNECTION, inputs, events });
  const client = await venue.client();
  const random = numbers(20_240_808);
  const waiting: Buffer[] = [Buffer.from(accepted(client.key))];
  let sent = 0;
  const flush = async (): Promise<void> => {
    await sendInPieces(client, waiting, random);
    await until('all frames', () => socket.frames === sent);
  };
  for await (const input of hftbacktestInputs(files)) {
    if (input.kind === 'frame') {
      sent += 1;
      waiting.push(spelled(input.bytes, random));
      if (sent % 500 === 0) await flush();
    } else if (input.kind === 'depth') {
      await flush();
      shard.depthSnapshot(INSTRUMENT, input.bytes, input.bytes.length, STAMP_HERE);
    }
  }
  await flush();
  socket.end(DISCONNECT_REASONS.local, 'done');
  await venue.stop();
  return shard;
}

const folder = captures();
// Where everything is checked, nothing is left out in silence.
it.runIf(folder === undefined && process.env['CI'] !== undefined)('real recordings are at hand', () => {
  expect.fail('no recordings: set TICKRING_CAPTURES');
});
if (folder === undefined) process.stderr.write('no recordings: set TICKRING_CAPTURES to send real ones over sockets\n');
describe.skipIf(folder === undefined)('recorded days (TICKRING_CAPTURES)', () => {
  const oracle = (): [string, OracleBook][] =>
    Object.entries(JSON.parse(readFileSync(join(folder ?? '', 'oracle/books.json'), 'utf8')));
  it.each(TRANSPORTS)(
    'over %s end in the true books',
    async (transport) => {
      for (const [name, book] of oracle()) {
        const shard = await finalBook(transport, book, folder ?? '');
        const held = shard.bookText(INSTRUMENT);
        const sha256 = createHash('sha256')
          .update(held?.text ?? '')
          .digest('hex');
        expect({ name, inSync: held?.inSync, id: Number(held?.lastUpdateId), sha256 }).toEqual({
          name,
          inSync: true,
          id: book.last_update_id,
          sha256: book.sha256,
        });
        shard.close();
      }
    },
    WATCHDOG_MS,
  );
});
