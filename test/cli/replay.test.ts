import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nanosecondsOf } from '../../src/cli/replay/cryptofeed.js';
import { streamsOfMessage, subscriptionsOf } from '../../src/cli/replay/streams.js';
import { replay } from '../../src/cli/replay.js';
import { CHANNELS } from '../../src/model/codes.js';
import type { Venue } from '../../src/model/venue.js';
import { venueByName, venues } from '../../src/venues/index.js';
import { run } from './program.js';
import { captures, cryptofeedText, hftbacktestText, type Recording, record, storedZstd } from './recordings.js';

let folder: string;
let spot: Recording;
let usdm: Recording;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-replay-'));
  [spot, usdm] = await Promise.all([record('binance-spot', 'BTCUSDT', 15), record('binance-usdm', 'ETHUSDT', 15)]);
});

afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function venue(name: string): Venue {
  const found = venueByName(name);
  if (found === undefined) throw new Error(`no venue ${name}`);
  return found;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

describe.each([
  ['plain', (text: string) => Buffer.from(text)],
  ['gzip', (text: string) => gzipSync(text)],
  ['zstd', (text: string) => storedZstd(Buffer.from(text))],
])('replay of %s files', (packing, pack) => {
  test.each([
    ['hftbacktest', hftbacktestText],
    ['cryptofeed', cryptofeedText],
  ] as const)('%s: ends with the true book of the venue', async (format, textOf) => {
    for (const [name, recording] of [
      ['binance-spot', spot],
      ['binance-usdm', usdm],
    ] as const) {
      const path = file(`${recording.symbol}.${format}.${packing}`, pack(textOf(recording)));
      const books = join(folder, 'books');
      const { symbols, counts } = await replay(venue(name), format, [path], books);
      expect(symbols[recording.symbol]).toMatchObject({
        in_sync: true,
        last_update_id: String(recording.lastUpdateId),
        sha256: sha256(recording.book),
      });
      expect(counts).toMatchObject({ gaps: 0, quarantined: 0, depth_answers: 1, frames: recording.lines.length - 1 });
      expect(readFileSync(join(books, `${name}-${recording.symbol}.txt`), 'utf8')).toBe(recording.book);
    }
  });
});

test('replay: files of one symbol continue each other, symbols run side by side', async () => {
  const lines = hftbacktestText(spot).trimEnd().split('\n');
  const middle = Math.floor(lines.length / 2);
  const first = file('a_1', `${lines.slice(0, middle).join('\n')}\n`);
  // The last line needs no line break.
  const second = file('a_2.gz', gzipSync(lines.slice(middle).join('\n')));
  const { symbols, counts } = await replay(venue('binance-spot'), 'hftbacktest', [first, second]);
  expect(symbols['BTCUSDT']).toMatchObject({ in_sync: true, sha256: sha256(spot.book) });
  expect(counts['gaps']).toBe(0);
});

test('replay: a lost frame is one gap, and the book is not called in sync', async () => {
  const lines = hftbacktestText(spot).trimEnd().split('\n');
  const deltas = lines.flatMap((line, index) => (line.includes('"depthUpdate"') ? [index] : []));
  lines.splice(deltas.at(-3) ?? 0, 1);
  const { symbols, counts } = await replay(venue('binance-spot'), 'hftbacktest', [file('lost', lines.join('\n'))]);
  expect(counts['gaps']).toBe(1);
  expect(symbols['BTCUSDT']?.in_sync).toBe(false);
});

test('replay: a refused frame is counted and told with file, line and code', async () => {
  const lines = hftbacktestText(spot).trimEnd().split('\n');
  lines.splice(5, 0, `${lines[4]?.slice(0, 19)} {"stream":`);
  const path = file('broken', lines.join('\n'));
  const { counts, rejections } = await replay(venue('binance-spot'), 'hftbacktest', [path]);
  expect(counts['quarantined']).toBe(1);
  expect(rejections).toEqual([expect.objectContaining({ file: path, line: 6, code: 'FRAME_NOT_JSON' })]);
});

test('replay: microseconds are told from nanoseconds by their digits', async () => {
  const text = hftbacktestText(spot).replace(/^(\d{16})\d{3} /gm, '$1 ');
  const { symbols } = await replay(venue('binance-spot'), 'hftbacktest', [file('us', text)]);
  expect(symbols['BTCUSDT']?.sha256).toBe(sha256(spot.book));
});

test('replay: seconds become nanoseconds exactly', () => {
  expect(nanosecondsOf('1633998511.132921')).toBe(1_633_998_511_132_921_000n);
  expect(nanosecondsOf('1626992742.2895503')).toBe(1_626_992_742_289_550_300n);
  expect(nanosecondsOf('1')).toBe(1_000_000_000n);
  expect(nanosecondsOf('1e9')).toBeUndefined();
  expect(nanosecondsOf('')).toBeUndefined();
});

test('replay: stream names become channels of symbols', () => {
  expect(subscriptionsOf(['a@depth@100ms', 'a@aggTrade', 'b@bookTicker', 'b@kline_1m', 'c@kline_5m'])).toEqual([
    { symbol: 'A', channels: 3 },
    { symbol: 'B', channels: CHANNELS.quote | CHANNELS.kline },
  ]);
});

test('replay: what a client asked for is read from the words of its venue', () => {
  const asked = (message: object): object => subscriptionsOf(streamsOfMessage('', JSON.stringify(message)));
  const { book, trade, quote } = CHANNELS;
  expect(asked({ method: 'SUBSCRIBE', params: ['btcusdt@depth@100ms', 7], id: 1 })).toEqual([
    { symbol: 'BTCUSDT', channels: book },
  ]);
  expect(
    asked({ op: 'subscribe', args: ['orderbook.200.BTCUSDT', 'orderbook.1.BTCUSDT', 'kline.1.ETHUSDT', 'kline.5.XRPUSDT'] }),
  ).toEqual([
    { symbol: 'BTCUSDT', channels: book | quote },
    { symbol: 'ETHUSDT', channels: CHANNELS.kline },
  ]);
  expect(asked({ op: 'subscribe', args: [{ channel: 'trades', instId: 'BTC-USDT' }, { channel: 'tickers' }] })).toEqual([
    { symbol: 'BTC-USDT', channels: trade },
  ]);
  expect(asked({ method: 'public/subscribe', params: { channels: ['book.BTC-24SEP21-8000-P.raw'] } })).toEqual([
    { symbol: 'BTC-24SEP21-8000-P', channels: book },
  ]);
  for (const other of [null, [], { op: 'unsubscribe', args: ['publicTrade.BTCUSDT'] }, { method: 'public/subscribe' }])
    expect(asked(other as object)).toEqual([]);
  for (const { name } of venues) expect(streamsOfMessage(name, 'ping')).toEqual([]);
});

test.each([
  ['a line without a time', 'hftbacktest', Buffer.from('{"a":1}\n'), /line 1 begins with no receive time/],
  [
    'a gzip file cut short',
    'hftbacktest',
    gzipSync('1723161253937085768 {}\n'.repeat(9)).subarray(0, 40),
    /unexpected end of file/,
  ],
  ['a zstd file of nonsense', 'cryptofeed', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xff, 1, 2, 3]), /RECORDING_INVALID/],
  ['a line that is no JSON', 'cryptofeed', Buffer.from('{"t":"header"}\n{"t"\n'), /line 2 is no JSON/],
  ['a record without a time', 'cryptofeed', Buffer.from('{"t":"recv","data":"{}"}\n'), /line 1 has no time/],
])('replay: %s ends with 65 and one line', async (_, format, content, message) => {
  const path = file('invalid', content);
  const { code, stdout, stderr } = await run(['replay', path, '--venue', 'binance-spot', '--format', format]);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^tickring: .* \(RECORDING_INVALID\)\n$/);
  expect({ code, stdout }).toEqual({ code: 65, stdout: '' });
});

test('replay: TICKRING_CODE_PATH forces a code path, which changes no book', async () => {
  const path = file('paths', hftbacktestText(usdm));
  const args = ['replay', path, '--venue', 'binance-usdm', '--format', 'hftbacktest', '--json'];
  // Another one may be set for all tests.
  const books = async (name: string) => {
    const { code, stdout, stderr } = await run(args, { TICKRING_CODE_PATH: name });
    return { code, stderr, symbols: code === 0 ? JSON.parse(stdout).symbols : undefined };
  };
  const scalar = await books('scalar');
  expect(scalar).toMatchObject({ code: 0, symbols: { ETHUSDT: { in_sync: true, sha256: sha256(usdm.book) } } });
  const unknown = await books('sse9');
  expect(unknown.code).toBe(70);
  const here = /TICKRING_CODE_PATH sse9 is none of (.+) \(/.exec(unknown.stderr)?.[1]?.split(', ') ?? [];
  expect(here).toContain('scalar');
  for (const name of here) expect((await books(name)).symbols).toEqual(scalar.symbols);
});

const recorded = captures();
// Where everything is checked, nothing is left out in silence.
test.runIf(recorded === undefined && process.env['CI'] !== undefined)('replay: real recordings are at hand', () => {
  expect.fail('no recordings: set TICKRING_CAPTURES');
});
if (recorded === undefined) process.stderr.write('no recordings: set TICKRING_CAPTURES to replay real ones\n');
describe.skipIf(recorded === undefined)('replay of real recordings (TICKRING_CAPTURES)', () => {
  const folderOf = (path: string): string => join(recorded ?? '', path);
  const oracle = (name: string): Record<string, never> => JSON.parse(readFileSync(folderOf(`oracle/${name}`), 'utf8'));

  test('--validation: less than one trade of a thousand is taken for an outlier', async () => {
    const sum = { trades: 0, outliers: 0 };
    for (const [name, file] of [
      ['binance-spot', 'spot/btcusdt_20240808.gz'],
      ['binance-usdm', 'usdm/ethusdt_20240808.gz'],
    ] as const) {
      const path = folderOf(`binance/hftbacktest/${file}`);
      const { stdout } = await run(['replay', path, '--venue', name, '--format', 'hftbacktest', '--validation', '--json']);
      const { counts, validation } = JSON.parse(stdout);
      expect(validation.checked).toBeGreaterThan(counts.trades + counts.quotes);
      expect(validation).toMatchObject({ ids_missing: 0, rules: { time: 0, spread: 0, completeness: 0 } });
      sum.trades += counts.trades;
      sum.outliers += validation.rules.outlier;
    }
    expect(sum.trades).toBeGreaterThan(20_000);
    expect(sum.outliers / sum.trades).toBeLessThan(0.001);
  });

  test('hftbacktest: the books equal those of an independent program', async () => {
    for (const book of Object.values(oracle('books.json')) as {
      venue: string;
      files: string[];
      sha256: string;
      applied: number;
      last_update_id: number;
    }[]) {
      const files = book.files.map((name) => folderOf(`binance/hftbacktest/${name}`));
      const { symbols, counts } = await replay(venue(`binance-${book.venue}`), 'hftbacktest', files);
      expect(Object.values(symbols)).toEqual([
        expect.objectContaining({ in_sync: true, sha256: book.sha256, last_update_id: String(book.last_update_id) }),
      ]);
      expect(counts).toMatchObject({ book_deltas: book.applied, gaps: 0, duplicates: 0, quarantined: 0 });
    }
  });

  test.each([
    ['BINANCE', ['binance-spot']],
    ['BINANCE_US', ['binance-spot']],
    ['BINANCE_FUTURES', ['binance-usdm']],
    ['BINANCE_DELIVERY', ['binance-coinm']],
    // One file holds the connections to both markets.
    ['BYBIT', ['bybit-linear', 'bybit-spot']],
    ['DERIBIT', ['deribit']],
    ['OKX', ['okx-spot']],
    ['KRAKEN', ['kraken-spot']],
    ['KRAKEN_FUTURES', ['kraken-futures']],
    ['COINBASE', ['coinbase']],
  ])('cryptofeed: %s gives as many events of each kind as its own reader', async (name, venueNames) => {
    const expected: Readonly<Record<string, number>> = oracle('cryptofeed_v3_expected_counts.json')[name] ?? {};
    const isBinance = name.startsWith('BINANCE');
    const hasQuotes = isBinance || name === 'COINBASE';
    const sum = { l2_book: 0, trades: 0, ticker: 0 };
    for (const venueName of venueNames) {
      const { symbols, counts } = await replay(venue(venueName), 'cryptofeed', [folderOf(`cryptofeed_v3/${name}.jsonl.zst`)]);
      // That reader calls snapshots and deltas alike.
      for (const of of ['book_deltas', 'book_snapshots', 'book_differences']) sum.l2_book += counts[of] ?? 0;
      sum.trades += counts['trades'] ?? 0;
      sum.ticker += counts['quotes'] ?? 0;
      expect(counts).toMatchObject({ gaps: 0, quarantined: 0 });
      expect(Object.values(symbols).every(({ in_sync }) => in_sync)).toBe(true);
      // What others call a ticker is no quote.
      if (isBinance) expect([counts['bars'], counts['ignored']]).toEqual([expected['candles'] ?? 0, 0]);
    }
    const { l2_book, trades = 0, ticker } = expected;
    expect(sum).toEqual({ l2_book, trades, ticker: hasQuotes ? ticker : 0 });
  });
});
