// How old records are when they are read: node latency.mjs NAME [RECORDS [ROOT]]
//
// Counts from ts_out, the stamp that an input's first record takes on its way into the ring, to this process's clock after the
// copy. Polls without a pause but for one turn of the event loop a millisecond: give it a core of its own.
import { KINDS, NOTICES, RingReader } from 'tickring/reader';

const [name = 'tickring', records = '100000', root] = process.argv.slice(2);
const reader = RingReader.open({ name, ...(root === undefined ? {} : { root }) });
const ages = new Float64Array(Number(records));
const engineKinds = new Set(Object.values(KINDS));
let count = 0;
let lost = 0;

function poll() {
  const cursor = reader.poll(64);
  // One look at the clock for all that this poll has found.
  const now = performance.timeOrigin + performance.now();
  while (count < ages.length && cursor.next()) {
    // Only the first record of an input: the others share its stamp. A clock that was set back counts as 0.
    if (engineKinds.has(cursor.kind) && cursor.index === 0) ages[count++] = Math.max(0, now - cursor.tsOutMs);
    else if (cursor.kind === NOTICES.lapped) lost += cursor.lost;
    else if (cursor.kind === NOTICES.writer && cursor.writer !== 'live') console.error(`the engine is ${cursor.writer}`);
  }
}

function turn() {
  for (const until = performance.now() + 1; performance.now() < until && count < ages.length; ) poll();
  if (count < ages.length) setImmediate(turn);
  else print();
}

function print() {
  reader.close();
  ages.sort();
  const at = (share) => `p${share * 100} ${(ages[Math.floor((count - 1) * share)] * 1_000).toFixed(1)} us`;
  const max = (ages[count - 1] * 1_000).toFixed(1);
  console.log(`${count} records, ${lost} lost, ${[0.5, 0.9, 0.99, 0.999].map(at).join(', ')}, max ${max} us`);
}

turn();
