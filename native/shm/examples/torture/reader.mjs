// A reader of the torture in Node: node reader.mjs ROOT NAME. Checks every word of every record (content.rs says what each is),
// follows every generation to the orderly end, and prints what it counted as one line of JSON.
import { RingReader } from 'tickring/reader';

const MASK = 2n ** 64n - 1n;
const [root, name] = process.argv.slice(2);
const counts = { first: 0n, next: 0n, delivered: 0n, lost: 0n, torn: 0n, unexplained: 0n, laps: 0n };

function mix(number) {
  const mixed = ((number ^ (number >> 31n)) * 0x9e3779b97f4a7c15n) & MASK;
  return mixed ^ (mixed >> 29n);
}

function isBook({ kind, prevUpdateId, lastUpdateId, bids, asks }, sequence, mixed) {
  const count = Number(mixed % 16n === 0n ? (mixed >> 4n) % 129n : (mixed >> 4n) % 8n);
  const isLevel = ({ price, qty }, index) =>
    price === (mixed >> 33n) + BigInt(index) && qty === ((mixed + BigInt(index)) & 0xffff_ffffn);
  const levels = [...bids, ...asks];
  const ids = kind === 'book_delta' && prevUpdateId === sequence && lastUpdateId === mixed;
  return ids && bids.length === Math.floor(count / 2) && levels.length === count && levels.every(isLevel);
}

function isWhole(record) {
  const { sequence, frameSeq, tsEvent, tsRecv } = record;
  const mixed = mix(sequence);
  const price = mixed >> 1n;
  const kind = Number(sequence % 8n);
  const expected = (tsRecv / 1_000n - (sequence % 1_000n)) * 1_000n + (kind === 7 ? 1n : 0n);
  if (frameSeq !== sequence || tsEvent !== expected) return false;
  if (kind === 6) return isBook(record, sequence, mixed);
  if (kind === 4 || kind === 5) {
    const { bidPrice, bidQty, askPrice, askQty } = record;
    const ask = BigInt.asIntN(64, price + (sequence % 1_000n));
    return record.kind === 'quote' && bidPrice === price && bidQty === sequence && askPrice === ask && askQty === mixed >> 17n;
  }
  return record.kind === 'trade' && record.price === price && record.qty === sequence && record.tradeId === sequence;
}

/** Counts a record; true at the writer's orderly end. */
function take(record) {
  if (record.kind === 'writer') return record.state === 'closed';
  if (record.kind === 'generation') return false;
  if (record.kind === 'lapped') {
    counts.lost += record.lost;
    counts.laps += 1n;
    counts.next += record.lost;
    return false;
  }
  // What was lost before the first record belongs to what this reader was to have.
  if (counts.delivered === 0n) {
    counts.first = record.sequence - counts.lost;
    counts.next = record.sequence;
  }
  if (record.sequence !== counts.next) counts.unexplained += 1n;
  counts.next = record.sequence + 1n;
  counts.delivered += 1n;
  if (record.kind !== 'epoch_start' && !isWhole(record)) {
    counts.torn += 1n;
    console.error('torn:', record);
  }
  return false;
}

const reader = RingReader.open({ root, name, shard: 0 });
let closed = false;
for (let idle = 0; !closed || idle < 2; ) {
  const cursor = reader.poll(64);
  idle = cursor.left === 0 ? idle + 1 : 0;
  while (cursor.next()) closed = take(cursor.object()) || closed;
  if (idle > 0) await new Promise(setImmediate);
}
console.log(JSON.stringify(counts, (_, value) => (typeof value === 'bigint' ? Number(value) : value)));
reader.close();
