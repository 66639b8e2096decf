/** Books and instruments of a recording in the terms of a dialect, which puts them into the venue's words. */
import type { DepthEvent, LevelUpdate } from '../market/events.js';
import { type SymbolSpec, SymbolText } from '../market/symbols.js';
import type { PlayedBook, PlayedInstrument } from './recording.js';

/** Symbols are split there, or before what they are quoted in. */
const SEPARATOR = /[-_/]/;
const QUOTES = /^(.+?)(USDT|USDC|BUSD|FDUSD|TUSD|USD|EUR|GBP|TRY|BTC|ETH|BNB)$/;

/** Trailing zeros of a decimal mean nothing, unless the venue writes all places. */
function padded(decimal: string, places: number): string {
  const [whole = '', fraction = ''] = decimal.split('.');
  return fraction.length >= places ? decimal : `${whole}.${fraction.padEnd(places, '0')}`;
}

/** Levels by their place among all of a book, from 1 on: nothing is computed with them, so nothing is rounded. */
class BookText extends SymbolText {
  readonly #rows: readonly (readonly [price: string, qty: string])[];
  readonly #places: readonly [price: number, qty: number];

  constructor(spec: SymbolSpec, padPlaces: number, rows: readonly (readonly [string, string])[]) {
    super(spec, 0);
    this.#rows = rows;
    const pad = (places: number): number => Math.max(places, padPlaces);
    this.#places = [pad(spec.pricePlaces), pad(spec.qtyPlaces)];
  }

  override price(index: number): string {
    return padded(this.#rows[index - 1]?.[0] ?? '', this.#places[0]);
  }

  override qty(index: number): string {
    return padded(this.#rows[index - 1]?.[1] ?? '', this.#places[1]);
  }

  override canonicalLevel(index: number): string {
    return (this.#rows[index - 1] ?? []).join(' ');
  }
}

/** A book as a dialect spells it: the texts of its levels, and their places, best first. */
export interface SpelledBook {
  readonly text: SymbolText;
  readonly lastUpdateId: number;
  readonly bids: readonly LevelUpdate[];
  readonly asks: readonly LevelUpdate[];
}

/** `limit`: most levels a side. */
export function spelledBook(
  book: PlayedBook,
  spec: SymbolSpec,
  padPlaces: number,
  limit = Number.POSITIVE_INFINITY,
): SpelledBook {
  const rows: (readonly [string, string])[] = [];
  const sides: Record<string, LevelUpdate[]> = { B: [], A: [] };
  for (const line of book.text.split('\n')) {
    const [letter = '', price, qty] = line.split(' ');
    const side = sides[letter];
    if (side === undefined || price === undefined || qty === undefined || side.length >= limit) continue;
    rows.push([price, qty]);
    side.push([rows.length, rows.length]);
  }
  const { B: bids = [], A: asks = [] } = sides;
  return { text: new BookText(spec, padPlaces, rows), lastUpdateId: Number(book.lastUpdateId), bids, asks };
}

/** The whole book as the event that a subscription begins with. */
export function wholeEvent({ lastUpdateId, bids, asks }: SpelledBook, nowUs: number): DepthEvent {
  return {
    engineUs: nowUs,
    eventUs: nowUs,
    firstId: lastUpdateId,
    lastId: lastUpdateId,
    previousId: lastUpdateId,
    bids: bids.toReversed(),
    asks,
    best: { bids, asks },
  };
}

/** A count of units of 10^exponent as units of a place behind the point. */
function step(size: bigint, exponent: number): { places: number; units: number } {
  const units = Number(size > 0n ? size : 1n);
  return exponent > 0 ? { places: 0, units: units * 10 ** exponent } : { places: -exponent, units };
}

/** What a dialect's listing says of an instrument; where steps are not known, they are the smallest that its exponents have. */
export function specOf({ symbol, priceExponent, qtyExponent, tickSize, lotSize }: PlayedInstrument): SymbolSpec {
  const price = step(tickSize, priceExponent);
  const qty = step(lotSize, qtyExponent);
  const [first = symbol, second] = symbol.split(SEPARATOR);
  const [, base = first, quote = 'USD'] = second === undefined ? (QUOTES.exec(symbol) ?? []) : ['', first, second];
  return {
    symbol,
    baseAsset: base,
    quoteAsset: quote,
    pricePlaces: price.places,
    tickUnits: price.units,
    qtyPlaces: qty.places,
    lotUnits: qty.units,
    startTick: 1_000_000,
    humpTicks: 1,
    typicalLots: 1,
    weight: 1,
  };
}
