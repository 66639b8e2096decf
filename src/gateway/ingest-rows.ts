/** Rows as consumers send them → rows as the engine takes them: decimals by their digits, times in ns. */
import type { z } from 'zod';
import type { IngestRow } from '../model/feeds.js';
import type { ingestRow } from './schemas.js';

type Row = z.output<typeof ingestRow>;

/** A row that cannot be taken, and why. */
export interface RowError {
  readonly index: number;
  readonly code: string;
  readonly detail: string;
}

export interface Rows {
  readonly rows: readonly IngestRow[];
  /** Where each of `rows` stood in the request. */
  readonly places: readonly number[];
  readonly errors: readonly RowError[];
}

/** Clocks may differ by this much, ms; a row from further ahead is refused. */
const AHEAD_MS_MAX = 60_000;
/** Exponents beyond this are no price. */
const EXPONENT_MAX = 30;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
/** A time of Python's `isoformat()` may have no zone; it is UTC then. */
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/i;

/** A number's digits as plain decimal text; undefined if it is none, negative, or out of all range. */
export function plainDecimal(digits: string): string | undefined {
  const match = NUMBER.exec(digits);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > EXPONENT_MAX || digits.length > 64) return undefined;
  const all = whole + fraction;
  const point = whole.length + exponent;
  const left = (point <= 0 ? '' : all.slice(0, point).padEnd(point, '0')).replace(/^0+(?=\d)/, '') || '0';
  const right = (point < 0 ? '0'.repeat(-point) + all : all.slice(Math.max(0, point))).replace(/0+$/, '');
  const text = right === '' ? left : `${left}.${right}`;
  return sign === '-' && text !== '0' ? undefined : text;
}

/** A time as ns since the UNIX epoch; undefined if it is none that can be. */
export function timeNs(text: string, nowMs: number): bigint | undefined {
  const match = TIME.exec(text.trim());
  if (match === null) return undefined;
  const [, day, clock, fraction = '', zone = 'Z'] = match;
  const zoneText = zone.toUpperCase() === 'Z' ? 'Z' : zone.replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const ms = Date.parse(`${day}T${clock}${zoneText}`);
  if (!Number.isFinite(ms) || ms < 0 || ms > nowMs + AHEAD_MS_MAX) return undefined;
  // February has no 30th: JavaScript would make it the 2nd of March.
  if (new Date(`${day}T00:00:00Z`).toISOString().slice(0, 10) !== day) return undefined;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** `digits` is the same request with every number as its digits; `faultOf`: what else may be wrong with a row. */
export function rowsOf(
  data: readonly Row[],
  digits: unknown,
  faultOf: (row: IngestRow) => Omit<RowError, 'index'> | undefined = () => undefined,
  nowMs = Date.now(),
): Rows {
  const texts = (digits as { data: { data: Record<string, string> }[] }).data;
  const rows: IngestRow[] = [];
  const places: number[] = [];
  const errors: RowError[] = [];
  for (const [index, row] of data.entries()) {
    const refuse = (code: string, detail: string): void => void errors.push({ index, code, detail });
    const ts = timeNs(row.timestamp, nowMs);
    if (ts === undefined) {
      refuse('TIME_INVALID', `timestamp ${row.timestamp} is no RFC 3339 time between 1970 and a minute from now`);
      continue;
    }
    const values = valuesOf(row, texts[index]?.data ?? {});
    if (typeof values === 'string') {
      refuse('NUMBER_SYNTAX', `${values} is no decimal number that is not negative`);
      continue;
    }
    const taken = { symbol: row.symbol.toUpperCase(), source: row.source, ts: String(ts), values };
    const fault = faultOf(taken);
    if (fault !== undefined) {
      refuse(fault.code, fault.detail);
      continue;
    }
    rows.push(taken);
    places.push(index);
  }
  return { rows, places, errors };
}

/** The values of a row, or the name of the member that is no number. */
function valuesOf(row: Row, digits: Record<string, string>): IngestRow['values'] | string {
  const names = row.data_type === 'quote' ? ['bid', 'bid_size', 'ask', 'ask_size'] : ['price', 'size'];
  const [a, b, c, d] = names.map((name) => plainDecimal(String(digits[name])));
  const wrong = names.findIndex((_, place) => [a, b, c, d][place] === undefined);
  if (wrong >= 0 || a === undefined || b === undefined) return names[wrong] ?? '';
  if (row.data_type !== 'quote') return { kind: 'trade', price: a, qty: b, sell: row.data.side === 'sell' };
  return { kind: 'quote', bid: a, bidQty: b, ask: c ?? '', askQty: d ?? '' };
}
