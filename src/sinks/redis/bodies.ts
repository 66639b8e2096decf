/** Bodies as existing consumers parse them: these members in this order, numbers as JSON numbers with the venue's decimals. */
import { numberText } from '../number-text.js';

/** `JSON.stringify` of a symbol, which is asked for again and again. */
export type JsonText = string;

export interface TradeBody {
  readonly symbol: JsonText;
  readonly id: number | bigint;
  readonly price: string;
  readonly qty: string;
  readonly isBuyerMaker: boolean;
  readonly timestamp: string;
}

export function tradeBody({ symbol, id, price, qty, isBuyerMaker, timestamp }: TradeBody): string {
  return `{"symbol":${symbol},"trade_id":${id},"price":${price},"quantity":${qty},"is_buyer_maker":${isBuyerMaker},"timestamp":"${timestamp}"}`;
}

export interface MarketBody {
  readonly symbol: JsonText;
  readonly last: string;
  readonly bid: string;
  readonly ask: string;
  readonly volume: string;
  readonly high: string;
  readonly low: string;
}

/** All members but the last, which alone changes when nothing else does. */
export function marketMembers({ symbol, last, bid, ask, volume, high, low }: MarketBody): string {
  return `{"symbol":${symbol},"last_price":${last},"bid_price":${bid},"ask_price":${ask},"volume_24h":${volume},"high_24h":${high},"low_24h":${low}`;
}

export function marketBody(members: string, updatedAt: string): string {
  return `${members},"updated_at":"${updatedAt}"}`;
}

export function bookBody(symbol: JsonText, lastUpdateId: bigint, bids: string, asks: string, timestamp: string): string {
  return `{"symbol":${symbol},"last_update_id":${lastUpdateId},"bids":[${bids}],"asks":[${asks}],"timestamp":"${timestamp}"}`;
}

/** `[price,quantity]` of each level. */
export function levelsText(pairs: BigInt64Array, priceExponent: number, qtyExponent: number): string {
  let text = '';
  for (let at = 0; at < pairs.length; at += 2) {
    if (at > 0) text += ',';
    text += `[${numberText(pairs[at] ?? 0n, priceExponent)},${numberText(pairs[at + 1] ?? 0n, qtyExponent)}]`;
  }
  return text;
}

/**
 * The same of `depth` levels in `tops` from `from` on, as `RingBook.copyTop` fills them; undefined where a mantissa is beyond the
 * numbers. `before` and `texts` are those of the last call: a level that did not change is not written again.
 */
export class LevelTexts {
  readonly #before: Float64Array;
  readonly #texts: string[];
  #exponents = '';

  constructor(depth: number) {
    this.#before = new Float64Array(2 * depth);
    this.#texts = new Array<string>(depth).fill('');
  }

  text(tops: Float64Array, from: number, levels: number, priceExponent: number, qtyExponent: number): string | undefined {
    const exponents = `${priceExponent} ${qtyExponent}`;
    if (exponents !== this.#exponents) this.#before.fill(Number.NaN);
    this.#exponents = exponents;
    const count = Math.min(levels, this.#texts.length);
    for (let level = 0; level < count; level += 1) {
      const [price, qty] = [tops[from + 2 * level] ?? Number.NaN, tops[from + 2 * level + 1] ?? Number.NaN];
      if (price === this.#before[2 * level] && qty === this.#before[2 * level + 1]) continue;
      if (Number.isNaN(price) || Number.isNaN(qty)) return undefined;
      this.#before[2 * level] = price;
      this.#before[2 * level + 1] = qty;
      this.#texts[level] = `[${numberText(price, priceExponent)},${numberText(qty, qtyExponent)}]`;
    }
    return count === this.#texts.length ? this.#texts.join(',') : this.#texts.slice(0, count).join(',');
  }
}
