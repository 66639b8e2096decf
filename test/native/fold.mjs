/**
 * A ring's reader in a process of its own: folds the books of one instrument and checks every sequence. Arguments: root,
 * name, `oldest` or `newest`. It answers `{ id }` once it has read up to a full book of that update id with what it saw.
 */
import { RecordCursor } from '../../dist/cli/record.js';
import { KIND_LAPPED, KIND_WRITER, RECORD_OFFSETS, RECORD_SIZE_MAX, RingReader } from '../../dist/native/index.js';

const [root, name, from] = process.argv.slice(2);
const BATCH = 64;
const out = Buffer.alloc(BATCH * RECORD_SIZE_MAX);
const reader = new RingReader(root, name, 0);
if (from === 'oldest') reader.seekOldest();
const instrument = reader.instruments()[0];

/** What was seen; `problem` is the first thing that must not be. */
const seen = { records: 0, lost: 0, laps: 0, jumps: 0, first: undefined, last: undefined, problem: undefined };
const book = { bids: new Map(), asks: new Map(), known: false, nextPart: 0, updateId: undefined };
let lostBefore = 0n;
let wanted;

function problem(text) {
  seen.problem ??= text;
}

/** Losses must be exactly what is missing between two sequences. */
function sequence(number) {
  const missing = seen.last === undefined ? lostBefore : number - seen.last - 1n;
  if (missing !== lostBefore) problem(`sequence ${number} after ${seen.last}, but ${lostBefore} records were told lost`);
  if (missing > 0n && seen.last !== undefined) seen.jumps += Number(missing);
  lostBefore = 0n;
  seen.first ??= number;
  seen.last = number;
}

function levels(record) {
  for (const [side, changes] of [
    [book.bids, record.bids],
    [book.asks, record.asks],
  ]) {
    for (const [price, qty] of changes) {
      if (qty === '0') side.delete(price);
      else side.set(price, qty);
    }
  }
}

function snapshot(record) {
  if (record.part === 0) {
    book.bids.clear();
    book.asks.clear();
    book.nextPart = 0;
    book.known = false;
  }
  if (record.part !== book.nextPart) return;
  levels(record);
  book.nextPart += 1;
  if (book.nextPart < record.parts) return;
  book.known = true;
  book.nextPart = 0;
  book.updateId = record.last_update_id;
}

function delta(record) {
  if (!book.known) return;
  levels(record);
  if (record.part + 1 === record.parts) book.updateId = record.last_update_id;
}

function text() {
  const lines = (letter, side, sign) =>
    [...side].sort(([a], [b]) => sign * (Number(a) - Number(b))).map(([price, qty]) => `${letter} ${price} ${qty}\n`);
  return [...lines('B', book.bids, -1), ...lines('A', book.asks, 1)].join('');
}

function lapped(at) {
  const lost = out.readBigUInt64LE(at + RECORD_OFFSETS.payload);
  if (lost === 0n) problem('a lap without a loss');
  seen.laps += 1;
  seen.lost += Number(lost);
  lostBefore += lost;
  book.known = false;
  book.nextPart = -1;
}

function poll() {
  const count = reader.poll(out, BATCH);
  const cursor = new RecordCursor(out);
  for (let left = count, at = 0; left > 0; left -= 1) {
    if (cursor.kind === KIND_LAPPED) lapped(at);
    // A machine that is busy enough looks like a writer that stalls.
    else if (cursor.kind !== KIND_WRITER) {
      seen.records += 1;
      const record = cursor.view(0, instrument);
      sequence(BigInt(record.sequence));
      if (record.kind === 'book_snapshot') snapshot(record);
      else if (record.kind === 'book_delta') delta(record);
    }
    at += out.readUInt32LE(at + RECORD_OFFSETS.size);
    cursor.advance();
  }
  return count;
}

function answer() {
  const { first, last, ...rest } = seen;
  process.send({ ...rest, first: Number(first), last: Number(last), text: text() });
}

function turn() {
  const count = poll();
  if (count === 0 && wanted !== undefined && book.known && book.updateId === wanted) {
    answer();
    wanted = undefined;
  }
  setTimeout(turn, count === 0 ? 1 : 0);
}

process.on('message', ({ id }) => {
  wanted = id;
});
process.on('disconnect', () => process.exit(0));
process.send('ready');
turn();
