// Trades and quotes as CSV, with exact decimals: node dump.mjs NAME [RECORDS [ROOT]]
import { once } from 'node:events';
import { decimalText, FLAGS, RingReader } from 'tickring/reader';

const [name = 'tickring', records = '0', root] = process.argv.slice(2);
const reader = RingReader.open({ name, ...(root === undefined ? {} : { root }) });
const stop = new AbortController();
const { signal } = stop;
process.on('SIGINT', () => stop.abort());
// `dump | head` closes the pipe.
process.stdout.on('error', () => stop.abort());

function row(record) {
  const { instrument } = record;
  const price = (mantissa) => decimalText(mantissa, instrument.priceExponent);
  const qty = (mantissa) => decimalText(mantissa, instrument.qtyExponent);
  const head = [record.kind, instrument.venue, instrument.symbol, record.sequence, record.tsEvent, record.tsRecv];
  if (record.kind === 'trade') {
    const side = record.flags & FLAGS.aggressor_sell ? 'sell' : 'buy';
    return [...head, price(record.price), qty(record.qty), side, ''];
  }
  return [...head, price(record.bidPrice), qty(record.bidQty), price(record.askPrice), qty(record.askQty)];
}

console.log('kind,venue,symbol,sequence,ts_event,ts_recv,price,qty,ask_price_or_side,ask_qty');
let left = Number(records) || Number.POSITIVE_INFINITY;
for await (const record of reader.records({ kinds: ['trade', 'quote'], signal })) {
  if (record.kind === 'lapped') console.error(`dump: lost ${record.lost} records`);
  else if (record.kind === 'writer') console.error(`dump: the engine's shard ${record.shard} is ${record.state}`);
  else if (record.kind === 'generation') console.error(`dump: the engine started anew, epoch ${record.epoch}`);
  else {
    // Where the other end of the pipe is slow, so is this loop; what it misses is told.
    if (!process.stdout.write(`${row(record).join()}\n`)) await once(process.stdout, 'drain', { signal }).catch(() => {});
    left -= 1;
    if (left === 0) break;
  }
}
reader.close();
