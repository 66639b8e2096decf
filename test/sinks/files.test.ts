import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TickringError } from '#dist/model/errors.js';
import { journalCursor, journalCursors, keepCursor } from '#dist/native/index.js';
import { LineFiles } from '#dist/sinks/file/files.js';

let folder: string;
let files: LineFiles;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tickring-lines-'));
  files = new LineFiles(join(folder, 'shard-0'), 10);
});
afterEach(async () => {
  await files.close();
  rmSync(folder, { recursive: true, force: true });
});

const texts = (): string[] =>
  readdirSync(join(folder, 'shard-0'))
    .sort()
    .map((name) => `${name} ${readFileSync(join(folder, 'shard-0', name), 'utf8')}`);
const codeOf = (work: Promise<unknown>): Promise<string> => work.then(String, (error: TickringError) => error.code);

test('files: what was written behind a place is gone when it is begun again, and a long file is followed by the next', async () => {
  await files.begin('');
  const none = await files.flush();
  await files.append('one\n');
  const one = await files.flush();
  expect([none, one]).toEqual(['1 0', '1 4']);
  await files.append('two\n');
  await files.begin(one);
  expect(texts()).toEqual(['00000001.jsonl one\n']);
  await files.append('three\nfour\n');
  // Longer than a file is to be: the place is the beginning of the next one.
  expect(await files.flush()).toBe('2 0');
  // That place was never kept: the empty file goes.
  await files.begin(one);
  expect(texts()).toEqual(['00000001.jsonl one\n']);
  await files.append('five.six\n');
  expect(await files.flush()).toBe('2 0');
  await files.append('seven\n');
  await files.begin('2 0');
  expect(texts()).toEqual(['00000001.jsonl one\nfive.six\n', '00000002.jsonl ']);
});

test('files: without a place nothing that is there is touched', async () => {
  mkdirSync(join(folder, 'shard-0'));
  writeFileSync(join(folder, 'shard-0', '00000007.jsonl'), 'theirs\n');
  await files.begin('');
  await files.append('ours\n');
  expect(await files.flush()).toBe('8 5');
  expect(texts()).toEqual(['00000007.jsonl theirs\n', '00000008.jsonl ours\n']);
});

test('files: a place that the files do not have is refused and changes nothing', async () => {
  await files.begin('');
  await files.append('one\n');
  await files.flush();
  const before = texts();
  for (const place of ['1 5', '2 0', '1', '1 4 ', '-1 0', '../1 0', 'x y', '99999999999 0'])
    expect(`${place}: ${await codeOf(files.begin(place))}`).toBe(`${place}: STATE_INVALID`);
  truncateSync(join(folder, 'shard-0', '00000001.jsonl'), 3);
  await expect(files.begin('1 4')).rejects.toThrow(/00000001\.jsonl has 3 bytes, and the cursor says that 4 are kept/);
  writeFileSync(join(folder, 'shard-0', '00000001.jsonl'), 'one\n');
  // Somebody else writes here, too.
  for (const theirs of ['00000002.jsonl', '00000003.jsonl']) {
    writeFileSync(join(folder, 'shard-0', theirs), 'theirs\n');
    expect(await codeOf(files.begin('1 4'))).toBe('STATE_INVALID');
    rmSync(join(folder, 'shard-0', theirs));
  }
  expect(texts()).toEqual(before);
  await files.begin('1 4');
});

test('files: what is cut, removed or replaced while it is written is told, and no hole or lost line comes of it', async () => {
  await files.begin('');
  const path = join(folder, 'shard-0', '00000001.jsonl');
  await files.append('one\n');
  const place = await files.flush();
  truncateSync(path, 0);
  await expect(files.append('two\n')).rejects.toThrow(/00000001\.jsonl has 0 bytes where 4 were written/);
  expect(readFileSync(path, 'utf8')).toBe('');
  expect(await codeOf(files.begin(place))).toBe('STATE_INVALID');
  writeFileSync(path, 'one\n');
  await files.begin(place);
  await files.append('two\n');
  rmSync(path);
  expect(await codeOf(files.flush())).toBe('STATE_INVALID');
  writeFileSync(path, 'one\n');
  await expect(files.append('three\n')).rejects.toThrow(/00000001\.jsonl was removed or replaced while it was written/);
  // A folder that was moved away is not made anew: it could not come back to its place.
  renameSync(join(folder, 'shard-0'), join(folder, 'moved'));
  expect(await codeOf(files.begin(place))).toBe('STATE_INVALID');
  renameSync(join(folder, 'moved'), join(folder, 'shard-0'));
  await files.begin(place);
  await files.append('two\n');
  expect(await files.flush()).toBe('1 8');
});

test('files: a beginning that no cursor came to name is taken again', async () => {
  for (let count = 0; count < 3; count += 1) {
    await files.begin('');
    expect(await files.flush()).toBe('1 0');
  }
  await files.append('one\n');
  await files.begin('');
  expect(texts()).toEqual(['00000001.jsonl one\n', '00000002.jsonl ']);
});

test('cursors: kept, listed, and an error with its place where they are damaged', async () => {
  const cursor = { epoch: 3n, sequence: 2n ** 60n, from: 7n, tsRecv: 9n, output: '1 4' };
  expect(journalCursor(folder, 'file')).toBeNull();
  expect(journalCursors(folder)).toEqual([]);
  expect(await keepCursor(folder, 'file', cursor)).toBeNull();
  expect(journalCursor(folder, 'file')).toEqual(cursor);
  writeFileSync(join(folder, 'cursors', 'other'), 'tickring cursor 1\nepoch 1\n');
  const [file, other] = journalCursors(folder);
  expect(file).toMatchObject({ name: 'file', cursor });
  expect(other?.problem).toContain('cursors/other is damaged');
  expect(() => journalCursor(folder, 'other')).toThrow(/cursors\/other is damaged at byte 0: it has no check/);
  expect(() => journalCursor(folder, '../file')).toThrow(/is not 1 to 32 lower-case letters/);
  expect(await keepCursor(folder, 'file', { ...cursor, output: 'a\nb' })).toMatchObject({ code: 'ARGUMENT_RANGE' });
  expect(journalCursor(folder, 'file')).toEqual(cursor);
  expect(() => keepCursor(folder, 'file', { ...cursor, epoch: -1n })).toThrow();
});

test('cursors: none is kept where there is no journal, and none is begun for it', async () => {
  const cursor = { epoch: 3n, sequence: 4n, from: 1n, tsRecv: 9n, output: '1 4' };
  const moved = join(folder, 'moved');
  expect(await keepCursor(moved, 'file', cursor)).toMatchObject({ code: 'JOURNAL_IO' });
  expect(existsSync(moved)).toBe(false);
});
