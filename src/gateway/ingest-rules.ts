/** What rows a key may send: of which sources and symbols, how old, and how far from the last price. */
import type { IngestRow } from '../model/feeds.js';
import type { HeldKey } from './key-ring.js';
import { mayIngest } from './keys.js';

/** Why a row cannot be taken. */
export interface RowFault {
  readonly code: 'NOT_ALLOWED' | 'TIME_INVALID' | 'PRICE_BAND';
  readonly detail: string;
}

/** The last trade's price of a source's symbol; undefined where there was none. */
export type LastPrice = (source: string, symbol: string) => number | undefined;

/** The check of one request's rows, in their order: each is compared with the one before it, the first with what is known. */
export function rulesOf(
  key: HeldKey | undefined,
  lastPrice: LastPrice,
  nowMs = Date.now(),
): (row: IngestRow) => RowFault | undefined {
  const { ingest, ingestAgeMs, ingestBand } = key ?? {};
  const before = new Map<string, number | undefined>();
  return ({ source, symbol, ts, values }) => {
    const name = `${source}:${symbol}`;
    if (!mayIngest(ingest, source, symbol)) return { code: 'NOT_ALLOWED', detail: `the key may not send rows of ${name}` };
    const ageMs = nowMs - Number(BigInt(ts) / 1_000_000n);
    if (ingestAgeMs !== undefined && ageMs > ingestAgeMs)
      return { code: 'TIME_INVALID', detail: `a row of ${ageMs} ms ago is older than the ${ingestAgeMs} ms of the key` };
    if (ingestBand === undefined) return undefined;
    if (!before.has(name)) before.set(name, lastPrice(source, symbol));
    const last = before.get(name);
    const prices = (values.kind === 'trade' ? [values.price] : [values.bid, values.ask]).map(Number);
    const wrong = prices.find((price) => last !== undefined && Math.abs(price - last) * 100 > last * ingestBand);
    if (wrong !== undefined)
      return { code: 'PRICE_BAND', detail: `${wrong} of ${name} is more than ${ingestBand} % from the last price ${last}` };
    before.set(name, prices.reduce((sum, price) => sum + price, 0) / prices.length);
    return undefined;
  };
}
