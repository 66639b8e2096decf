/** Recordings over their venues' own protocols: whoever connects gets what was recorded, and ends in the recorded book. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileRecording, venueOf } from '../../src/cli/replay/serve-files.js';
import type { Format } from '../../src/cli/replay.js';
import { inputsOf } from '../../src/cli/replay.js';
import type { Venue } from '../../src/model/venue.js';
import { type Playback, startPlayback, startSimulator, type VenueName } from '../../src/simulator/index.js';
import { venueByName } from '../../src/venues/index.js';
import { BookClient, TestSocket, until } from '../simulator/venue-client.js';
import { eventually, Place, Program, run } from './program.js';
import { captures, hftbacktestText, type Recording, record } from './recordings.js';

type Binance = 'binance-spot' | 'binance-usdm';
const MARKETS: readonly Binance[] = ['binance-spot', 'binance-usdm'];

let folder: string;
const made = new Map<string, Recording>();
const open: Playback[] = [];

function venue(name: string): Venue {
  const found = venueByName(name);
  if (found === undefined) throw new Error(`no venue ${name}`);
  return found;
}

function recordingOf(name: Binance): Recording {
  return made.get(name) as Recording;
}

async function served(name: string, format: Format, files: readonly string[], speed?: number, waitFor = 1): Promise<Playback> {
  const inputs = () => inputsOf(venue(name), format, files);
  const playback = await startPlayback({
    venues: [await venueOf(venue(name), inputs)],
    open: () => new FileRecording(venue(name), inputs),
    speed,
    waitFor,
    // Some clients here listen and never ask; real ones have five seconds.
    askMs: 500,
  });
  open.push(playback);
  return playback;
}

/** The simulator's recording of this market. */
function simulated(name: Binance, speed?: number, waitFor?: number): Promise<Playback> {
  return served(name, 'hftbacktest', [join(folder, name)], speed, waitFor);
}

function addressOf(playback: Playback) {
  const [first] = playback.venues;
  if (first === undefined) throw new Error('no venue is served');
  return first;
}

/** A client of one book that follows the venue's own steps. */
async function bookClient(
  playback: Playback,
  symbol: string,
  stream: string,
): Promise<{ book: BookClient; socket: TestSocket }> {
  const address = addressOf(playback);
  const book = new BookClient(address, symbol);
  const socket = new TestSocket(`${address.wsUrl}/ws/${symbol.toLowerCase()}@${stream}`);
  socket.onText = (text) => {
    const message = JSON.parse(text);
    if (message.e === 'depthUpdate') book.receive(message);
  };
  await until(() => socket.ws.readyState === socket.ws.OPEN);
  return { book, socket };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-serve-'));
  for (const name of MARKETS) {
    const recording = await record(name, 'BTCUSDT', 40);
    made.set(name, recording);
    writeFileSync(join(folder, name), hftbacktestText(recording));
  }
});

afterAll(async () => {
  for (const playback of open) await playback.close();
  rmSync(folder, { recursive: true });
});

describe.each(MARKETS)('%s', (name) => {
  test('a client that keeps the venue’s rule ends in the true book, without a gap, from the recorded snapshot', async () => {
    const playback = await simulated(name);
    const playing = playback.play();
    const { book, socket } = await bookClient(playback, 'BTCUSDT', 'depth@100ms');
    await playing;
    await until(() => book.synced && book.lastId === recordingOf(name).lastUpdateId);
    expect(book).toMatchObject({ gaps: 0, failures: 0, snapshots: 1 });
    expect(book.text()).toBe(recordingOf(name).book);
    await socket.close();
  });

  test('messages are those of the recording, bit for bit, in its order', async () => {
    const playback = await simulated(name);
    const playing = playback.play();
    const path = name === 'binance-usdm' ? '/public/stream' : '/stream';
    const recorded = recordingOf(name).lines.flatMap(({ kind, text }) => (kind === 'frame' ? [text] : []));
    const streams = [...new Set(recorded.map((text) => JSON.parse(text).stream as string))];
    const socket = await TestSocket.open(`${addressOf(playback).wsUrl}${path}?streams=${streams.join('/')}`);
    await playing;
    await until(() => socket.texts.length >= recorded.length);
    expect(socket.texts).toEqual(recorded);
    await socket.close();
  });

  test('who comes when all is played gets the last book by REST, and fewer levels when asked for fewer', async () => {
    const playback = await simulated(name, undefined, 0);
    await playback.play();
    const { restUrl } = addressOf(playback);
    const path = name === 'binance-usdm' ? '/fapi/v1/depth' : '/api/v3/depth';
    const ask = async (limit: number) => (await fetch(`${restUrl}${path}?symbol=BTCUSDT&limit=${limit}`)).json();
    const whole = (await ask(1_000)) as { lastUpdateId: number; bids: string[][]; asks: string[][] };
    const rows = recordingOf(name).book.trimEnd().split('\n');
    const plain = (letter: string, side: string[][]) => side.map(([price, qty]) => `${letter} ${Number(price)} ${Number(qty)}`);
    const numbers = rows.map((row) => row.replace(/[\d.]+/g, (text) => String(Number(text))));
    expect(whole.lastUpdateId).toBe(recordingOf(name).lastUpdateId);
    expect([...plain('B', whole.bids), ...plain('A', whole.asks)]).toEqual(numbers);
    expect(await ask(5)).toMatchObject({ bids: whole.bids.slice(0, 5), asks: whole.asks.slice(0, 5) });
  });
});

test('a book asked for before the recording has one is answered with the recorded snapshot', async () => {
  const playback = await simulated('binance-usdm');
  const { restUrl, wsUrl } = addressOf(playback);
  const playing = playback.play();
  const answer = fetch(`${restUrl}/fapi/v1/depth?symbol=BTCUSDT&limit=1000`).then((response) => response.text());
  await until(() => playback.stats().restRequests === 1);
  const socket = await TestSocket.open(`${wsUrl}/ws/btcusdt@depth@100ms`);
  expect(await answer).toBe(recordingOf('binance-usdm').lines.find(({ kind }) => kind === 'depth')?.text);
  await playing;
  await socket.close();
});

test('a stream at another pace than was recorded carries the recorded one under the name that was asked for', async () => {
  const playback = await simulated('binance-usdm');
  const playing = playback.play();
  const socket = await TestSocket.open(`${addressOf(playback).wsUrl}/stream?streams=btcusdt@depth@500ms`);
  await playing;
  const recorded = recordingOf('binance-usdm').lines.filter(({ text }) => text.includes('"depthUpdate"'));
  await until(() => socket.texts.length >= recorded.length);
  expect(socket.events('btcusdt@depth@500ms')).toEqual(recorded.map(({ text }) => JSON.parse(text).data));
  await socket.close();
});

test('the clock keeps the recorded distances, as many times as fast as it is told to', async () => {
  const speed = 2;
  const { lines } = recordingOf('binance-usdm');
  const spanMs = Number((lines.at(-1)?.tsRecv ?? 0n) - (lines[0]?.tsRecv ?? 0n)) / 1e6;
  const playback = await simulated('binance-usdm', speed, 0);
  const startedAt = performance.now();
  await playback.play();
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(spanMs / speed);
  expect(playback.stats().inputs).toBe(lines.length);
});

test('played anew, it ends connections first, and begins when somebody subscribes', async () => {
  const playback = await simulated('binance-usdm');
  const { book: wanted, lastUpdateId } = recordingOf('binance-usdm');
  let playing = playback.play();
  const first = await bookClient(playback, 'BTCUSDT', 'depth');
  await playing;
  await until(() => first.book.lastId === lastUpdateId);
  playing = playback.play();
  await until(() => first.socket.closed !== undefined);
  expect(first.socket.closed?.code).toBe(1001);
  const second = await bookClient(playback, 'BTCUSDT', 'depth');
  await playing;
  await until(() => second.book.lastId === lastUpdateId);
  for (const { book } of [first, second]) {
    expect(book).toMatchObject({ gaps: 0, snapshots: 1 });
    expect(book.text()).toBe(wanted);
  }
  expect(second.book.applied).toBe(first.book.applied);
  await second.socket.close();
});

test('a client that does not read is waited for, and misses nothing', async () => {
  const playback = await simulated('binance-spot');
  const playing = playback.play();
  const { book, socket } = await bookClient(playback, 'BTCUSDT', 'depth@100ms');
  socket.ws.pause();
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.ws.resume();
  await playing;
  await until(() => book.lastId === recordingOf('binance-spot').lastUpdateId);
  expect(book.text()).toBe(recordingOf('binance-spot').book);
  expect(playback.stats().closedSlow).toBe(0);
  await socket.close();
});

test.each([
  [['--serve', '--verify'], /--verify has no meaning with --serve/],
  [['--serve', '--into-ring', 'x'], /--into-ring has no meaning with --serve/],
  [['--loop'], /--loop has no meaning without --serve/],
  [['--ask-within', '1s'], /--ask-within has no meaning without --serve/],
  [['--serve', '--ask-within', '5'], /duration 5 is none of 1ms/],
  [['--serve', '--port', '70000'], /--port 70000 is no whole number of 0 ..= 65535/],
  [['--serve', '--wait-for', '-1'], /--wait-for -1 is no whole number/],
  [['--serve', '--speed', '0'], /--speed 0 is neither max nor a number/],
])('replay %s ends with 64 and one line', async (flags, message) => {
  const ended = await run([
    'replay',
    join(folder, 'binance-spot'),
    '--venue',
    'binance-spot',
    '--format',
    'hftbacktest',
    ...flags,
  ]);
  expect(ended.stderr).toMatch(message);
  expect(ended.stderr.trim().split('\n')).toHaveLength(1);
  expect(ended.code).toBe(64);
});

/** Venues whose books come whole in the stream, numbered and by checksum, and such as are fetched. */
const VENUES: readonly VenueName[] = [
  'binance-usdm',
  'binance-spot',
  'bybit-linear',
  'deribit',
  'okx-swap',
  'kraken-spot',
  'kraken-futures',
  'coinbase',
  'backpack',
];

describe('an engine’s journal', () => {
  const place = { first: new Place(), second: new Place() };
  afterAll(() => {
    for (const each of Object.values(place)) each.remove();
  });

  interface Address {
    readonly name: string;
    readonly ws_url: string;
    readonly rest_url: string;
    readonly symbols: readonly string[];
  }

  function configured(at: Place, venues: readonly Address[]): string {
    const feeds = venues.map(({ name, symbols, ...urls }) => ({ venue: name, symbols, ...urls }));
    const file = join(at.folder, 'tickring.json');
    writeFileSync(file, JSON.stringify({ shards: 2, feeds }));
    return file;
  }

  async function booksOf(at: Place): Promise<Record<string, string>> {
    const { stdout } = await run(['replay', join(at.folder, 'state/journal'), '--json']);
    const { shards } = JSON.parse(stdout) as { shards: { books: { venue: string; symbol: string; sha256: string }[] }[] };
    return Object.fromEntries(
      shards.flatMap(({ books }) => books).map((book) => [`${book.venue}:${book.symbol}`, book.sha256]),
    );
  }

  test('served, gives a second engine the same books, whenever its feeds come', async () => {
    const simulator = await startSimulator({ venues: VENUES, seed: 7, rate: 100 });
    const symbols = (name: VenueName) => Object.keys(simulator.stats().venues.find((of) => of.name === name)?.symbols ?? {});
    const addresses = simulator.venues.map(({ name, wsUrl, restUrl }) => {
      return { name, ws_url: wsUrl, rest_url: restUrl, symbols: symbols(name).slice(0, 2) };
    });
    const first = place.first.start('--config', configured(place.first, addresses), '--for', '6s');
    expect((await first.ended).code).toBe(0);
    await simulator.close();
    const journal = join(place.first.folder, 'state/journal');
    const server = new Program(['replay', journal, '--serve', '--speed', '0.5', '--json'], {}, 300_000);
    const said = (event: string) => server.stdout.split('\n').find((line) => line.includes(`"event":"${event}"`));
    const { venues } = JSON.parse(await eventually('it serves', () => said('serving'))) as { venues: Address[] };
    expect(venues.map(({ name }) => name).sort()).toEqual([...VENUES].sort());
    const second = place.second.start('--config', configured(place.second, venues));
    await eventually('it is played', () => said('played'));
    const wanted = await booksOf(place.first);
    expect(Object.keys(wanted)).toHaveLength(2 * VENUES.length);
    // What was sent last is on its way; a journal can be read while it is written.
    await eventually('all books are equal', async () => {
      const found = await booksOf(place.second);
      return Object.entries(wanted).every(([book, hash]) => found[book] === hash);
    }).catch(() => {});
    second.kill('SIGINT');
    await second.ended;
    expect(await booksOf(place.second)).toEqual(wanted);
    server.kill('SIGINT');
    expect((await server.ended).code).toBe(0);
  }, 600_000);
});

describe.skipIf(captures() === undefined)('real recordings', () => {
  const path = (file: string): string => join(captures() ?? '', file);

  test.each([
    ['binance-usdm', 'usdm_btcusdt_20240808', 'binance/hftbacktest/usdm/btcusdt_20240808.gz', 'depth@0ms'],
    ['binance-spot', 'spot_ethusdt_202408', 'binance/hftbacktest/spot/ethusdt_20240808.gz', 'depth@100ms'],
  ])(
    '%s: a client that keeps the venue’s rule ends in the book of an independent program',
    async (name, of, file, stream) => {
      const files = of.startsWith('spot') ? [path(file), path(file.replace('0808', '0809'))] : [path(file)];
      const oracle = JSON.parse((await import('node:fs')).readFileSync(path('oracle/books.json'), 'utf8'))[of];
      const playback = await served(name, 'hftbacktest', files);
      const symbol = of.split('_')[1]?.toUpperCase() ?? '';
      const playing = playback.play();
      const { book, socket } = await bookClient(playback, symbol, stream);
      await playing;
      await until(() => book.lastId === oracle.last_update_id);
      expect(book).toMatchObject({ gaps: 0, snapshots: 1 });
      expect(createHash('sha256').update(book.text()).digest('hex')).toBe(oracle.sha256);
      await socket.close();
    },
    300_000,
  );
});
