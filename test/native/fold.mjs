/**
 * A ring's reader in a process of its own: folds the books of one instrument and checks every sequence. Arguments: root,
 * name, `oldest` or `newest`. It answers `{ id }` once it has read up to a full book of that update id with what it saw.
 */
import { decimalText, RingReader } from '../../dist/reader/index.js';

const [root, name, from] = process.argv.slice(2);
const BATCH = 64;
const reader = RingReader.open({ root, name, shard: 0, oldest: from === 'oldest' });

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
    for (const { price, qty } of changes) {
      if (qty === 0n) side.delete(price);
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
  book.updateId = record.lastUpdateId;
}

function delta(record) {
  if (!book.known) return;
  levels(record);
  if (record.part + 1 === record.parts) book.updateId = record.lastUpdateId;
}

function text() {
  const { priceExponent, qtyExponent } = reader.instruments()[0];
  const lines = (letter, side, sign) =>
    [...side]
      .sort(([a], [b]) => sign * Number(a - b))
      .map(([price, qty]) => `${letter} ${decimalText(price, priceExponent)} ${decimalText(qty, qtyExponent)}\n`);
  return [...lines('B', book.bids, -1), ...lines('A', book.asks, 1)].join('');
}

function lapped({ lost }) {
  if (lost === 0n) problem('a lap without a loss');
  seen.laps += 1;
  seen.lost += Number(lost);
  lostBefore += lost;
  book.known = false;
  book.nextPart = -1;
}

function poll() {
  const cursor = reader.poll(BATCH);
  const count = cursor.left;
  while (cursor.next()) {
    const record = cursor.object();
    if (record.kind === 'lapped') lapped(record);
    // A machine that is busy enough looks like a writer that stalls.
    else if (record.kind !== 'writer') {
      seen.records += 1;
      sequence(record.sequence);
      if (record.kind === 'book_snapshot') snapshot(record);
      else if (record.kind === 'book_delta') delta(record);
    }
  }
  return count;
}

function answer() {
  const { first, last, ...rest } = seen;
  process.send({ ...rest, first: Number(first), last: Number(last), text: text() });
}

function turn() {
  const count = poll();
  if (count === 0 && wanted !== undefined && book.known && String(book.updateId) === wanted) {
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
