import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importRecording } from '../../src/cli/journal/import.js';
import { recordsOf } from '../../src/cli/journal/records.js';
import { bookAt } from '../../src/cli/library/book-at.js';
import { hashOf, replayJournal, verifyJournal } from '../../src/cli/replay/journal.js';
import { ReplaySession } from '../../src/cli/replay/session.js';
import { type Format, inputsOf } from '../../src/cli/replay.js';
import { nanosecondsAt, timeText } from '../../src/cli/times.js';
import type { Venue } from '../../src/model/venue.js';
import { venueByName } from '../../src/venues/index.js';
import { Place, run } from './program.js';
import { captures, cryptofeedText, hftbacktestText, type Recording, record } from './recordings.js';

let folder: string;
let spot: Recording;
let kept: string;
let count = 0;

function venue(name: string): Venue {
  const found = venueByName(name);
  if (found === undefined) throw new Error(`no venue ${name}`);
  return found;
}

function newFolder(): string {
  count += 1;
  return join(folder, `journal-${count}`);
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function imported(name: string, format: Format, files: readonly string[]): Promise<string> {
  const out = newFolder();
  await importRecording(venue(name), inputsOf(venue(name), format, files), out);
  return out;
}

const NOT_APPLIED: ReadonlySet<string> = new Set(['configuration', 'gap', 'checkpoint', 'mark', 'damage']);

function places(out: string): { shard: number; folder: string }[] {
  return [{ shard: 0, folder: join(out, 'shard-0') }];
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-journal-'));
  spot = await record('binance-spot', 'BTCUSDT', 20);
  kept = await imported('binance-spot', 'hftbacktest', [file('spot', hftbacktestText(spot))]);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What the live driver gave while it wrote, and what two replays give: digests, and the books. */
async function threeTimes(out: string): Promise<{ digest: string | undefined; books: Record<string, string> }> {
  const [verified] = verifyJournal(places(out), false);
  expect(verified?.report).toMatchObject({ gaps: [], damage: [], passed: 0, inexact: 0 });
  expect(verified?.report.difference).toBeUndefined();
  const [span, ...others] = verified?.report.spans ?? [];
  expect(others).toEqual([]);
  // Before the first event there is no digest to be compared.
  const [place] = places(out);
  const records = [...recordsOf(place?.folder ?? '', { salvage: false })].filter(({ kind }) => !NOT_APPLIED.has(kind));
  const silent = records.findIndex(({ outputs }) => outputs !== undefined);
  expect(silent).toBeGreaterThan(0);
  expect((verified?.report.inputs ?? 0) - (span?.compared ?? 0)).toBe(silent);
  const runs = [
    await replayJournal({ places: places(out), salvage: false }),
    await replayJournal({ places: places(out), salvage: false }),
  ];
  const [first, second] = runs.map(([shard]) => ({
    digest: shard?.digest,
    instruments: shard?.instruments,
    books: Object.fromEntries((shard?.books ?? []).map((book) => [book.instrument.symbol, hashOf(book)])),
  }));
  expect(second).toEqual(first);
  expect(first?.digest).toBe(span?.digest);
  expect(first?.instruments).toEqual(verified?.report.instruments);
  return { digest: first?.digest, books: first?.books ?? {} };
}

test.each([
  ['hftbacktest', hftbacktestText],
  ['cryptofeed', cryptofeedText],
] as const)('journal import of %s: replays give what the live driver gave, and the true book', async (format, textOf) => {
  const out = await imported('binance-spot', format, [file(`imported.${format}`, textOf(spot))]);
  expect((await threeTimes(out)).books).toEqual({ BTCUSDT: sha256(spot.book) });
});

test('journal import: refuses a folder that holds a journal, and recordings without an input', async () => {
  const path = file('again', hftbacktestText(spot));
  const args = ['--venue', 'binance-spot', '--format', 'hftbacktest'];
  const again = await run(['journal', 'import', path, ...args, '--out', kept]);
  expect(again).toMatchObject({ code: 64, stdout: '' });
  expect(again.stderr).toMatch(/^tickring: --out .* holds a journal already \(USAGE_INVALID\)\n$/);
  const empty = await run(['journal', 'import', file('empty', ''), ...args, '--out', newFolder()]);
  expect(empty).toMatchObject({ code: 65, stderr: 'tickring: the recording holds no input (RECORDING_INVALID)\n' });
  const fresh = await run(['journal', 'import', path, ...args, '--out', newFolder(), '--json']);
  expect(fresh).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(fresh.stdout)).toMatchObject({ frames: spot.lines.length - 1, quarantined: 0 });
});

test('journal ls, verify and cat: text for people, JSON for programs', async () => {
  const list = await run(['journal', 'ls', kept, '--json']);
  expect(list).toMatchObject({ code: 0, stderr: '' });
  const [shard] = JSON.parse(list.stdout) as { shard: number; segments: { first: string; last: string; records: number }[] }[];
  expect(shard).toMatchObject({ shard: 0, segments: [{ first: '1', damage: null }] });
  const records = shard?.segments[0]?.records ?? 0;
  expect((await run(['journal', 'ls', kept])).stdout).toMatch(
    /^shard 0 {2}1 segments .*\n +1 {2}epoch \d+ {2}inputs 1 \.\.= \d+/,
  );

  const verified = JSON.parse((await run(['journal', 'verify', kept, '--json'])).stdout);
  expect(verified).toMatchObject([
    { whole: true, records, gaps: [], damage: [], torn: null, kinds: { frame: spot.lines.length - 1 } },
  ]);
  expect(verified[0].ranges).toEqual([expect.objectContaining({ first: '1', last: shard?.segments[0]?.last })]);

  const lines = (await run(['journal', 'cat', kept, '--json'])).stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(records);
  const frames = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === 'frame' || kind === 'rest_body');
  expect(frames.map(({ data, ts_recv }) => [BigInt(ts_recv), data])).toEqual(
    spot.lines.map(({ tsRecv, text }) => [tsRecv, text]),
  );
  const third = spot.lines[2]?.tsRecv ?? 0n;
  const some = await run(['journal', 'cat', kept, '--from', timeText(third), '--kinds', 'frame,rest_body', '--count', '2']);
  expect(some.stdout.split('\n')[0]).toContain(timeText(third));
  expect(some.stdout.trimEnd().split('\n')).toHaveLength(2);
});

test('journal export: all records as JSON lines, packed where the name says so; nothing is overwritten', async () => {
  const out = join(folder, 'exported.jsonl.gz');
  const done = await run(['journal', 'export', kept, '--out', out, '--json']);
  const text = gunzipSync(readFileSync(out)).toString('utf8');
  expect(JSON.parse(done.stdout)).toEqual({ out, records: text.trimEnd().split('\n').length });
  expect(text).toBe((await run(['journal', 'cat', kept, '--json'])).stdout);
  expect(await run(['journal', 'export', kept, '--out', out])).toMatchObject({ code: 64, stdout: '' });
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  const nowhere = await run(['journal', 'export', kept, '--out', join(folder, 'no', 'such', 'file')]);
  expect(nowhere).toMatchObject({
    code: 69,
    stderr: expect.stringMatching(/^tickring: could not write .*ENOENT.* \(JOURNAL_IO\)\n$/),
  });
});

test.each([
  [['journal', 'ls', '/nowhere/at/all'], 'there is no journal at /nowhere/at/all: the folder does not exist'],
  [['journal', 'cat', '--kinds', 'frame,tock', '.'], '--kinds tock is none of frame,'],
  [['journal', 'prune', '.'], 'prune needs --before or --keep'],
  [['journal', 'prune', '.', '--keep', 'much'], '--keep much is no size, such as 1GiB or 500MB'],
  [['book', 'BTCUSDT', '--at', 'yesterday'], '--at yesterday is no time, such as 2026-11-22T10:00:00.123456789Z'],
  [['replay', '/nowhere'], 'replay of recordings needs --venue and --format; of a journal, the name of its folder'],
  [['replay', '.', '--verify', '--to', 'now'], '--verify compares whole shards: it takes no --to'],
  [['replay', '.', '--verify', '--into-ring', 'x'], '--verify compares whole shards: it takes no --into-ring'],
  [['replay', '/tmp', '--speed', 'fast'], '--speed fast is neither max nor a number of 0.001 ..= 1000000'],
])('%j ends with 64 and one line', async (args, message) => {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
  expect(stderr).toContain(`tickring: ${message}`);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('journal: a damaged byte is found by verify and by replay, and passed where that is wanted', async () => {
  const out = await imported('binance-spot', 'hftbacktest', [file('damaged', hftbacktestText(spot))]);
  const shard = join(out, 'shard-0');
  const segment = readdirSync(shard).find((name) => name.endsWith('.seg')) ?? '';
  const bytes = readFileSync(join(shard, segment));
  const at = bytes.indexOf(spot.lines[9]?.text ?? '') + 20;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(join(shard, segment), bytes);
  const verified = await run(['journal', 'verify', out, '--json']);
  expect(verified.code).toBe(65);
  expect(JSON.parse(verified.stdout)).toMatchObject([{ whole: false, damage: [{ file: segment }] }]);
  const strict = await run(['replay', out, '--verify']);
  expect(strict).toMatchObject({ code: 65, stdout: '' });
  expect(strict.stderr).toMatch(/^tickring: .* is damaged at byte \d+: .* \(JOURNAL_DAMAGED\)\n$/);
  const salvaged = JSON.parse((await run(['replay', out, '--salvage', '--json'])).stdout);
  expect(salvaged.shards).toMatchObject([{ damage: 1, frames: spot.lines.length - 2 }]);
  expect((await run(['journal', 'cat', out, '--salvage'])).stdout).toContain('DAMAGE: ');
});

test('journal: what proves nothing is not called whole, nor as live', async () => {
  const out = await imported('binance-spot', 'hftbacktest', [file('emptied', hftbacktestText(spot))]);
  const shard = join(out, 'shard-0');
  const segment = readdirSync(shard).find((name) => name.endsWith('.seg')) ?? '';
  const header = join(shard, segment);
  const bytes = readFileSync(header);
  bytes[30] = (bytes[30] ?? 0) ^ 1;
  writeFileSync(header, bytes);
  const salvaged = await run(['replay', out, '--verify', '--salvage', '--json']);
  expect(salvaged.code).toBe(65);
  expect(JSON.parse(salvaged.stdout)).toMatchObject([{ equal: false, inputs: 0, damage: [{ file: segment }] }]);
  rmSync(header);
  for (const command of [
    ['journal', 'verify', out],
    ['replay', out, '--verify'],
    ['replay', out, '--verify', '--salvage'],
  ])
    expect(await run(command)).toMatchObject({ code: 65, stdout: expect.stringMatching(/NOTHING IS (HERE|PROVEN): /) });
});

// The least that a configuration takes, and the 25 MB that are asked for.
test.each([2 ** 20, 25_000_000])('journal.segment_bytes %d: a shard opens its journal', (segmentBytes) => {
  const shard = join(newFolder(), 'shard-0');
  const sizes = { segmentBytes, bufferBytes: 2 ** 20, retainBytes: 0, retainMs: 0, diskFloorBytes: 0 };
  const settings = { durability: 'batch', compress: true, recovery: 'strict', recordedFrom: 1n };
  new ReplaySession(venue('binance-spot'), { folder: shard, ...sizes, ...settings }).close();
  expect(verifyJournal([{ shard: 0, folder: shard }], false)).toMatchObject([
    { report: { spans: [{ first: 1n }], damage: [] } },
  ]);
});

test('journal prune: says what would go, then gives it up', async () => {
  const out = await imported('binance-spot', 'hftbacktest', [file('pruned', hftbacktestText(spot))]);
  // A second writer, so that a whole segment lies behind it.
  expect(await run(['journal', 'prune', out, '--keep', '0'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(' 0 segments given up'),
  });
  expect(await run(['replay', out, '--verify'])).toMatchObject({ code: 0 });
  expect(nanosecondsAt('at', timeText(1_234_567_890_123_456_789n))).toBe(1_234_567_890_123_456_789n);
});

test('book: any instant from the journal, in the library and on the command line', async () => {
  const last = spot.lines.at(-1)?.tsRecv ?? 0n;
  const found = await bookAt('BTCUSDT', last, { journal: kept });
  expect(found).toMatchObject({
    venue: 'binance-spot',
    symbol: 'BTCUSDT',
    inSync: true,
    exact: true,
    lastUpdateId: BigInt(spot.lastUpdateId),
  });
  expect(found?.text).toBe(spot.book);
  expect(found?.bids.length).toBe(spot.book.match(/^B /gm)?.length);
  expect(await bookAt('binance-usdm:BTCUSDT', last, { journal: kept })).toBeUndefined();
  expect(await bookAt('BTCUSDT', 1n, { journal: kept })).toBeUndefined();
  await expect(bookAt('BTCUSDT', 1n, { journal: '/nowhere' })).rejects.toMatchObject({ code: 'USAGE_INVALID' });
  // Each line's own time, against a replay up to it; checkpoints change nothing.
  for (const checkpointBytes of [undefined, 1_000]) {
    if (checkpointBytes !== undefined) await replayJournal({ places: places(kept), salvage: false, checkpointBytes });
    for (const { tsRecv } of spot.lines) {
      const [shard] = await replayJournal({ places: places(kept), salvage: false, to: tsRecv });
      const at = await bookAt('binance-spot:BTCUSDT', tsRecv, { journal: kept });
      expect(at?.text).toBe(shard?.books[0]?.text);
      expect(at?.exact).toBe(true);
    }
  }
  expect(readdirSync(join(kept, 'shard-0')).some((name) => name.endsWith('.ckpt'))).toBe(true);
  const { code, stdout } = await run(['book', 'BTCUSDT', '--at', timeText(last), '--journal', kept, '--json', '--depth', '0']);
  const { bids, asks, ...rest } = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(rest).toMatchObject({ in_sync: true, exact: true, last_update_id: String(spot.lastUpdateId) });
  const lines = [
    ...bids.map((level: string[]) => `B ${level.join(' ')}\n`),
    ...asks.map((level: string[]) => `A ${level.join(' ')}\n`),
  ];
  expect(lines.join('')).toBe(spot.book);
  const unknown = await run(['book', 'DOGEUSDT', '--at', timeText(last), '--journal', kept]);
  expect(unknown).toMatchObject({
    code: 64,
    stdout: '',
    stderr: expect.stringMatching(/^tickring: the journal knows no DOGEUSDT at .*\n$/),
  });
});

test('the journal of an engine replays as live, in every shard', async () => {
  const place = new Place();
  try {
    const { code, stdout } = await place.start('--for', '2s', '--json').ended;
    expect(code).toBe(0);
    const { frames } = JSON.parse(stdout);
    const journal = join(place.folder, 'state', 'journal');
    const verified = await run(['replay', journal, '--verify', '--json']);
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    const shards = JSON.parse(verified.stdout) as { equal: boolean; inputs: number; spans: { compared: number }[] }[];
    expect(shards).toHaveLength(2);
    for (const { equal, inputs, spans } of shards) {
      expect(equal).toBe(true);
      expect(spans.reduce((sum, { compared }) => sum + compared, 0)).toBeGreaterThan(inputs * 0.9);
    }
    // The journal has what came before and after the timed part as well.
    const checked = JSON.parse((await run(['journal', 'verify', journal, '--json'])).stdout) as { kinds: { frame: number } }[];
    expect(checked.reduce((sum, { kinds }) => sum + kinds.frame, 0)).toBeGreaterThanOrEqual(frames);
  } finally {
    place.remove();
  }
}, 900_000);

const recorded = captures();
test.runIf(recorded === undefined && process.env['CI'] !== undefined)('journal: real recordings are at hand', () => {
  expect.fail('no recordings: set TICKRING_CAPTURES');
});
if (recorded === undefined) process.stderr.write('no recordings: set TICKRING_CAPTURES to import real ones\n');
describe.skipIf(recorded === undefined)('import of real recordings (TICKRING_CAPTURES)', () => {
  const folderOf = (path: string): string => join(recorded ?? '', path);

  test.each(['spot', 'usdm'])(
    'all days of %s: replays give what the live driver gave, and the oracle’s books',
    async (market) => {
      const oracle = Object.values(JSON.parse(readFileSync(folderOf('oracle/books.json'), 'utf8'))) as {
        venue: string;
        files: string[];
        sha256: string;
      }[];
      const books = oracle.filter((book) => book.venue === market);
      const files = books.flatMap((book) => book.files.map((name) => folderOf(`binance/hftbacktest/${name}`)));
      const out = await imported(`binance-${market}`, 'hftbacktest', files);
      const found = await threeTimes(out);
      const symbolOf = (name = ''): string => /(btc|eth)usdt/.exec(name)?.[0].toUpperCase() ?? '';
      expect(found.books).toEqual(Object.fromEntries(books.map(({ files: [name], sha256: hash }) => [symbolOf(name), hash])));
      process.stdout.write(`${market}: digest of live and both replays ${found.digest}\n`);
    },
  );

  test.each([
    ['BINANCE', 'binance-spot'],
    ['BINANCE_US', 'binance-spot'],
    ['BINANCE_FUTURES', 'binance-usdm'],
    ['BINANCE_DELIVERY', 'binance-coinm'],
    ['BYBIT', 'bybit-linear'],
    ['BYBIT', 'bybit-spot'],
    ['DERIBIT', 'deribit'],
    ['OKX', 'okx-spot'],
    ['KRAKEN', 'kraken-spot'],
    ['KRAKEN_FUTURES', 'kraken-futures'],
    ['COINBASE', 'coinbase'],
  ])('cryptofeed %s as %s: replays give what the live driver gave', async (name, venueName) => {
    const out = await imported(venueName, 'cryptofeed', [folderOf(`cryptofeed_v3/${name}.jsonl.zst`)]);
    const { digest } = await threeTimes(out);
    process.stdout.write(`${name}: digest of live and both replays ${digest}\n`);
  });
});
