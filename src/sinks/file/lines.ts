/**
 * Events as lines: the JSON of `eventView`. Books, which most of the bytes are, are written straight from the record: an object with a bigint
 * for each level took five times as long.
 */
import { FLAG_NAMES, KINDS } from '../../model/codes.js';
import { shortDecimalText } from '../../model/decimal.js';
import type { RecordCursor } from '../../native/cursor.js';
import { eventView } from '../../native/record-view.js';
import type { BookFields, EngineRecord, Instrument } from '../../native/records.js';

/** By their bits. */
const flagTexts = new Map<number, string>();

function flagsText(flags: number): string {
  const known = flagTexts.get(flags);
  if (known !== undefined) return known;
  const text = JSON.stringify(Object.entries(FLAG_NAMES).flatMap(([bit, name]) => ((flags & Number(bit)) === 0 ? [] : [name])));
  flagTexts.set(flags, text);
  return text;
}

/** Levels of one side; undefined where a number does not fit the short form. */
function levelsText(book: BookFields, isBid: boolean, { priceExponent, qtyExponent }: Instrument): string | undefined {
  const count = isBid ? book.bidCount : book.askCount;
  let text = '';
  for (let index = 0; index < count; index += 1) {
    const price = shortDecimalText(isBid ? book.bidPrice(index) : book.askPrice(index), priceExponent);
    const qty = shortDecimalText(isBid ? book.bidQty(index) : book.askQty(index), qtyExponent);
    if (price === undefined || qty === undefined) return undefined;
    text += `${index === 0 ? '' : ','}["${price}","${qty}"]`;
  }
  return text;
}

/** Lines of one writer. */
export class EventLines {
  readonly #epoch: string;
  /** What the books of an instrument begin with. */
  readonly #heads = new Map<Instrument, string>();

  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  /** The record at which the cursor stands, which is no reader's notice. */
  of(cursor: RecordCursor): string {
    const { kind } = cursor;
    const book = kind === KINDS.book_delta || kind === KINDS.book_snapshot ? this.#book(cursor) : undefined;
    return book ?? `${JSON.stringify(eventView(cursor.object() as EngineRecord, this.#epoch))}\n`;
  }

  #book(cursor: RecordCursor): string | undefined {
    const { book, instrumentDefinition: instrument, frameSeq } = cursor;
    const { prevUpdateId, lastUpdateId, part, parts, bidCount, askCount } = book;
    if (instrument === undefined || Number.isNaN(frameSeq + prevUpdateId + lastUpdateId)) return undefined;
    const bids = levelsText(book, true, instrument);
    const asks = levelsText(book, false, instrument);
    if (bids === undefined || asks === undefined) return undefined;
    const kind = cursor.kind === KINDS.book_delta ? 'book_delta' : 'book_snapshot';
    return (
      `{"kind":"${kind}",${this.#head(instrument, cursor.shard)},"frame_seq":"${frameSeq}","index":${cursor.index},` +
      `"flags":${flagsText(cursor.flags)},"ts_event":"${cursor.tsEvent}","ts_recv":"${cursor.tsRecv}",` +
      `"prev_update_id":"${prevUpdateId}","last_update_id":"${lastUpdateId}","part":${part},"parts":${parts},` +
      `"bids":[${bids}],"asks":[${asks}],"bid_count":${bidCount},"ask_count":${askCount}}\n`
    );
  }

  #head(instrument: Instrument, shard: number): string {
    const known = this.#heads.get(instrument);
    if (known !== undefined) return known;
    const { venue, symbol } = instrument;
    const text = JSON.stringify({ venue, symbol, shard, epoch: this.#epoch }).slice(1, -1);
    this.#heads.set(instrument, text);
    return text;
  }
}
